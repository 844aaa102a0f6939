"""Feature maps of a layer: every vertex becomes a card that shows its cell of the layer's atlas."""

from __future__ import annotations

import math
from collections.abc import Callable

import bpy

from ..base import contract
from ..base.parts import Parts, Recipe, node_group
from .drivers import driven_value
from .graph import Graph, Socket, Value
from .sorted_places import make_places
from .timeline import FADE, FADES, NEXT, SAMPLE, fades_now, sampled_name, use_timeline, without_samples

CELL, CELL_NEXT = "cell", "cell_next"
"""Instance attributes: column and row of the card's cell in the atlas, for the sample and the next; z is the fade."""

SHARE, SHARE_NEXT = "share", "share_next"
"""Instance attributes: factor and summand that turn a level (0 to 1) into a place on the colour map (0 to 1); z is the
plane, 0 to 2, that the level is in."""

CELLS, PIXELS = "cells", "pixels"
"""Instance attributes: how many cells the atlas has across and down, and how many pixels a cell has."""

UV = "card_uv"
"""Not plain ``uv``, which Cycles reads as something of its own on instances."""

PRESENCE = "Presence"
"""How large cards are drawn, as a share of their own size."""

ATLAS_INPUTS = ("Columns", "Rows", "Blocks Across", "Blocks Down", "Planes", "Cell Width", "Cell Height")
_CELL_INPUTS = dict.fromkeys(("First", "Columns", "Rows", "Blocks Across", "Planes"), "Float")
_SHARE_INPUTS = {"Quantity": "String", "Low": "Float", "High": "Float", "Planes": "Float", "Signed": "Bool"}
SHOWN_CELLS = {"Geometry": "Geometry", **_SHARE_INPUTS, **_CELL_INPUTS}
"""Inputs of `make_shown_cells`."""
SMALLEST_SPAN = 1e-30
"""The least that the colours span, so that a map of a single value has a colour too."""


@node_group("Cards")
def make_cards(name: str, parts: Parts) -> bpy.types.NodeTree:
    """Vertices in, cards that face -X out.

    Vertices carry ``map_range.<k>``, the values of levels 0 and 1 of their cell for sample k; ``Low`` and ``High`` are
    the extremes over all of them. ``First`` is the cell of the first vertex; a card shows the cell as far behind as
    its own index. Only where ``Sorted`` is true is a ``slot`` looked at.

    Where ``Changed`` is true and the network compares, cards show ``Change Material`` instead, an atlas laid out alike
    whose ranges are ``change_range.<k>``; ``Largest Change`` is the largest magnitude over all of them.
    """
    floats = ("Width", "Height", "First", "Low", "High", "Largest Change", PRESENCE, *ATLAS_INPUTS)
    sockets = {"Geometry": "Geometry", **dict.fromkeys(floats, "Float"), "Sorted": "Bool", "Changed": "Bool"}
    sockets |= {"Material": "Material", "Change Material": "Material"}
    graph = Graph.geometry_group(name, sockets, {"Geometry": "Geometry"})
    own = graph.input("Geometry")
    points = graph.switch(graph.input("Sorted"), own, graph.run(parts.group(make_places)), "GEOMETRY")
    graph.output("Geometry", draw_cards(graph, points, parts, make_shown_cells, graph.input(PRESENCE)))
    group = graph.build()
    group.interface.items_tree[PRESENCE].default_value = 1.0
    return group


