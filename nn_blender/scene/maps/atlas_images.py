"""Atlases as images in the .blend, and the cards that show them."""

from __future__ import annotations

from typing import Any

import bpy

from ...core.maps.packing import AtlasLayout, PackedMaps
from ..base import contract, meshes
from ..base.find import network_modifier
from ..base.parts import Parts, Recipe, set_nodes
from ..base.versions import get_modifier_input, set_modifier_input
from ..looks import card_materials
from ..looks.card_colours import card_material


def show_atlas(
    parts: Parts,
    cards: bpy.types.Object,
    group: Recipe[bpy.types.NodeTree],
    maps: PackedMaps,
    kind: str,
    size: tuple[float, float],
    more: dict[str, Any],
    part: str = "",
) -> None:
    """Let cards show their cells of an atlas, which is packed into the file.

    Args:
        group: what draws the cards: `make_cards` or a node group around it.
        kind: see `card_colours.card_material`.
        size: width and height of a card.
        more: inputs of the node group besides those that all cards have.
        part: which of several pictures it is that belong to no layer.
    """
    atlas = maps.atlas
    image = packed_image(parts, cards.name, maps, "atlas", part)
    material = card_material(parts, f"{kind} {atlas.layer or part}", kind, image)
    lasting = {"Width": size[0], "Height": size[1], "First": 0.0, "Material": material, **more}
    set_nodes(cards, parts.group(group), lasting, {**atlas_inputs(atlas), "Low": atlas.low, "High": atlas.high})
    bring_back(cards, material, image)


def drop_picture(parts: Parts, role: str, layer: str, material: str, image_role: str) -> None:
    """Let a layer's cards, where there are any, show nothing any more; what users chose for them stays.

    They have no ranges of values then, and their material and picture are gone.
    """
    cards = parts.find(role, layer)
    if cards is None:
        return
    meshes.write_samples(cards.data, contract.MAP_RANGE, meshes.read_pairs(cards.data, contract.MAP_RANGE)[:0])
    modifier = network_modifier(cards)
    if modifier is not None and contract.SHOWN_BEFORE not in cards:
        cards[contract.SHOWN_BEFORE] = [modifier.show_viewport, modifier.show_render]
        modifier.show_viewport = modifier.show_render = False
    parts.remove_material(material)
    for kind in (image_role, f"intact {image_role}"):
        image = parts.find_image(kind, layer)
        if image is not None:
            parts.remove_image(image)


def bring_back(cards: bpy.types.Object, material: bpy.types.Material, image: bpy.types.Image) -> None:
    """Undo `drop_picture` for cards that have a picture again; a material of the user's own stays, and shows it."""
    if contract.SHOWN_BEFORE not in cards:
        return
    modifier = network_modifier(cards)
    if get_modifier_input(modifier, "Material") is None:
        set_modifier_input(modifier, "Material", material)
    card_materials.fill_pictures(get_modifier_input(modifier, "Material"), image)
    modifier.show_viewport, modifier.show_render = cards[contract.SHOWN_BEFORE]
    del cards[contract.SHOWN_BEFORE]


def atlas_inputs(atlas: AtlasLayout) -> dict[str, float]:
    """How an atlas is laid out by the names that the node groups give them; see `nodes.cards.ATLAS_INPUTS`."""
    sizes = {
        "Columns": atlas.columns,
        "Rows": atlas.rows,
        "Blocks Across": atlas.blocks_across,
        "Blocks Down": atlas.blocks_down,
        "Planes": atlas.planes,
        "Cell Width": atlas.cell_width,
        "Cell Height": atlas.cell_height,
    }
    return {name: float(size) for name, size in sizes.items()}


def packed_image(parts: Parts, name: str, maps: PackedMaps, role: str, part: str = "") -> bpy.types.Image:
    """The atlas inside the .blend; its range of values stands on it as properties.

    A former atlas is replaced as a data-block, not in its pixels: those undo would not bring back.
    """
    atlas, data = maps.atlas, maps.picture.read_bytes()
    former, kept = (parts.find_image(of, atlas.layer, part) for of in (role, f"intact {role}"))
    image = bpy.data.images.new(name, 1, 1)
    for before in (former, kept):
        if before is not None:
            # Remapping moves the fake user too, without which Blender would not save the intact picture.
            is_kept = before.use_fake_user
            before.user_remap(image)
            before.use_fake_user = is_kept
    image.use_fake_user = False
    if former is not None:
        parts.remove_image(former)
        image.name = name
    image.pack(data=data, data_len=len(data))
    image.source = "FILE"
    image.alpha_mode = "CHANNEL_PACKED"
    if atlas.layer:
        image.colorspace_settings.name = "Non-Color"
    parts.tag_image(image, role, atlas.layer, part)
    image[contract.RANGE] = [atlas.low, atlas.high]
    return image


def texture_pixels(root: bpy.types.Collection, role: str = "") -> int:
    """Pixels of all of a network's packed pictures, or of those of its layers that have a role.

    Each takes four bytes of memory.
    """
    images = [image for image in bpy.data.images if image.get(contract.NETWORK) == root[contract.NETWORK]]
    if role:
        images = [image for image in images if image.get(contract.ROLE) == role and image.get(contract.LAYER)]
    return sum(image.size[0] * image.size[1] for image in images)
