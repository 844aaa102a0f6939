"""Feature maps on the slabs."""

from __future__ import annotations

from functools import partial

import bpy

from ...core.layout.layout import Layout, Slab
from ..base import contract, meshes
from ..base.parts import Parts
from ..layers.layer_objects import describe
from ..looks.hiding import set_hidden
from ..looks.visibility import are_all_hidden
from ..network.contents import Contents
from ..nodes.lod_of_layers import detail_inputs
from ..nodes.maps import make_maps
from .atlas_images import drop_picture, show_atlas


def add_maps(parts: Parts, contents: Contents, layout: Layout) -> None:
    """One card object per layer that has feature maps; one that comes later is hidden where all others are."""
    are_hidden = are_all_hidden(parts.root, "card")
    for number, layer in enumerate(contents.network.layers):
        place = layout.layers[layer.path]
        maps = contents.atlas(layer.path)
        if maps is None or place.grid.card is None:
            drop_picture(parts, "card", layer.path, f"Cards {layer.path}", "atlas")
            continue
        name = f"{layer.path} maps"
        is_new = parts.find("card", layer.path) is None
        cards = parts.mesh_object(
            ("card", layer.path, ""),
            name,
            partial(_card_mesh, name, place),
            contract.MAPS_COLLECTION,
            parts.carrier(layer.path),
        )
        if is_new:
            set_hidden(cards, *are_hidden)
        describe(cards, layer)
        meshes.write_samples(cards.data, contract.MAP_RANGE, maps.ranges[:, : place.grid.count])
        show_atlas(parts, cards, make_maps, maps, "Cards", place.grid.card, detail_inputs(parts, number))


def _card_mesh(name: str, place: Slab) -> bpy.types.Mesh:
    return meshes.point_mesh(name, place.card_positions())
