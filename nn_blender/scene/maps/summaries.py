"""Summaries: one picture of all feature maps of a layer, on its slab, shown instead of the maps."""

from __future__ import annotations

from functools import partial
from typing import Any

import bpy
import numpy as np

from ...core.layout.layout import Layout, Slab
from ...core.layout.picture import MAPS
from ...core.maps.packing import COMPOSITES, MAX, MEAN, PackedMaps
from ..base import contract, meshes
from ..base.find import objects
from ..base.parts import Parts, set_nodes
from ..layers.layer_objects import describe
from ..looks.card_colours import card_material
from ..looks.hiding import set_hidden
from ..looks.visibility import are_all_hidden
from ..network.contents import Contents
from ..nodes.composite import make_composite
from ..nodes.lod_of_layers import detail_inputs
from .atlas_images import atlas_inputs, bring_back, drop_picture, packed_image

BEFORE_SLAB = 0.008
"""Behind the feature maps, which stand a little further before the slab's face."""


def add_composites(parts: Parts, contents: Contents, layout: Layout, hidden: bool = False) -> None:
    """One card object per layer that has feature maps, to stand in for them where they are too small to be seen.

    Args:
        hidden: whether the first ones are hidden, since covers stand in for maps; later ones are where all others are.
    """
    are_first = not any(True for _ in objects(parts.root, "composite"))
    are_hidden = (hidden, hidden) if are_first else are_all_hidden(parts.root, "composite")
    for number, layer in enumerate(contents.network.layers):
        place = layout.layers[layer.path]
        maps = contents.composite(layer.path)
        if maps is None:
            drop_picture(parts, "composite", layer.path, f"Composite {layer.path}", "composite atlas")
            continue
        name = f"{layer.path} composite"
        is_new = parts.find("composite", layer.path) is None
        card = parts.mesh_object(
            ("composite", layer.path, ""),
            name,
            partial(meshes.point_mesh, name, _middle(place)),
            contract.MAPS_COLLECTION,
            parts.carrier(layer.path),
        )
        if is_new:
            set_hidden(card, *are_hidden)
        describe(card, layer)
        _show(parts, card, maps, place, detail_inputs(parts, number))


def set_composite(root: bpy.types.Collection, kind: str) -> None:
    """Choose what the summaries show, one of `core.maps.packing.COMPOSITES`."""
    root[contract.COMPOSITE] = COMPOSITES.index(kind)
    root.update_tag()


def show_faces(root: bpy.types.Collection, role: str) -> None:
    """Let slabs show their maps (``card``), their summaries (``composite``) or neither (anything else).

    Where they show maps, covers stand in for those that are too small to be seen; summaries do where there are none.
    Covers of layers without maps stand in for spheres, whatever is chosen.
    """
    covers = [obj for obj in objects(root, "cover") if obj[contract.KIND] == MAPS]
    is_summary = role == "composite" or (role == "card" and not covers)
    shown = [
        (objects(root, "card"), role == "card"),
        (covers, role == "card"),
        (objects(root, "composite"), is_summary),
    ]
    for objs, wanted in shown:
        for obj in tuple(objs):
            set_hidden(obj, not wanted, not wanted)
    are_alone = role == "composite" and any(True for _ in objects(root, "composite"))
    for anchor in objects(root, "anchor"):
        anchor[contract.FACE] = int(are_alone)
        anchor.update_tag()


def room_on(place: Slab) -> tuple[float, float]:
    """Width and height that a summary may have on a slab."""
    return place.width - 0.12, place.height - 0.12


def _middle(place: Slab) -> np.ndarray:
    """Two vertices in the middle of the slab's face: one for the mean's range, one for the maximum's."""
    return np.array([(place.front - BEFORE_SLAB, *place.middle[1:])] * 2, np.float32)


def _show(parts: Parts, card: bpy.types.Object, maps: PackedMaps, place: Slab, detail: dict[str, Any]) -> None:
    image = packed_image(parts, card.name, maps, "composite atlas")
    atlas, ranges = maps.atlas, maps.ranges
    meshes.write_samples(card.data, contract.MAP_RANGE, ranges)
    material = card_material(parts, f"Composite {atlas.layer}", "Composite", image)
    room = room_on(place)
    scale = min(room[0] / atlas.cell_width, room[1] / atlas.cell_height)
    lasting = {"Width": atlas.cell_width * scale, "Height": atlas.cell_height * scale, "Material": material}
    lasting |= detail
    measured = atlas_inputs(atlas)
    for kind, column in (("Mean", MEAN), ("Max", MAX)):
        measured |= {
            f"{kind} Low": float(ranges[:, column, 0].min()),
            f"{kind} High": float(ranges[:, column, 1].max()),
        }
    set_nodes(card, parts.group(make_composite), lasting, measured)
    bring_back(card, material, image)
