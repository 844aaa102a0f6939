"""Maps that explain answers: a vertex becomes a card that shows the cell of the current sample, where it has one."""

from __future__ import annotations

import bpy

from ..base import contract
from ..base.parts import Parts, node_group
from .cards import ATLAS_INPUTS, CELL, CELL_NEXT, SHARE, SHARE_NEXT, SMALLEST_SPAN, make_cell, upright_card, with_sizes
from .drivers import driven_value
from .graph import Graph, Socket, Value
from .timeline import FADE, FADES, NEXT, SAMPLE, sampled_name, use_timeline, without_samples

HOLDER = "explanation"
"""Role of the object that holds how an explanation looks, and its part of the node groups."""
_VECTOR = "FLOAT_VECTOR"


@node_group("Explained")
def make_explained(name: str, parts: Parts) -> bpy.types.NodeTree:
    """Vertices in, cards that face -X out; nothing at samples that were not explained.

    Vertices carry ``explained.<k>`` for every sample k that was: the number of its cell, and the largest magnitude of
    all its maps; and the values of levels 0 and 1 of that cell as ``map_range.<k>``. ``Largest`` is the largest
    magnitude over all samples.
    """
    floats = ("Width", "Height", "Largest", *ATLAS_INPUTS)
    sockets = {"Geometry": "Geometry", **dict.fromkeys(floats, "Float"), "Material": "Material"}
    graph = Graph.geometry_group(name, sockets, {"Geometry": "Geometry"})
    time, cell = use_timeline(graph, parts), parts.group(make_cell)
    now, then = time.outputs[SAMPLE], time.outputs[NEXT]
    fade = graph.switch(time.outputs[FADES], 0.0, time.outputs[FADE], "FLOAT")
    # Between an explained sample and one that is not, the first one's map stays.
    after = graph.switch(_is_explained(graph, then), now, then, "FLOAT")
    explained = {"Geometry": graph.input("Geometry"), "Selection": _is_explained(graph, now)}
    points = graph.add("GeometryNodeSeparateGeometry", explained).outputs[0]
    for sample, of_cell, of_share, blend in ((now, CELL, SHARE, fade), (after, CELL_NEXT, SHARE_NEXT, 0.0)):
        number, largest = _explained(graph, sample)
        place = graph.run(cell, Sample=number, Fade=blend, First=0.0)
        points = graph.store(points, of_cell, place, data_type=_VECTOR)
        points = graph.store(points, of_share, _share(graph, parts, sample, number, largest), data_type=_VECTOR)
    points = with_sizes(graph, points)
    for quantity in (contract.EXPLAINED, contract.MAP_RANGE):
        points = without_samples(graph, points, quantity)
    card = upright_card(graph, graph.input("Material"))
    cards = graph.add("GeometryNodeInstanceOnPoints", {"Points": points, "Instance": card})
    graph.output("Geometry", cards.outputs[0])
    return graph.build()


def _is_explained(graph: Graph, sample: Socket) -> Socket:
    inputs = {"Name": sampled_name(graph, contract.EXPLAINED, sample)}
    return graph.add("GeometryNodeInputNamedAttribute", inputs, data_type=_VECTOR).outputs["Exists"]


def _explained(graph: Graph, sample: Socket) -> tuple[Socket, Socket]:
    """Number of the sample's cell, and the largest magnitude of all its maps."""
    number, largest, _ = graph.separate(graph.attribute(sampled_name(graph, contract.EXPLAINED, sample), _VECTOR))
    return number, largest


def _share(graph: Graph, parts: Parts, sample: Socket, number: Value, largest: Value) -> Socket:
    """Factor and summand that turn a level into a place on the colours, see `cards.SHARE`, and its plane."""
    holder = parts.find(HOLDER)
    assert holder is not None
    is_of_all = driven_value(graph, "Range", holder, contract.EXPLANATION_RULE) > 0.5
    is_signed = driven_value(graph, "Signed", holder, contract.EXPLANATION_SIGNED)
    low, high, _ = graph.separate(graph.attribute(sampled_name(graph, contract.MAP_RANGE, sample), _VECTOR))
    full_at = driven_value(graph, "Full At", holder, contract.FULL_AT)
    reach = graph.switch(is_of_all, largest, graph.input("Largest"), "FLOAT") * full_at
    # place = value / reach, or 0.5 + value / reach / 2 where values are signed
    #       = (low + level * (high - low)) * part / reach + middle, where part = 1 or 0.5, middle = 0 or 0.5
    middle = is_signed * 0.5
    part = (1.0 - middle) / graph.math("MAXIMUM", reach, SMALLEST_SPAN)
    factor = (high - low) * part
    summand = low * part + middle
    return graph.vector(factor, summand, number % graph.input("Planes"))