def draw_cards(
    graph: Graph,
    points: Value,
    parts: Parts,
    shown_cells: Recipe[bpy.types.NodeTree],
    size: Value,
    selection: Value = True,
) -> Socket:
    """Cards at points, in a group with the inputs of `make_cards`.

    Args:
        shown_cells: tells every point its cell: `make_shown_cells` or what has the same inputs.
        size: as a share of their own one.
        selection: which of the points have a card.
    """
    cells = parts.group(shown_cells)
    plain = graph.run(cells, Geometry=points, Quantity=contract.MAP_RANGE, Signed=False)
    largest = graph.input("Largest Change")
    ends = {"Low": -largest, "High": largest}
    changed = graph.run(cells, Geometry=points, Quantity=contract.CHANGE_RANGE, Signed=True, **ends)
    compares = driven_value(graph, "Compare", parts.root, contract.COMPARE) > 0.5
    is_change = graph.switch(graph.input("Changed"), False, compares, "BOOLEAN")
    shown = with_sizes(graph, graph.switch(is_change, plain, changed, "GEOMETRY"))
    for quantity in (contract.MAP_RANGE, contract.CHANGE_RANGE):
        shown = without_samples(graph, shown, quantity)
    material = graph.switch(is_change, graph.input("Material"), graph.input("Change Material"), "MATERIAL")
    instances = {"Points": shown, "Instance": upright_card(graph, material), "Scale": graph.vector(size, size, size)}
    if selection is not True:
        instances["Selection"] = selection
    return graph.add("GeometryNodeInstanceOnPoints", instances).outputs[0]


@node_group("Shown Cells")
def make_shown_cells(name: str, parts: Parts) -> bpy.types.NodeTree:
    """Vertices in, the same with their cells and shares out, for the sample and, while it fades, for the next."""
    graph = Graph.geometry_group(name, SHOWN_CELLS, {"Geometry": "Geometry"})
    return build_shown_cells(graph, parts, lambda _sample: graph.input("First"))


def build_shown_cells(
    graph: Graph, parts: Parts, first: Callable[[Value], Value], used: tuple[str, ...] = ()
) -> bpy.types.NodeTree:
    """See `make_shown_cells`.

    Args:
        first: tells the first cell for a sample.
        used: quantities that are of no use any more then.
    """
    time, cell, share = use_timeline(graph, parts), parts.group(make_cell), parts.group(make_share)
    now, then = time.outputs[SAMPLE], time.outputs[NEXT]
    fade = graph.switch(time.outputs[FADES], 0.0, time.outputs[FADE], "FLOAT")
    vectors = {"data_type": "FLOAT_VECTOR"}
    own = graph.input("Geometry")
    held = graph.store(own, CELL, graph.run(cell, Sample=now, Fade=fade, First=first(now)), **vectors)
    held = graph.store(held, SHARE, graph.run(share, Sample=now), **vectors)
    fading = graph.store(held, CELL_NEXT, graph.run(cell, Sample=then, Fade=0.0, First=first(then)), **vectors)
    fading = graph.store(fading, SHARE_NEXT, graph.run(share, Sample=then), **vectors)
    shown = graph.switch(fades_now(graph, time), held, fading, "GEOMETRY")
    for quantity in used:
        shown = without_samples(graph, shown, quantity)
    graph.output("Geometry", shown)
    return graph.build()


@node_group("Cell")
def make_cell(name: str, _parts: Parts) -> bpy.types.NodeTree:
    """Column and row of a vertex's cell for a ``Sample``, with the ``Fade`` as z.

    Along each axis that is the sample's block times its cells, plus the place inside the block.
    """
    sockets = {**dict.fromkeys(("Sample", "Fade"), "Float"), **_CELL_INPUTS}
    graph = Graph.geometry_group(name, sockets, {"Cell": "Vector"})
    # As `core.maps.packing` says it: block = floor(sample / planes), cell = index + first
    # column = block % blocks_across * columns + cell % columns
    # row = floor(block / blocks_across) * rows + floor(cell / columns)
    index = graph.add("GeometryNodeInputIndex").outputs[0] + graph.input("First")
    number = graph.math("FLOOR", graph.input("Sample") / graph.input("Planes"))

    def place(axis: str, part: Callable[[Value, Value], Socket]) -> Socket:
        block = part(number, graph.input("Blocks Across"))
        inside = part(index, graph.input("Columns"))
        return block * graph.input(axis) + inside

    column = place("Columns", lambda number, across: number % across)
    row = place("Rows", lambda number, across: graph.math("FLOOR", number / across))
    graph.output("Cell", graph.vector(column, row, graph.input("Fade")))
    return graph.build()


