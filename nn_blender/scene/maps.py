"""Feature maps on the slabs, and the picture that enters the network."""

from __future__ import annotations

import bpy

from ..core.layout import THICKNESS, Layout, Place
from ..core.recording import Atlas
from . import contract, materials, meshes, palette, texts
from .kit import Kit, add_nodes
from .layers import BEVEL, describe
from .sample_texts import add_sample_text
from .versions import set_modifier_input

CAPTION_SIZE, CAPTION_RISE = 0.24, 0.5


def add_maps(kit: Kit, layout: Layout) -> None:
    """One card object per layer that has feature maps."""
    group = kit.cards_group()
    for layer, place in zip(kit.contents.network.layers, layout.places, strict=True):
        atlas = kit.contents.atlas(layer.path)
        if atlas is None or place.grid.card is None:
            continue
        mesh = meshes.point_mesh(f"{layer.path} maps", place.card_positions())
        cards = kit.mesh_object(mesh.name, mesh, contract.MAPS_COLLECTION, "card")
        describe(cards, layer)
        _show(kit, cards, group, atlas, place)


def add_input(kit: Kit, layout: Layout) -> None:
    """The picture as the network sees it, before the first layer, on a slab of its own."""
    place = layout.input
    frame = meshes.box_mesh("Input", (THICKNESS, place.width, place.height), BEVEL)
    frame.materials.append(kit.material("Frame", materials.surface, palette.FRAME, 0.4))
    slab = kit.mesh_object("Input", frame, contract.INPUT_COLLECTION, "input frame")
    slab.location = (place.x, 0.0, place.height / 2)
    atlas = kit.contents.atlas("")
    if atlas is None:
        return
    mesh = meshes.point_mesh("Input picture", place.card_positions())
    picture = kit.mesh_object(mesh.name, mesh, contract.INPUT_COLLECTION, "input")
    _show(kit, picture, kit.cards_group(), atlas, place)
    _add_caption(kit, place)


def _add_caption(kit: Kit, place: Place) -> None:
    """Above the picture: the sample's name and, where known, its true class."""
    holder = bpy.data.objects.new("Caption", None)
    holder.empty_display_size = 0.2
    kit.add(holder, contract.INPUT_COLLECTION, "caption", kit.anchor)
    holder.location = (place.x, place.width / 2, place.height + CAPTION_RISE)
    texts.face(holder, kit.focus, upright=True)
    captions = [
        f"{sample.name}\ntrue class {sample.label}" if sample.label else sample.name
        for sample in kit.contents.recording.samples
    ]
    add_sample_text(
        kit,
        "Caption text",
        captions,
        contract.INPUT_COLLECTION,
        size=CAPTION_SIZE,
        material=kit.dim_ink,
        parent=holder,
    )


def _show(kit: Kit, cards: bpy.types.Object, group: bpy.types.NodeTree, atlas: Atlas, place: Place) -> None:
    image = _packed_image(kit, cards.name, atlas)
    material = kit.material(cards.name, materials.cards, image, atlas)
    width, height = place.grid.card
    modifier = add_nodes(cards, group)
    inputs = {
        "Width": width,
        "Height": height,
        "Columns": float(atlas.columns),
        "Rows": float(atlas.rows),
        "Blocks Across": float(atlas.blocks_across),
        "Material": material,
    }
    for name, value in inputs.items():
        set_modifier_input(modifier, name, value)


def _packed_image(kit: Kit, name: str, atlas: Atlas) -> bpy.types.Image:
    """The atlas inside the .blend; its range of values stands on it as properties."""
    data = (kit.contents.atlas_folder / atlas.file).read_bytes()
    image = bpy.data.images.new(name, 1, 1)
    image.pack(data=data, data_len=len(data))
    image.source = "FILE"
    image.alpha_mode = "CHANNEL_PACKED"
    if atlas.layer:
        image.colorspace_settings.name = "Non-Color"
    contract.tag(image, kit.network_id, "atlas")
    image[contract.LAYER] = atlas.layer
    image[contract.RANGE] = [atlas.low, atlas.high]
    return image
