"""What the card says of the chosen neuron or layer: its name, its value, its map now and for the next samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np

from ...core.description.description import Description
from ...core.errors import UserError
from ...core.samples.finding import without_ending
from ...core.texts import format_shape
from ...scene.base import contract
from ...scene.base.find import object_of
from ...scene.interventions.switches import read_switches
from ...scene.neurons.neuron_facts import NeuronFacts, drawn_count, neuron_activation, neuron_facts
from ...scene.neurons.picking import Picked, corners_of, sphere_of
from ...scene.samples.timeline import shown_sample
from ...scene.stage.framing import is_seen, part_points
from ..common.active import LAYER, NEURON, network_by_id
from ..common.knowing import known, known_description
from ..common.neuron_texts import describe_facts
from ..common.sidebar import format_number
from ..maps.thumbnails import Source, thumbnails

TILES = 4
"""How many samples after the one that is shown."""


@dataclass(frozen=True)
class Subject:
    """What a card tells of, by names, so that it outlives undo.

    Attributes:
        neuron: None for the layer as a whole.
    """

    network: str
    layer: str
    neuron: int | None


@dataclass(frozen=True)
class Tile:
    """A small picture, None until it is read, with a caption."""

    picture: Source | None
    caption: str


@dataclass(frozen=True)
class Content:
    """What a card shows.

    Attributes:
        points: float (count, 3), what it tells of in the world; empty where nothing of it is in the scene.
        has_large: whether there is a large picture, be it read from the file already or not.
        large: the picture for the sample that is shown; None until it is read.
        is_off: whether the neuron, or every neuron of the layer, is off.
        has_maps: whether a neuron has a feature map, which can be shown large in the scene.
    """

    title: str
    lines: tuple[str, ...]
    has_large: bool
    large: Source | None
    tiles: tuple[Tile, ...]
    points: np.ndarray
    is_off: bool
    has_maps: bool


def chosen_subject(scene: Any, root: bpy.types.Collection | None, slab: bpy.types.Object | None) -> Subject | None:
    """What the user chose last, where that is a neuron or a layer."""
    if root is None or slab is None or scene.nn.chosen not in {LAYER, NEURON}:
        return None
    neuron = root.nn.neurons.neuron if scene.nn.chosen == NEURON else None
    return Subject(root[contract.NETWORK], slab[contract.LAYER], neuron)


def content_of(scene: bpy.types.Scene, subject: Subject) -> Content | None:
    """What there is to say of a subject; None where it is not in the scene any more."""
    root = network_by_id(subject.network)
    slab = object_of(root, "slab", subject.layer) if root is not None else None
    about = known_description(root) if root is not None else None
    if root is None or slab is None or about is None:
        return None
    shown = shown_sample(scene, root)
    if subject.neuron is None:
        return _of_layer(root, slab, about, shown)
    if subject.neuron >= slab[contract.NEURONS]:
        return None
    return _of_neuron(root, subject.layer, subject.neuron, about, shown)


def next_samples(shown: int, count: int) -> list[int]:
    """The samples after the one that is shown, from the first one on again after the last."""
    return [(shown + step) % count for step in range(1, min(TILES, count - 1) + 1)]


def _of_neuron(root: bpy.types.Collection, layer: str, neuron: int, about: Description, shown: int) -> Content:
    facts = neuron_facts(root, layer, neuron, shown)
    has_maps = about.has_maps(layer)
    tiles = []
    for sample in next_samples(shown, len(about.samples)):
        value = neuron_activation(root, layer, neuron, sample)
        if has_maps:
            picture = thumbnails.map_source(root, layer, neuron, sample)
        else:
            picture = thumbnails.sample_source(root, sample)
        if value is not None:
            tiles.append(Tile(picture, format_number(value)))
    return Content(
        title=f"{layer} · neuron {neuron}",
        lines=tuple(_neuron_lines(root, layer, facts, _name_of(about, shown))),
        has_large=has_maps,
        large=thumbnails.map_source(root, layer, neuron, shown) if has_maps else None,
        tiles=tuple(tiles),
        points=known(root, _neuron_points, layer, neuron),
        is_off=facts is not None and facts.factor == 0,
        has_maps=has_maps,
    )


def _neuron_lines(root: bpy.types.Collection, layer: str, facts: NeuronFacts | None, sample: str) -> list[str]:
    if facts is None:
        drawn = drawn_count(root, layer)
        return [
            f"Not measured, or not drawn: the first {drawn:,} neurons are" if drawn else "No neurons are drawn here"
        ]
    return describe_facts(facts, sample)


def _of_layer(root: bpy.types.Collection, slab: bpy.types.Object, about: Description, shown: int) -> Content:
    layer, count = slab[contract.LAYER], slab[contract.NEURONS]
    factors = _factors(root, layer)
    off = int((factors == 0).sum())
    lines = [f"{slab[contract.CLASS]}, {format_shape(tuple(slab[contract.OUTPUT_SHAPE]))}"]
    if count:
        lines.append(f"{count:,} neurons" + (f", {off:,} off" if off else ""))
    has_summary = about.has_summary(layer)
    numbers = next_samples(shown, len(about.samples)) if has_summary else []
    tiles = [
        Tile(thumbnails.composite_source(root, layer, one), without_ending(_name_of(about, one))) for one in numbers
    ]
    return Content(
        title=layer,
        lines=tuple(lines),
        has_large=has_summary,
        large=thumbnails.composite_source(root, layer, shown) if has_summary else None,
        tiles=tuple(tiles),
        points=known(root, _layer_points, layer),
        is_off=off == len(factors) > 0,
        has_maps=False,
    )


def _factors(root: bpy.types.Collection, layer: str) -> np.ndarray:
    """What the output of every neuron that is drawn is multiplied by, (neurons,); 0 where it is off."""
    obj: Any = object_of(root, "neurons", layer)
    if obj is None or obj.data.is_editmode:
        return np.zeros(0)
    enabled, gain, _replace = read_switches(obj.data)
    return np.where(enabled, gain, 0.0)


def _name_of(about: Description, sample: int) -> str:
    return about.samples[sample].sample.name if sample < len(about.samples) else ""


def _neuron_points(root: bpy.types.Collection, layer: str, neuron: int) -> np.ndarray:
    """The neuron's map or sphere where it can be seen, else what shows its layer."""
    network = root[contract.NETWORK]
    for role in ("card", "neurons"):
        obj = object_of(root, role, layer)
        if obj is None or not is_seen(obj):
            continue
        picked = Picked(network, layer, neuron, role)
        if role == "card":
            corners = corners_of(root, picked, bpy.context.view_layer.depsgraph)
            if corners is not None:
                return corners
        else:
            sphere = sphere_of(root, picked)
            if sphere is not None:
                return sphere[0][None]
    return _layer_points(root, layer)


def _layer_points(root: bpy.types.Collection, layer: str) -> np.ndarray:
    try:
        return part_points(root, layer)
    except UserError:
        return np.zeros((0, 3))
