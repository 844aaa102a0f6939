"""Feature maps of a layer: every vertex becomes a card that shows its cell of the layer's atlas."""

from __future__ import annotations

import math
from dataclasses import dataclass

import bpy

from .. import contract, palette
from .driven import driven_value
from .graph import Graph, Value
from .timeline import FADE, FADES, NEXT, SAMPLE, fades_now, sampled_name, use_timeline, without_samples

CELL, CELL_NEXT = "cell", "cell_next"
"""Instance attributes: column and row of the card's cell in the atlas, for the sample and the next; z is the fade."""

SHARE, SHARE_NEXT = "share", "share_next"
"""Instance attributes: factor and summand that turn a level (0 to 1) into a place on the colour map (0 to 1)."""

CELLS, PIXELS = "cells", "pixels"
"""Instance attributes: how many cells the atlas has across and down, and how many pixels a cell has."""

UV = "card_uv"
"""Not plain ``uv``, which Cycles reads as something of its own on instances."""

PRESENCE = "Presence"
"""How large cards are drawn, as a share of their own size."""

ATLAS_INPUTS = ("Columns", "Rows", "Blocks Across", "Blocks Down", "Cell Width", "Cell Height")
_SMALLEST = 1e-30


def make_cards(
    name: str, timeline: bpy.types.NodeTree, places: bpy.types.NodeTree, root: bpy.types.Collection
) -> bpy.types.NodeTree:
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
    time = use_timeline(graph, timeline)
    rule = driven_value(graph, "Range", root, contract.MAP_RULE)
    colours = driven_value(graph, "Colours", root, contract.MAP_COLOURS)
    is_centred = graph.compare(colours, "LESS_THAN", len(palette.CENTRED) - 0.5)
    values = _Scale(contract.MAP_RANGE, graph.input("Low"), graph.input("High"), rule, is_centred)
    size = graph.input("Largest Change")
    change = _Scale(contract.CHANGE_RANGE, graph.math("MULTIPLY", size, -1.0), size, rule)
    compares = graph.compare(driven_value(graph, "Compare", root, contract.COMPARE), "GREATER_THAN", 0.5)
    is_change = graph.switch(graph.input("Changed"), False, compares, "BOOLEAN")
    own = graph.input("Geometry")
    points = graph.switch(graph.input("Sorted"), own, graph.run(places, own), "GEOMETRY")
    plain, changed = (_with_shares(graph, points, time, scale) for scale in (values, change))
    shown = _with_sizes(graph, graph.switch(is_change, plain, changed, "GEOMETRY"))
    for quantity in (contract.MAP_RANGE, contract.CHANGE_RANGE):
        shown = without_samples(graph, shown, quantity)
    material = graph.switch(is_change, graph.input("Material"), graph.input("Change Material"), "MATERIAL")
    size = graph.vector(*[graph.input(PRESENCE)] * 3)
    instances = {"Points": shown, "Instance": _card(graph, material), "Scale": size}
    graph.output("Geometry", graph.add("GeometryNodeInstanceOnPoints", instances).outputs[0])
    graph.tree.interface.items_tree[PRESENCE].default_value = 1.0
    return graph.tree


@dataclass(frozen=True)
class _Scale:
    """From which values to which the colours run.

    Attributes:
        quantity: the attribute with the values of levels 0 and 1 of every cell.
        low: the lowest value over all samples.
        rule: number of one of `map_looks.MAP_RULES`.
        is_centred: whether the middle of the colours is 0.
    """

    quantity: str
    low: Value
    high: Value
    rule: Value
    is_centred: Value = True


def _with_shares(graph: Graph, points: Value, time: bpy.types.Node, scale: _Scale) -> bpy.types.NodeSocket:
    """The vertices with their cells and shares, for the sample and, while it fades, for the next."""
    fade = graph.switch(time.outputs[FADES], 0.0, time.outputs[FADE], "FLOAT")
    now, then = (_Shown(graph, points, time.outputs[name], scale) for name in (SAMPLE, NEXT))
    held = graph.store(points, CELL, now.cell(fade), data_type="FLOAT_VECTOR")
    held = graph.store(held, SHARE, now.share(), data_type="FLOAT_VECTOR")
    fading = graph.store(held, CELL_NEXT, then.cell(0.0), data_type="FLOAT_VECTOR")
    fading = graph.store(fading, SHARE_NEXT, then.share(), data_type="FLOAT_VECTOR")
    return graph.switch(fades_now(graph, time), held, fading, "GEOMETRY")


