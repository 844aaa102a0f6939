"""Tone and glow of the neurons of a layer, by what they show. Each is a group of its own, evaluated only where used.

A group that is not used costs next to nothing at a frame, while its nodes, were they wired in place, would each cost a
little for every layer.
"""

from __future__ import annotations

import bpy

from ...core.quantities import Quantity, colour_quantities
from ...core.quantities.activation import ACTIVATION
from ..base import contract
from ..base.parts import Parts, node_group
from .drivers import driven_value
from .glow import CHANGE_TONE, DISABLED_TONE, GLOW, NOT_FINITE_TONE, TONE, UNKNOWN_TONE, is_finite, make_glow
from .graph import Graph, Node, Socket, Value
from .marks import is_off
from .timeline import shown

_GEOMETRY = {"Geometry": "Geometry"}


@node_group("Value Tones")
def make_value_tones(name: str, parts: Parts) -> bpy.types.NodeTree:
    """Of neurons that show their ``activation``; ``Highest`` is the layer's largest magnitude.

    The usual rule, a share of the layer's largest on a linear scale from 0, goes a shorter way than `make_ruled_tones`
    to the same, since all neurons of a network go it at every frame.
    """
    graph = Graph.geometry_group(name, {**_GEOMETRY, "Highest": "Float"}, _GEOMETRY)
    choices = driven_value(graph, "Choices", parts.root, contract.GLOW_RULE, contract.GLOW_SCALE, contract.GLOW_DARK)
    value = graph.attribute(contract.ACTIVATION)
    # tone = clamp(v / highest, -1, 1); glow = |tone| where that is at most 1, else 0: other tones say something else
    share = graph.clamp(value / graph.input("Highest"), -1.0)
    tone = graph.switch(is_finite(graph, value), NOT_FINITE_TONE, share, "FLOAT")
    usual = graph.store(graph.input("Geometry"), contract.TONE, tone)
    is_usual = graph.compare(choices, "EQUAL", 0.0)
    vertices = graph.switch(is_usual, graph.run(parts.group(make_ruled_tones)), usual, "GEOMETRY")
    size = abs(graph.attribute(contract.TONE))
    glow = graph.switch(size <= 1.0, 0.0, size, "FLOAT")
    graph.output("Geometry", graph.store(vertices, contract.GLOW, glow))
    return graph.build()


@node_group("Ruled Tones")
def make_ruled_tones(name: str, parts: Parts) -> bpy.types.NodeTree:
    """Stores ``tone`` by the rule that the network's root collection states, whatever it is."""
    graph = Graph.geometry_group(name, {**_GEOMETRY, "Highest": "Float"}, _GEOMETRY)
    tone = _tones(graph, parts, graph.attribute(contract.ACTIVATION)).outputs[TONE]
    graph.output("Geometry", graph.store(graph.input("Geometry"), contract.TONE, tone))
    return graph.build()


@node_group("Change Tones")
def make_change_tones(name: str, parts: Parts) -> bpy.types.NodeTree:
    """The same under an intervention: glow may show the change that it makes, against ``intact.<k>``."""
    graph = Graph.geometry_group(name, {**_GEOMETRY, "Highest": "Float"}, _GEOMETRY)
    compares = driven_value(graph, "Compare", parts.root, contract.COMPARE) > 0.5
    vertices = shown(graph, parts, graph.input("Geometry"), contract.INTACT)
    activation, intact = graph.attribute(contract.ACTIVATION), graph.attribute(contract.INTACT)
    value = _tones(graph, parts, activation)
    # change = activation - intact; tone = its tone + CHANGE_TONE, which has other colours
    # What was as infinite before has not changed, though infinity minus infinity is NaN.
    is_same = graph.compare(activation, "EQUAL", intact)
    difference = graph.switch(is_same, activation - intact, 0.0, "FLOAT")
    change = _tones(graph, parts, difference)
    other = change.outputs[TONE] + CHANGE_TONE
    vertices = graph.store(vertices, contract.TONE, graph.switch(compares, value.outputs[TONE], other, "FLOAT"))
    shares = graph.switch(compares, value.outputs[GLOW], change.outputs[GLOW], "FLOAT")
    graph.output("Geometry", graph.store(vertices, contract.GLOW, shares))
    return graph.build()


