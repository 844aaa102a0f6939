"""Neurons of a layer: every vertex becomes a sphere that glows with its activation at the current frame."""

from __future__ import annotations

import bpy

from .. import contract
from .detail import DETAIL_INPUTS, NEURONS, OPEN, layer_detail
from .driven import driven_value
from .glow import CHANGE_TONE, DISABLED_TONE, GLOW, TONE, UNKNOWN_TONE
from .graph import Graph
from .marks import crosses, is_off, selection_marks
from .sorting import sorted_points
from .timeline import RENDERS_POINTS, sampled, use_timeline, without_samples

_SMALLEST_SIZE = 0.35
"""Of a neuron where size says something, as a share of its full size."""


def make_neurons(
    name: str,
    timeline: bpy.types.NodeTree,
    glow: bpy.types.NodeTree,
    root: bpy.types.Collection,
    anchor: bpy.types.Object,
) -> bpy.types.NodeTree:
    """Vertices with ``activation.<k>`` in, spheres with ``activation``, ``glow`` and ``tone`` out.

    Glow is 0 to 1, tone the same with the activation's sign; see `glow.make_glow`. The vertices themselves are passed
    on too, so that evaluated data carries the values; they are loose and therefore invisible.

    ``Highest`` is the layer's largest magnitude over all samples, ``Influence Highest`` that of ``influence``, 0 where
    none was measured. ``Crowd`` draws points in the viewport. What only some layers need is looked at only where it is
    said to be there: ``Changed`` layers have ``intact.<k>``, ``Switched`` ones neurons that are off, ``Marked`` ones
    ``selected`` neurons, ``Sorted`` ones a ``slot``.

    As long as spheres would appear too small, or the layer's block is closed, there are only the vertices; while a
    closed block is rendered there is nothing at all.
    """
    floats = ("Radius", "Highest", "Influence Highest", "Card Width", "Card Height")
    booleans = ("Crowd", "Changed", "Switched", "Marked", "Sorted")
    sockets = {"Geometry": "Geometry", **dict.fromkeys(floats, "Float"), **dict.fromkeys(booleans, "Bool")}
    sockets |= DETAIL_INPUTS
    sockets |= dict.fromkeys(("Material", "Cross", "Mark"), "Material")
    graph = Graph.geometry_group(name, sockets, {"Geometry": "Geometry"})
    time = use_timeline(graph, timeline)
    placed = sorted_points(graph, graph.input("Geometry"), graph.input("Sorted"), anchor)
    stored = graph.store(placed, contract.ACTIVATION, sampled(graph, contract.ACTIVATION, time))
    compares = graph.compare(driven_value(graph, "Compare", root, contract.COMPARE), "GREATER_THAN", 0.5)
    in_force = graph.compare(driven_value(graph, "In Force", root, contract.IN_FORCE), "GREATER_THAN", 0.5)
    unreached = without_samples(graph, stored, contract.ACTIVATION)
    plain = graph.switch(
        graph.both(compares, in_force),
        _with_tone(graph, unreached, glow),
        _with_no_change(graph, unreached),
        "GEOMETRY",
    )
    changed = _with_change(graph, stored, glow, time, compares)
    toned = graph.switch(graph.input("Changed"), plain, changed, "GEOMETRY")
    shows_influence = graph.compare(driven_value(graph, "Colour By", root, contract.COLOUR_BY), "GREATER_THAN", 0.5)
    toned = graph.switch(shows_influence, toned, _with_influence(graph, toned), "GEOMETRY")
    is_switched = graph.input("Switched")
    vertices = graph.switch(is_switched, toned, _with_off(graph, toned), "GEOMETRY")
    opened, near = layer_detail(graph, OPEN, NEURONS)
    present = graph.math("MINIMUM", opened, near)
    radius = graph.math("MULTIPLY", _radius(graph, root), present)
    is_viewport = graph.add("GeometryNodeIsViewport").outputs[0]
    are_points = graph.switch(is_viewport, time.outputs[RENDERS_POINTS], graph.input("Crowd"), "BOOLEAN")
    spheres = graph.switch(
        are_points, _instances(graph, vertices, radius), _points(graph, vertices, radius), "GEOMETRY"
    )
    crossed = graph.only_if(is_switched, crosses(graph, vertices))
    marked = graph.only_if(graph.input("Marked"), selection_marks(graph, vertices))
    drawn = graph.only_if(graph.compare(present, "GREATER_THAN", 0.0), graph.join(spheres, crossed, marked))
    is_open = graph.compare(opened, "GREATER_THAN", 0.0)
    carries = graph.add("FunctionNodeBooleanMath", {0: is_viewport, 1: is_open}, operation="OR").outputs[0]
    graph.output("Geometry", graph.only_if(carries, graph.join(vertices, drawn)))
    return graph.tree


def _with_tone(graph: Graph, vertices: bpy.types.NodeSocket, glow: bpy.types.NodeTree) -> bpy.types.NodeSocket:
    tones = _tones(graph, glow, graph.attribute(contract.ACTIVATION))
    vertices = graph.store(vertices, contract.TONE, tones.outputs[TONE])
    return graph.store(vertices, contract.GLOW, tones.outputs[GLOW])


def _tones(graph: Graph, glow: bpy.types.NodeTree, value: bpy.types.NodeSocket) -> bpy.types.Node:
    inputs = {"Value": value, "Highest": graph.input("Highest")}
    return graph.add("GeometryNodeGroup", inputs, node_tree=glow)


