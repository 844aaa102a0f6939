"""A layer's summary on its slab: one card that shows the mean, the maximum or the strongest neuron."""

from __future__ import annotations

import bpy

from ..base import contract
from ..base.parts import Parts, node_group
from .cards import ATLAS_INPUTS, PRESENCE, make_cards
from .drivers import driven_value
from .graph import Graph
from .lod_of_layers import DETAIL_INPUTS, MAPS, OPEN, closed_move, layer_detail

_LAST_SHARE = 5.0
"""One over the share of the maps' coming in which the summary goes."""

MODE = "mode"
"""Instance attribute: what the card shows, the number of an entry of `core.maps.packing.COMPOSITES`."""


@node_group("Composite")
def make_composite(name: str, parts: Parts) -> bpy.types.NodeTree:
    """Two vertices in one place in, the ranges of the mean and of the maximum on them; a card out.

    Where slabs show maps, it stands in for those that are too small to be seen.
    """
    floats = ("Width", "Height", "Mean Low", "Mean High", "Max Low", "Max High", *ATLAS_INPUTS)
    sockets = {"Geometry": "Geometry", **dict.fromkeys(floats, "Float"), "Material": "Material"}
    sockets |= DETAIL_INPUTS
    graph = Graph.modifier_group(name, sockets, {"Geometry": "Geometry"})
    mode = driven_value(graph, "Composite", parts.root, contract.COMPOSITE)
    is_mean = mode < 0.5
    index = graph.add("GeometryNodeInputIndex").outputs[0]
    is_wanted = graph.compare(index, "EQUAL", graph.switch(is_mean, 1.0, 0.0, "FLOAT"))
    separate = {"Geometry": graph.input("Geometry"), "Selection": is_wanted}
    vertex = graph.add("GeometryNodeSeparateGeometry", separate, domain="POINT").outputs[0]
    inputs = {name: graph.input(name) for name in ("Width", "Height", *ATLAS_INPUTS, "Material")}
    opened, gone = layer_detail(graph, OPEN, MAPS)
    # It stays on the face of its slab while that comes out of the block.
    share = {0: closed_move(graph), "Scale": 1.0 - opened}
    way = graph.add("ShaderNodeVectorMath", share, operation="SCALE").outputs[0]
    moved = graph.add("GeometryNodeSetPosition", {"Geometry": vertex, "Offset": way}).outputs[0]
    inputs["Geometry"] = graph.store(moved, MODE, mode)
    for end in ("Low", "High"):
        inputs[end] = graph.switch(is_mean, graph.input(f"Max {end}"), graph.input(f"Mean {end}"), "FLOAT")
    card = graph.add("GeometryNodeGroup", node_tree=parts.group(make_cards))
    for name, value in inputs.items():
        card.set_input(name, value)
    is_alone = driven_value(graph, "Face", parts.anchor, contract.FACE) > 0.5
    # It waits behind the maps until they nearly cover it.
    # present = min(opened, min((1 - gone) * _LAST_SHARE, 1))
    waning = (1.0 - gone) * _LAST_SHARE
    left = graph.switch(is_alone, graph.math("MINIMUM", waning, 1.0), 1.0, "FLOAT")
    present = graph.math("MINIMUM", opened, left)
    card.set_input(PRESENCE, present)
    graph.output("Geometry", graph.only_if(present > 0.0, card.outputs[0]))
    return graph.build()
