"""Materials of feature maps, summaries and the input: what a card shows of a packed picture.

All that they have in common is in node groups of the network, so a material itself is but a few nodes around an image.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import bpy

from ...core.recording import PLANES
from ..base import contract
from ..base.colour_maps import Colour, Ramp
from ..base.theme import Theme
from ..nodes.cards import CELL, CELL_NEXT, CELLS, PIXELS, SHARE, SHARE_NEXT, UV
from ..nodes.composite import MODE
from ..nodes.drivers import driven_value
from ..nodes.graph import Graph, Socket
from .materials import colour_ramp, finish, mix_colours, new_material

MAP_COLOURS = "Map Colours"
"""Part of the node group that `map_colours` makes."""

_PAIRS = (("Colour", "Alpha"), ("Next Colour", "Next Alpha"))
_TWO_PIXELS = {name: kind for pair in _PAIRS for name, kind in zip(pair, ("Color", "Float"), strict=True)}


class Pixel(NamedTuple):
    """What a sample's pixel shows: its colour, and a number that is 1 where its value is finite, else 0."""

    colour: Socket
    finite: Socket


def card(
    name: str, image: bpy.types.Image, cells: bpy.types.NodeTree, colours: bpy.types.NodeTree, theme: Theme
) -> bpy.types.Material:
    """Shows each card its cell of a picture, between two samples a blend of both cells.

    Args:
        cells: see `cell_positions`.
        colours: what pixels stand for: see `value_colours`, `change_colours`, `own_colours` and
            `summary_colours`.
    """
    material, graph = new_material(name)
    positions = graph.add("ShaderNodeGroup", node_tree=cells)
    inputs: dict[str, Socket] = {}
    for output, colour, alpha in (("Now", "Colour", "Alpha"), ("Next", "Next Colour", "Next Alpha")):
        place = {"Vector": positions.outputs[output]}
        texture = graph.add("ShaderNodeTexImage", place, interpolation="Closest", image=image)
        inputs |= {colour: texture.outputs["Color"], alpha: texture.outputs["Alpha"]}
    shown = graph.add("ShaderNodeGroup", inputs, node_tree=colours)
    finish(graph, graph.add("ShaderNodeEmission", {"Color": shown.outputs[0]}).outputs[0])
    # What the Solid viewport shows instead.
    material.diffuse_color = (*theme.plain.map, 1.0)
    return material


def copied_card(name: str, pattern: bpy.types.Material, image: bpy.types.Image) -> bpy.types.Material:
    """As `card`, of the kind of another one. Networks have hundreds, and copying is five times as fast as wiring."""
    material = pattern.copy()
    material.name = name
    for node in _pictures(material):
        node.image = image
    return material


def fill_pictures(material: bpy.types.Material, image: bpy.types.Image) -> None:
    """Let a material show an image where it lost the one that it had."""
    for node in _pictures(material):
        if node.image is None:
            node.image = image


def set_interpolation(material: bpy.types.Material, is_smooth: bool) -> None:
    """Whether the colours of maps are blended into each other; where values are not finite always has sharp edges.

    Textures that users added are left as they are.
    """
    for node in _pictures(material):
        is_ours = node.image is None or contract.NETWORK in node.image
        if is_ours and node.outputs["Color"].is_linked:
            node.interpolation = "Linear" if is_smooth else "Closest"
            if is_smooth:
                _part_alpha(material.node_tree, node)


def _part_alpha(tree: bpy.types.NodeTree, picture: Any) -> None:
    """Let a node of its own read alpha, which holds a bit per plane and must not be blended.

    It is made when first needed: all of them would add a quarter to the time in which a large network is built.
    """
    readers = [link.to_socket for link in picture.outputs["Alpha"].links]
    if not readers:
        return
    alpha = tree.nodes.new(picture.bl_idname)
    alpha.image, alpha.interpolation = picture.image, "Closest"
    alpha.extension, alpha.projection = picture.extension, picture.projection
    for place in picture.inputs["Vector"].links:
        tree.links.new(place.from_socket, alpha.inputs["Vector"])
    for reader in readers:
        tree.links.new(alpha.outputs["Alpha"], reader)


def _pictures(material: bpy.types.Material) -> list[Any]:
    nodes = material.node_tree.nodes if material.node_tree else ()
    return [node for node in nodes if node.bl_idname == "ShaderNodeTexImage"]


