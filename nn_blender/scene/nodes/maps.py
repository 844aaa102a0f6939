"""Feature maps on a slab that come as the viewer comes near."""

from __future__ import annotations

import bpy

from ..base.parts import Parts, node_group
from .cards import PRESENCE, make_cards
from .graph import Graph
from .lod_of_layers import DETAIL_INPUTS, MAPS, OPEN, layer_detail


@node_group("Maps")
def make_maps(name: str, parts: Parts) -> bpy.types.NodeTree:
    """What `cards.make_cards` takes in, its cards out where they are large enough to be seen."""
    cards = parts.group(make_cards)
    shared = {
        socket.name: socket.socket_type.removeprefix("NodeSocket")
        for socket in cards.interface.items_tree
        if socket.in_out == "INPUT" and socket.name != PRESENCE
    }
    graph = Graph.modifier_group(name, {**shared, **DETAIL_INPUTS}, {"Geometry": "Geometry"})
    present = graph.math("MINIMUM", *layer_detail(graph, OPEN, MAPS))
    inner = graph.add("GeometryNodeGroup", node_tree=cards)
    for socket in shared:
        inner.set_input(socket, graph.input(socket))
    inner.set_input(PRESENCE, present)
    graph.output("Geometry", graph.only_if(present > 0.0, inner.outputs[0]))
    return graph.build()
