"""Slabs of layers that come apart from the box of their block."""

from __future__ import annotations

import bpy

from .. import contract
from .graph import Graph, Value
from .lod import lod_factor

BOX_INPUTS = {"Block Low": "Vector", "Block High": "Vector", "Block Pitch": "Float"}
"""Of a block, in an object's own space: its corners, and how far its layers are from each other on average. They decide
when the block opens."""

SLAB_INPUTS = {"Slab Low": "Vector", "Slab High": "Vector"}
"""Corners of the slab on which an object's things stand."""


def opening(graph: Graph, lod: bpy.types.NodeTree) -> bpy.types.NodeSocket:
    """How far the block that the inputs `BOX_INPUTS` tell of has opened, 0 to 1."""
    return lod_factor(graph, lod, graph.input("Block Low"), graph.input("Block High"), graph.input("Block Pitch"))


def on_slab(graph: Graph, lod: bpy.types.NodeTree, size: Value) -> bpy.types.NodeSocket:
    """How far things of a size on the slab that the inputs `SLAB_INPUTS` tell of are there, 0 to 1."""
    return lod_factor(graph, lod, graph.input("Slab Low"), graph.input("Slab High"), size)


def make_slabs(name: str, lod: bpy.types.NodeTree) -> bpy.types.NodeTree:
    """A slab's mesh in, the slab out: nothing while its block is closed.

    While the block opens, its slabs at first still fill it together, each with a part of it, and shrink to their own
    sizes; ``Closed Scale`` and ``Closed Move`` lead from a slab to its part. The line that glows around the box of the
    object ``Block`` fades meanwhile.
    """
    inputs = {
        "Geometry": "Geometry",
        **BOX_INPUTS,
        "Closed Scale": "Vector",
        "Closed Move": "Vector",
        "Block": "Object",
    }
    graph = Graph.geometry_group(name, inputs, {"Geometry": "Geometry"})
    open_share = opening(graph, lod)
    closed_share = graph.math("SUBTRACT", 1.0, open_share)
    scale = graph.vector_math("ADD", _scaled(graph, graph.input("Closed Scale"), closed_share),
                              graph.vector(open_share, open_share, open_share))  # fmt: skip
    move = _scaled(graph, graph.input("Closed Move"), closed_share)
    moved = {"Geometry": graph.input("Geometry"), "Translation": move, "Scale": scale}
    part = graph.add("GeometryNodeTransform", moved).outputs[0]
    glow = graph.math("MULTIPLY", _glow_of_block(graph), closed_share)
    part = graph.store(part, contract.GLOW, glow)
    is_open = graph.compare(open_share, "GREATER_THAN", 0.0)
    is_whole = graph.compare(open_share, "GREATER_EQUAL", 1.0)
    shown = graph.switch(is_whole, part, graph.input("Geometry"), "GEOMETRY")
    graph.output("Geometry", graph.only_if(is_open, shown))
    return graph.tree


def _glow_of_block(graph: Graph) -> bpy.types.NodeSocket:
    block = graph.add("GeometryNodeObjectInfo", {"Object": graph.input("Block")}).outputs["Geometry"]
    node = graph.add("GeometryNodeSampleIndex", {"Geometry": block}, data_type="FLOAT", domain="POINT")
    graph.set_input(node, "Value", graph.attribute(contract.GLOW))
    return next(socket for socket in node.outputs if socket.enabled)


def _scaled(graph: Graph, vector: Value, factor: Value) -> bpy.types.NodeSocket:
    return graph.add("ShaderNodeVectorMath", {0: vector, "Scale": factor}, operation="SCALE").outputs[0]
