"""Node groups that colour the pixels of cards, and the materials that use them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import bpy

from ...core.maps.packing import MAX, MEAN, PLANES, STRONGEST, all_missing
from ..base import contract
from ..base.colour_maps import COLOUR_MAPS, STRONGEST_HUES, STRONGEST_SATURATION
from ..base.parts import Parts, node_group
from ..base.themed import Themed
from ..base.versions import counts_copied_nodes
from ..nodes.cards import CELL, SHARE, SHARE_NEXT
from ..nodes.composite import MODE
from ..nodes.drivers import driven_value
from ..nodes.graph import Graph, Socket
from .card_materials import MAP_COLOURS, copied_card, instance, make_card, set_interpolation
from .map_looks import get_map_look
from .materials import colour_ramp, mix_colours

_PAIRS = (("Colour", "Alpha"), ("Next Colour", "Next Alpha"))
TWO_PIXELS = {name: kind for pair in _PAIRS for name, kind in zip(pair, ("Color", "Float"), strict=True)}
"""Inputs of node groups that colour what a card shows of this sample and of the next one."""


class Pixel(NamedTuple):
    """What a sample's pixel shows: its colour, and a number that is 1 where its value is finite, else 0."""

    colour: Socket
    finite: Socket


@node_group(MAP_COLOURS)
def map_colours(name: str, parts: Parts) -> bpy.types.NodeTree:
    """The network's one colour map for all its feature maps: from a share, 0 to 1, to a colour."""
    ramp = COLOUR_MAPS[get_map_look(parts.root).colours].ramp
    graph = Graph.shader_group(name, {"Share": "Float"}, {"Colour": "Color"})
    graph.output("Colour", colour_ramp(graph, graph.input("Share"), ramp))
    return graph.build()


@node_group("Own Colours")
def own_colours(name: str, _parts: Parts) -> bpy.types.NodeTree:
    """A picture with colours of its own."""
    graph = Graph.shader_group(name, TWO_PIXELS, {"Colour": "Color"})
    pixels = (Pixel(graph.input(colour), graph.input(alpha)) for colour, alpha in _PAIRS)
    _blend(graph, *pixels)
    return graph.build()


@node_group("Plane")
def plane(name: str, _parts: Parts) -> bpy.types.NodeTree:
    """The level of a pixel in one of its planes, and whether its value is finite; see `core.maps.packing`."""
    inputs = {"Colour": "Color", "Alpha": "Float", "Plane": "Float"}
    graph = Graph.shader_group(name, inputs, {"Level": "Float", "Finite": "Float"})
    number = graph.input("Plane")
    levels = graph.add("ShaderNodeSeparateColor", {0: graph.input("Colour")}).outputs
    # As `core.maps.packing` says it: level = the channel of the plane's number
    level: Socket = levels[0]
    for further in range(1, PLANES):
        is_before = number < further - 0.5
        level = level * is_before + _masked(levels[further], is_before)
    # m = (1 - alpha) * (2^PLANES - 1); finite = 1 - bit number `plane` of m = 1 - floor((m + 0.5) / 2^plane) % 2
    missing = (1.0 - graph.input("Alpha")) * float(all_missing(PLANES))
    shifted = (missing + 0.5) / 2.0**number
    is_missing = graph.math("FLOOR", shifted) % 2.0
    graph.output("Level", level)
    graph.output("Finite", 1.0 - is_missing)
    return graph.build()


@node_group("Value Colours")
def value_colours(name: str, parts: Parts) -> bpy.types.NodeTree:
    """Levels of values as colours of `map_colours`."""
    return _level_colours(name, parts, lambda graph, place: _mapped(graph, parts, place))


@node_group("Change Colours")
def change_colours(name: str, parts: Parts) -> bpy.types.NodeTree:
    """Levels of the change against the intact network in the theme's colours, whatever colours the maps have."""
    return _level_colours(name, parts, lambda graph, place: colour_ramp(graph, place, Themed("glow.change")))


def _level_colours(name: str, parts: Parts, colour_of: Callable[[Graph, Socket], Socket]) -> bpy.types.NodeTree:
    graph = Graph.shader_group(name, TWO_PIXELS, {"Colour": "Color"})

    def pixel(colour: str, alpha: str, share: str) -> Pixel:
        place, finite = level_of(graph, parts, colour, alpha, share)
        return Pixel(colour_of(graph, place), finite)

    pixels = (pixel(*pair, share) for pair, share in zip(_PAIRS, (SHARE, SHARE_NEXT), strict=True))
    _blend(graph, *pixels)
    return graph.build()


