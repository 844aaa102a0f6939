"""Neurons of a layer: every vertex becomes a sphere that glows with its activation at the current frame."""

from __future__ import annotations

import bpy

from .. import contract
from .graph import Graph
from .timeline import RENDERS_POINTS, SAMPLE, sampled_name, use_timeline


def make_neurons(name: str, timeline: bpy.types.NodeTree) -> bpy.types.NodeTree:
    """Vertices with ``activation.<k>`` in, spheres with ``activation``, ``glow`` and ``not_finite`` out.

    Glow is the activation mapped from Low..High to 0..1 and clamped there; 0 where it is NaN or infinite, which
    ``not_finite`` tells. The vertices themselves are passed on too, so that evaluated data carries the values; they
    are loose and therefore invisible.
    """
    graph = Graph.geometry_group(
        name,
        {"Geometry": "Geometry", "Radius": "Float", "Low": "Float", "High": "Float", "Material": "Material"},
        {"Geometry": "Geometry"},
    )
    time = use_timeline(graph, timeline)
    vertices = _with_glow(graph, graph.input("Geometry"), time.outputs[SAMPLE])
    vertices = _without_samples(graph, vertices)
    spheres = graph.switch(
        time.outputs[RENDERS_POINTS], _instances(graph, vertices), _points(graph, vertices), "GEOMETRY"
    )
    graph.output("Geometry", graph.join(vertices, spheres))
    return graph.tree


def _with_glow(graph: Graph, geometry: bpy.types.NodeSocket, sample: bpy.types.NodeSocket) -> bpy.types.NodeSocket:
    activation = graph.attribute(sampled_name(graph, contract.ACTIVATION, sample))
    # Infinity minus itself is NaN, and NaN equals nothing: only finite numbers pass.
    finite = graph.compare(graph.math("SUBTRACT", activation, activation), "EQUAL", 0.0)
    span = graph.math("SUBTRACT", graph.input("High"), graph.input("Low"))
    share = graph.math("DIVIDE", graph.math("SUBTRACT", activation, graph.input("Low")), span)
    glow = graph.math("MINIMUM", graph.math("MAXIMUM", share, 0.0), 1.0)
    geometry = graph.store(geometry, contract.ACTIVATION, activation)
    geometry = graph.store(geometry, contract.GLOW, graph.switch(finite, 0.0, glow, "FLOAT"))
    return graph.store(geometry, contract.NOT_FINITE, graph.switch(finite, 1.0, 0.0, "FLOAT"))


def _without_samples(graph: Graph, geometry: bpy.types.NodeSocket) -> bpy.types.NodeSocket:
    """Attributes of all samples would otherwise be copied to every point at every frame."""
    wildcard = {"Geometry": geometry, "Name": f"{contract.ACTIVATION}.*"}
    return graph.add("GeometryNodeRemoveAttribute", wildcard, pattern_mode="WILDCARD").outputs[0]


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
