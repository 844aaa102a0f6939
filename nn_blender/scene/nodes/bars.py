"""Bars of the network's output: every vertex becomes a bar as long as its probability at the current frame."""

from __future__ import annotations

import bpy

from .. import contract
from .graph import Graph
from .timeline import SAMPLE, sampled_name, use_timeline


def make_bars(name: str, timeline: bpy.types.NodeTree) -> bpy.types.NodeTree:
    """Vertices with ``probability.<k>`` in, bars that start at the vertex and run along +X out.

    ``Full`` is the value that a bar of ``Length`` stands for; the instance attribute ``glow`` is the value's share.
    """
    graph = Graph.geometry_group(
        name,
        {"Geometry": "Geometry", "Length": "Float", "Thickness": "Float", "Full": "Float", "Material": "Material"},
        {"Geometry": "Geometry"},
    )
    sample = use_timeline(graph, timeline).outputs[SAMPLE]
    value = graph.attribute(sampled_name(graph, contract.PROBABILITY, sample))
    share = graph.math("DIVIDE", graph.math("ABSOLUTE", value), graph.input("Full"))
    share = graph.math("MINIMUM", graph.math("MAXIMUM", share, 0.0), 1.0)
    rows = graph.store(graph.input("Geometry"), contract.PROBABILITY, value)
    rows = graph.store(rows, contract.GLOW, share)
    wildcard = {"Geometry": rows, "Name": f"{contract.PROBABILITY}.*"}
    rows = graph.add("GeometryNodeRemoveAttribute", wildcard, pattern_mode="WILDCARD").outputs[0]

    thickness = graph.input("Thickness")
    # The sample's attribute is gone by now; a bar of no length would look like a missing row.
    share = graph.attribute(contract.GLOW)
    length = graph.math("MAXIMUM", graph.math("MULTIPLY", share, graph.input("Length")), 0.03)
    bars = {"Points": rows, "Instance": _unit_bar(graph), "Scale": graph.vector(length, 0.03, thickness)}
    instances = graph.add("GeometryNodeInstanceOnPoints", bars).outputs[0]
    graph.output("Geometry", graph.join(rows, instances))
    return graph.tree


def _unit_bar(graph: Graph) -> bpy.types.NodeSocket:
    cube = graph.add("GeometryNodeMeshCube", {"Size": (1.0, 1.0, 1.0)}).outputs[0]
    from_origin = graph.add("GeometryNodeTransform", {"Geometry": cube, "Translation": (0.5, 0.0, 0.0)}).outputs[0]
    return graph.material(from_origin, graph.input("Material"))
