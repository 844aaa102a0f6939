"""Level of detail of all layers at once: one vertex per layer, worked out when the viewer moves and read by everything.

What asks for its layer's detail does not look at the viewer itself: that would be costly for hundreds of layers at
every frame.
"""

from __future__ import annotations

from typing import Any

import bpy

from ..base.parts import Parts, node_group
from .graph import Graph, Socket, Value
from .lod import FACTOR, NEARING, lod_node, make_lod
from .moments import Moment

BLOCK_LOW, BLOCK_HIGH, BLOCK_PITCH = "block_low", "block_high", "block_pitch"
"""Of a layer's block: its corners, and how far its layers are from each other on average."""

SLAB_LOW, SLAB_HIGH, SPHERE_SIZE, MAP_SIZE = "slab_low", "slab_high", "sphere_size", "map_size"
"""Of a layer: its slab's corners, the diameter of its spheres and the longer side of its feature maps."""

MOVING = (SLAB_LOW, SLAB_HIGH, SPHERE_SIZE, MAP_SIZE)
"""What is another value where slabs stand elsewhere; films have it at every moment, see `nodes.moments`."""

ALWAYS_OPEN = 1e6
"""`BLOCK_PITCH` of a layer that is there whatever the distance and the tier: whether its block is open, flags say."""

CLOSED_MOVE = "closed_move"
"""Of a layer: the way from its slab's face to where that is while the block is closed."""

CLOSED_SHIFT = "closed_shift"
"""What summaries in scenes of earlier versions ask for instead: the part of that way along X."""

OPEN, CLOSED, NEURONS, MAPS = "open", "closed", "neurons", "maps"
"""How far, 0 to 1: its block has opened; its block is far from opening; its spheres, its maps are large enough."""

DETAIL_INPUTS = {"Detail": "Object", "Layer": "Int"}
"""Of groups that ask for their layer's detail: the object that `make_detail` is for, and the layer's number."""


@node_group("Detail")
def make_detail(name: str, parts: Parts) -> bpy.types.NodeTree:
    """Vertices with places and sizes in, the same with ``open``, ``closed``, ``neurons`` and ``maps`` out."""
    graph = Graph.geometry_group(name, {"Geometry": "Geometry"}, {"Geometry": "Geometry"})
    low, high = (graph.attribute(corner, "FLOAT_VECTOR") for corner in (BLOCK_LOW, BLOCK_HIGH))
    pitch = graph.attribute(BLOCK_PITCH)
    by_distance = lod_node(graph, parts.group(make_lod, "Blocks"), low, high, pitch).outputs
    is_always = graph.math("GREATER_THAN", pitch, ALWAYS_OPEN / 2)
    opened = graph.math("MAXIMUM", by_distance[FACTOR], is_always)
    nearing = graph.math("MINIMUM", by_distance[NEARING], 1.0 - is_always)
    moment = Moment(graph, parts)
    low, high = (moment.value(corner, "FLOAT_VECTOR") for corner in (SLAB_LOW, SLAB_HIGH))
    of_slab = {
        quantity: lod_node(graph, parts.group(make_lod, tier), low, high, moment.value(size)).outputs[FACTOR]
        for quantity, tier, size in ((NEURONS, "Neurons", SPHERE_SIZE), (MAPS, "Maps", MAP_SIZE))
    }
    points = graph.input("Geometry")
    for quantity, value in {OPEN: opened, CLOSED: nearing, **of_slab}.items():
        points = graph.store(points, quantity, value)
    graph.output("Geometry", points)
    return graph.build()


def detail_inputs(parts: Parts, layer: int) -> dict[str, Any]:
    """What a group with the inputs `DETAIL_INPUTS` asks for the detail of the layer of that number with."""
    return {"Detail": parts.detail, "Layer": layer}


def layer_detail(graph: Graph, *quantities: str) -> tuple[Socket, ...]:
    """Some of ``open``, ``closed``, ``neurons`` and ``maps`` of the layer that the inputs `DETAIL_INPUTS` name."""
    geometry = detail_geometry(graph)
    return tuple(of_layer(graph, geometry, quantity, graph.input("Layer")) for quantity in quantities)


def closed_move(graph: Graph) -> Socket:
    """The way of the layer that the inputs `DETAIL_INPUTS` name, see `CLOSED_MOVE`."""
    return of_layer(graph, detail_geometry(graph), CLOSED_MOVE, graph.input("Layer"), "FLOAT_VECTOR")


def detail_geometry(graph: Graph) -> Socket:
    info = graph.add("GeometryNodeObjectInfo", {"Object": graph.input("Detail")}, transform_space="ORIGINAL")
    return info.outputs["Geometry"]


def of_layer(graph: Graph, geometry: Value, quantity: str, layer: Value, data_type: str = "FLOAT") -> Socket:
    """A quantity of the layer of a number."""
    node = graph.add("GeometryNodeSampleIndex", {"Geometry": geometry}, data_type=data_type, domain="POINT")
    node.set_input("Value", graph.attribute(quantity, data_type))
    node.set_input("Index", layer)
    return node.outputs["Value"]