def _with_no_change(graph: Graph, vertices: bpy.types.NodeSocket) -> bpy.types.NodeSocket:
    """Of a layer that an intervention does not reach."""
    vertices = graph.store(vertices, contract.TONE, CHANGE_TONE)
    return graph.store(vertices, contract.GLOW, 0.0)


def _with_change(
    graph: Graph,
    stored: bpy.types.NodeSocket,
    glow: bpy.types.NodeTree,
    time: bpy.types.Node,
    compares: bpy.types.NodeSocket,
) -> bpy.types.NodeSocket:
    """The same under an intervention: glow may show the change that it makes."""
    vertices = graph.store(stored, contract.INTACT, sampled(graph, contract.INTACT, time))
    vertices = without_samples(graph, without_samples(graph, vertices, contract.ACTIVATION), contract.INTACT)
    activation, intact = graph.attribute(contract.ACTIVATION), graph.attribute(contract.INTACT)
    value = _tones(graph, glow, activation)
    # What was as infinite before has not changed, though infinity minus infinity is NaN.
    is_same = graph.compare(activation, "EQUAL", intact)
    difference = graph.switch(is_same, graph.math("SUBTRACT", activation, intact), 0.0, "FLOAT")
    change = _tones(graph, glow, difference)
    other = graph.math("ADD", change.outputs[TONE], CHANGE_TONE)
    vertices = graph.store(vertices, contract.TONE, graph.switch(compares, value.outputs[TONE], other, "FLOAT"))
    shown = graph.switch(compares, value.outputs[GLOW], change.outputs[GLOW], "FLOAT")
    return graph.store(vertices, contract.GLOW, shown)


def _with_influence(graph: Graph, vertices: bpy.types.NodeSocket) -> bpy.types.NodeSocket:
    """Colours by influence instead, as a share of the layer's largest; neurons without one are unknown."""
    share, is_known = _influence_share(graph)
    tone = graph.switch(is_known, UNKNOWN_TONE, graph.math("ADD", share, CHANGE_TONE), "FLOAT")
    vertices = graph.store(vertices, contract.TONE, tone)
    glow = graph.switch(is_known, 0.0, graph.math("ABSOLUTE", share), "FLOAT")
    return graph.store(vertices, contract.GLOW, glow)


def _influence_share(graph: Graph) -> tuple[bpy.types.NodeSocket, bpy.types.NodeSocket]:
    """Influence as a share of the layer's largest magnitude, -1 to 1, and whether it is known."""
    influence, highest = graph.attribute(contract.INFLUENCE), graph.input("Influence Highest")
    is_finite = graph.compare(graph.math("SUBTRACT", influence, influence), "EQUAL", 0.0)
    is_measured = graph.compare(highest, "GREATER_THAN", 0.0)
    is_known = graph.add("FunctionNodeBooleanMath", {0: is_finite, 1: is_measured}, operation="AND").outputs[0]
    return graph.add("ShaderNodeClamp", {0: graph.math("DIVIDE", influence, highest), 1: -1.0}).outputs[0], is_known


def _with_off(graph: Graph, vertices: bpy.types.NodeSocket) -> bpy.types.NodeSocket:
    """Neurons that are off are dark, whatever the others show."""
    off = is_off(graph)
    tone = graph.switch(off, graph.attribute(contract.TONE), DISABLED_TONE, "FLOAT")
    vertices = graph.store(vertices, contract.TONE, tone)
    return graph.store(vertices, contract.GLOW, graph.switch(off, graph.attribute(contract.GLOW), 0.0, "FLOAT"))


def _radius(graph: Graph, root: bpy.types.Collection) -> bpy.types.NodeSocket:
    """The same for all neurons of a layer, or larger with what they show or with their influence."""
    size_by = driven_value(graph, "Size By", root, contract.SIZE_BY)
    share, is_known = _influence_share(graph)
    influence = graph.switch(is_known, 0.0, graph.math("ABSOLUTE", share), "FLOAT")
    is_influence = graph.compare(size_by, "GREATER_THAN", 1.5)
    shown = graph.switch(is_influence, graph.attribute(contract.GLOW), influence, "FLOAT")
    grown = graph.math("ADD", graph.math("MULTIPLY", shown, 1.0 - _SMALLEST_SIZE), _SMALLEST_SIZE)
    full = graph.input("Radius")
    is_sized = graph.compare(size_by, "GREATER_THAN", 0.5)
    return graph.switch(is_sized, full, graph.math("MULTIPLY", full, grown), "FLOAT")


def _points(graph: Graph, vertices: bpy.types.NodeSocket, radius: bpy.types.NodeSocket) -> bpy.types.NodeSocket:
    points = graph.add("GeometryNodeMeshToPoints", {"Mesh": vertices, "Radius": radius}).outputs[0]
    return graph.material(points, graph.input("Material"))


def _instances(graph: Graph, vertices: bpy.types.NodeSocket, radius: bpy.types.NodeSocket) -> bpy.types.NodeSocket:
    sphere = graph.add("GeometryNodeMeshIcoSphere", {"Radius": 1.0, "Subdivisions": 3}).outputs[0]
    smooth = graph.add("GeometryNodeSetShadeSmooth", {0: sphere}).outputs[0]
    inputs = {
        "Points": vertices,
        "Instance": graph.material(smooth, graph.input("Material")),
        "Scale": graph.vector(radius, radius, radius),
    }
    return graph.add("GeometryNodeInstanceOnPoints", inputs).outputs[0]
