"""What a network shows under an intervention, and the intact network again."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from ..core.interventions.intervention import Intervention
from ..core.network import Network
from ..core.recording import Atlas, Recording, Sample
from .base import contract, meshes
from .blocks.blocks import change_blocks, restore_blocks
from .interventions.switches import INCOMPLETE, keep_intact_maps, restore_intact, restore_intact_maps, write_changed
from .maps.change_maps import show_differences
from .maps.closeups import refill_closeups
from .maps.feature_maps import packed_image
from .network.contents import Contents
from .network.description import change_description, describe_predictions, read_description, read_layout
from .network.parts import Kit
from .samples.outputs import INTACT_OUTPUT, keep_intact_outputs, read_outputs, restore_intact_outputs, write_outputs
from .stage.answer import add_output
from .stage.labels import add_measures, are_measures_shown, show_title
from .stage.legend import show_legend

_ROLES = {"card": "atlas", "composite": "composite atlas"}


@dataclass(frozen=True)
class Change:
    """What was measured under an intervention, for the samples that the scene shows.

    Attributes:
        atlases: maps of the layers that it reaches; `composites` likewise.
        atlas_folder: where the atlases' files are.
        notes: what about the intervention is not as one might expect.
        differences: what it adds to the intact network's maps, of the same layers; None where nobody asked.
    """

    intervention: Intervention
    recording: Recording
    atlases: tuple[Atlas, ...] = ()
    composites: tuple[Atlas, ...] = ()
    atlas_folder: Path = Path()
    notes: tuple[str, ...] = ()
    differences: tuple[Atlas, ...] | None = None


def show_change(scene: bpy.types.Scene, root: bpy.types.Collection, network: Network, change: Change) -> None:
    """Show what was measured under an intervention; what the intact network shows is kept beside it."""
    recording = change.recording
    # Whatever stops the writing half-way, the values are then known not to be in line.
    root[contract.RECORDED] = INCOMPLETE
    write_changed(root, network, change.intervention, recording.activations)
    change_blocks(root, network)
    keep_intact_outputs(root)
    write_outputs(root, recording.outputs)
    contents = Contents(network, atlases=change.atlases, composites=change.composites, atlas_folder=change.atlas_folder)
    kit = Kit(scene, contents, root[contract.NETWORK], root)
    fresh = {("card", atlas.layer): atlas for atlas in change.atlases}
    fresh |= {("composite", atlas.layer): atlas for atlas in change.composites}
    for role in _ROLES:
        for layer in (layer.path for layer in network.layers):
            if (role, layer) in fresh:
                _show_maps(kit, role, layer, fresh[role, layer])
            else:
                _restore_maps(kit, role, layer)
    show_differences(kit, change.intervention, change.differences)
    _finish(kit, change.intervention, change.notes)


def show_intact(scene: bpy.types.Scene, root: bpy.types.Collection) -> None:
    """Show the intact network again, from what was kept of it."""
    network = Network.from_dict(read_description(root)["network"])
    root[contract.RECORDED] = INCOMPLETE
    restore_intact(root)
    restore_blocks(root)
    restore_intact_outputs(root)
    kit = Kit(scene, Contents(network), root[contract.NETWORK], root)
    for role in _ROLES:
        for layer in network.layers:
            _restore_maps(kit, role, layer.path)
    show_differences(kit, Intervention(), None)
    _finish(kit, Intervention(), ())


def _show_maps(kit: Kit, role: str, layer: str, atlas: Atlas) -> None:
    cards = kit.find(role, layer)
    if cards is None:
        return
    image = kit.find_image(_ROLES[role], layer)
    if image is not None and kit.find_image(f"intact {_ROLES[role]}", layer) is None:
        kit.tag_image(image, f"intact {_ROLES[role]}", layer)
        image.use_fake_user = True
        keep_intact_maps(cards)
    packed_image(kit, cards.name, atlas, _ROLES[role])
    meshes.write_samples(cards.data, contract.MAP_RANGE, meshes.drawn(cards.data, kit.contents.map_ranges(atlas)))
    cards.update_tag()


def _restore_maps(kit: Kit, role: str, layer: str) -> None:
    cards, intact = kit.find(role, layer), kit.find_image(f"intact {_ROLES[role]}", layer)
    if cards is not None:
        restore_intact_maps(cards)
        cards.update_tag()
    if intact is None:
        return
    changed = kit.find_image(_ROLES[role], layer)
    if changed is not None:
        changed.user_remap(intact)
        kit.remove_image(changed)
    kit.tag_image(intact, _ROLES[role], layer)
    intact.use_fake_user = False


def _finish(kit: Kit, intervention: Intervention, notes: tuple[str, ...]) -> None:
    """Answers, texts and description follow the values that are there now."""
    root, about = kit.root, read_description(kit.root)
    outputs, intact = read_outputs(root), read_outputs(root, INTACT_OUTPUT)
    samples = tuple(
        Sample(sample["name"], sample["file"], sample["label"], sample["index"]) for sample in about["samples"]
    )
    is_probability = kit.contents.network.gives_probabilities
    recording = Recording(samples, np.zeros((len(samples), 0), np.float32), outputs, is_probability=is_probability)
    contents = Contents(kit.contents.network, recording, tuple(about["classes"]), intact_outputs=intact)
    refill_closeups(kit)
    layout = read_layout(kit.root, kit.contents.network)
    if are_measures_shown(root):
        add_measures(kit, layout)
    add_output(Kit(kit.scene, contents, kit.network_id, root), layout)
    root[contract.RECORDED] = "" if intervention.is_empty else intervention.key
    show_legend(root)
    show_title(kit, intervention)
    change_description(root, intervention=_describe(contents, intervention, notes))
    root.update_tag()


def _describe(contents: Contents, intervention: Intervention, notes: tuple[str, ...]) -> dict[str, Any] | None:
    if intervention.is_empty:
        return None
    recording, classes = contents.recording, contents.classes
    return {
        **intervention.to_dict(),
        "reached": list(intervention.reached_layers(contents.network)),
        "notes": list(notes),
        "accuracy": recording.accuracy(classes),
        "samples": [
            {
                "right": recording.is_right(index, classes),
                "predictions": describe_predictions(recording, index, classes),
            }
            for index in range(len(recording.samples))
        ],
    }
