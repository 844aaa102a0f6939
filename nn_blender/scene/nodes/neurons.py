"""Neurons of a layer: every vertex becomes a sphere that glows with its activation at the current frame."""

from __future__ import annotations

import bpy

from .. import contract
from .glow import GLOW, TONE
from .graph import Graph
from .timeline import RENDERS_POINTS, sampled, use_timeline, without_samples


def make_neurons(name: str, timeline: bpy.types.NodeTree, glow: bpy.types.NodeTree) -> bpy.types.NodeTree:
    """Vertices with ``activation.<k>`` in, spheres with ``activation``, ``glow`` and ``tone`` out.

    Glow is 0 to 1, tone the same with the activation's sign; see `glow.make_glow`. The vertices themselves are passed
    on too, so that evaluated data carries the values; they are loose and therefore invisible.

    ``Highest`` is the layer's largest magnitude over all samples. ``Crowd`` draws points in the viewport.
    """
    sockets = {"Geometry": "Geometry", "Radius": "Float", "Highest": "Float", "Crowd": "Bool", "Material": "Material"}
    graph = Graph.geometry_group(name, sockets, {"Geometry": "Geometry"})
    time = use_timeline(graph, timeline)
    activation = sampled(graph, contract.ACTIVATION, time)
    vertices = graph.store(graph.input("Geometry"), contract.ACTIVATION, activation)
    vertices = _with_tone(graph, without_samples(graph, vertices, contract.ACTIVATION), glow)
    is_viewport = graph.add("GeometryNodeIsViewport").outputs[0]
    are_points = graph.switch(is_viewport, time.outputs[RENDERS_POINTS], graph.input("Crowd"), "BOOLEAN")
    spheres = graph.switch(are_points, _instances(graph, vertices), _points(graph, vertices), "GEOMETRY")
    graph.output("Geometry", graph.join(vertices, spheres))
    return graph.tree


def _with_tone(graph: Graph, vertices: bpy.types.NodeSocket, glow: bpy.types.NodeTree) -> bpy.types.NodeSocket:
    inputs = {"Value": graph.attribute(contract.ACTIVATION), "Highest": graph.input("Highest")}
    node = graph.add("GeometryNodeGroup", inputs, node_tree=glow)
    vertices = graph.store(vertices, contract.TONE, node.outputs[TONE])
    return graph.store(vertices, contract.GLOW, node.outputs[GLOW])


def _points(graph: Graph, vertices: bpy.types.NodeSocket) -> bpy.types.NodeSocket:
    points = graph.add("GeometryNodeMeshToPoints", {"Mesh": vertices, "Radius": graph.input("Radius")}).outputs[0]
    return graph.material(points, graph.input("Material"))


def _instances(graph: Graph, vertices: bpy.types.NodeSocket) -> bpy.types.NodeSocket:
    sphere = graph.add("GeometryNodeMeshIcoSphere", {"Radius": 1.0, "Subdivisions": 3}).outputs[0]
    smooth = graph.add("GeometryNodeSetShadeSmooth", {0: sphere}).outputs[0]
    inputs = {
        "Points": vertices,
        "Instance": graph.material(smooth, graph.input("Material")),
        "Scale": graph.vector(*[graph.input("Radius")] * 3),
    }
    return graph.add("GeometryNodeInstanceOnPoints", inputs).outputs[0]
