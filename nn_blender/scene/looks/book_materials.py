"""Materials of closed blocks: cover, its face, and pages that glow."""

from __future__ import annotations

import bpy

from ..base import contract
from ..base.parts import Parts, material
from ..base.themed import Themed
from ..nodes.glow import NOT_FINITE_TONE
from .materials import colour_ramp, finish, mix_colours, new_material, show_in_solid, surface, surface_inputs

_SHINE = 0.8
"""How much of its colour a page shines with, as a share of what else glows does; the lights shape it by the rest."""


@material("Cover")
def cover(name: str, _parts: Parts) -> bpy.types.Material:
    return surface(name, "cover")


@material("Cover Face")
def face(name: str, _parts: Parts) -> bpy.types.Material:
    return surface(name, "face")


@material("Page")
def page(name: str, _parts: Parts) -> bpy.types.Material:
    """By ``glow``, a place on the ramp of positive values; 0 where nothing was measured, `NOT_FINITE_TONE` for NaN."""
    material, graph = new_material(name)
    # Its number output is the third; the name differs between Blender versions.
    glow = graph.add("ShaderNodeAttribute", attribute_type="GEOMETRY", attribute_name=contract.GLOW).outputs[2]
    colour = colour_ramp(graph, glow, Themed("glow.positive"))
    colour = mix_colours(graph, glow > (1.0 + NOT_FINITE_TONE) / 2, colour, Themed("glow.not_finite"))
    is_measured = glow > 0.0
    inputs = surface_inputs("cover")
    for socket in ("Base Color", "Emission Color"):
        inputs[socket] = mix_colours(graph, is_measured, inputs[socket], colour)
    shine = is_measured * _SHINE
    inputs["Emission Strength"] = graph.math("MULTIPLY", shine, Themed("glow.emitted"))
    finish(graph, graph.add("ShaderNodeBsdfPrincipled", inputs).outputs[0])
    show_in_solid(material, "plain.positive")
    return material
