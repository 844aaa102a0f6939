"""Node groups of marks around neurons: a cross before a disabled one, a frame around a selected one."""

from __future__ import annotations

import math

import bpy

from ..base import contract
from ..base.parts import Parts, node_group
from .graph import Graph, Socket, Value

_CROSS_SHARE = 0.3
"""Half a cross over a feature map, as a share of the map's shorter side."""
_ROOM = 1.45
"""How much wider than its sphere a selected neuron's ring is."""
_INPUTS = {"Geometry": "Geometry", **dict.fromkeys(("Radius", "Card Width", "Card Height"), "Float")}


def is_off(graph: Graph) -> Socket:
    """Whether a neuron is switched off, as a field."""
    is_disabled = graph.add(
        "FunctionNodeBooleanMath", {0: graph.attribute(contract.ENABLED, "BOOLEAN")}, operation="NOT"
    ).outputs[0]
    is_zero = graph.compare(graph.attribute(contract.GAIN), "EQUAL", 0.0)
    return graph.add("FunctionNodeBooleanMath", {0: is_disabled, 1: is_zero}, operation="OR").outputs[0]


@node_group("Crosses")
def make_crosses(name: str, _parts: Parts) -> bpy.types.NodeTree:
    """A cross before every neuron that is off: as large as its sphere, or over its feature map where it has one."""
    graph = Graph.geometry_group(name, {**_INPUTS, "Cross": "Material"}, {"Geometry": "Geometry"})
    vertices, bars = graph.input("Geometry"), []
    for angle in (math.pi / 4, -math.pi / 4):
        cube = graph.add("GeometryNodeMeshCube", {"Size": (0.12, 0.3, 2.6)}).outputs[0]
        turned = {"Geometry": cube, "Translation": (-0.95, 0.0, 0.0), "Rotation": (angle, 0.0, 0.0)}
        bars.append(graph.add("GeometryNodeTransform", turned).outputs[0])
    radius, has_card = graph.input("Radius"), _has_card(graph)
    side = graph.math("MINIMUM", graph.input("Card Width"), graph.input("Card Height"))
    size = graph.switch(has_card, radius, side * _CROSS_SHARE, "FLOAT")
    right, down = _to_card_middle(graph)
    way = graph.vector(0.0, -right, -down)
    moved = graph.add("GeometryNodeSetPosition", {"Geometry": vertices, "Offset": way}).outputs[0]
    inputs = {
        "Points": graph.switch(has_card, vertices, moved, "GEOMETRY"),
        "Selection": is_off(graph),
        "Instance": graph.material(graph.join(*bars), graph.input("Cross")),
        "Scale": graph.vector(radius, size, size),
    }
    graph.output("Geometry", graph.add("GeometryNodeInstanceOnPoints", inputs).outputs[0])
    return graph.build()


@node_group("Selection Marks")
def make_selection_marks(name: str, _parts: Parts) -> bpy.types.NodeTree:
    """A ring around the sphere of every selected neuron, or a frame around its feature map where it has one."""
    graph = Graph.geometry_group(name, {**_INPUTS, "Mark": "Material"}, {"Geometry": "Geometry"})
    thickness = graph.input("Radius") * 0.16
    outline = graph.switch(_has_card(graph), _ring(graph), _frame(graph, thickness), "GEOMETRY")
    profile = graph.add("GeometryNodeCurvePrimitiveCircle", {"Resolution": 8, "Radius": thickness}, mode="RADIUS")
    tube = graph.add("GeometryNodeCurveToMesh", {"Curve": outline, "Profile Curve": profile.outputs[0]}).outputs[0]
    # From lying on the floor to facing -X.
    upright = {"Geometry": tube, "Rotation": (math.pi / 2, 0.0, -math.pi / 2)}
    standing = graph.add("GeometryNodeTransform", upright).outputs[0]
    inputs = {
        "Points": graph.input("Geometry"),
        "Selection": graph.attribute(contract.SELECTED, "BOOLEAN"),
        "Instance": graph.material(standing, graph.input("Mark")),
    }
    graph.output("Geometry", graph.add("GeometryNodeInstanceOnPoints", inputs).outputs[0])
    return graph.build()


def _ring(graph: Graph) -> Socket:
    inputs = {"Resolution": 48, "Radius": graph.input("Radius") * _ROOM}
    return graph.add("GeometryNodeCurvePrimitiveCircle", inputs, mode="RADIUS").outputs[0]


def _frame(graph: Graph, thickness: Value) -> Socket:
    inputs = {side: graph.input(f"Card {side}") + thickness for side in ("Width", "Height")}
    frame = graph.add("GeometryNodeCurvePrimitiveQuadrilateral", inputs, mode="RECTANGLE").outputs[0]
    right, down = _to_card_middle(graph)
    middle = graph.vector(right, -down)
    return graph.add("GeometryNodeTransform", {"Geometry": frame, "Translation": middle}).outputs[0]


def _has_card(graph: Graph) -> Socket:
    return graph.input("Card Width") > 0.0


def _to_card_middle(graph: Graph) -> tuple[Socket, Socket]:
    """How far right and down from a sphere, in the upper left corner of its feature map, the map's middle is."""
    halves = (graph.input(side) * 0.5 for side in ("Card Width", "Card Height"))
    right, down = (half - graph.input("Radius") for half in halves)
    return right, down
