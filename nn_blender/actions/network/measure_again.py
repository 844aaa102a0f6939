"""Measure a network in the scene anew: other samples, another preprocessing; the scene is kept, not rebuilt."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import bpy

from ...core.description.measurements import Source
from ...core.errors import UserError
from ...core.inputs.sizes import as_stated
from ...core.outputs import answer_of
from ...core.requests.models import LoadRequest
from ...core.samples.options import MeasureOptions
from ...engine.jobs import Progress
from ...engine.registry import workers
from ...scene.base import contract
from ...scene.base.find import current_scene
from ...scene.build import update_network
from ...scene.network.description import read_description, read_layout
from ...scene.resize_network import resize_network
from ...scene.samples.timeline import fade_frames, fit_timeline, frames_per_sample, show_sample, shown_sample
from ..requests import model_of, open_sizes
from ..samples.measuring import Subject, describe_left_out, describe_sizes, measure
from ..targets import check_same, check_writable, described, discard_files, find_root, find_scene
from .import_network import make_contents


def chosen_options(root: bpy.types.Collection) -> MeasureOptions:
    """What was chosen when the network was last measured."""
    about = read_description(root)
    return about.source.options if about else MeasureOptions()


def measure_again(
    python: Path, root: bpy.types.Collection, options: MeasureOptions, model: Path | None = None
) -> Generator[Progress, None, None]:
    """Measure a network of the current scene with other options.

    The worker keeps what it computed for every sample, so only what changed is computed; of the scene, only values
    that differ are written. Where an input that the network leaves open gets another size, its layers are built anew.
    The scene is not touched before everything is computed.

    Args:
        model: where the model file is now, if it was moved.

    Raises:
        UserError: the model is missing or another one; the samples do not fit.
        Cancelled: the job was cancelled.
    """
    network_id, scene_uid = root[contract.NETWORK], current_scene().session_uid
    about = described(root)
    check_writable(root)
    worker = workers.get(network_id, python)
    chosen = model_of(about)
    if model is not None:
        chosen = replace(chosen, file=model.expanduser().absolute())
    sizes = open_sizes(options, as_stated(about.network, [one.size for one in about.inputs]))
    loaded = yield from worker.ask(LoadRequest.of(chosen, sizes=sizes))
    network = loaded.network
    check_same(about.network, network, of_any_size=any(loaded.sizes))
    chosen = replace(chosen, reads=network.inputs)
    subject = Subject(chosen, network, loaded.ranges, loaded.sizes)
    if about.samples and options.kinds == about.source.options.kinds:  # What was decided from samples stays.
        answer = answer_of(about.outputs, options.answer)
        inputs = tuple(replace(one, size=size) for one, size in zip(about.inputs, loaded.sizes, strict=True))
        subject = replace(subject, inputs=inputs, outputs=about.outputs, answer=answer)
    measured = yield from measure(worker, subject, options)
    if measured.recording is None and about.samples:
        raise UserError("samples.none", "There are no samples to measure.", "Add some, then measure again.")
    yield Progress("Updating the scene")
    scene = find_scene(scene_uid)
    root = find_root(scene, network_id)
    check_writable(root)
    drawn = sum(place.grid.count for place in read_layout(root, about.network).layers.values())
    contents = make_contents(
        worker,
        measured,
        frames_per_sample=frames_per_sample(root),
        fade_frames=fade_frames(root),
        source=Source(options, chosen.allow_code, chosen.classes_code, chosen.classes_sha256),
        notes=loaded.remarks + describe_sizes(measured.subject) + measured.notes + describe_left_out(network, drawn),
        versions={"blender": bpy.app.version_string, **loaded.versions},
    )
    shown = shown_sample(scene, root)
    if network.layers == about.network.layers:
        update_network(scene, root, contents)
    else:
        resize_network(scene, root, contents)
    fit_timeline(scene)
    show_sample(scene, root, shown)
    discard_files(worker, contents)
