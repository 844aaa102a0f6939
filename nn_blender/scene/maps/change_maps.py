"""Feature maps as what an intervention adds to those of the intact network, shown while the network compares."""

from __future__ import annotations

import bpy

from ...core.interventions.intervention import Intervention
from ...core.maps.packing import PackedMaps
from ..base import contract, meshes
from ..base.find import network_modifier, objects
from ..base.parts import Parts
from ..base.versions import set_modifier_input
from ..looks import materials
from ..looks.card_colours import card_material
from .atlas_images import packed_image

CHANGE_ATLAS = "change atlas"
"""Role of the images."""


def are_differences_shown(root: bpy.types.Collection, intervention: Intervention) -> bool:
    """Whether the cards can show what an intervention adds."""
    return root.get(contract.COMPARED, "") == intervention.key


def show_differences(parts: Parts, intervention: Intervention, differences: tuple[PackedMaps, ...] | None) -> None:
    """Give the cards what they show while the network compares: 0 in layers that are not reached.

    Without differences nothing of former ones stays, and the cards show the maps themselves.
    """
    parts.root[contract.COMPARED] = ""
    fresh = {maps.layer: maps for maps in differences or ()}
    for cards in list(objects(parts.root, "card")):
        layer = cards[contract.LAYER]
        if layer in fresh:
            _show(parts, cards, fresh[layer])
        else:
            _clear(parts, cards, is_zero=differences is not None)
    if differences is None:
        parts.remove_material(materials.no_change.part)
    else:
        parts.root[contract.COMPARED] = intervention.key


def _show(parts: Parts, cards: bpy.types.Object, maps: PackedMaps) -> None:
    image = packed_image(parts, f"{cards.name} change", maps, CHANGE_ATLAS)
    meshes.write_samples(cards.data, contract.CHANGE_RANGE, meshes.drawn(cards.data, maps.ranges))
    material = card_material(parts, _material_name(maps.layer), "Change", image)
    _set_inputs(cards, material, max(-maps.atlas.low, maps.atlas.high))


def _clear(parts: Parts, cards: bpy.types.Object, is_zero: bool) -> None:
    """Remove a layer's difference.

    Args:
        is_zero: whether the cards are to show that nothing has changed.
    """
    layer = cards[contract.LAYER]
    _set_inputs(cards, parts.material(materials.no_change) if is_zero else None, 0.0)
    meshes.write_samples(cards.data, contract.CHANGE_RANGE, meshes.read_pairs(cards.data, contract.CHANGE_RANGE)[:0])
    parts.remove_material(_material_name(layer))
    image = parts.find_image(CHANGE_ATLAS, layer)
    if image is not None:
        parts.remove_image(image)


def _set_inputs(cards: bpy.types.Object, material: bpy.types.Material | None, largest: float) -> None:
    modifier = network_modifier(cards)
    if modifier is None:
        return
    set_modifier_input(modifier, "Changed", material is not None)
    set_modifier_input(modifier, "Change Material", material)
    set_modifier_input(modifier, "Largest Change", largest)
    cards.update_tag()


def _material_name(layer: str) -> str:
    return f"Change {layer}"
