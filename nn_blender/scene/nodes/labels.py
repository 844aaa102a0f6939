"""Texts at many places that face the viewer, each there only while it can be read.

Filling letters is slow, so a hidden object holds all lines; the visible one puts every letter where its line belongs.
"""

from __future__ import annotations

import bpy

from ..base.parts import Parts, node_group
from .graph import Graph, Socket, Value
from .lod import FACTOR, lod_node, make_lod, make_viewer
from .lod_of_layers import OPEN, detail_geometry, of_layer

LINE = "line"
SIZE, FIT, LAYER, OF_BLOCK = "size", "fit", "layer", "of_block"
"""Attributes of a place: how high its letters are at most; how high they may be for every unit that a step along X is
seen from its side; the number of its layer, below 0 where it has none; whether it is of that layer's block."""


@node_group("Lines")
def make_line_store(name: str, _parts: Parts) -> bpy.types.NodeTree:
    """Letters of size 1 lying in the XY plane, line k at y = -k, centred on x = 0; each knows its line."""
    inputs = {"Geometry": "Geometry", "Texts": "String", "Material": "Material"}
    graph = Graph.geometry_group(name, inputs, {"Geometry": "Geometry"})
    text = graph.add(
        "GeometryNodeStringToCurves",
        {"String": graph.input("Texts"), "Size": 1.0, "Line Spacing": 1.0},
        align_x="CENTER",
        align_y="TOP_BASELINE",
    )
    letters = text.outputs["Curve Instances"]
    letters = graph.store(letters, LINE, text.outputs["Line"], data_type="INT", domain="INSTANCE")
    filled = graph.add("GeometryNodeFillCurve", {"Curve": letters}).outputs[0]
    graph.output("Geometry", graph.material(filled, graph.input("Material")))
    return graph.build()


@node_group("Labels")
def make_labels(name: str, parts: Parts) -> bpy.types.NodeTree:
    """Vertices in, one per line of the object ``Store``; its lines out, at the vertices, turned to the viewer.

    A block's own label goes as its layers' labels come. ``Detail`` is what `lod_of_layers.make_detail` is for.
    """
    viewer, labels = parts.group(make_viewer), parts.group(make_lod, "Labels")
    graph = Graph.geometry_group(
        name, {"Geometry": "Geometry", "Store": "Object", "Detail": "Object"}, {"Geometry": "Geometry"}
    )
    places, line = graph.input("Geometry"), graph.attribute(LINE, "INT")
    position = graph.add("GeometryNodeInputPosition").outputs[0]
    shown = of_place(graph, places, line, _shown_size(graph, position, viewer, labels), "FLOAT")
    rotation = graph.add("GeometryNodeGroup", node_tree=viewer).outputs["Rotation"]
    graph.output("Geometry", put_letters(graph, places, shown, rotation))
    return graph.build()


def put_letters(graph: Graph, places: Value, shown: Value, rotation: Value) -> Socket:
    """The letters of the object ``Store`` at the places of their lines.

    Args:
        shown: how high a letter is, 0 where it is not there; a field on the letters.
        rotation: what all are turned by.
    """
    line = graph.attribute(LINE, "INT")
    position = graph.add("GeometryNodeInputPosition").outputs[0]
    origin = of_place(graph, places, line, position, "FLOAT_VECTOR")
    store = graph.add("GeometryNodeObjectInfo", {"Object": graph.input("Store")}, transform_space="ORIGINAL")
    chosen = {"Geometry": store.outputs["Geometry"], "Selection": shown > 0.0}
    letters = graph.add("GeometryNodeSeparateGeometry", chosen, domain="INSTANCE").outputs[0]
    in_line = graph.vector_math("ADD", position, graph.vector(0.0, line))
    scaled = graph.add("ShaderNodeVectorMath", {0: in_line, "Scale": shown}, operation="SCALE").outputs[0]
    turned = graph.add("FunctionNodeRotateVector", {"Vector": scaled, "Rotation": rotation}).outputs[0]
    moved = {"Geometry": letters, "Position": graph.vector_math("ADD", origin, turned)}
    letters = graph.add("GeometryNodeSetPosition", moved).outputs[0]
    sizes = {"Instances": letters, "Scale": graph.vector(shown, shown, shown)}
    letters = graph.add("GeometryNodeScaleInstances", sizes).outputs[0]
    turns = {"Instances": letters, "Rotation": rotation}
    return graph.add("GeometryNodeRotateInstances", turns).outputs[0]


def _shown_size(graph: Graph, position: Value, viewer: bpy.types.NodeTree, labels: bpy.types.NodeTree) -> Socket:
    """How high a line's letters are now, 0 where they could not be read; a field on the places."""
    layer, size = graph.attribute(LAYER, "INT"), _fitting_size(graph, position, viewer)
    opened = of_layer(graph, detail_geometry(graph), OPEN, layer)
    opened = graph.switch(layer < 0.0, opened, 1.0, "FLOAT")
    legible = lod_node(graph, labels, position, position, size).outputs[FACTOR]
    is_of_block = graph.attribute(OF_BLOCK, "BOOLEAN")
    # letters = size * legible * opened, or * (1 - opened) for a block's own label
    share = graph.switch(is_of_block, opened, 1.0 - opened, "FLOAT")
    return size * (share * legible)


def _fitting_size(graph: Graph, position: Value, viewer: bpy.types.NodeTree) -> Socket:
    """How high a line's letters may be: so that it leaves its neighbours along X room, from wherever they are seen.

    A step along X is seen from its side, in perspective the more so the further it is on the side that X comes from.
    """
    seen = graph.add("GeometryNodeGroup", node_tree=viewer).outputs

    def of_view(axis: tuple[float, float, float]) -> Socket:
        return graph.add("FunctionNodeRotateVector", {"Vector": axis, "Rotation": seen["Rotation"]}).outputs[0]

    def along(a: Value, b: Value) -> Socket:
        return graph.add("ShaderNodeVectorMath", {0: a, 1: b}, operation="DOT_PRODUCT").outputs[1]

    right, ahead, x = of_view((1.0, 0.0, 0.0)), of_view((0.0, 0.0, -1.0)), (1.0, 0.0, 0.0)
    way = graph.vector_math("SUBTRACT", position, seen["Eye"])
    # a step along x is |x·right - (way·right / way·ahead) * x·ahead| wide; letters = min(size, fit * step)
    aside = along(way, right) / along(way, ahead)
    is_perspective = seen["Spread"] > 0.0
    aside = graph.switch(is_perspective, 0.0, aside, "FLOAT")
    step = along(right, x) - aside * along(ahead, x)
    fitting = graph.attribute(FIT) * abs(step)
    return graph.math("MINIMUM", graph.attribute(SIZE), fitting)


def of_place(graph: Graph, places: Value, line: Value, value: Value, kind: str) -> Socket:
    """The value at the place of a letter's line."""
    node = graph.add("GeometryNodeSampleIndex", {"Geometry": places}, data_type=kind, domain="POINT")
    node.set_input("Value", value)
    node.set_input("Index", line)
    return node.outputs["Value"]
