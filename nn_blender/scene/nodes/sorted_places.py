"""Neurons in another order: every vertex stands where the vertex stood whose place it takes."""

from __future__ import annotations

import bpy

from ..base import contract
from ..base.parts import Parts, node_group
from .drivers import driven_value
from .graph import Graph


@node_group("Places")
def make_places(name: str, parts: Parts) -> bpy.types.NodeTree:
    """Vertices moved to the places that their ``slot`` names, as far as the anchor's ``nn_sorted`` says.

    At 0 they stand in their own order, at 1 in the other; between them they are on their way.
    """
    graph = Graph.geometry_group(name, {"Geometry": "Geometry"}, {"Geometry": "Geometry"})
    points = graph.input("Geometry")
    position = graph.add("GeometryNodeInputPosition").outputs[0]
    slot = graph.attribute(contract.SLOT, "INT")
    node = graph.add("GeometryNodeSampleIndex", {"Geometry": points}, data_type="FLOAT_VECTOR", domain="POINT")
    node.set_input("Value", position)
    node.set_input("Index", slot)
    target = node.outputs["Value"]
    # place = own + (place of the slot - own) * sorted
    way = graph.add("ShaderNodeVectorMath", {0: target, 1: position}, operation="SUBTRACT").outputs[0]
    share = driven_value(graph, "Sorted", parts.anchor, contract.SORTED)
    scaled = graph.add("ShaderNodeVectorMath", {0: way, "Scale": share}, operation="SCALE").outputs[0]
    graph.output("Geometry", graph.add("GeometryNodeSetPosition", {"Geometry": points, "Offset": scaled}).outputs[0])
    return graph.build()
