"""Neurons of a layer: every vertex becomes a sphere that glows with its activation at the current frame."""

from __future__ import annotations

import math

import bpy

from .. import contract
from .driven import driven_value
from .glow import CHANGE_TONE, DISABLED_TONE, GLOW, TONE
from .graph import Graph
from .timeline import RENDERS_POINTS, sampled, use_timeline, without_samples


def make_neurons(
    name: str, timeline: bpy.types.NodeTree, glow: bpy.types.NodeTree, root: bpy.types.Collection
) -> bpy.types.NodeTree:
    """Vertices with ``activation.<k>`` in, spheres with ``activation``, ``glow`` and ``tone`` out.

    Glow is 0 to 1, tone the same with the activation's sign; see `glow.make_glow`. The vertices themselves are passed
    on too, so that evaluated data carries the values; they are loose and therefore invisible.

    ``Highest`` is the layer's largest magnitude over all samples. ``Crowd`` draws points in the viewport. Only where
    ``Changed`` is true are ``intact.<k>`` and the switches of single neurons looked at.
    """
    sockets = {"Geometry": "Geometry", "Radius": "Float", "Highest": "Float", "Crowd": "Bool", "Changed": "Bool"}
    sockets |= {"Material": "Material", "Cross": "Material"}
    graph = Graph.geometry_group(name, sockets, {"Geometry": "Geometry"})
    time = use_timeline(graph, timeline)
    activation = sampled(graph, contract.ACTIVATION, time)
    stored = graph.store(graph.input("Geometry"), contract.ACTIVATION, activation)
    plain = _with_tone(graph, without_samples(graph, stored, contract.ACTIVATION), glow)
    changed = _with_change(graph, stored, glow, time, root)
    is_changed = graph.input("Changed")
    vertices = graph.switch(is_changed, plain, changed, "GEOMETRY")
    is_viewport = graph.add("GeometryNodeIsViewport").outputs[0]
    are_points = graph.switch(is_viewport, time.outputs[RENDERS_POINTS], graph.input("Crowd"), "BOOLEAN")
    spheres = graph.switch(are_points, _instances(graph, vertices), _points(graph, vertices), "GEOMETRY")
    crosses = graph.only_if(is_changed, _crosses(graph, vertices))
    graph.output("Geometry", graph.join(vertices, spheres, crosses))
    return graph.tree


def _with_tone(graph: Graph, vertices: bpy.types.NodeSocket, glow: bpy.types.NodeTree) -> bpy.types.NodeSocket:
    tones = _tones(graph, glow, graph.attribute(contract.ACTIVATION))
    vertices = graph.store(vertices, contract.TONE, tones.outputs[TONE])
    return graph.store(vertices, contract.GLOW, tones.outputs[GLOW])


def _tones(graph: Graph, glow: bpy.types.NodeTree, value: bpy.types.NodeSocket) -> bpy.types.Node:
    inputs = {"Value": value, "Highest": graph.input("Highest")}
    return graph.add("GeometryNodeGroup", inputs, node_tree=glow)


def _with_change(
    graph: Graph,
    stored: bpy.types.NodeSocket,
    glow: bpy.types.NodeTree,
    time: bpy.types.Node,
    root: bpy.types.Collection,
) -> bpy.types.NodeSocket:
    """The same under an intervention: neurons that are off stand out, and glow may show the change it makes."""
    vertices = graph.store(stored, contract.INTACT, sampled(graph, contract.INTACT, time))
    vertices = without_samples(graph, without_samples(graph, vertices, contract.ACTIVATION), contract.INTACT)
    activation, intact = graph.attribute(contract.ACTIVATION), graph.attribute(contract.INTACT)
    value = _tones(graph, glow, activation)
    # What was as infinite before has not changed, though infinity minus infinity is NaN.
    is_same = graph.compare(activation, "EQUAL", intact)
    difference = graph.switch(is_same, graph.math("SUBTRACT", activation, intact), 0.0, "FLOAT")
    change = _tones(graph, glow, difference)
    compares = graph.compare(driven_value(graph, "Compare", root, contract.COMPARE), "GREATER_THAN", 0.5)
    other = graph.math("ADD", change.outputs[TONE], CHANGE_TONE)
    tone = graph.switch(compares, value.outputs[TONE], other, "FLOAT")
    shown = graph.switch(_is_off(graph), tone, DISABLED_TONE, "FLOAT")
    vertices = graph.store(vertices, contract.TONE, shown)
    shown = graph.switch(compares, value.outputs[GLOW], change.outputs[GLOW], "FLOAT")
    return graph.store(vertices, contract.GLOW, graph.switch(_is_off(graph), shown, 0.0, "FLOAT"))


def _is_off(graph: Graph) -> bpy.types.NodeSocket:
    is_disabled = graph.add(
        "FunctionNodeBooleanMath", {0: graph.attribute(contract.ENABLED, "BOOLEAN")}, operation="NOT"
    ).outputs[0]
    is_zero = graph.compare(graph.attribute(contract.GAIN), "EQUAL", 0.0)
    return graph.add("FunctionNodeBooleanMath", {0: is_disabled, 1: is_zero}, operation="OR").outputs[0]


def _crosses(graph: Graph, vertices: bpy.types.NodeSocket) -> bpy.types.NodeSocket:
    """A cross before every neuron that is off, as large as its sphere."""
    bars = []
    for angle in (math.pi / 4, -math.pi / 4):
        cube = graph.add("GeometryNodeMeshCube", {"Size": (0.12, 0.3, 2.6)}).outputs[0]
        turned = {"Geometry": cube, "Translation": (-0.95, 0.0, 0.0), "Rotation": (angle, 0.0, 0.0)}
        bars.append(graph.add("GeometryNodeTransform", turned).outputs[0])
    inputs = {
        "Points": vertices,
        "Selection": _is_off(graph),
        "Instance": graph.material(graph.join(*bars), graph.input("Cross")),
        "Scale": graph.vector(*[graph.input("Radius")] * 3),
    }
    return graph.add("GeometryNodeInstanceOnPoints", inputs).outputs[0]


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
