"""Shows a network under an intervention, or the intact network again."""

from __future__ import annotations

from dataclasses import dataclass

import bpy
import numpy as np

from ..core.description.answers import Answer, InterventionResult
from ..core.description.description import Description
from ..core.interventions.intervention import Intervention
from ..core.maps.packing import PackedMaps
from ..core.network import Network
from ..core.outputs.verdicts import judge_outputs
from ..core.recording import OutputResult, Recording, SampleAnswers
from .base import contract, meshes
from .base.parts import Parts
from .blocks.blocks import change_blocks, restore_blocks
from .blocks.books import fill_books
from .blocks.layer_covers import fill_layer_covers
from .blocks.paint import paint_layers
from .interventions.switches import INCOMPLETE, keep_intact_maps, restore_intact, restore_intact_maps, write_changed
from .maps.atlas_images import packed_image
from .maps.change_maps import show_differences
from .maps.closeups import refill_closeups
from .network.description import change_description, read_layout, require_description
from .network.parts import network_parts
from .outputs.boards import Told, add_outputs
from .outputs.pictures import restore_pictures, show_changed_pictures
from .samples.outputs import (
    INTACT_OUTPUT,
    OUTPUT,
    keep_intact_outputs,
    read_outputs,
    read_results,
    restore_intact_outputs,
    write_outputs,
    write_results,
)
from .stage.labels import add_measures, are_measures_shown, show_title
from .stage.legend import show_legend
from .stage.outdated import tell_outdated

_ROLES = {"card": "atlas", "composite": "composite atlas"}


@dataclass(frozen=True)
class Change:
    """What was measured under an intervention, for the samples that the scene shows.

    Attributes:
        atlases: maps of the layers that it reaches; `composites` likewise.
        notes: what about the intervention is not as one might expect.
        differences: what it adds to the intact network's maps, of the same layers; None where nobody asked.
    """

    intervention: Intervention
    recording: Recording
    atlases: tuple[PackedMaps, ...] = ()
    composites: tuple[PackedMaps, ...] = ()
    notes: tuple[str, ...] = ()
    differences: tuple[PackedMaps, ...] | None = None


def show_change(scene: bpy.types.Scene, root: bpy.types.Collection, network: Network, change: Change) -> None:
    """Show what was measured under an intervention; what the intact network shows is kept beside it."""
    recording = change.recording
    # Whatever stops the writing half-way, the values are then known not to be in line.
    root[contract.RECORDED] = INCOMPLETE
    write_changed(root, network, change.intervention, recording.activations)
    change_blocks(root, network)
    keep_intact_outputs(root)
    write_outputs(root, recording.outputs)
    write_results(root, recording.results)
    parts = network_parts(scene, network, root[contract.NETWORK], root)
    fresh = {("card", maps.layer): maps for maps in change.atlases}
    fresh |= {("composite", maps.layer): maps for maps in change.composites}
    for role in _ROLES:
        for layer in (layer.path for layer in network.layers):
            if (role, layer) in fresh:
                _show_maps(parts, role, fresh[role, layer])
            else:
                _restore_maps(parts, role, layer)
    show_changed_pictures(parts, change.atlases)
    show_differences(parts, change.intervention, change.differences)
    _refill_covers(parts, network)
    _finish(parts, network, change.intervention, change.notes)


def show_intact(scene: bpy.types.Scene, root: bpy.types.Collection) -> None:
    """Show the intact network again, from what was kept of it."""
    network = require_description(root).network
    take_back_change(network_parts(scene, network, root[contract.NETWORK], root), network)


def take_back_change(parts: Parts, network: Network) -> None:
    """See `show_intact`."""
    root = parts.root
    root[contract.RECORDED] = INCOMPLETE
    restore_intact(root)
    restore_blocks(root)
    restore_intact_outputs(root)
    for role in _ROLES:
        for layer in network.layers:
            _restore_maps(parts, role, layer.path)
    restore_pictures(parts, network.outputs)
    show_differences(parts, Intervention(), None)
    _refill_covers(parts, network)
    _finish(parts, network, Intervention(), ())


def _refill_covers(parts: Parts, network: Network) -> None:
    opening = require_description(parts.root).opening
    if opening is not None:
        fill_books(parts, network, opening.root)
        fill_layer_covers(parts, network, read_layout(parts.root, network))


def _show_maps(parts: Parts, role: str, maps: PackedMaps) -> None:
    layer = maps.layer
    cards = parts.find(role, layer)
    if cards is None:
        return
    image = parts.find_image(_ROLES[role], layer)
    if image is not None and parts.find_image(f"intact {_ROLES[role]}", layer) is None:
        parts.tag_image(image, f"intact {_ROLES[role]}", layer)
        image.use_fake_user = True
        keep_intact_maps(cards)
    packed_image(parts, cards.name, maps, _ROLES[role])
    meshes.write_samples(cards.data, contract.MAP_RANGE, meshes.drawn(cards.data, maps.ranges))
    cards.update_tag()


def _restore_maps(parts: Parts, role: str, layer: str) -> None:
    cards, intact = parts.find(role, layer), parts.find_image(f"intact {_ROLES[role]}", layer)
    if cards is not None:
        restore_intact_maps(cards)
        cards.update_tag()
    if intact is None:
        return
    changed = parts.find_image(_ROLES[role], layer)
    if changed is not None:
        changed.user_remap(intact)
        parts.remove_image(changed)
    parts.tag_image(intact, _ROLES[role], layer)
    intact.use_fake_user = False


def _finish(parts: Parts, network: Network, intervention: Intervention, notes: tuple[str, ...]) -> None:
    """Answers, texts and description follow the values that are there now."""
    root, about = parts.root, require_description(parts.root)
    classes = about.classes
    answers = SampleAnswers(about.shown_samples, read_outputs(root), about.answer_output)
    refill_closeups(parts)
    layout = read_layout(root, network)
    if are_measures_shown(root):
        add_measures(parts, network, layout)
    add_outputs(parts, network, layout, about.shown_samples, told_now(root, about))
    paint_layers(parts, network)
    root[contract.RECORDED] = "" if intervention.is_empty else intervention.key
    show_legend(root)
    show_title(root, network.name, intervention)
    result = InterventionResult(
        intervention,
        reached=intervention.reached_layers(network),
        notes=notes,
        accuracy=answers.accuracy(classes),
        answers=tuple(Answer.of(answers, index, classes) for index in range(len(answers.samples))),
    )
    change_description(root, intervention=None if intervention.is_empty else result)
    tell_outdated(parts)
    root.update_tag()


def told_now(root: bpy.types.Collection, about: Description) -> list[Told]:
    """What the outputs give now; in a scene that was made before all of them were kept, only the network's answer."""
    now, intact = read_results(root), read_results(root, INTACT_OUTPUT)
    outputs, first = about.outputs, 0
    if not now:
        first = about.answer_number
        now, intact = (_of_answer(read_outputs(root, quantity)) for quantity in (OUTPUT, INTACT_OUTPUT))
        outputs = outputs[first : first + 1]
    answer = about.answer_number - first
    judged = judge_outputs(outputs[: len(now)], answer, now, about.shown_samples, about.classes)
    before = [result.values for result in intact] or [None] * len(now)
    return [
        Told(first + k, output, result, verdicts, about.classes if k == answer else (), before[k])
        for k, (output, result, verdicts) in enumerate(zip(outputs, now, judged, strict=False))
    ]


def _of_answer(values: np.ndarray | None) -> tuple[OutputResult, ...]:
    return () if values is None else (OutputResult.of(values),)