def cell_positions(name: str) -> bpy.types.NodeTree:
    """Where in the picture the card's cell is, for the sample shown and for the next one.

    The sizes of the atlas come by instance attributes, for it changes with the samples.
    """
    graph = Graph.shader_group(name, {}, {"Now": "Vector", "Next": "Vector"})
    uv = graph.add("ShaderNodeAttribute", attribute_type="GEOMETRY", attribute_name=UV).outputs["Vector"]
    pixels, cells = _instance(graph, PIXELS), _instance(graph, CELLS)
    # Half a pixel from the edge: interpolation must not take in the neighbouring cell.
    half = graph.add("ShaderNodeVectorMath", {0: (0.5, 0.5, 0.0), 1: pixels}, operation="DIVIDE").outputs[0]
    end = graph.add("ShaderNodeVectorMath", {0: (1.0, 1.0, 0.0), 1: half}, operation="SUBTRACT").outputs[0]
    inside = graph.add("ShaderNodeVectorMath", {0: uv, 1: half}, operation="MAXIMUM").outputs[0]
    inside = graph.add("ShaderNodeVectorMath", {0: inside, 1: end}, operation="MINIMUM").outputs[0]
    for output, cell in (("Now", CELL), ("Next", CELL_NEXT)):
        place = graph.add("ShaderNodeVectorMath", {0: _from_below(graph, cell, cells), 1: inside}, operation="ADD")
        position = graph.add("ShaderNodeVectorMath", {0: place.outputs[0], 1: cells}, operation="DIVIDE").outputs[0]
        graph.output(output, position)
    return graph.build()


def map_colours(name: str, ramp: Ramp) -> bpy.types.NodeTree:
    """The network's one colour map for all its feature maps: from a share, 0 to 1, to a colour of a ramp."""
    graph = Graph.shader_group(name, {"Share": "Float"}, {"Colour": "Color"})
    graph.output("Colour", colour_ramp(graph, graph.input("Share"), ramp))
    return graph.build()


def own_colours(name: str, theme: Theme) -> bpy.types.NodeTree:
    """A picture with colours of its own."""
    graph = Graph.shader_group(name, _TWO_PIXELS, {"Colour": "Color"})
    pixels = (Pixel(graph.input(colour), graph.input(alpha)) for colour, alpha in _PAIRS)
    _blend(graph, theme.glow.not_finite, *pixels)
    return graph.build()


def plane(name: str) -> bpy.types.NodeTree:
    """The level of a pixel in one of its planes, and whether its value is finite; see `core.recording.Atlas`."""
    inputs = {"Colour": "Color", "Alpha": "Float", "Plane": "Float"}
    graph = Graph.shader_group(name, inputs, {"Level": "Float", "Finite": "Float"})
    number = graph.input("Plane")
    levels = graph.add("ShaderNodeSeparateColor", {0: graph.input("Colour")}).outputs
    level: Socket = levels[0]
    for further in range(1, PLANES):
        is_before = graph.math("LESS_THAN", number, further - 0.5)
        level = graph.math("ADD", graph.math("MULTIPLY", level, is_before), _masked(graph, levels[further], is_before))
    missing = graph.math("MULTIPLY", graph.math("SUBTRACT", 1.0, graph.input("Alpha")), float((1 << PLANES) - 1))
    shifted = graph.math("DIVIDE", graph.math("ADD", missing, 0.5), graph.math("POWER", 2.0, number))
    is_missing = graph.math("MODULO", graph.math("FLOOR", shifted), 2.0)
    graph.output("Level", level)
    graph.output("Finite", graph.math("SUBTRACT", 1.0, is_missing))
    return graph.build()


def value_colours(
    name: str, plane_group: bpy.types.NodeTree, colours: bpy.types.NodeTree, theme: Theme
) -> bpy.types.NodeTree:
    """Levels of values as colours of `map_colours`; `plane` makes ``plane_group``."""
    return _level_colours(name, plane_group, lambda graph, place: _mapped(graph, colours, place), theme)


def change_colours(name: str, plane_group: bpy.types.NodeTree, theme: Theme) -> bpy.types.NodeTree:
    """Levels of the change against the intact network in the theme's colours, whatever colours the maps have."""
    return _level_colours(name, plane_group, lambda graph, place: colour_ramp(graph, place, theme.glow.change), theme)


def _level_colours(
    name: str, plane_group: bpy.types.NodeTree, colour_of: Callable[[Graph, Socket], Socket], theme: Theme
) -> bpy.types.NodeTree:
    graph = Graph.shader_group(name, _TWO_PIXELS, {"Colour": "Color"})

    def pixel(colour: str, alpha: str, share: str) -> Pixel:
        inputs = {"Colour": graph.input(colour), "Alpha": graph.input(alpha)}
        inputs["Plane"] = graph.parts(_instance(graph, share))[2]
        level = graph.add("ShaderNodeGroup", inputs, node_tree=plane_group).outputs
        return Pixel(colour_of(graph, _placed(graph, level["Level"], share)), level["Finite"])

    pixels = (pixel(*pair, share) for pair, share in zip(_PAIRS, (SHARE, SHARE_NEXT), strict=True))
    _blend(graph, theme.glow.not_finite, *pixels)
    return graph.build()


