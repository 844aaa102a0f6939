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
BRIEFLY = 0.25
"""How soon it has opened, as a share of the anchor's band: a still picture should rarely show one on its way."""
MIDDLE = "middle"
"""Of the vertices of a tray: the point that it grows out of."""
SHAFT, OWN_WIDTH, TO_TIP = "shaft", "own_width", "to_tip"
"""Of the vertices of ribbons: the radius before the arrow head as it is seen from farthest away, the least one that it
gets nearer by, and the way to the tip of the arrow head, from around its base."""
LEAST_PIXELS, PICTURE_SIZE = 1.6, (1920, 1080)
"""Half of how wide ribbons are at least, in a picture of that width and height."""
LEAST_SHARE = LEAST_PIXELS / PICTURE_SIZE[0]
"""The same as a share of the picture's width."""
ALSO_INSIDE = "Also Inside"
"""A second block that has to be open, of what joins two."""


@node_group("Distances")
def make_distances(name: str, parts: Parts) -> bpy.types.NodeTree:
    """Vertices with places and sizes of blocks in, the same with ``open`` out: how far it is, 0 to 1."""
    graph = Graph.geometry_group(name, {"Geometry": "Geometry"}, {"Geometry": "Geometry"})
    low, high = (graph.attribute(corner, "FLOAT_VECTOR") for corner in (BLOCK_LOW, BLOCK_HIGH))
    there = lod_node(graph, parts.group(make_lod, "Books"), low, high, graph.attribute(OPENS_AT)).outputs[FACTOR]
    graph.output("Geometry", graph.store(graph.input("Geometry"), OPEN, graph.clamp(there / BRIEFLY)))
    return graph.build()


_BLOCKS = dict.fromkeys((contract.INSIDE.title(), ALSO_INSIDE, contract.INSTEAD.title()), "Int")


@node_group("By Distance", contract.DISTANCE)
def make_by_distance(name: str, _parts: Parts) -> bpy.types.NodeTree:
    """The geometry of an object out while the blocks ``Inside`` and ``Also Inside`` are open, ``Instead`` is closed.

    They are numbers of vertices of ``Distances``, see `make_distances`; below 0 where there is none.
    """
    inputs = {"Geometry": "Geometry", "Distances": "Object", **_BLOCKS}
    graph = Graph.modifier_group(name, inputs, {"Geometry": "Geometry"})
    present = _presence(graph, *(graph.input(block) for block in _BLOCKS))
    graph.output("Geometry", graph.only_if(present > 0.0, graph.input("Geometry")))
    return graph.build()


@node_group("Growth by Distance", contract.GROWTH)
def make_growth(name: str, _parts: Parts) -> bpy.types.NodeTree:
    """As `make_by_distance`, grown out of ``Foot`` as far as the block around has opened; a book shrinks into it."""
    inputs = {"Geometry": "Geometry", "Distances": "Object", **_BLOCKS, "Foot": "Vector"}
    graph = Graph.modifier_group(name, inputs, {"Geometry": "Geometry"})
    own, foot = graph.input("Geometry"), graph.input("Foot")
    present = _presence(graph, *(graph.input(block) for block in _BLOCKS))
    # place = foot + (place - foot) * present
    way = graph.add("ShaderNodeVectorMath", {0: foot, "Scale": 1.0 - present}, operation="SCALE").outputs[0]
    moved = {"Geometry": own, "Translation": way, "Scale": graph.vector(present, present, present)}
    grown = graph.add("GeometryNodeTransform", moved).outputs[0]
    radius = graph.add("GeometryNodeInputRadius").outputs[0]
    grown = graph.add("GeometryNodeSetPointRadius", {0: grown, "Radius": radius * present}).outputs[0]
    shown = graph.switch(present >= 1.0, grown, own, "GEOMETRY")
    graph.output("Geometry", graph.only_if(present > 0.0, shown))
    return graph.build()


@node_group("Trays by Distance", contract.DISTANCE)
def make_trays_by_distance(name: str, _parts: Parts) -> bpy.types.NodeTree:
    """Of trays whose vertices carry ``inside``, ``instead`` and their `MIDDLE`, what is seen now, as it has grown."""
    graph = Graph.modifier_group(name, {"Geometry": "Geometry", "Distances": "Object"}, {"Geometry": "Geometry"})
    seen, present = _seen_of_each(graph)
    position = graph.add("GeometryNodeInputPosition").outputs[0]
    mix = graph.add("ShaderNodeMix", data_type="VECTOR")
    for socket, value in (("Factor", present), ("A", graph.attribute(MIDDLE, "FLOAT_VECTOR")), ("B", position)):
        mix.set_input(socket, value)
    moved = {"Geometry": seen, "Position": mix.outputs["Result"]}
    graph.output("Geometry", graph.add("GeometryNodeSetPosition", moved).outputs[0])
    return graph.build()


