"""From a value to how strongly its neuron glows, by the rule that the network's root collection states."""

from __future__ import annotations

import bpy

from ..base import contract
from ..base.parts import Parts, node_group
from .drivers import driven_value
from .graph import Graph, Socket, Value

TONE, GLOW = "Tone", "Glow"
NOT_FINITE_TONE, DISABLED_TONE, UNKNOWN_TONE, CHANGE_TONE = 2.0, 3.0, 4.0, 7.0
"""Tones beyond -1 to 1: NaN or infinity; a neuron that is switched off; one of which it is not known; and what is
added to the tone of a change against the intact network or of an influence, which then has other colours."""

DECADES = 3.0
"""How far below the brightest value a logarithmic scale begins, where no darkest value is fixed."""
_SMALLEST = 1e-30


@node_group("Glow")
def make_glow(name: str, parts: Parts) -> bpy.types.NodeTree:
    """``Glow`` is the value's magnitude as a share of the brightest one, 0 to 1; ``Tone`` has the value's sign too.

    The brightest is ``Highest`` of the layer, the neuron's own over all samples, the network's, or a fixed one;
    see `core.normalisation.RULES`. NaN and infinity have glow 0 and the tone `NOT_FINITE_TONE`.
    """
    graph = Graph.geometry_group(name, {"Value": "Float", "Highest": "Float"}, {TONE: "Float", GLOW: "Float"})
    value, root = graph.input("Value"), parts.root
    finite = is_finite(graph, value)
    rule = driven_value(graph, "Rule", root, contract.GLOW_RULE)
    # glow = clamp((|v| - dark) / (bright - dark)), or on a logarithmic scale log(|v| / bottom) / log(bright / bottom)
    # tone = glow * sign(v)
    size = abs(value)
    # Switches evaluate only the side that is taken: the usual rule costs one of them.
    is_usual = rule < 0.5
    bright = graph.switch(is_usual, _brightest(graph, root, rule), graph.input("Highest"), "FLOAT")
    dark = driven_value(graph, "Dark", root, contract.GLOW_DARK)
    linear = (size - dark) / (bright - dark)
    scale = driven_value(graph, "Scale", root, contract.GLOW_SCALE)
    is_linear = scale < 0.5
    share = graph.switch(is_linear, _logarithmic(graph, size, dark, bright), linear, "FLOAT")
    share = graph.clamp(share)
    graph.output(GLOW, graph.switch(finite, 0.0, share, "FLOAT"))
    tone = share * graph.math("SIGN", value)
    graph.output(TONE, graph.switch(finite, NOT_FINITE_TONE, tone, "FLOAT"))
    return graph.build()


def is_finite(graph: Graph, value: Value) -> Socket:
    """Infinity minus itself is NaN, and NaN equals nothing: only finite numbers pass."""
    return graph.compare(value - value, "EQUAL", 0.0)


def _brightest(graph: Graph, root: bpy.types.Collection, rule: Value) -> Socket:
    of_neuron = graph.attribute(contract.PEAK)
    of_network = driven_value(graph, "Network", root, contract.GLOW_NETWORK)
    fixed = driven_value(graph, "Bright", root, contract.GLOW_BRIGHT)
    of_all = graph.switch(rule > 2.5, of_network, fixed, "FLOAT")
    return graph.switch(rule > 1.5, of_neuron, of_all, "FLOAT")


def _logarithmic(graph: Graph, size: Value, dark: Value, bright: Value) -> Socket:
    # bottom = dark, or bright / 10^DECADES where dark is 0; share = log10(|v| / bottom) / log10(bright / bottom)
    below = bright * 10.0**-DECADES
    bottom = graph.switch(dark > 0.0, below, dark, "FLOAT")
    bottom = graph.math("MAXIMUM", bottom, _SMALLEST)
    above = graph.math("MAXIMUM", size, _SMALLEST) / bottom
    span = graph.math("LOGARITHM", bright / bottom, 10.0)
    return graph.math("LOGARITHM", above, 10.0) / span
