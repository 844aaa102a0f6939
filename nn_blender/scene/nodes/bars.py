"""Bars of the network's output: every vertex becomes a bar as long as its probability at the current frame."""

from __future__ import annotations

import bpy

from ..base import contract
from ..base.parts import Parts, node_group
from .graph import Graph, Socket
from .timeline import shown

_FLOATS = dict.fromkeys(("Length", "Thickness", "Full"), "Float")


@node_group("Bars")
def make_bars(name: str, parts: Parts) -> bpy.types.NodeTree:
    """Vertices with ``probability.<k>`` in, bars that start at the vertex and run along +X out.

    ``Full`` is the value that a bar of ``Length`` stands for; the instance attribute ``glow`` is the value's share.
    """
    sockets = {"Geometry": "Geometry", **_FLOATS, "Changed": "Bool", "Material": "Material", "Change": "Material"}
    graph = Graph.geometry_group(name, sockets, {"Geometry": "Geometry"})
    rows = shown(graph, parts, graph.input("Geometry"), contract.PROBABILITY)
    rows = graph.store(rows, contract.GLOW, _share(graph, graph.attribute(contract.PROBABILITY)))

    thickness = graph.input("Thickness")
    # A bar of no length would look like a missing row.
    length = graph.attribute(contract.GLOW) * graph.input("Length")
    scale = graph.vector(graph.math("MAXIMUM", length, 0.03), 0.03, thickness)
    bars = {"Points": rows, "Instance": _unit_bar(graph, "Material"), "Scale": scale}
    instances = graph.add("GeometryNodeInstanceOnPoints", bars).outputs[0]
    changed = graph.only_if(graph.input("Changed"), graph.run(parts.group(make_changes)))
    graph.output("Geometry", graph.join(rows, instances, changed))
    return graph.build()


@node_group("Bar Changes")
def make_changes(name: str, parts: Parts) -> bpy.types.NodeTree:
    """A thinner bar before the end of the first, over what it gained or lost against the intact network."""
    graph = Graph.geometry_group(
        name, {"Geometry": "Geometry", **_FLOATS, "Change": "Material"}, {"Geometry": "Geometry"}
    )
    rows = graph.input("Geometry")
    for quantity in (contract.INTACT, contract.PROBABILITY):
        rows = shown(graph, parts, rows, quantity)
    # a bar from min(now, before) * length, |now - before| * length long, by the sign of now - before
    before, now = (_share(graph, graph.attribute(name)) for name in (contract.INTACT, contract.PROBABILITY))
    rows = graph.store(rows, contract.TONE, graph.math("SIGN", now - before))
    rows = graph.store(rows, "from", graph.math("MINIMUM", now, before) * graph.input("Length"))
    size = abs(now - before)
    rows = graph.store(rows, "size", size * graph.input("Length"))
    start = graph.vector(graph.attribute("from"), -0.03, 0.0)
    placed = graph.add("GeometryNodeSetPosition", {"Geometry": rows, "Offset": start}).outputs[0]
    thickness = graph.input("Thickness") * 0.45
    inputs = {
        "Points": placed,
        "Selection": graph.attribute("size") > 0.01,
        "Instance": _unit_bar(graph, "Change"),
        "Scale": graph.vector(graph.attribute("size"), 0.03, thickness),
    }
    graph.output("Geometry", graph.add("GeometryNodeInstanceOnPoints", inputs).outputs[0])
    return graph.build()


def _share(graph: Graph, value: Socket) -> Socket:
    # share = clamp(|v| / full)
    share = abs(value) / graph.input("Full")
    return graph.math("MINIMUM", graph.math("MAXIMUM", share, 0.0), 1.0)


def _unit_bar(graph: Graph, material: str) -> Socket:
    cube = graph.add("GeometryNodeMeshCube", {"Size": (1.0, 1.0, 1.0)}).outputs[0]
    from_origin = graph.add("GeometryNodeTransform", {"Geometry": cube, "Translation": (0.5, 0.0, 0.0)}).outputs[0]
    return graph.material(from_origin, graph.input(material))