@node_group("Share")
def make_share(name: str, parts: Parts) -> bpy.types.NodeTree:
    """Factor and summand that turn a level of a vertex's cell into a place on the colour map, and its plane.

    A level stands for ``low + level * (high - low)``, which is mapped from the chosen range to 0 to 1; the sample's
    ``Quantity`` holds low and high of every cell. ``Low`` and ``High`` are the extremes over all samples; where it is
    ``Signed``, the middle of the colours is 0 whatever colours maps have.
    """
    graph = Graph.geometry_group(
        name, {"Geometry": "Geometry", "Sample": "Float", **_SHARE_INPUTS}, {"Share": "Vector"}
    )
    sampled = sampled_name(graph, graph.input("Quantity"), graph.input("Sample"))
    low, high, _ = graph.separate(graph.attribute(sampled, "FLOAT_VECTOR"))
    range_low, range_high = _centred(graph, parts.root, *_range(graph, parts.root, low, high))
    # place on the colour map = (low + level * (high - low) - range_low) / (range_high - range_low)
    #                         = level * factor + summand
    span = graph.math("MAXIMUM", range_high - range_low, SMALLEST_SPAN)
    factor = (high - low) / span
    summand = (low - range_low) / span
    plane = graph.input("Sample") % graph.input("Planes")
    graph.output("Share", graph.vector(factor, summand, plane))
    return graph.build()


def _range(graph: Graph, root: bpy.types.Collection, low: Value, high: Value) -> tuple[Socket, Socket]:
    """By the number of one of `map_looks.MAP_RULES`: of all samples, of the layer for this sample, or of each map."""
    rule = driven_value(graph, "Range", root, contract.MAP_RULE)
    is_of_sample = rule > 0.5
    is_of_map = rule > 1.5

    def end(of_map: Value, of_all: str, statistic: str) -> Socket:
        node = graph.add("GeometryNodeAttributeStatistic", {"Geometry": graph.input("Geometry")}, data_type="FLOAT")
        node.set_input("Attribute", of_map)
        of_layer = graph.switch(is_of_sample, graph.input(of_all), node.outputs[statistic], "FLOAT")
        return graph.switch(is_of_map, of_layer, of_map, "FLOAT")

    return end(low, "Low", "Min"), end(high, "High", "Max")


def _centred(graph: Graph, root: bpy.types.Collection, low: Value, high: Value) -> tuple[Socket, Socket]:
    """The range widened so that 0 is in its middle, where it is in the middle of the colours."""
    has_middle = driven_value(graph, "Centred", root, contract.MAP_CENTRED) > 0.5
    is_centred = graph.switch(graph.input("Signed"), has_middle, True, "BOOLEAN")
    # size = max(|low|, |high|); from -size to size
    size = graph.math("MAXIMUM", abs(low), abs(high))
    size = graph.math("MAXIMUM", size, SMALLEST_SPAN)
    below = -size
    return graph.switch(is_centred, low, below, "FLOAT"), graph.switch(is_centred, high, size, "FLOAT")


def with_sizes(graph: Graph, points: Value) -> Socket:
    """Points with `CELLS` and `PIXELS`, in a group with `ATLAS_INPUTS`."""
    across = graph.input("Blocks Across") * graph.input("Columns")
    down = graph.input("Blocks Down") * graph.input("Rows")
    points = graph.store(points, CELLS, graph.vector(across, down, 1.0), data_type="FLOAT_VECTOR")
    pixels = graph.vector(graph.input("Cell Width"), graph.input("Cell Height"), 1.0)
    return graph.store(points, PIXELS, pixels, data_type="FLOAT_VECTOR")


def upright_card(graph: Graph, material: Value) -> Socket:
    """A rectangle that faces -X, of the group's ``Width`` and ``Height``."""
    size = {"Size X": graph.input("Width"), "Size Y": graph.input("Height"), "Vertices X": 2, "Vertices Y": 2}
    grid = graph.add("GeometryNodeMeshGrid", size)
    with_uv = graph.store(grid.outputs["Mesh"], UV, grid.outputs["UV Map"], data_type="FLOAT2", domain="CORNER")
    # From lying on the floor to facing -X, upright, its width running towards -Y.
    upright = {"Geometry": with_uv, "Rotation": (math.pi / 2, 0.0, -math.pi / 2)}
    standing = graph.add("GeometryNodeTransform", upright).outputs[0]
    return graph.material(standing, material)
