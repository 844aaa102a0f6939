"""Bars of the network's output: every vertex becomes a bar as long as its probability at the current frame."""

from __future__ import annotations

import bpy

from .. import contract
from .graph import Graph
from .timeline import sampled, use_timeline, without_samples


def make_bars(name: str, timeline: bpy.types.NodeTree) -> bpy.types.NodeTree:
    """Vertices with ``probability.<k>`` in, bars that start at the vertex and run along +X out.

    ``Full`` is the value that a bar of ``Length`` stands for; the instance attribute ``glow`` is the value's share.
    """
    graph = Graph.geometry_group(
        name,
        {"Geometry": "Geometry", "Length": "Float", "Thickness": "Float", "Full": "Float", "Material": "Material"},
        {"Geometry": "Geometry"},
    )
    value = sampled(graph, contract.PROBABILITY, use_timeline(graph, timeline))
    rows = without_samples(
        graph, graph.store(graph.input("Geometry"), contract.PROBABILITY, value), contract.PROBABILITY
    )
    share = graph.math("DIVIDE", graph.math("ABSOLUTE", graph.attribute(contract.PROBABILITY)), graph.input("Full"))
    rows = graph.store(rows, contract.GLOW, graph.math("MINIMUM", graph.math("MAXIMUM", share, 0.0), 1.0))

    thickness = graph.input("Thickness")
    # A bar of no length would look like a missing row.
    length = graph.math("MULTIPLY", graph.attribute(contract.GLOW), graph.input("Length"))
    scale = graph.vector(graph.math("MAXIMUM", length, 0.03), 0.03, thickness)
    bars = {"Points": rows, "Instance": _unit_bar(graph), "Scale": scale}
    instances = graph.add("GeometryNodeInstanceOnPoints", bars).outputs[0]
    graph.output("Geometry", graph.join(rows, instances))
    return graph.tree


def _unit_bar(graph: Graph) -> bpy.types.NodeSocket:
    cube = graph.add("GeometryNodeMeshCube", {"Size": (1.0, 1.0, 1.0)}).outputs[0]
    from_origin = graph.add("GeometryNodeTransform", {"Geometry": cube, "Translation": (0.5, 0.0, 0.0)}).outputs[0]
    return graph.material(from_origin, graph.input("Material"))
