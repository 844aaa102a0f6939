"""Feature maps on the slabs, and the picture that enters the network."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from ...core.layout.grids import NARROWEST_PICTURE
from ...core.layout.layout import Layout, Place, Slab
from ...core.maps.packing import Atlas
from ...core.recording import Sample
from ..base import contract, meshes
from ..base.find import network_modifier
from ..base.parts import Parts, set_nodes
from ..base.versions import get_modifier_input, set_modifier_input
from ..layers.layer_objects import BEVEL, describe
from ..looks import card_materials, materials
from ..looks.card_colours import card_material
from ..looks.visibility import are_all_hidden
from ..network import text_objects
from ..network.contents import Contents
from ..network.sample_texts import show_sample_text
from ..nodes.cards import make_cards
from ..nodes.lod_of_layers import detail_inputs
from ..nodes.maps import make_maps


def add_maps(parts: Parts, contents: Contents, layout: Layout) -> None:
    """One card object per layer that has feature maps; one that comes later is hidden where all others are."""
    are_hidden = are_all_hidden(parts.root, "card")
    for number, layer in enumerate(contents.network.layers):
        place = layout.layers[layer.path]
        atlas = contents.atlas(layer.path)
        if atlas is None or place.grid.card is None:
            drop_picture(parts, "card", layer.path, f"Cards {layer.path}", "atlas")
            continue
        name = f"{layer.path} maps"
        is_new = parts.find("card", layer.path) is None
        cards = parts.mesh_object(
            ("card", layer.path, ""),
            name,
            partial(_card_mesh, name, place),
            contract.MAPS_COLLECTION,
        )
        if is_new:
            cards.hide_viewport, cards.hide_render = are_hidden
        describe(cards, layer)
        ranges = map_ranges(contents.atlas_folder, atlas)
        meshes.write_samples(cards.data, contract.MAP_RANGE, ranges[:, : place.grid.count])
        lasting = {**_sizes(place.grid.card), **detail_inputs(parts, number)}
        _show_atlas(parts, cards, contents.atlas_folder, atlas, "Cards", lasting)


def _card_mesh(name: str, place: Slab) -> bpy.types.Mesh:
    return meshes.point_mesh(name, place.card_positions())


def add_input(parts: Parts, contents: Contents, layout: Layout) -> None:
    """The picture as the network sees it, before the first layer, on a slab of its own."""
    place = layout.input
    size = (place.depth, place.width, place.height)
    slab = parts.mesh_object(
        ("input frame", "", ""),
        "Input",
        lambda: meshes.box_mesh("Input", size, BEVEL),
        contract.INPUT_COLLECTION,
    )
    if not slab.data.materials:
        slab.data.materials.append(parts.material(materials.frame))
        slab.location = place.middle
    atlas = contents.atlas("")
    if atlas is not None and place.grid.card is not None:
        picture = parts.mesh_object(
            ("input", "", ""),
            "Input picture",
            lambda: meshes.point_mesh("Input picture", place.card_positions()),
            contract.INPUT_COLLECTION,
        )
        lasting = _sizes(_fitting(atlas, place.grid.card))
        _show_atlas(parts, picture, contents.atlas_folder, atlas, "Input", lasting)
    if contents.recording is not None:
        _add_caption(parts, contents.shown_samples, place)


def map_ranges(folder: Path, atlas: Atlas) -> np.ndarray:
    """Float32 (samples, cells, 2): the values of the lowest and highest level of every cell.

    Args:
        folder: where the atlas's files are.
    """
    ranges = np.load(folder / atlas.ranges, allow_pickle=False)
    return np.ascontiguousarray(ranges.transpose(1, 2, 0))


def _show_atlas(
    parts: Parts, cards: bpy.types.Object, folder: Path, atlas: Atlas, kind: str, lasting: dict[str, Any]
) -> None:
    """Let cards show their cells of an atlas, which is packed into the file.

    Args:
        kind: see `card_colours.card_material`.
        lasting: inputs of the node group that users may change, besides those that all cards have.
    """
    image = packed_image(parts, cards.name, folder, atlas, "atlas")
    material = card_material(parts, f"{kind} {atlas.layer}", kind, image)
    lasting = {**lasting, "First": 0.0, "Material": material}
    group = parts.group(make_maps if kind == "Cards" else make_cards)
    set_nodes(cards, group, lasting, {**atlas_inputs(atlas), "Low": atlas.low, "High": atlas.high})
    bring_back(cards, material, image)


def _sizes(size: tuple[float, float]) -> dict[str, float]:
    """Width and height of a card by their inputs."""
    return dict(zip(("Width", "Height"), size, strict=True))


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


def atlas_inputs(atlas: Atlas) -> dict[str, float]:
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


def packed_image(parts: Parts, name: str, folder: Path, atlas: Atlas, role: str) -> bpy.types.Image:
    """The atlas inside the .blend; its range of values stands on it as properties.

    A former atlas is replaced as a data-block, not in its pixels: those undo would not bring back.

    Args:
        folder: where the atlas's file is.
    """
    data = (folder / atlas.file).read_bytes()
    former, kept = parts.find_image(role, atlas.layer), parts.find_image(f"intact {role}", atlas.layer)
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
    parts.tag_image(image, role, atlas.layer)
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


def _fitting(atlas: Atlas, room: tuple[float, float]) -> tuple[float, float]:
    """Width and height of the picture at its own proportions within the room for it; one too narrow is widened."""
    scale = min(room[0] / atlas.cell_width, room[1] / atlas.cell_height)
    least = min(*room, NARROWEST_PICTURE)
    return max(atlas.cell_width * scale, least), max(atlas.cell_height * scale, least)


def _add_caption(parts: Parts, samples: tuple[Sample, ...], place: Place) -> None:
    """Above the picture: the sample's name and, where known, its true class."""
    holder = parts.empty("Caption", contract.INPUT_COLLECTION, "caption", parts.anchor)
    if not holder.constraints:
        holder.location = (place.x, place.high[1], place.high[2] + parts.theme.gaps.caption_rise)
        text_objects.face(holder, parts.focus, upright=True)
    captions = [f"{sample.name}\ntrue class {sample.label}" if sample.label else sample.name for sample in samples]
    show_sample_text(
        parts,
        "caption",
        captions,
        contract.INPUT_COLLECTION,
        size=parts.theme.letters.caption,
        material=parts.material(materials.dim_ink),
        parent=holder,
    )
