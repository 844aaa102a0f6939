"""Covers of single layers: what stands for neurons and feature maps that are too small to be seen."""

from __future__ import annotations

from functools import partial

import bpy

from ...core.layout.layout import Layout, Slab
from ...core.layout.picture import MAPS, VECTOR
from ...core.network import Network
from ..base import contract
from ..base.find import objects
from ..base.parts import Parts, set_nodes
from ..layers.layer_objects import describe
from ..looks import materials
from ..looks.hiding import hidden, set_hidden
from ..looks.visibility import are_all_hidden
from ..nodes.layer_covers import make_layer_cover
from ..nodes.lod_of_layers import detail_inputs
from .book_mesh import fill_cover_mesh, fill_letters
from .cover_values import Cover, Values, cover_of, fill_cover


def add_layer_covers(parts: Parts, network: Network, layout: Layout) -> None:
    """One object per layer that was measured, on its stand, with the maps or neurons that books show of it.

    Neurons and feature maps must be there. A new cover is hidden where the layer's maps, or all other covers, are.
    """
    values, are_hidden = Values(parts, network), are_all_hidden(parts.root, "cover")
    covers = {
        layer.path: own
        for layer in network.layers
        if (own := _cover(values, layer.path, layout.layers[layer.path])).grid is not None
    }
    parts.remove([obj for obj in list(objects(parts.root, "cover")) if obj[contract.LAYER] not in covers])
    letters = fill_letters((cover.text for cover in covers.values() if cover.text), parts)
    for number, layer in enumerate(network.layers):
        cover, is_new = covers.get(layer.path), parts.find("cover", layer.path) is None
        if cover is None or cover.grid is None:
            continue
        key, name = ("cover", layer.path, ""), f"{layer.path} cover"
        make_mesh = partial(bpy.data.meshes.new, name)
        obj = parts.mesh_object(key, name, make_mesh, contract.MAPS_COLLECTION, parts.carrier(layer.path))
        cards = parts.find("card", layer.path)
        if is_new:
            obj.data.materials.append(parts.material(materials.dim_ink))
            viewport, render = (False, False) if cards is None else hidden(cards)
            set_hidden(obj, viewport or are_hidden[0], render or are_hidden[1])
        describe(obj, layer)
        obj[contract.KIND] = VECTOR if cards is None else MAPS
        height = layout.layers[layer.path].height
        fill_cover_mesh(obj.data, height, cover.grid, cover.text, letters)
        lasting = {"Neuron Material": parts.material(materials.neuron), "Slab Height": height}
        set_nodes(obj, parts.group(make_layer_cover), lasting | detail_inputs(parts, number), {})
        fill_cover(obj, cover)


def fill_layer_covers(parts: Parts, network: Network, layout: Layout) -> None:
    """Let covers show what neurons and feature maps of their layers hold now, under an intervention or without."""
    values = Values(parts, network)
    for obj in list(objects(parts.root, "cover")):
        fill_cover(obj, _cover(values, obj[contract.LAYER], layout.layers[obj[contract.LAYER]]))


def _cover(values: Values, layer: str, place: Slab) -> Cover:
    return cover_of(layer, (place.width, place.height), values, has_maps=True)
