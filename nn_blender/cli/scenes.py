"""Scenes as the options of a command ask for them: imported or opened, switched, saved, rendered."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy

from ..actions.interventions.switch import intervene
from ..actions.literal_paths import literal
from ..actions.network.import_network import Imported, ImportOptions, import_network
from ..actions.neurons.export_activations import export_activations
from ..actions.neurons.export_influence import export_influence
from ..actions.neurons.sweep import preview_influence
from ..actions.render import RenderOptions, render_still
from ..actions.targets import find_root
from ..core.errors import UserError
from ..core.interventions.intervention import Intervention
from ..core.layout.budgets import Budget
from ..core.texts import operator_reason
from ..scene.base.find import current_scene, networks
from ..scene.base.versions import can_denoise
from ..scene.stage.rendering import prepare_new_scene
from .console import finish, say, without_standard_output
from .loading import load_options, python_of


def import_into_new_scene(options: argparse.Namespace) -> Imported:
    # Factory settings would switch off the extension that is running this.
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    prepare_new_scene(current_scene())
    import_options = ImportOptions(
        **load_options(options),
        shown=options.shown,
        order=options.order,
        statistic=options.statistic,
        volume=options.volume,
        map_pixels=options.map_pixels,
        frames_per_sample=options.frames_per_sample,
        fade_frames=options.fade_frames,
        budget=Budget(options.max_neurons, options.max_layer_neurons, options.map_pixels),
        with_stage=options.with_stage,
        theme=options.theme,
        open=options.open,
        by_distance=options.by_distance,
    )
    imported = finish(import_network(python_of(options), import_options), "Import")
    for note in imported.contents.notes:
        say(note)
    if options.disable or options.gain:
        _intervene(options, imported)
    return imported


def _intervene(options: argparse.Namespace, imported: Imported) -> None:
    """Switch the neurons that the arguments name, and show the network without them."""
    intervention = Intervention.from_texts(imported.contents.network, options.disable, options.gain)
    root = find_root(current_scene(), imported.network_id)
    finish(intervene(python_of(options), root, intervention), "Rerun")
    if imported.contents.recording is None:
        say("The neurons are switched, but the network was not run, because there are no samples.")


def write_activations(options: argparse.Namespace, imported: Imported) -> None:
    """Write the activations of all samples that were measured, under the intervention that was asked for."""
    root, recording = find_root(current_scene(), imported.network_id), imported.contents.recording
    samples, folder = recording.samples if recording else (), options.activations.absolute()
    exporting = export_activations(python_of(options), root, samples, folder, options.whole_activations)
    answer = finish(exporting, "Write activations")
    for layer in answer.left_out:
        say(f"{layer.layer} has no file: {layer.reason}.")
    say(f"Wrote {options.activations}: {len(answer.files):,} layers of {len(samples):,} samples")


def write_influence(options: argparse.Namespace, root: bpy.types.Collection) -> None:
    finish(preview_influence(python_of(options), root), "Estimate")
    options.influence.parent.mkdir(parents=True, exist_ok=True)
    count = export_influence(root, options.influence)
    say(f"Wrote {options.influence}: {count:,} neurons")


def open_scene(file: Path) -> None:
    if not file.is_file():
        raise UserError("scene.missing", f"There is no {file}.", "Name an existing .blend file.")
    try:
        bpy.ops.wm.open_mainfile(filepath=str(file.absolute()))
    except RuntimeError as error:
        message = f"{file} cannot be opened: {operator_reason(error)}."
        raise UserError("scene.unreadable", message, "Name a .blend file.") from error
    if not networks(current_scene()):
        say(f"{file} holds no network; it is rendered as it is.")


def save_scene(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        with without_standard_output(), literal(file.absolute()) as place:
            bpy.ops.wm.save_as_mainfile(filepath=str(place), compress=True)
    except RuntimeError as error:
        message = f"{file} cannot be saved: {operator_reason(error)}."
        raise UserError("scene.unwritable", message, "Choose another place.") from error
    if not file.exists():
        raise UserError("scene.unwritable", f"Blender saved no {file}.", "Name a file that ends in .blend.")
    say(f"Saved {file}")


def render_picture(options: argparse.Namespace, file: Path) -> None:
    if options.engine == "workbench":
        say("Workbench shows no glow: neurons have one colour.")
    say("Rendering …")
    with without_standard_output(), denoised(current_scene()):
        render_still(current_scene(), file.absolute(), render_options(options), options.frame)
    say(f"Rendered {file}")


def render_options(options: argparse.Namespace) -> RenderOptions:
    return RenderOptions(options.engine, options.resolution, options.render_samples, getattr(options, "frames", None))


@contextlib.contextmanager
def denoised(scene: bpy.types.Scene) -> Iterator[None]:
    """Denoise while rendering where this Blender can; the scene itself stays as it is."""
    cycles: Any = scene.cycles
    before = cycles.use_denoising
    cycles.use_denoising = can_denoise()
    try:
        yield
    finally:
        cycles.use_denoising = before
