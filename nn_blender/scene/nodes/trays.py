"""Trays of open blocks, at the moment of a film that is shown."""

from __future__ import annotations

import bpy

from ..base import contract
from ..base.parts import Parts, node_group
from .graph import Graph
from .moments import at_moment


@node_group("Trays")
def make_trays(name: str, parts: Parts) -> bpy.types.NodeTree:
    """Slabs in, those of blocks that are not closed out: where ``opened`` is more than 0."""
    graph = Graph.geometry_group(name, {"Geometry": "Geometry"}, {"Geometry": "Geometry"})
    slabs = at_moment(graph, parts, graph.input("Geometry"))
    inputs = {"Geometry": slabs, "Selection": graph.attribute(contract.OPENED) > 0.0}
    graph.output("Geometry", graph.add("GeometryNodeSeparateGeometry", inputs, domain="POINT").outputs["Selection"])
    return graph.build()
