"""Slabs of layers that come apart from the box of their block."""

from __future__ import annotations

import bpy

from ..base.parts import Parts, node_group
from .graph import Graph, Socket, Value
from .lod_of_layers import DETAIL_INPUTS, OPEN, layer_detail


@node_group("Slabs")
def make_slabs(name: str, _parts: Parts) -> bpy.types.NodeTree:
    """A slab's mesh in, the slab out: nothing while its block is closed.

    While the block opens, its slabs at first still fill it together, each with a part of it, and shrink to their own
    sizes; ``Closed Scale`` and ``Closed Move`` lead from a slab to its part.
    """
    inputs = {"Geometry": "Geometry", **DETAIL_INPUTS, "Closed Scale": "Vector", "Closed Move": "Vector"}
    graph = Graph.modifier_group(name, inputs, {"Geometry": "Geometry"})
    (open_share,) = layer_detail(graph, OPEN)
    # scale = closed_scale * (1 - open) + open; move = closed_move * (1 - open)
    closed_share = 1.0 - open_share
    own_scale = graph.vector(open_share, open_share, open_share)
    scale = graph.vector_math("ADD", _scaled(graph, graph.input("Closed Scale"), closed_share), own_scale)
    move = _scaled(graph, graph.input("Closed Move"), closed_share)
    moved = {"Geometry": graph.input("Geometry"), "Translation": move, "Scale": scale}
    part = graph.add("GeometryNodeTransform", moved).outputs[0]
    is_open = open_share > 0.0
    is_whole = open_share >= 1.0
    shown = graph.switch(is_whole, part, graph.input("Geometry"), "GEOMETRY")
    graph.output("Geometry", graph.only_if(is_open, shown))
    return graph.build()


def _scaled(graph: Graph, vector: Value, factor: Value) -> Socket:
    return graph.add("ShaderNodeVectorMath", {0: vector, "Scale": factor}, operation="SCALE").outputs[0]