def summary_colours(
    name: str, colours: bpy.types.NodeTree, root: bpy.types.Collection, theme: Theme
) -> bpy.types.NodeTree:
    """A layer's summary by the instance attribute ``mode``: 0 mean, 1 maximum, 2 strongest neuron.

    The picture holds levels of mean and maximum in red and green, and which neuron is strongest in blue.
    """
    graph = Graph.shader_group(name, _TWO_PIXELS, {"Colour": "Color"})
    mode = graph.add("ShaderNodeAttribute", attribute_type="INSTANCER", attribute_name=MODE).outputs[2]
    is_mean = graph.math("LESS_THAN", mode, 0.5)
    is_strongest = graph.math("GREATER_THAN", mode, 1.5)

    def colour_of(pixel: str, share: str) -> Socket:
        channels = graph.add("ShaderNodeSeparateColor", {0: graph.input(pixel)}).outputs
        red, green, blue = (channels[number] for number in range(3))
        level = graph.math("ADD", graph.math("MULTIPLY", red, is_mean), _masked(graph, green, is_mean))
        place = _placed(graph, level, share)
        strongest = _hue(graph, blue, _brightness(graph, root, place))
        return mix_colours(graph, is_strongest, _mapped(graph, colours, place), strongest)

    now, then = colour_of("Colour", SHARE), colour_of("Next Colour", SHARE_NEXT)
    pixels = Pixel(now, graph.input("Alpha")), Pixel(then, graph.input("Next Alpha"))
    _blend(graph, theme.glow.not_finite, *pixels)
    return graph.build()


def _blend(graph: Graph, not_finite: Colour, *pixels: Pixel) -> None:
    """Blend what two samples show by the fade."""
    shown = [mix_colours(graph, pixel.finite, (*not_finite, 1.0), pixel.colour) for pixel in pixels]
    fade = graph.parts(_instance(graph, CELL))[2]
    graph.output("Colour", mix_colours(graph, fade, *shown))


def _brightness(graph: Graph, root: bpy.types.Collection, place: Socket) -> Socket:
    """From a place on the colour map; on one that is centred, 0 is in the middle and what is below is dark."""
    is_centred = driven_value(graph, "Centred", root, contract.MAP_CENTRED)
    from_middle = graph.math("MAXIMUM", graph.math("SUBTRACT", graph.math("MULTIPLY", place, 2.0), 1.0), 0.0)
    return graph.math("ADD", graph.math("MULTIPLY", from_middle, is_centred), _masked(graph, place, is_centred))


def _masked(graph: Graph, value: Socket, hidden: Socket) -> Socket:
    return graph.math("MULTIPLY", value, graph.math("SUBTRACT", 1.0, hidden))


def _hue(graph: Graph, hue: Socket, brightness: Socket) -> Socket:
    """Red to violet, so that the first neuron and the last one differ."""
    parts = {0: graph.math("MULTIPLY", hue, 0.83), 1: 0.85, 2: brightness}
    return graph.add("ShaderNodeCombineColor", parts, mode="HSV").outputs[0]


def _mapped(graph: Graph, colours: bpy.types.NodeTree, place: Socket) -> Socket:
    return graph.add("ShaderNodeGroup", {0: place}, node_tree=colours).outputs[0]


def _placed(graph: Graph, level: Socket, share: str) -> Socket:
    """From a level to a place on the colour map; see `nodes.cards.SHARE`."""
    factor, summand, _ = graph.parts(_instance(graph, share))
    return graph.math("ADD", graph.math("MULTIPLY", level, factor), summand)


def _from_below(graph: Graph, cell: str, cells: Socket) -> Socket:
    """Cells count from the upper left, textures from the lower left."""
    column, row, _ = graph.parts(_instance(graph, cell))
    down = graph.parts(cells)[1]
    return graph.vector(column, graph.math("SUBTRACT", graph.math("SUBTRACT", down, row), 1.0))


def _instance(graph: Graph, attribute: str) -> Socket:
    node = graph.add("ShaderNodeAttribute", attribute_type="INSTANCER", attribute_name=attribute)
    return node.outputs["Vector"]
