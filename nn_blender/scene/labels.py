"""Names and shapes of the layers, the title, and what was measured of a layer as text."""

from __future__ import annotations

import math

import bpy
import numpy as np

from ..core.interventions import Intervention
from ..core.layout import Layout, lay_out
from ..core.network import Network
from . import contract, meshes, texts
from .contents import Contents
from .description import read_description
from .find import objects
from .kept_interventions import name_of
from .kit import Kit
from .sample_texts import show_sample_text

NAME_SIZE = 0.34
SHAPE_SIZE = 0.22
NAME_DROP = 0.42
SHAPE_DROP = 0.74
MEASURES_DROP, MEASURES_SIZE = 1.0, 0.15
ROOM_FOR_FULL_SIZE = 1.6
TITLE_HEIGHT = -0.85
TITLE_SIZE = 0.55
TITLE_FACTS_SIZE = 0.22
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
        (network.name, TITLE_SIZE, TITLE_HEIGHT, kit.ink),
        (facts, TITLE_FACTS_SIZE, TITLE_HEIGHT - 1.6 * TITLE_FACTS_SIZE, kit.dim_ink),
    ):
        title = texts.text_object("Title", body, size, material, "LEFT")
        kit.add(title, contract.LABELS_COLLECTION, "title", kit.anchor)
        title.location = (0.4 * layout.length, -layout.width / 2 - TITLE_DISTANCE * layout.length, z)
        texts.face(title, kit.focus)


def show_title(kit: Kit, intervention: Intervention) -> None:
    """Let the title say what is switched."""
    name = kit.contents.network.name
    for title in objects(kit.root, "title"):
        # The other one states the network's size.
        if title.data.body == name or title.data.body.startswith(f"{name} ("):
            title.data.body = name if intervention.is_empty else f"{name} ({name_of(intervention)})"


def add_measures(kit: Kit, layout: Layout) -> None:
    """Below a layer's label its mean, spread and share of active neurons for the sample shown."""
    for layer, place in zip(kit.contents.network.layers, layout.places, strict=True):
        neurons = kit.find("neurons", layer.path)
        if neurons is None:
            continue
        holder = kit.thing(
            ("measures", layer.path, ""),
            f"{layer.path} measures",
            lambda: None,
            contract.LABELS_COLLECTION,
            kit.anchor,
        )
        if not holder.constraints:
            holder.empty_display_size = 0.1
            holder.location = (place.x, -place.width / 2, -MEASURES_DROP)
            texts.face(holder, kit.focus, upright=True)
        bodies = [format_measures(values) for values in meshes.read_samples(neurons.data, contract.ACTIVATION)]
        show_sample_text(
            kit,
            "measures",
            bodies,
            contract.LABELS_COLLECTION,
            size=MEASURES_SIZE,
            material=kit.dim_ink,
            parent=holder,
            align_x="CENTER",
            layer=layer.path,
        )


def are_measures_shown(root: bpy.types.Collection) -> bool:
    """Whether the layers' measures stand in the scene."""
    return any(objects(root, "measures"))


def show_measures(scene: bpy.types.Scene, root: bpy.types.Collection, show: bool) -> None:
    """Write the layers' measures into the scene, or remove them; all they say is in the scene already."""
    if show:
        network = Network.from_dict(read_description(root)["network"])
        kit = Kit(scene, Contents(network), root[contract.NETWORK], root)
        add_measures(kit, lay_out(network))
        return
    gone = [thing for holder in objects(root, "measures") for thing in (holder, *holder.children_recursive)]
    bpy.data.batch_remove([*gone, *(thing.data for thing in gone if thing.data is not None)])


def format_measures(values: np.ndarray) -> str:
    """What is to be said about a layer's activations for one sample; float32 (neurons,)."""
    exact = values.astype(np.float64)
    with np.errstate(invalid="ignore", over="ignore"):
        return f"mean {exact.mean():.3g}\nspread {exact.std():.3g}\nactive {(exact > 0).mean():.0%}"


def format_shape(shape: tuple[int, ...]) -> str:
    """``26 × 26 × 16``; a question mark for a size that is open; ``64 units`` for a plain vector."""
    if len(shape) == 1:
        return f"{_size(shape[0])} units"
    return " × ".join(_size(size) for size in shape) or "scalar"


def _size(size: int) -> str:
    return "?" if size < 0 else f"{size:,}"
