"""A layer's cover on its slab: stands in for spheres or feature maps that are too small to be seen."""

from __future__ import annotations

import bpy

from ..base.parts import Parts, node_group
from .books import MAPS as SHOWS_MAPS
from .books import make_cover_cells
from .covers import MAP_COVER_INPUTS, NEURON_COVER_INPUTS
from .graph import Graph
from .lod_of_layers import DETAIL_INPUTS, MAPS, NEURONS, layer_detail

_SUNK = 0.01
"""How far the text is behind the slab's face once the cover is gone, as a share of the slab's height."""


@node_group("Layer Cover")
def make_layer_cover(name: str, parts: Parts) -> bpy.types.NodeTree:
    """Vertices of cells and a text in, see `books.make_book`; cells and text out as long as there is nothing better.

    Cells shrink while what they stand for comes, and are gone when this is half as large as it gets; the text sinks
    into the slab.
    """
    sockets = {"Geometry": "Geometry", "Shows": "Int", "Cells": "Int", **MAP_COVER_INPUTS, **NEURON_COVER_INPUTS}
    graph = Graph.modifier_group(name, {**sockets, "Slab Height": "Float", **DETAIL_INPUTS}, {"Geometry": "Geometry"})
    spheres, maps = layer_detail(graph, NEURONS, MAPS)
    shown = graph.switch(graph.compare(graph.input("Shows"), "EQUAL", SHOWS_MAPS), spheres, maps, "FLOAT")
    # present = clamp(1 - 2 * shown)
    present = graph.clamp(1.0 - shown * 2.0)
    own = graph.input("Geometry")
    cells = graph.run(parts.group(make_cover_cells), Geometry=own)
    sizes = {"Instances": cells, "Scale": graph.vector(present, present, present)}
    cells = graph.add("GeometryNodeScaleInstances", sizes).outputs[0]
    way = graph.vector((1.0 - present) * graph.input("Slab Height") * _SUNK, 0.0, 0.0)
    text = graph.add("GeometryNodeSetPosition", {"Geometry": own, "Offset": way}).outputs[0]
    graph.output("Geometry", graph.only_if(present > 0.0, graph.join(text, cells)))
    return graph.build()
