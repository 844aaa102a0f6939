"""Names and shapes of the layers, the input's caption and the legend."""

from __future__ import annotations

import math

import bpy

from ..core.layout import Layout
from . import contract, materials, meshes, texts
from .kit import Kit
from .nodes.cards import UV

NAME_SIZE = 0.34
SHAPE_SIZE = 0.22
NAME_DROP = 0.42
SHAPE_DROP = 0.74
ROOM_FOR_FULL_SIZE = 1.6
LEGEND_DISTANCE = 1.5
LEGEND_HEIGHT = -0.85
TITLE_SIZE = 0.55
FACTS_SIZE = 0.22
TITLE_DISTANCE = 0.2
"""From the slabs, as a share of the network's length."""


def add_labels(kit: Kit, layout: Layout) -> None:
    """Below every slab its name and output shape, small enough to leave the neighbours room."""
    rows = [("input", kit.contents.network.inputs[0].shape, layout.input, "")]
    for layer, place in zip(kit.contents.network.layers, layout.places, strict=True):
        rows.append((layer.path, layer.output_shape, place, layer.path))
    labels = []
    for index, (name, shape, place, path) in enumerate(rows):
        following = rows[min(index + 1, len(rows) - 1)][2]
        room = max(following.x - place.x, 0.3) if following is not place else 2.0
        scale = min(1.0, room / ROOM_FOR_FULL_SIZE)
        for body, size, drop, material in (
            (name, NAME_SIZE, NAME_DROP, kit.ink),
            (format_shape(shape), SHAPE_SIZE, SHAPE_DROP, kit.dim_ink),
        ):
            label = texts.text_object(f"{name} label", body, size * scale, material, "CENTER")
            kit.add(label, contract.LABELS_COLLECTION, "label", kit.anchor)
            label[contract.LAYER] = path
            label.location = (place.x, -place.width / 2, -drop * scale)
            texts.face(label, kit.focus)
            labels.append((label, room * math.sin(layout.view_angle)))
    # Widths of texts are known once Blender has laid them out.
    kit.view_layer.update()
    for label, room in labels:
        texts.shrink_to_width(label, room)


def add_title(kit: Kit, layout: Layout) -> None:
    """The network's name and size, on the floor before it."""
    network = kit.contents.network
    facts = f"{len(network.layers):,} layers   {network.neurons:,} neurons   {network.parameters:,} parameters"
    for body, size, z, material in (
        (network.name, TITLE_SIZE, LEGEND_HEIGHT, kit.ink),
        (facts, FACTS_SIZE, LEGEND_HEIGHT - 1.6 * FACTS_SIZE, kit.dim_ink),
    ):
        title = texts.text_object("Title", body, size, material, "LEFT")
        kit.add(title, contract.LABELS_COLLECTION, "title", kit.anchor)
        title.location = (0.4 * layout.length, -layout.width / 2 - TITLE_DISTANCE * layout.length, z)
        texts.face(title, kit.focus)


def format_shape(shape: tuple[int, ...]) -> str:
    """``26 × 26 × 16``; a question mark for a size that is open; ``64 units`` for a plain vector."""
    if len(shape) == 1:
        return f"{_size(shape[0])} units"
    return " × ".join(_size(size) for size in shape) or "scalar"


def add_legend(kit: Kit, layout: Layout) -> None:
    """What the colour means, in the scene and therefore in every picture of it."""
    holder = bpy.data.objects.new("Legend", None)
    holder.empty_display_size = 0.2
    kit.add(holder, contract.LABELS_COLLECTION, "legend", kit.anchor)
    holder.location = (layout.input.x, -layout.input.width / 2 - LEGEND_DISTANCE, LEGEND_HEIGHT)
    texts.face(holder, kit.focus, upright=True)
    strip = meshes.plane_mesh("Legend", 2.4, 0.12, UV)
    strip.materials.append(kit.material("Legend", materials.legend))
    kit.mesh_object("Legend strip", strip, contract.LABELS_COLLECTION, "legend", holder)
    for body, x, z, align in (
        ("activation", 0.0, 0.24, "LEFT"),
        ("≤ 0", 0.0, -0.22, "LEFT"),
        ("highest of its layer", 2.4, -0.22, "RIGHT"),
    ):
        text = texts.text_object("Legend text", body, 0.17, kit.dim_ink, align)
        kit.add(text, contract.LABELS_COLLECTION, "legend", holder)
        text.location = (x, 0.0, z)
        text.rotation_euler = (math.pi / 2, 0.0, 0.0)


def _size(size: int) -> str:
    return "?" if size < 0 else f"{size:,}"
