"""A block of layers as one box, around which a line glows with its mean activation."""

from __future__ import annotations

import bpy

from ..base import contract
from ..base.parts import Parts, node_group
from .graph import Graph, Socket
from .lod_of_layers import CLOSED, DETAIL_INPUTS, OPEN, layer_detail
from .timeline import shown


@node_group("Blocks")
def make_blocks(name: str, parts: Parts) -> bpy.types.NodeTree:
    """A vertex in the middle of the block in, its box of ``Size`` out, until the block opens; then only the vertex.

    The line around the box fades before, since slabs have none.

    The vertex carries ``activation.<k>``, the mean of the block's neurons, and ``glow.<k>``, that of their magnitudes
    as shares of their layer's highest; ``activation`` and ``glow`` are those of the current frame.
    """
    inputs = {"Geometry": "Geometry", **DETAIL_INPUTS, "Size": "Vector", "Material": "Material"}
    graph = Graph.geometry_group(name, inputs, {"Geometry": "Geometry"})
    point = graph.input("Geometry")
    for quantity in (contract.ACTIVATION, contract.GLOW):
        point = shown(graph, parts, point, quantity)
    opened, closed = layer_detail(graph, OPEN, CLOSED)
    is_closed = opened <= 0.0
    lines = graph.store(point, contract.GLOW, graph.attribute(contract.GLOW) * closed)
    box = {"Points": lines, "Instance": _unit_box(graph), "Scale": graph.input("Size")}
    boxes = graph.only_if(is_closed, graph.add("GeometryNodeInstanceOnPoints", box).outputs[0])
    graph.output("Geometry", graph.join(point, boxes))
    return graph.build()


def _unit_box(graph: Graph) -> Socket:
    cube = graph.add("GeometryNodeMeshCube", {"Size": (1.0, 1.0, 1.0)}).outputs[0]
    place = graph.add("GeometryNodeInputPosition").outputs[0]
    return graph.material(graph.store(cube, contract.PLACE, place, data_type="FLOAT_VECTOR"), graph.input("Material"))
