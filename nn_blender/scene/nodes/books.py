"""A closed block as a book: its mesh has cover and pages, nodes add what the cover shows at the current frame."""

from __future__ import annotations

import bpy

from ..base import contract
from ..base.parts import Parts, node_group
from .covers import MAP_COVER_INPUTS, NEURON_COVER_INPUTS, make_map_cover, make_neuron_cover
from .graph import Graph
from .timeline import shown, without_samples

NOTHING, MAPS, NEURONS = range(3)
"""What ``Shows`` says: the cover is plain, or has feature maps or a picture, or neurons."""


@node_group("Book")
def make_book(name: str, parts: Parts) -> bpy.types.NodeTree:
    """A book's mesh in, the same out with its pages' ``glow`` at the current frame, and its cover's cells.

    The first ``Cells`` vertices are the cells' places; vertices of pages carry ``glow.<k>``. The other inputs are those
    of `covers.make_map_cover` and `covers.make_neuron_cover`.
    """
    sockets = {"Geometry": "Geometry", "Shows": "Int", "Cells": "Int", **MAP_COVER_INPUTS, **NEURON_COVER_INPUTS}
    graph = Graph.modifier_group(name, sockets, {"Geometry": "Geometry"})
    own = graph.input("Geometry")
    body = shown(graph, parts, own, contract.GLOW)
    cells = graph.run(parts.group(make_cover_cells), Geometry=without_samples(graph, own, contract.GLOW))
    graph.output("Geometry", graph.join(body, cells))
    return graph.build()


@node_group("Cover Cells")
def make_cover_cells(name: str, parts: Parts) -> bpy.types.NodeTree:
    """Vertices in, what a cover ``Shows`` at the first ``Cells`` of them out, as instances."""
    sockets = {"Geometry": "Geometry", "Shows": "Int", "Cells": "Int", **MAP_COVER_INPUTS, **NEURON_COVER_INPUTS}
    graph = Graph.geometry_group(name, sockets, {"Geometry": "Geometry"})
    own, shows = graph.input("Geometry"), graph.input("Shows")
    maps = graph.run(parts.group(make_map_cover), Geometry=own)
    neurons = graph.run(parts.group(make_neuron_cover), Geometry=without_samples(graph, own, contract.NEURON))
    covered = graph.switch(shows > MAPS + 0.5, maps, neurons, "GEOMETRY")
    graph.output("Geometry", graph.only_if(shows > NOTHING + 0.5, covered))
    return graph.build()