def level_of(graph: Graph, parts: Parts, colour: str, alpha: str, share: str) -> tuple[Socket, Socket]:
    """In a group with `TWO_PIXELS`, where a sample's value is on the colour map, and whether it is finite.

    Args:
        colour, alpha: names of the inputs.
        share: of the instance attribute, see `nodes.cards.SHARE`.
    """
    inputs = {"Colour": graph.input(colour), "Alpha": graph.input(alpha)}
    inputs["Plane"] = graph.separate(instance(graph, share))[2]
    level = graph.add("ShaderNodeGroup", inputs, node_tree=parts.group(plane)).outputs
    return _placed(graph, level["Level"], share), level["Finite"]


@node_group("Summary Colours")
def summary_colours(name: str, parts: Parts) -> bpy.types.NodeTree:
    """A layer's summary by the instance attribute ``mode``: 0 mean, 1 maximum, 2 strongest neuron.

    See `core.maps.packing.COMPOSITES` for what its picture holds.
    """
    graph = Graph.shader_group(name, TWO_PIXELS, {"Colour": "Color"})
    mode = graph.add("ShaderNodeAttribute", attribute_type="INSTANCER", attribute_name=MODE).outputs[2]
    is_mean = mode < MEAN + 0.5
    is_strongest = mode > STRONGEST - 0.5

    def colour_of(pixel: str, share: str) -> Socket:
        channels = graph.add("ShaderNodeSeparateColor", {0: graph.input(pixel)}).outputs
        level = channels[MEAN] * is_mean + _masked(channels[MAX], is_mean)
        place = _placed(graph, level, share)
        strongest = _hue(graph, channels[STRONGEST], _share(graph, parts.root, place))
        return mix_colours(graph, is_strongest, _mapped(graph, parts, place), strongest)

    now, then = colour_of("Colour", SHARE), colour_of("Next Colour", SHARE_NEXT)
    pixels = Pixel(now, graph.input("Alpha")), Pixel(then, graph.input("Next Alpha"))
    _blend(graph, *pixels)
    return graph.build()


def _blend(graph: Graph, *pixels: Pixel) -> None:
    """Blend what two samples show by the fade."""
    not_finite = Themed("glow.not_finite")
    shown = [mix_colours(graph, pixel.finite, not_finite, pixel.colour) for pixel in pixels]
    fade = graph.separate(instance(graph, CELL))[2]
    graph.output("Colour", mix_colours(graph, fade, *shown))


def _share(graph: Graph, root: bpy.types.Collection, place: Socket) -> Socket:
    """From a place on the colour map; on one that is centred, 0 is in the middle and what is below shows nothing."""
    is_centred = driven_value(graph, "Centred", root, contract.MAP_CENTRED)
    # share = max(2 * place - 1, 0) where colours are centred, else place
    from_middle = graph.math("MAXIMUM", place * 2.0 - 1.0, 0.0)
    return from_middle * is_centred + _masked(place, is_centred)


def _masked(value: Socket, hidden: Socket) -> Socket:
    return value * (1.0 - hidden)


def _hue(graph: Graph, hue: Socket, share: Socket) -> Socket:
    """The colour of a level that says which neuron is strongest, the fainter the less it shows.

    Args:
        share: of the highest value, 0 to 1.
    """
    parts = {0: hue * STRONGEST_HUES, 1: STRONGEST_SATURATION, 2: Themed("glow.strongest")}
    strongest = graph.add("ShaderNodeCombineColor", parts, mode="HSV").outputs[0]
    return mix_colours(graph, share, Themed("glow.nothing"), strongest)


def _mapped(graph: Graph, parts: Parts, place: Socket) -> Socket:
    return graph.add("ShaderNodeGroup", {0: place}, node_tree=parts.group(map_colours)).outputs[0]


def _placed(graph: Graph, level: Socket, share: str) -> Socket:
    """From a level to a place on the colour map; see `nodes.cards.SHARE`."""
    factor, summand, _ = graph.separate(instance(graph, share))
    return level * factor + summand


_COLOURS = {"Cards": value_colours, "Change": change_colours, "Input": own_colours, "Composite": summary_colours}


def card_material(parts: Parts, name: str, kind: str, image: bpy.types.Image) -> bpy.types.Material:
    """The network's material of cards that show an image.

    Args:
        kind: what it shows: ``Cards`` for feature maps, ``Change`` for what an intervention adds to them, ``Input`` for
            the picture that enters the network, ``Composite`` for summaries.
    """
    pattern = parts.patterns.get(kind)
    if pattern is not None:
        return parts.block("material", name, lambda own_name: copied_card(own_name, pattern, image))
    # One that was there before may have been edited by its user.
    is_new = not parts.has_material(name)
    colours = parts.group(_COLOURS[kind])
    material = parts.block("material", name, lambda own_name: make_card(own_name, parts, image, colours))
    if is_new:
        set_interpolation(material, get_map_look(parts.root).smooth)
        if counts_copied_nodes():
            parts.patterns[kind] = material
    return material
