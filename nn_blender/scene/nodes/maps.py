"""Feature maps on a slab that come as the viewer comes near."""

from __future__ import annotations

import bpy

from .cards import PRESENCE
from .graph import Graph
from .slabs import BOX_INPUTS, SLAB_INPUTS, on_slab, opening


def make_maps(
    name: str, cards: bpy.types.NodeTree, blocks: bpy.types.NodeTree, maps: bpy.types.NodeTree
) -> bpy.types.NodeTree:
    """What `cards.make_cards` takes in, its cards out where they are large enough to be seen.

    Args:
        blocks: tells how far a block has opened, see `nodes.lod.make_lod`.
        maps: tells how far maps are large enough to be seen.
    """
    shared = {
        socket.name: socket.socket_type.removeprefix("NodeSocket")
        for socket in cards.interface.items_tree
        if socket.in_out == "INPUT" and socket.name != PRESENCE
    }
    graph = Graph.geometry_group(name, {**shared, **BOX_INPUTS, **SLAB_INPUTS}, {"Geometry": "Geometry"})
    present = graph.math("MINIMUM", opening(graph, blocks), map_nearness(graph, maps))
    inner = graph.add("GeometryNodeGroup", node_tree=cards)
    for socket in shared:
        graph.set_input(inner, socket, graph.input(socket))
    graph.set_input(inner, PRESENCE, present)
    graph.output("Geometry", graph.only_if(graph.compare(present, "GREATER_THAN", 0.0), inner.outputs[0]))
    return graph.tree


def map_nearness(graph: Graph, maps: bpy.types.NodeTree) -> bpy.types.NodeSocket:
    """How far cards of ``Width`` and ``Height`` on the slab of `SLAB_INPUTS` are large enough, 0 to 1."""
    side = graph.math("MAXIMUM", graph.input("Width"), graph.input("Height"))
    return on_slab(graph, maps, side)