def _with_sizes(graph: Graph, points: Value) -> bpy.types.NodeSocket:
    across = graph.math("MULTIPLY", graph.input("Blocks Across"), graph.input("Columns"))
    down = graph.math("MULTIPLY", graph.input("Blocks Down"), graph.input("Rows"))
    points = graph.store(points, CELLS, graph.vector(across, down, 1.0), data_type="FLOAT_VECTOR")
    pixels = graph.vector(graph.input("Cell Width"), graph.input("Cell Height"), 1.0)
    return graph.store(points, PIXELS, pixels, data_type="FLOAT_VECTOR")


class _Shown:
    """What the cards show of one sample."""

    def __init__(self, graph: Graph, points: Value, sample: Value, scale: _Scale) -> None:
        self._graph = graph
        self._points = points
        self._sample = sample
        self._scale = scale

    def cell(self, z: Value) -> bpy.types.NodeSocket:
        graph = self._graph
        index = graph.math("ADD", graph.add("GeometryNodeInputIndex").outputs[0], graph.input("First"))
        column = self._place(index, "Columns", "MODULO")
        row = self._place(index, "Rows", "DIVIDE")
        return graph.vector(column, row, z)

    def share(self) -> bpy.types.NodeSocket:
        """A level stands for ``low + level * (high - low)``, which is mapped from the chosen range to 0 to 1."""
        graph = self._graph
        low, high = self._levels()
        range_low, range_high = self._range(low, high)
        span = graph.math("MAXIMUM", graph.math("SUBTRACT", range_high, range_low), _SMALLEST)
        factor = graph.math("DIVIDE", graph.math("SUBTRACT", high, low), span)
        return graph.vector(factor, graph.math("DIVIDE", graph.math("SUBTRACT", low, range_low), span))

    def _levels(self) -> tuple[bpy.types.NodeSocket, bpy.types.NodeSocket]:
        name = sampled_name(self._graph, self._scale.quantity, self._sample)
        parts = self._graph.add("ShaderNodeSeparateXYZ", {0: self._graph.attribute(name, "FLOAT_VECTOR")})
        return parts.outputs[0], parts.outputs[1]

    def _range(self, low: Value, high: Value) -> tuple[bpy.types.NodeSocket, bpy.types.NodeSocket]:
        """By rule: of all samples, of the layer for this sample, of each map; centred on 0 where the colours are."""
        graph, scale = self._graph, self._scale
        is_of_sample = graph.compare(scale.rule, "GREATER_THAN", 0.5)
        is_of_map = graph.compare(scale.rule, "GREATER_THAN", 1.5)
        ends = []
        for own, everywhere, statistic in ((low, scale.low, "Min"), (high, scale.high, "Max")):
            node = graph.add("GeometryNodeAttributeStatistic", {"Geometry": self._points}, data_type="FLOAT")
            graph.set_input(node, "Attribute", own)
            of_sample = next(out for out in node.outputs if out.enabled and out.name == statistic)
            end = graph.switch(is_of_sample, everywhere, of_sample, "FLOAT")
            ends.append(graph.switch(is_of_map, end, own, "FLOAT"))
        size = graph.math("MAXIMUM", graph.math("ABSOLUTE", ends[0]), graph.math("ABSOLUTE", ends[1]))
        size = graph.math("MAXIMUM", size, _SMALLEST)
        middle = ((ends[0], graph.math("MULTIPLY", size, -1.0)), (ends[1], size))
        low, high = (graph.switch(scale.is_centred, end, centred, "FLOAT") for end, centred in middle)
        return low, high

    def _place(self, index: Value, cells: str, operation: str) -> bpy.types.NodeSocket:
        """Where the cell stands along one axis: the sample's block times its cells, plus the place inside it."""
        graph = self._graph

        def place(number: Value, across: Value) -> bpy.types.NodeSocket:
            result = graph.math(operation, number, across)
            return graph.math("FLOOR", result) if operation == "DIVIDE" else result

        block = place(self._sample, graph.input("Blocks Across"))
        inside = place(index, graph.input("Columns"))
        return graph.math("ADD", graph.math("MULTIPLY", block, graph.input(cells)), inside)


def _card(graph: Graph, material: Value) -> bpy.types.NodeSocket:
    size = {"Size X": graph.input("Width"), "Size Y": graph.input("Height"), "Vertices X": 2, "Vertices Y": 2}
    grid = graph.add("GeometryNodeMeshGrid", size)
    with_uv = graph.store(grid.outputs["Mesh"], UV, grid.outputs["UV Map"], data_type="FLOAT2", domain="CORNER")
    # From lying on the floor to facing -X, upright, its width running towards -Y.
    upright = {"Geometry": with_uv, "Rotation": (math.pi / 2, 0.0, -math.pi / 2)}
    standing = graph.add("GeometryNodeTransform", upright).outputs[0]
    return graph.material(standing, material)
