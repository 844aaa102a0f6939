"""Neurons of a layer: every vertex becomes a sphere that glows with its activation at the current frame."""

from __future__ import annotations

import bpy

from ...core.quantities import colour_quantities
from ..base import contract
from ..base.parts import Parts, node_group
from .drivers import driven_value
from .graph import Graph, Socket, Value
from .lod_of_layers import DETAIL_INPUTS, NEURONS, OPEN, layer_detail
from .marks import make_crosses, make_selection_marks
from .sorted_places import make_places
from .timeline import RENDERS_POINTS, shown, use_timeline
from .tones import (
    activation_tones,
    further_quantities,
    highest_input,
    make_off_tones,
    make_quantity_tones,
    share_of_largest,
)

_SMALLEST_SIZE = 0.35
"""Of a neuron where size says something, as a share of its full size."""


@node_group("Neurons")
def make_neurons(name: str, parts: Parts) -> bpy.types.NodeTree:
    """Vertices with ``activation.<k>`` in, spheres with ``activation``, ``glow`` and ``tone`` out.

    Glow is 0 to 1, tone the same with the activation's sign; see `glow.make_glow`. The vertices themselves are passed
    on too, so that evaluated data carries the values; they are loose and therefore invisible.

    ``Highest`` is the layer's largest magnitude over all samples, ``Influence Highest`` that of ``influence``, and so
    on for every quantity that neurons can show; 0 where none was measured. ``Crowd`` draws points in the viewport.
    What only some layers need is looked at only where it is said to be there: ``Changed`` layers have ``intact.<k>``,
    ``Switched`` ones neurons that are off, ``Marked`` ones ``selected`` neurons, ``Sorted`` ones a ``slot``.

    As long as spheres would appear too small, or the layer's block is closed, there are only the vertices; while a
    closed block is rendered there is nothing at all.
    """
    highest = [highest_input(quantity) for quantity in colour_quantities()]
    floats = ("Radius", *highest, "Card Width", "Card Height")
    booleans = ("Crowd", "Changed", "Switched", "Marked", "Sorted")
    sockets = {"Geometry": "Geometry", **dict.fromkeys(floats, "Float"), **dict.fromkeys(booleans, "Bool")}
    sockets |= DETAIL_INPUTS
    sockets |= dict.fromkeys(("Material", "Cross", "Mark"), "Material")
    graph = Graph.modifier_group(name, sockets, {"Geometry": "Geometry"})
    time = use_timeline(graph, parts)
    vertices = _with_tones(graph, parts, _with_activation(graph, parts))
    is_switched = graph.input("Switched")
    vertices = graph.switch(
        is_switched, vertices, graph.run(parts.group(make_off_tones), Geometry=vertices), "GEOMETRY"
    )
    opened, near = layer_detail(graph, OPEN, NEURONS)
    present = graph.math("MINIMUM", opened, near)
    radius = graph.run(parts.group(make_size)) * present
    is_viewport = graph.add("GeometryNodeIsViewport").outputs[0]
    are_points = graph.switch(is_viewport, time.outputs[RENDERS_POINTS], graph.input("Crowd"), "BOOLEAN")
    spheres = graph.switch(
        are_points, _instances(graph, vertices, radius, parts.sphere), _points(graph, vertices, radius), "GEOMETRY"
    )
    crossed = graph.only_if(is_switched, graph.run(parts.group(make_crosses), Geometry=vertices))
    marked = graph.only_if(graph.input("Marked"), graph.run(parts.group(make_selection_marks), Geometry=vertices))
    drawn = graph.only_if(present > 0.0, graph.join(spheres, crossed, marked))
    is_open = opened > 0.0
    carries = graph.add("FunctionNodeBooleanMath", {0: is_viewport, 1: is_open}, operation="OR").outputs[0]
    graph.output("Geometry", graph.only_if(carries, graph.join(vertices, drawn)))
    return graph.build()


@node_group("Size")
def make_size(name: str, parts: Parts) -> bpy.types.NodeTree:
    """``Radius`` is the same for all neurons of a layer, or larger with what they show or with another quantity.

    The number of what sizes say is one more than that of the quantity, since 0 stands for the same size.
    """
    highest = [highest_input(quantity) for quantity in further_quantities()]
    graph = Graph.geometry_group(name, dict.fromkeys(("Radius", *highest), "Float"), {"Radius": "Float"})
    size_by, said = driven_value(graph, "Size By", parts.root, contract.SIZE_BY), graph.attribute(contract.GLOW)
    for quantity in further_quantities():
        share, is_known = share_of_largest(graph, quantity)
        size = graph.switch(is_known, 0.0, abs(share), "FLOAT")
        said = graph.switch(size_by > quantity.colour_number + 0.5, said, size, "FLOAT")
    # radius = full * (_SMALLEST_SIZE + (1 - _SMALLEST_SIZE) * glow), or * |v / highest| of a quantity
    grown = said * (1.0 - _SMALLEST_SIZE) + _SMALLEST_SIZE
    full = graph.input("Radius")
    is_sized = size_by > 0.5
    graph.output("Radius", graph.switch(is_sized, full, full * grown, "FLOAT"))
    return graph.build()


def _with_activation(graph: Graph, parts: Parts) -> Socket:
    """The vertices in their places, with quantities at the current frame instead of at every sample."""
    own = graph.input("Geometry")
    placed = graph.switch(graph.input("Sorted"), own, graph.run(parts.group(make_places)), "GEOMETRY")
    for quantity in colour_quantities():
        if quantity.per_sample:
            placed = shown(graph, parts, placed, quantity.name)
    return placed


def _with_tones(graph: Graph, parts: Parts, vertices: Value) -> Socket:
    toned = activation_tones(graph, parts, vertices)
    colour_by = driven_value(graph, "Colour By", parts.root, contract.COLOUR_BY)
    for quantity in further_quantities():
        tones = parts.group(make_quantity_tones, quantity)
        is_shown = colour_by > quantity.colour_number - 0.5
        toned = graph.switch(is_shown, toned, graph.run(tones, Geometry=toned), "GEOMETRY")
    return toned


def _points(graph: Graph, vertices: Socket, radius: Socket) -> Socket:
    points = graph.add("GeometryNodeMeshToPoints", {"Mesh": vertices, "Radius": radius}).outputs[0]
    return graph.material(points, graph.input("Material"))


def _instances(graph: Graph, vertices: Socket, radius: Socket, sphere: bpy.types.Object) -> Socket:
    # An object's geometry is shared; a sphere made here would be made anew for every layer at every frame.
    shape = graph.add("GeometryNodeObjectInfo", {"Object": sphere}, transform_space="ORIGINAL").outputs["Geometry"]
    inputs = {
        "Points": vertices,
        "Instance": graph.material(shape, graph.input("Material")),
        "Scale": graph.vector(radius, radius, radius),
    }
    return graph.add("GeometryNodeInstanceOnPoints", inputs).outputs[0]
