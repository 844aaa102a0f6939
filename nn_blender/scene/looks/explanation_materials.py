"""Materials of maps that explain answers: colours over the sample, clear where the map says little."""

from __future__ import annotations

from typing import Any

import bpy

from ..base import contract
from ..base.parts import Parts, node_group
from ..base.themed import Themed, mark
from ..nodes.cards import CELL, SHARE, SHARE_NEXT, UV
from ..nodes.drivers import driven_value
from ..nodes.explanations import HOLDER
from ..nodes.graph import Graph, Socket
from .card_colours import TWO_PIXELS, level_of, own_colours
from .card_materials import cell_positions, instance
from .explanation_look import ramp_of
from .materials import colour_ramp, finish, mix_colours, new_material

EXPLANATION_RAMP = "Explanation Ramp"
_FULL = 2.5
"""A map is as opaque as it may be from two fifths of the way between threshold and maximum on."""


@node_group(EXPLANATION_RAMP)
def explanation_ramp(name: str, parts: Parts) -> bpy.types.NodeTree:
    """The colours of the network's explanation: from a share, 0 to 1, to a colour."""
    graph = Graph.shader_group(name, {"Share": "Float"}, {"Colour": "Color"})
    graph.output("Colour", colour_ramp(graph, graph.input("Share"), ramp_of(_holder(parts))))
    return graph.build()


@node_group("Explanation Colours")
def explanation_colours(name: str, parts: Parts) -> bpy.types.NodeTree:
    """Levels of an explanation as colours and how opaque these are.

    ``Card`` is 1 where the map has a card of its own, on which no more of the sample is seen than users want, and 0
    where it lies over the input. ``Sample`` is 1 where the card has the sample below the map, else 0.
    """
    graph = Graph.shader_group(
        name, {**TWO_PIXELS, "Card": "Float", "Sample": "Float"}, {"Colour": "Color", "Opacity": "Float"}
    )
    colour, opacity = _pixel(graph, parts, "Colour", "Alpha", SHARE)
    next_colour, next_opacity = _pixel(graph, parts, "Next Colour", "Next Alpha", SHARE_NEXT)
    fade = graph.separate(instance(graph, CELL))[2]
    graph.output("Colour", mix_colours(graph, fade, colour, next_colour))
    # clear = 1 - blended opacity; of a card only as much as the sample is seen below
    blended = opacity + (next_opacity - opacity) * fade
    below = _of_holder(graph, parts, "Sample Below", contract.SAMPLE_BELOW) * graph.input("Sample")
    card = graph.input("Card")
    share = 1.0 - card * (1.0 - below)
    graph.output("Opacity", 1.0 - (1.0 - blended) * share)
    return graph.build()


def _pixel(graph: Graph, parts: Parts, colour: str, alpha: str, share: str) -> tuple[Socket, Socket]:
    """A sample's colour and opacity."""
    place, finite = level_of(graph, parts, colour, alpha, share)
    colours = graph.add("ShaderNodeGroup", {0: place}, node_tree=parts.group(explanation_ramp)).outputs[0]
    shown = mix_colours(graph, finite, Themed("glow.not_finite"), colours)
    # size = place, or how far it is from the middle where values are signed
    signed = _of_holder(graph, parts, "Signed", contract.EXPLANATION_SIGNED)
    from_middle = abs(place * 2.0 - 1.0)
    size = graph.clamp(place + (from_middle - place) * signed)
    # opacity * clamp(2.5 * (size - threshold) / (1 - threshold)), all of it where the value is not finite
    threshold = _of_holder(graph, parts, "Threshold", contract.THRESHOLD)
    room = graph.math("MAXIMUM", 1.0 - threshold, 1e-4)
    seen = graph.clamp((size - threshold) / room * _FULL)
    seen = 1.0 - (1.0 - seen) * finite
    return shown, seen * _of_holder(graph, parts, "Opacity", contract.OPACITY_OF_MAPS)


