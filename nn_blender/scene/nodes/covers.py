"""Covers of books: cells with neurons or feature maps, other ones for every sample."""

from __future__ import annotations

import bpy

from ..base import contract
from ..base.parts import Parts, node_group
from .cards import ATLAS_INPUTS, SHOWN_CELLS, build_shown_cells, draw_cards
from .graph import Graph, Value
from .timeline import sampled_name, shown, without_samples
from .tones import activation_tones

FLATNESS = 0.3
"""How thick the discs of neurons are, as a share of their width."""

MAP_COVER_INPUTS = {
    **dict.fromkeys(("Width", "Height", "Low", "High", "Largest Change", *ATLAS_INPUTS), "Float"),
    "Changed": "Bool",
    **dict.fromkeys(("Material", "Change Material"), "Material"),
}
NEURON_COVER_INPUTS = {"Highest": "Float", "Radius": "Float", "Changed": "Bool", "Neuron Material": "Material"}
_CHOSEN_CELLS = {name: kind for name, kind in SHOWN_CELLS.items() if name != "First"}


@node_group("Cover of Maps")
def make_map_cover(name: str, parts: Parts) -> bpy.types.NodeTree:
    """Vertices in, cards at the first ``Cells`` of them out; see `cards.make_cards` for the other inputs.

    Vertices carry ``neuron.<k>``, whose cell of the layer's atlas is shown, with the ranges of its map for sample k.
    Where there is no such attribute, it is the only cell there is.
    """
    sockets = {"Geometry": "Geometry", "Cells": "Int", **MAP_COVER_INPUTS}
    graph = Graph.geometry_group(name, sockets, {"Geometry": "Geometry"})
    cards = draw_cards(graph, graph.input("Geometry"), parts, make_chosen_cells, 1.0, _is_cell(graph))
    graph.output("Geometry", cards)
    return graph.build()


@node_group("Chosen Cells")
def make_chosen_cells(name: str, parts: Parts) -> bpy.types.NodeTree:
    """As `cards.make_shown_cells`, of the cells that ``neuron.<k>`` names; without ``neuron.<k>`` from then on."""
    graph = Graph.geometry_group(name, _CHOSEN_CELLS, {"Geometry": "Geometry"})
    index = graph.add("GeometryNodeInputIndex").outputs[0]

    def first(sample: Value) -> Value:
        return graph.attribute(sampled_name(graph, contract.NEURON, sample)) - index

    return build_shown_cells(graph, parts, first, (contract.NEURON,))


@node_group("Cover of Neurons")
def make_neuron_cover(name: str, parts: Parts) -> bpy.types.NodeTree:
    """Vertices in, discs that glow with ``activation`` at the first ``Cells`` of them out.

    ``Highest`` is the layer's largest magnitude over all samples; ``Changed`` ones have ``intact.<k>``.
    """
    sockets = {"Geometry": "Geometry", "Cells": "Int", **NEURON_COVER_INPUTS}
    graph = Graph.geometry_group(name, sockets, {"Geometry": "Geometry"})
    points = graph.input("Geometry")
    for quantity in (contract.ACTIVATION, contract.PEAK):
        points = shown(graph, parts, points, quantity)
    points = without_samples(graph, activation_tones(graph, parts, points), contract.INTACT)
    # An object's geometry is shared; a sphere made here would be made anew for every book at every frame.
    sphere = graph.add("GeometryNodeObjectInfo", {"Object": parts.sphere}, transform_space="ORIGINAL")
    radius = graph.input("Radius")
    inputs = {
        "Points": points,
        "Selection": _is_cell(graph),
        "Instance": graph.material(sphere.outputs["Geometry"], graph.input("Neuron Material")),
        "Scale": graph.vector(radius * FLATNESS, radius, radius),
    }
    graph.output("Geometry", graph.add("GeometryNodeInstanceOnPoints", inputs).outputs[0])
    return graph.build()


def _is_cell(graph: Graph) -> Value:
    return graph.add("GeometryNodeInputIndex").outputs[0] < graph.input("Cells")
