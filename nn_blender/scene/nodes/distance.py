"""Node groups of networks whose blocks the distance opens: what stands for a block is chosen where the viewer is.

A hidden object has one vertex per block with its stored place and size, worked out when the viewer moves. Everything
that a block shows asks it whether that is open, before anything else is made of its geometry: what is not seen costs
next to nothing.
"""

from __future__ import annotations

import bpy

from ..base import contract
from ..base.parts import Parts, node_group
from .graph import Graph, Socket, Value
from .lod import FACTOR, lod_node, make_lod, make_viewer
from .lod_of_layers import BLOCK_HIGH, BLOCK_LOW, OPEN, of_layer

OPENS_AT = "opens_at"
"""Of a block: how large its children are; it opens where that appears larger than the anchor's threshold."""
SHAFT, OWN_WIDTH, TO_TIP = "shaft", "own_width", "to_tip"
"""Of the vertices of ribbons: the radius before the arrow head as it is seen from farthest away, the least one that it
gets nearer by, and the way to the tip of the arrow head, from around its base."""
LEAST_SHARE = 1.6 / 1920
"""Least radius of ribbons as a share of the picture's width."""
ALSO_INSIDE = "Also Inside"
"""A second block that has to be open, of what joins two."""


@node_group("Distances")
def make_distances(name: str, parts: Parts) -> bpy.types.NodeTree:
    """Vertices with places and sizes of blocks in, the same with ``open`` out: whether it is, 0 or 1."""
    graph = Graph.geometry_group(name, {"Geometry": "Geometry"}, {"Geometry": "Geometry"})
    low, high = (graph.attribute(corner, "FLOAT_VECTOR") for corner in (BLOCK_LOW, BLOCK_HIGH))
    there = lod_node(graph, parts.group(make_lod, "Books"), low, high, graph.attribute(OPENS_AT)).outputs[FACTOR]
    opened = graph.switch(there > 0.0, 0.0, 1.0, "FLOAT")
    graph.output("Geometry", graph.store(graph.input("Geometry"), OPEN, opened))
    return graph.build()


@node_group("By Distance", "distance")
def make_by_distance(name: str, _parts: Parts) -> bpy.types.NodeTree:
    """The geometry of an object out while the blocks ``Inside`` and ``Also Inside`` are open, ``Instead`` is closed.

    They are numbers of vertices of ``Distances``, see `make_distances`; below 0 where there is none.
    """
    blocks = dict.fromkeys((contract.INSIDE.title(), ALSO_INSIDE, contract.INSTEAD.title()), "Int")
    graph = Graph.modifier_group(
        name, {"Geometry": "Geometry", "Distances": "Object", **blocks}, {"Geometry": "Geometry"}
    )
    inside, also, instead = (graph.input(block) for block in blocks)
    around = graph.both(_is_open(graph, inside), _is_open(graph, also))
    is_seen = graph.both(around, _is_closed(graph, instead))
    graph.output("Geometry", graph.only_if(is_seen, graph.input("Geometry")))
    return graph.build()


@node_group("Each by Distance", "distance")
def make_each_by_distance(name: str, _parts: Parts) -> bpy.types.NodeTree:
    """Of a mesh whose vertices carry ``inside`` and ``instead``, what is seen now, see `make_by_distance`."""
    graph = Graph.modifier_group(name, {"Geometry": "Geometry", "Distances": "Object"}, {"Geometry": "Geometry"})
    inputs = {"Geometry": graph.input("Geometry"), "Selection": _is_each_seen(graph)}
    graph.output("Geometry", graph.add("GeometryNodeSeparateGeometry", inputs, domain="POINT").outputs["Selection"])
    return graph.build()


@node_group("Ribbons by Distance", "distance")
def make_ribbons_by_distance(name: str, parts: Parts) -> bpy.types.NodeTree:
    """As `make_each_by_distance`, of ribbons, which are the thinner the nearer they are, arrow heads included.

    Vertices carry ``width`` and the `SHAFT` of their ribbon as they are seen from farthest away, `OWN_WIDTH`, below
    which it never gets, and the way `TO_TIP`.
    """
    graph = Graph.modifier_group(name, {"Geometry": "Geometry", "Distances": "Object"}, {"Geometry": "Geometry"})
    inputs = {"Geometry": graph.input("Geometry"), "Selection": _is_each_seen(graph)}
    seen = graph.add("GeometryNodeSeparateGeometry", inputs, domain="POINT").outputs["Selection"]
    position = graph.add("GeometryNodeInputPosition").outputs[0]
    view = graph.add("GeometryNodeGroup", node_tree=parts.group(make_viewer)).outputs
    distance = graph.add("ShaderNodeVectorMath", {0: position, 1: view["Eye"]}, operation="DISTANCE").outputs[1]
    # share = clamp(max(own, least * width of the view) / shaft)
    least = (distance * view["Spread"] + view["Width"]) * LEAST_SHARE
    wanted = graph.math("MAXIMUM", graph.attribute(OWN_WIDTH), least)
    share = graph.clamp(wanted / graph.attribute(SHAFT))
    to_tip = {0: graph.attribute(TO_TIP, "FLOAT_VECTOR"), "Scale": 1.0 - share}
    way = graph.add("ShaderNodeVectorMath", to_tip, operation="SCALE").outputs[0]
    thinner = graph.store(seen, contract.TUBE_WIDTH, graph.attribute(contract.TUBE_WIDTH) * share)
    moved = {"Geometry": thinner, "Offset": way}
    graph.output("Geometry", graph.add("GeometryNodeSetPosition", moved).outputs[0])
    return graph.build()


@node_group("Labels by Distance", "distance")
def make_labels_by_distance(name: str, _parts: Parts) -> bpy.types.NodeTree:
    """As `make_each_by_distance`, of places of text: all stay, since their numbers count, some without opacity."""
    graph = Graph.modifier_group(name, {"Geometry": "Geometry", "Distances": "Object"}, {"Geometry": "Geometry"})
    opacity = graph.switch(_is_each_seen(graph), 0.0, graph.attribute(contract.OPACITY), "FLOAT")
    graph.output("Geometry", graph.store(graph.input("Geometry"), contract.OPACITY, opacity))
    return graph.build()


def _is_each_seen(graph: Graph) -> Socket:
    inside, instead = (graph.attribute(name, "INT") for name in (contract.INSIDE, contract.INSTEAD))
    return graph.both(_is_open(graph, inside), _is_closed(graph, instead))


def _is_open(graph: Graph, block: Value) -> Socket:
    """Whether a block is open, or there is none."""
    is_none = graph.compare(block, "LESS_THAN", -0.5)
    return graph.switch(is_none, _opened(graph, block) > 0.5, True, "BOOLEAN")


def _is_closed(graph: Graph, block: Value) -> Socket:
    """Whether a block is closed, or there is none."""
    is_none = graph.compare(block, "LESS_THAN", -0.5)
    return graph.switch(is_none, _opened(graph, block) < 0.5, True, "BOOLEAN")


def _opened(graph: Graph, block: Value) -> Socket:
    info = graph.add("GeometryNodeObjectInfo", {"Object": graph.input("Distances")}, transform_space="ORIGINAL")
    return of_layer(graph, info.outputs["Geometry"], OPEN, graph.math("MAXIMUM", block, 0.0))
