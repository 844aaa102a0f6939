"""Geometry at a moment of a film: where its points are was written beforehand, for some moments one after another."""

from __future__ import annotations

import bpy

from ..base import contract
from ..base.parts import Parts, node_group
from .drivers import driven_value
from .graph import Graph, Socket, Value
from .timeline import sampled_name

WIDEST, NARROWEST = "widest", "narrowest"
"""Of a place of text: how wide a view may be at most in which it is seen, and what that must be wider than."""
NUMBERS = (contract.TUBE_WIDTH, contract.LIT, contract.SIZE, contract.OPENED, contract.OPACITY, WIDEST, NARROWEST)
"""Attributes that may change from moment to moment besides the position."""


@node_group("Moments")
def make_moments(name: str, parts: Parts) -> bpy.types.NodeTree:
    """Geometry with ``at.<k>``, the position at every moment k, in; out with its points where they are now.

    Now is ``nn_moment`` of the anchor: 2.25 is a quarter of the way from moment 2 to moment 3. Likewise the
    attributes `NUMBERS` are those of the moment: ``size`` is that of ``size.<k>``. Before the first moment all is
    as in it. What has no attributes for the moment stays as it is.
    """
    graph = Graph.geometry_group(name, {"Geometry": "Geometry"}, {"Geometry": "Geometry"})
    moment = Moment(graph, parts)
    geometry = graph.input("Geometry")
    for attribute in NUMBERS:
        now, exists = moment.blended(attribute)
        stored = {"Geometry": geometry, "Selection": exists, "Name": attribute, "Value": now}
        node = graph.add("GeometryNodeStoreNamedAttribute", stored, data_type="FLOAT", domain="POINT")
        geometry = node.outputs[0]
    now, exists = moment.blended(contract.AT, "FLOAT_VECTOR")
    moved = {"Geometry": geometry, "Selection": exists, "Position": now}
    graph.output("Geometry", graph.add("GeometryNodeSetPosition", moved).outputs[0])
    return graph.build()


def at_moment(graph: Graph, parts: Parts, geometry: Value) -> Socket:
    """See `make_moments`."""
    return graph.add("GeometryNodeGroup", {"Geometry": geometry}, node_tree=parts.group(make_moments)).outputs[0]


class Moment:
    """The moment that a film shows, in a node group: ``nn_moment`` of the anchor."""

    def __init__(self, graph: Graph, parts: Parts):
        if contract.MOMENT not in parts.anchor:  # A driver that once missed its property stays invalid.
            parts.anchor[contract.MOMENT] = 0.0
        moment = graph.math("MAXIMUM", driven_value(graph, "Moment", parts.anchor, contract.MOMENT), 0.0)
        self._graph = graph
        self._before = graph.math("FLOOR", moment)
        self._fraction = moment - self._before

    def blended(self, attribute: str, data_type: str = "FLOAT") -> tuple[Socket, Socket]:
        """``<attribute>.<k>`` between two moments, and whether there is one."""
        graph = self._graph
        first, second = (
            graph.add(
                "GeometryNodeInputNamedAttribute", {"Name": sampled_name(graph, attribute, which)}, data_type=data_type
            )
            for which in (self._before, self._before + 1.0)
        )
        now, exists = first.outputs["Attribute"], first.outputs["Exists"]
        then = graph.switch(second.outputs["Exists"], now, second.outputs["Attribute"], _kind(data_type))
        mix = graph.add("ShaderNodeMix", data_type=_kind(data_type))
        for socket, value in (("Factor", self._fraction), ("A", now), ("B", then)):
            mix.set_input(socket, value)
        return mix.outputs["Result"], exists

    def value(self, attribute: str, data_type: str = "FLOAT") -> Socket:
        """The same; the attribute itself where there is none of moments."""
        now, exists = self.blended(attribute, data_type)
        return self._graph.switch(exists, self._graph.attribute(attribute, data_type), now, _kind(data_type))


def _kind(data_type: str) -> str:
    """What switches and mixes call a type of attributes."""
    return "VECTOR" if data_type == "FLOAT_VECTOR" else data_type