def map_material(
    parts: Parts, part: str, image: bpy.types.Image, *, is_card: bool, has_sample: bool
) -> bpy.types.Material:
    """The network's material of that part, which shows cells of an image; see `explanation_colours`."""
    made = parts.block("material", part, lambda name: _map_material(name, parts, image))
    _show_image(made, image)
    colours = parts.group(explanation_colours)
    for node in _nodes(made):
        if getattr(node, "node_tree", None) == colours:
            node.inputs["Card"].default_value, node.inputs["Sample"].default_value = float(is_card), float(has_sample)
    return made


def _nodes(made: bpy.types.Material) -> list[Any]:
    """None where users made the material one without nodes."""
    return list(made.node_tree.nodes) if made.node_tree is not None else []


def _show_image(made: bpy.types.Material, image: bpy.types.Image) -> None:
    for node in _nodes(made):
        if node.bl_idname == "ShaderNodeTexImage":
            node.image = image


def _map_material(name: str, parts: Parts, image: bpy.types.Image) -> bpy.types.Material:
    made, graph = new_material(name)
    inputs = _texels(graph, parts, image)
    shown = graph.add("ShaderNodeGroup", inputs, node_tree=parts.group(explanation_colours)).outputs
    clear = graph.add("ShaderNodeBsdfTransparent")
    light = graph.add("ShaderNodeEmission", {"Color": shown["Colour"]})
    shares = {0: shown["Opacity"], 1: clear.outputs[0], 2: light.outputs[0]}
    finish(graph, graph.add("ShaderNodeMixShader", shares).outputs[0])
    made.surface_render_method = "BLENDED"
    mark(made, "diffuse_color", Themed("plain.map"))
    return made


def _texels(graph: Graph, parts: Parts, image: bpy.types.Image) -> dict[str, Socket]:
    """The pixels of this sample and of the next one."""
    positions = graph.add("ShaderNodeGroup", node_tree=parts.group(cell_positions))
    inputs: dict[str, Socket] = {}
    for output, colour, alpha in (("Now", "Colour", "Alpha"), ("Next", "Next Colour", "Next Alpha")):
        place = {"Vector": positions.outputs[output]}
        texture = graph.add("ShaderNodeTexImage", place, interpolation="Closest", image=image)
        inputs |= {colour: texture.outputs["Color"], alpha: texture.outputs["Alpha"]}
    return inputs


def sample_material(parts: Parts, image: bpy.types.Image) -> bpy.types.Material:
    """What cards show of the sample below their maps: the input's picture in faint greys."""
    made = parts.block("material", "Explained Sample", lambda name: _sample_material(name, parts, image))
    _show_image(made, image)
    return made


def _sample_material(name: str, parts: Parts, image: bpy.types.Image) -> bpy.types.Material:
    made, graph = new_material(name)
    shown = graph.add("ShaderNodeGroup", _texels(graph, parts, image), node_tree=parts.group(own_colours)).outputs[0]
    grey = graph.add("ShaderNodeRGBToBW", {0: shown}).outputs[0]
    colour = mix_colours(graph, grey, Themed("plain.sample_dark"), Themed("plain.sample_light"))
    finish(graph, graph.add("ShaderNodeEmission", {"Color": colour}).outputs[0])
    mark(made, "diffuse_color", Themed("plain.map"))
    return made


def legend_material(parts: Parts) -> bpy.types.Material:
    """The colours of the explanation from left to right over a mesh with UVs."""
    return parts.block("material", "Legend of Explanation", lambda name: _legend_material(name, parts))


def _legend_material(name: str, parts: Parts) -> bpy.types.Material:
    made, graph = new_material(name)
    uv = graph.add("ShaderNodeAttribute", attribute_type="GEOMETRY", attribute_name=UV).outputs["Vector"]
    place = graph.separate(uv)[0]
    colours = graph.add("ShaderNodeGroup", {0: place}, node_tree=parts.group(explanation_ramp)).outputs[0]
    finish(graph, graph.add("ShaderNodeEmission", {"Color": colours}).outputs[0])
    return made


def _of_holder(graph: Graph, parts: Parts, name: str, entry: str) -> Socket:
    return driven_value(graph, name, _holder(parts), entry)


def _holder(parts: Parts) -> bpy.types.Object:
    holder = parts.find(HOLDER)
    assert holder is not None
    return holder