@node_group("Ribbons by Distance", contract.DISTANCE)
def make_ribbons_by_distance(name: str, parts: Parts) -> bpy.types.NodeTree:
    """Of ribbons, what is seen now, the thinner the nearer it is, arrow heads included, and as it has grown.

    Vertices carry ``inside`` and ``instead``, ``width`` and the `SHAFT` of their ribbon as they are seen from farthest
    away, `OWN_WIDTH`, below which it never gets, and the way `TO_TIP`.
    """
    graph = Graph.modifier_group(name, {"Geometry": "Geometry", "Distances": "Object"}, {"Geometry": "Geometry"})
    seen, present = _seen_of_each(graph)
    position = graph.add("GeometryNodeInputPosition").outputs[0]
    view = graph.add("GeometryNodeGroup", node_tree=parts.group(make_viewer)).outputs
    distance = graph.add("ShaderNodeVectorMath", {0: position, 1: view["Eye"]}, operation="DISTANCE").outputs[1]
    # share = clamp(max(own, least * width of the view) / shaft)
    least = (distance * view["Spread"] + view["Width"]) * LEAST_SHARE
    wanted = graph.math("MAXIMUM", graph.attribute(OWN_WIDTH), least)
    share = graph.clamp(wanted / graph.attribute(SHAFT))
    to_tip = {0: graph.attribute(TO_TIP, "FLOAT_VECTOR"), "Scale": 1.0 - share}
    way = graph.add("ShaderNodeVectorMath", to_tip, operation="SCALE").outputs[0]
    thinner = graph.store(seen, contract.TUBE_WIDTH, graph.attribute(contract.TUBE_WIDTH) * (share * present))
    moved = {"Geometry": thinner, "Offset": way}
    graph.output("Geometry", graph.add("GeometryNodeSetPosition", moved).outputs[0])
    return graph.build()


@node_group("Labels by Distance", contract.DISTANCE)
def make_labels_by_distance(name: str, _parts: Parts) -> bpy.types.NodeTree:
    """Places of text, of which those that are not seen have no opacity; all stay, since their numbers count."""
    graph = Graph.modifier_group(name, {"Geometry": "Geometry", "Distances": "Object"}, {"Geometry": "Geometry"})
    opacity = graph.attribute(contract.OPACITY) * _presence_of_each(graph)
    graph.output("Geometry", graph.store(graph.input("Geometry"), contract.OPACITY, opacity))
    return graph.build()


def _seen_of_each(graph: Graph) -> tuple[Socket, Socket]:
    """What is seen of the group's geometry, and how far it is there; a field on that."""
    present = _presence_of_each(graph)
    inputs = {"Geometry": graph.input("Geometry"), "Selection": present > 0.0}
    seen = graph.add("GeometryNodeSeparateGeometry", inputs, domain="POINT").outputs["Selection"]
    return seen, present


def _presence_of_each(graph: Graph) -> Socket:
    inside, instead = (graph.attribute(name, "INT") for name in (contract.INSIDE, contract.INSTEAD))
    return _presence(graph, inside, inside, instead)


def _presence(graph: Graph, inside: Value, also: Value, instead: Value) -> Socket:
    """How far something is there, 0 to 1: a block's book goes until it is half open, then comes what it holds."""
    around = graph.math("MINIMUM", _grown(graph, inside), _grown(graph, also))
    # gone = clamp(1 - 2 * open)
    gone = graph.clamp(1.0 - _opened(graph, instead) * 2.0)
    return graph.math("MINIMUM", around, graph.switch(instead < -0.5, gone, 1.0, "FLOAT"))


def _grown(graph: Graph, block: Value) -> Socket:
    """clamp(2 * open - 1); 1 where there is no block."""
    grown = graph.clamp(_opened(graph, block) * 2.0 - 1.0)
    return graph.switch(graph.compare(block, "LESS_THAN", -0.5), grown, 1.0, "FLOAT")


def _opened(graph: Graph, block: Value) -> Socket:
    info = graph.add("GeometryNodeObjectInfo", {"Object": graph.input("Distances")}, transform_space="ORIGINAL")
    return of_layer(graph, info.outputs["Geometry"], OPEN, graph.math("MAXIMUM", block, 0.0))