@node_group("{.title} Tones")
def make_quantity_tones(name: str, _parts: Parts, quantity: Quantity) -> bpy.types.NodeTree:
    """Of neurons that show a quantity as a share of the layer's largest; those that have none are unknown."""
    graph = Graph.geometry_group(name, {**_GEOMETRY, highest_input(quantity): "Float"}, _GEOMETRY)
    share, is_known = share_of_largest(graph, quantity)
    known = share + CHANGE_TONE if quantity.is_change else share
    tone = graph.switch(is_known, UNKNOWN_TONE, known, "FLOAT")
    vertices = graph.store(graph.input("Geometry"), contract.TONE, tone)
    glow = graph.switch(is_known, 0.0, abs(share), "FLOAT")
    graph.output("Geometry", graph.store(vertices, contract.GLOW, glow))
    return graph.build()


@node_group("Off Tones")
def make_off_tones(name: str, _parts: Parts) -> bpy.types.NodeTree:
    """Neurons that are off are dark, whatever the others show."""
    graph = Graph.geometry_group(name, _GEOMETRY, _GEOMETRY)
    off = is_off(graph)
    tone = graph.switch(off, graph.attribute(contract.TONE), DISABLED_TONE, "FLOAT")
    vertices = graph.store(graph.input("Geometry"), contract.TONE, tone)
    glow = graph.switch(off, graph.attribute(contract.GLOW), 0.0, "FLOAT")
    graph.output("Geometry", graph.store(vertices, contract.GLOW, glow))
    return graph.build()


def activation_tones(graph: Graph, parts: Parts, vertices: Value) -> Socket:
    """Vertices with tones of their activation, in a group with the inputs ``Highest`` and ``Changed``."""
    compares = driven_value(graph, "Compare", parts.root, contract.COMPARE) > 0.5
    in_force = driven_value(graph, "In Force", parts.root, contract.IN_FORCE) > 0.5
    unreached = graph.both(compares, in_force)
    value = graph.run(parts.group(make_value_tones), Geometry=vertices)
    plain = graph.switch(unreached, value, with_no_change(graph, vertices), "GEOMETRY")
    changed = graph.run(parts.group(make_change_tones), Geometry=vertices)
    return graph.switch(graph.input("Changed"), plain, changed, "GEOMETRY")


def with_no_change(graph: Graph, vertices: Value) -> Socket:
    """Of a layer that an intervention does not reach."""
    vertices = graph.store(vertices, contract.TONE, CHANGE_TONE)
    return graph.store(vertices, contract.GLOW, 0.0)


def highest_input(quantity: Quantity) -> str:
    """The input of node groups that says what a quantity's colours reach: the layer's largest magnitude."""
    return "Highest" if quantity == ACTIVATION else f"{quantity.title} Highest"


def further_quantities() -> list[Quantity]:
    """What neurons can show instead of their activation."""
    return [quantity for quantity in colour_quantities() if quantity != ACTIVATION]


def share_of_largest(graph: Graph, quantity: Quantity) -> tuple[Socket, Socket]:
    """A quantity as a share of the layer's largest magnitude, -1 to 1, and whether it is known."""
    value, highest = graph.attribute(quantity.name), graph.input(highest_input(quantity))
    is_known = graph.both(is_finite(graph, value), highest > 0.0)
    # share = clamp(v / highest, -1, 1)
    return graph.clamp(value / highest, -1.0), is_known


def _tones(graph: Graph, parts: Parts, value: Value) -> Node:
    inputs = {"Value": value, "Highest": graph.input("Highest")}
    return graph.add("GeometryNodeGroup", inputs, node_tree=parts.group(make_glow))
