"""Feature maps on the slabs, and the picture that enters the network."""

from __future__ import annotations

import bpy

from ...core.layout.layout import NARROWEST_PICTURE, THICKNESS, Layout, Place
from ...core.recording import Atlas
from ..base import contract, meshes
from ..base.find import network_modifier
from ..base.versions import get_modifier_input, set_modifier_input
from ..layers.layer_objects import BEVEL, describe
from ..looks import card_materials, materials
from ..looks.visibility import are_all_hidden
from ..network import text_objects
from ..network.parts import Kit, set_nodes
from ..network.sample_texts import show_sample_text


def add_maps(kit: Kit, layout: Layout) -> None:
    """One card object per layer that has feature maps; one that comes later is hidden where all others are."""
    are_hidden = are_all_hidden(kit.root, "card")
    for layer, place in zip(kit.contents.network.layers, layout.places, strict=True):
        atlas = kit.contents.atlas(layer.path)
        if atlas is None or place.grid.card is None:
            drop_picture(kit, "card", layer.path, f"Cards {layer.path}", "atlas")
            continue
        name = f"{layer.path} maps"
        is_new = kit.find("card", layer.path) is None
        cards = kit.mesh_object(
            ("card", layer.path, ""),
            name,
            lambda name=name, place=place: meshes.point_mesh(name, place.card_positions()),
            contract.MAPS_COLLECTION,
        )
        if is_new:
            cards.hide_viewport, cards.hide_render = are_hidden
        describe(cards, layer)
        meshes.write_samples(cards.data, contract.MAP_RANGE, kit.contents.map_ranges(atlas)[:, : place.grid.count])
        show_atlas(kit, cards, atlas, place.grid.card, "Cards")


def add_input(kit: Kit, layout: Layout) -> None:
    """The picture as the network sees it, before the first layer, on a slab of its own."""
    place = layout.input
    size = (THICKNESS, place.width, place.height)
    slab = kit.mesh_object(
        ("input frame", "", ""),
        "Input",
        lambda: meshes.box_mesh("Input", size, BEVEL),
        contract.INPUT_COLLECTION,
    )
    if not slab.data.materials:
        slab.data.materials.append(kit.material("Frame", materials.surface, kit.theme.surfaces.frame))
        slab.location = (place.x, 0.0, place.height / 2)
    atlas = kit.contents.atlas("")
    if atlas is not None:
        picture = kit.mesh_object(
            ("input", "", ""),
            "Input picture",
            lambda: meshes.point_mesh("Input picture", place.card_positions()),
            contract.INPUT_COLLECTION,
        )
        show_atlas(kit, picture, atlas, _fitting(atlas, place.grid.card), "Input")
    if kit.contents.recording is not None:
        _add_caption(kit, place)


def show_atlas(kit: Kit, cards: bpy.types.Object, atlas: Atlas, size: tuple[float, float], kind: str) -> None:
    """Let cards of a width and height show their cells of an atlas, which is packed into the file."""
    image = packed_image(kit, cards.name, atlas, "atlas")
    material = kit.card_material(f"{kind} {atlas.layer}", kind, image)
    lasting = {"Width": size[0], "Height": size[1], "First": 0.0, "Material": material}
    group = kit.cards_group()
    if kind == "Cards":
        group = kit.maps_group()
        lasting |= kit.detail_inputs(atlas.layer)
    set_nodes(cards, group, lasting, {**atlas_inputs(atlas), "Low": atlas.low, "High": atlas.high})
    bring_back(cards, material, image)


def drop_picture(kit: Kit, role: str, layer: str, material: str, image_role: str) -> None:
    """Let a layer's cards, where there are any, show nothing any more; what users chose for them stays.

    They have no ranges of values then, and their material and picture are gone.
    """
    cards = kit.find(role, layer)
    if cards is None:
        return
    meshes.write_samples(cards.data, contract.MAP_RANGE, meshes.read_pairs(cards.data, contract.MAP_RANGE)[:0])
    modifier = network_modifier(cards)
    if modifier is not None and contract.SHOWN_BEFORE not in cards:
        cards[contract.SHOWN_BEFORE] = [modifier.show_viewport, modifier.show_render]
        modifier.show_viewport = modifier.show_render = False
    kit.remove_material(material)
    for kind in (image_role, f"intact {image_role}"):
        image = kit.find_image(kind, layer)
        if image is not None:
            kit.remove_image(image)


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


def packed_image(kit: Kit, name: str, atlas: Atlas, role: str) -> bpy.types.Image:
    """The atlas inside the .blend; its range of values stands on it as properties.

    A former atlas is replaced as a data-block, not in its pixels: those undo would not bring back.
    """
    data = (kit.contents.atlas_folder / atlas.file).read_bytes()
    former, kept = kit.find_image(role, atlas.layer), kit.find_image(f"intact {role}", atlas.layer)
    image = bpy.data.images.new(name, 1, 1)
    for before in (former, kept):
        if before is not None:
            # Remapping moves the fake user too, without which Blender would not save the intact picture.
            is_kept = before.use_fake_user
            before.user_remap(image)
            before.use_fake_user = is_kept
    image.use_fake_user = False
    if former is not None:
        kit.remove_image(former)
        image.name = name
    image.pack(data=data, data_len=len(data))
    image.source = "FILE"
    image.alpha_mode = "CHANNEL_PACKED"
    if atlas.layer:
        image.colorspace_settings.name = "Non-Color"
    kit.tag_image(image, role, atlas.layer)
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


def _add_caption(kit: Kit, place: Place) -> None:
    """Above the picture: the sample's name and, where known, its true class."""
    holder = kit.empty("Caption", contract.INPUT_COLLECTION, "caption", kit.anchor)
    if not holder.constraints:
        holder.location = (place.x, place.width / 2, place.height + kit.theme.gaps.caption_rise)
        text_objects.face(holder, kit.focus, upright=True)
    captions = [
        f"{sample.name}\ntrue class {sample.label}" if sample.label else sample.name
        for sample in kit.contents.shown_samples
    ]
    show_sample_text(
        kit,
        "caption",
        captions,
        contract.INPUT_COLLECTION,
        size=kit.theme.letters.caption,
        material=kit.dim_ink,
        parent=holder,
    )
