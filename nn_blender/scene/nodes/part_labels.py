"""Names of blocks and layers at their places in the picture, turned to the viewer, each while it can be read."""

from __future__ import annotations

import bpy

from ..base import contract
from ..base.parts import Parts, node_group
from .graph import Graph
from .labels import LINE, SIZE, of_place, put_letters
from .lod import make_viewer
from .moments import NARROWEST, WIDEST, at_moment

OPACITY, DIM = contract.OPACITY, "dim"
"""Attributes of a place: how far its line is seen, from 0 to 1; whether it is dim, 0 or 1; see also `moments`."""


@node_group("Part Labels")
def make_part_labels(name: str, parts: Parts) -> bpy.types.NodeTree:
    """Vertices in, one per line of the object ``Store``; its lines out, at the vertices, turned to the viewer."""
    viewer = parts.group(make_viewer)
    graph = Graph.modifier_group(name, {"Geometry": "Geometry", "Store": "Object"}, {"Geometry": "Geometry"})
    places, line = at_moment(graph, parts, graph.input("Geometry")), graph.attribute(LINE, "INT")
    position = graph.add("GeometryNodeInputPosition").outputs[0]
    seen = graph.add("GeometryNodeGroup", node_tree=viewer).outputs
    distance = graph.add("ShaderNodeVectorMath", {0: position, 1: seen["Eye"]}, operation="DISTANCE").outputs[1]
    # width = of the view, at the distance of the place; size where narrowest < width <= widest, else 0
    width = distance * seen["Spread"] + seen["Width"]
    is_seen = graph.both(width <= graph.attribute(WIDEST), width > graph.attribute(NARROWEST))
    size = graph.switch(is_seen, 0.0, graph.attribute(SIZE), "FLOAT")
    size = graph.switch(graph.attribute(OPACITY) > 0.0, 0.0, size, "FLOAT")
    letters = put_letters(graph, places, of_place(graph, places, line, size, "FLOAT"), seen["Rotation"])
    for attribute in (OPACITY, DIM):
        value = of_place(graph, places, line, graph.attribute(attribute), "FLOAT")
        letters = graph.store(letters, attribute, value, domain="INSTANCE")
    graph.output("Geometry", letters)
    return graph.build()
