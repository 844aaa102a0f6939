"""Feature maps of a layer: every vertex becomes a card that shows its cell of the layer's atlas."""

from __future__ import annotations

import math

import bpy

from .graph import Graph, Value
from .timeline import SAMPLE, use_timeline

CELL = "cell"
UV = "card_uv"
"""Not plain ``uv``, which Cycles reads as something of its own on instances."""


def make_cards(name: str, timeline: bpy.types.NodeTree) -> bpy.types.NodeTree:
    """Vertices in, cards that face -X out; instance attribute ``cell`` is the card's column and row in the atlas."""
    graph = Graph.geometry_group(
        name,
        {
            "Geometry": "Geometry",
            "Width": "Float",
            "Height": "Float",
            "Columns": "Float",
            "Rows": "Float",
            "Blocks Across": "Float",
            "Material": "Material",
        },
        {"Geometry": "Geometry"},
    )
    sample = use_timeline(graph, timeline).outputs[SAMPLE]
    index = graph.add("GeometryNodeInputIndex").outputs[0]
    column = _column_and_row(graph, index, sample, "Columns", "MODULO")
    row = _column_and_row(graph, index, sample, "Rows", "DIVIDE")
    points = graph.store(graph.input("Geometry"), CELL, graph.vector(column, row), data_type="FLOAT_VECTOR")
    cards = graph.add("GeometryNodeInstanceOnPoints", {"Points": points, "Instance": _card(graph)}).outputs[0]
    graph.output("Geometry", cards)
    return graph.tree


def _column_and_row(graph: Graph, index: Value, sample: Value, cells: str, operation: str) -> bpy.types.NodeSocket:
    """Where the cell stands along one axis: the sample's block times the block's cells, plus the place inside it."""

    def place(number: Value, across: Value) -> bpy.types.NodeSocket:
        result = graph.math(operation, number, across)
        return graph.math("FLOOR", result) if operation == "DIVIDE" else result

    block = place(sample, graph.input("Blocks Across"))
    inside = place(index, graph.input("Columns"))
    return graph.math("ADD", graph.math("MULTIPLY", block, graph.input(cells)), inside)


def _card(graph: Graph) -> bpy.types.NodeSocket:
    size = {"Size X": graph.input("Width"), "Size Y": graph.input("Height"), "Vertices X": 2, "Vertices Y": 2}
    grid = graph.add("GeometryNodeMeshGrid", size)
    with_uv = graph.store(grid.outputs["Mesh"], UV, grid.outputs["UV Map"], data_type="FLOAT2", domain="CORNER")
    # From lying on the floor to facing -X, upright, its width running towards -Y.
    upright = {"Geometry": with_uv, "Rotation": (math.pi / 2, 0.0, -math.pi / 2)}
    standing = graph.add("GeometryNodeTransform", upright).outputs[0]
    return graph.material(standing, graph.input("Material"))
