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
    sockets = {"Geometry": "Geometry", "Length": "Float", "Thickness": "Float", "Full": "Float", "Changed": "Bool"}
    sockets |= {"Material": "Material", "Change": "Material"}
    graph = Graph.geometry_group(name, sockets, {"Geometry": "Geometry"})
    time = use_timeline(graph, timeline)
    value = sampled(graph, contract.PROBABILITY, time)
    rows = without_samples(
        graph, graph.store(graph.input("Geometry"), contract.PROBABILITY, value), contract.PROBABILITY
    )
    rows = graph.store(rows, contract.GLOW, _share(graph, graph.attribute(contract.PROBABILITY)))

    thickness = graph.input("Thickness")
    # A bar of no length would look like a missing row.
    length = graph.math("MULTIPLY", graph.attribute(contract.GLOW), graph.input("Length"))
    scale = graph.vector(graph.math("MAXIMUM", length, 0.03), 0.03, thickness)
    bars = {"Points": rows, "Instance": _unit_bar(graph, "Material"), "Scale": scale}
    instances = graph.add("GeometryNodeInstanceOnPoints", bars).outputs[0]
    changes = graph.only_if(graph.input("Changed"), _changes(graph, time))
    graph.output("Geometry", graph.join(rows, instances, changes))
    return graph.tree


def _changes(graph: Graph, time: bpy.types.Node) -> bpy.types.NodeSocket:
    """A thinner bar before the end of the first, over what it gained or lost against the intact network."""
    before, now = (_share(graph, sampled(graph, name, time)) for name in (contract.INTACT, contract.PROBABILITY))
    rows = graph.store(graph.input("Geometry"), contract.TONE, graph.math("SIGN", graph.math("SUBTRACT", now, before)))
    rows = graph.store(rows, "from", graph.math("MULTIPLY", graph.math("MINIMUM", now, before), graph.input("Length")))
    size = graph.math("ABSOLUTE", graph.math("SUBTRACT", now, before))
    rows = graph.store(rows, "size", graph.math("MULTIPLY", size, graph.input("Length")))
    rows = without_samples(graph, without_samples(graph, rows, contract.PROBABILITY), contract.INTACT)
    start = graph.vector(graph.attribute("from"), -0.03, 0.0)
    placed = graph.add("GeometryNodeSetPosition", {"Geometry": rows, "Offset": start}).outputs[0]
    thickness = graph.math("MULTIPLY", graph.input("Thickness"), 0.45)
    inputs = {
        "Points": placed,
        "Selection": graph.compare(graph.attribute("size"), "GREATER_THAN", 0.01),
        "Instance": _unit_bar(graph, "Change"),
        "Scale": graph.vector(graph.attribute("size"), 0.03, thickness),
    }
    return graph.add("GeometryNodeInstanceOnPoints", inputs).outputs[0]


def _share(graph: Graph, value: bpy.types.NodeSocket) -> bpy.types.NodeSocket:
    share = graph.math("DIVIDE", graph.math("ABSOLUTE", value), graph.input("Full"))
    return graph.math("MINIMUM", graph.math("MAXIMUM", share, 0.0), 1.0)


def _unit_bar(graph: Graph, material: str) -> bpy.types.NodeSocket:
    cube = graph.add("GeometryNodeMeshCube", {"Size": (1.0, 1.0, 1.0)}).outputs[0]
    from_origin = graph.add("GeometryNodeTransform", {"Geometry": cube, "Translation": (0.5, 0.0, 0.0)}).outputs[0]
    return graph.material(from_origin, graph.input(material))
