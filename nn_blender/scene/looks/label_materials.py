"""Materials of labels and legend of a network that opens."""

from __future__ import annotations

import bpy

from ..base.parts import Parts, material
from ..base.themed import Themed
from ..nodes.cards import UV
from ..nodes.graph import Graph, Socket
from ..nodes.part_labels import DIM, OPACITY
from .materials import colour_ramp, finish, mix_colours, new_material, show_in_solid


@material("Part Label")
def part_label(name: str, _parts: Parts) -> bpy.types.Material:
    """Text that is seen as far as ``opacity`` says, and dim where ``dim`` does."""
    made, graph = new_material(name)
    colour = mix_colours(graph, _of_instance(graph, DIM), Themed("ink.text"), Themed("ink.dim"))
    clear, text = graph.add("ShaderNodeBsdfTransparent"), graph.add("ShaderNodeEmission", {"Color": colour})
    shares = {0: _of_instance(graph, OPACITY), 1: clear.outputs[0], 2: text.outputs[0]}
    finish(graph, graph.add("ShaderNodeMixShader", shares).outputs[0])
    show_in_solid(made, "ink.text")
    return made


@material("Legend of Pages")
def page_legend(name: str, _parts: Parts) -> bpy.types.Material:
    """What the edges of pages show, over a mesh whose UVs say how much."""
    made, graph = new_material(name)
    uv = graph.add("ShaderNodeAttribute", attribute_type="GEOMETRY", attribute_name=UV).outputs["Vector"]
    colour = colour_ramp(graph, graph.separate(uv)[0], Themed("glow.positive"))
    finish(graph, graph.add("ShaderNodeEmission", {"Color": colour}).outputs[0])
    return made


def flow_legend(parts: Parts, path: str) -> bpy.types.Material:
    """The colour of a kind of ribbons, by its path in the theme."""
    return parts.block("material", f"Legend of {path}", lambda name: _flow_legend(name, path))


def _flow_legend(name: str, path: str) -> bpy.types.Material:
    made, graph = new_material(name)
    finish(graph, graph.add("ShaderNodeEmission", {"Color": Themed(path)}).outputs[0])
    show_in_solid(made, path)
    return made


def _of_instance(graph: Graph, attribute: str) -> Socket:
    # Its number output is the third; the name differs between Blender versions.
    return graph.add("ShaderNodeAttribute", attribute_type="INSTANCER", attribute_name=attribute).outputs[2]
