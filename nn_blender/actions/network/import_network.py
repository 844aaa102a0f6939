"""Import a network: from model file and samples to a scene that shows what the network computed."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import bpy

from ...core.blocks.answers import answers_of
from ...core.blocks.at_first import AUTO
from ...core.blocks.opening import Opening
from ...core.description.measurements import Source
from ...core.errors import UserError
from ...core.layout.budgets import Budget, neurons_shown
from ...core.network import Inspection, Network
from ...core.samples.finding import find_classes
from ...core.samples.options import MeasureOptions
from ...engine.jobs import Progress
from ...engine.registry import workers
from ...engine.worker import Worker
from ...scene.base import contract
from ...scene.base.find import current_scene, networks, objects
from ...scene.build import build_network, show_whole_timeline
from ...scene.network.contents import Contents
from ...scene.opening.together import join_picture
from ...scene.stage.rendering import picture_aspect, prepare_users_scene
from ..maps.packed_maps import read_maps
from ..samples.measuring import Measured, Subject, decide, describe_left_out, describe_sizes, measure
from ..targets import discard_files, find_scene
from .loading import LoadOptions, inspect_model, load_model, reference_to
from .remove_network import remove_network

NEEDS_USER = ("model.needs_code", "model.custom_object", "model.needs_keras_2", "classes.failed")
"""Codes of errors for which the user has to agree to, to name or to add something before the model can be loaded."""
KEPT_SECONDS = 600.0
"""How long the worker that looked into a file waits for the file to be imported."""


@dataclass(frozen=True, kw_only=True)
class ImportOptions(LoadOptions):
    """What to import and how. Everything but the model file may be left open.

    Attributes:
        budget: how many neurons are drawn.
        with_stage: whether to add camera, lights, floor and background.
        theme: name of the theme, which all networks of the scene then have; None for the one they have.
        open: which blocks are open, see `core.blocks.at_first.blocks_for`; None for one row of layers, as networks
            stood before, beside one that does.
        by_distance: whether the distance decides which blocks are open, where ``open`` is given; see
            `scene.opening.by_distance`.
        prepare_render: whether a scene that still has Blender's own render settings gets those that show networks well.
        shows_structure: whether the structure is shown where the model cannot be loaded for want of a class or of
            consent; `Imported.refusal` then says so.
    """

    frames_per_sample: int = 24
    fade_frames: int = 0
    budget: Budget = field(default_factory=Budget)
    with_stage: bool = True
    theme: str | None = None
    open: str | None = AUTO
    by_distance: bool = False
    shows_structure: bool = False
    prepare_render: bool = False


@dataclass(frozen=True)
class Imported:
    """What came of an import.

    Attributes:
        timings: seconds per stage.
        refusal: why only the structure is shown, where the user has to do something about it.
    """

    network_id: str
    contents: Contents
    timings: dict[str, float]
    refusal: UserError | None = None


@dataclass(frozen=True)
class Inspected:
    """A file that was looked into before it is imported.

    Attributes:
        network_id: what the network will have as its id. Its worker waits for the import, for `KEPT_SECONDS`.
    """

    network_id: str
    inspection: Inspection

    @property
    def network(self) -> Network:
        return self.inspection.network


def inspect_file(python: Path, file: Path) -> Generator[Progress, None, Inspected]:
    """As `inspect_model`, before the user decides whether to import the file: then `import_network`, else `give_up`.

    Raises:
        UserError: the file is no model, or the worker's Python does not work.
        Cancelled: the job was cancelled.
    """
    network_id = contract.new_network_id()
    try:
        yield Progress(f"Reading {file.name}")
        inspection = yield from inspect_model(workers.get(network_id, python), file)
    except BaseException:
        workers.close(network_id)
        raise
    workers.keep_for(network_id, KEPT_SECONDS)
    return Inspected(network_id, inspection)


def give_up(inspected: Inspected) -> None:
    """End the worker of a file that will not be imported."""
    workers.close(inspected.network_id)


def import_network(
    python: Path,
    options: ImportOptions,
    inspected: Inspected | None = None,
    opening: Opening | None = None,
    replaces: str = "",
) -> Generator[Progress, None, Imported]:
    """Import a network into the scene that is current when the job starts.

    The scene is not touched before everything is computed, so a failure or a cancel leaves it as it was.

    Args:
        inspected: what `inspect_file` gave for the file, so that its worker goes on; for one import only.
        opening: blocks that are known of the same network, and which of them are open; counts where ``options.open`` is
            given and the network has these layers.
        replaces: id of the network of that scene that is removed before the new one is built; empty for none.

    Raises:
        UserError: the model, the images or the worker's Python do not work.
        Cancelled: the job was cancelled.
    """
    network_id = inspected.network_id if inspected else contract.new_network_id()
    worker = workers.get(network_id, python)
    scene_uid = current_scene().session_uid
    try:
        contents, timings, refusal = yield from _compute(worker, options)
        yield Progress("Building the scene")
        with _timed(timings, "build"):
            scene = find_scene(scene_uid)
            for old in [root for root in networks(scene) if root[contract.NETWORK] == replaces]:
                remove_network(scene, old)
            _build(scene, contents, network_id, options, opening)
        discard_files(worker, contents)
    except BaseException:
        # Whatever ended the import, cancelling included: nobody else knows this worker.
        workers.close(network_id)
        raise
    return Imported(network_id, contents, timings, refusal)


def make_contents(worker: Worker, measured: Measured, **more: Any) -> Contents:
    """All that a scene is built from. ``more`` are further fields of `Contents`."""
    subject = measured.subject
    return Contents(
        network=subject.network,
        inputs=subject.inputs,
        outputs=subject.outputs,
        answer=subject.answer,
        recording=measured.recording,
        classes=measured.classes,
        atlases=read_maps(worker, measured.atlases),
        composites=read_maps(worker, measured.composites),
        **more,
    )


def _compute(
    worker: Worker, options: ImportOptions
) -> Generator[Progress, None, tuple[Contents, dict[str, float], UserError | None]]:
    """All that has to be known before the scene is touched, the seconds of each stage, and `Imported.refusal`."""
    file = options.file.expanduser().absolute()
    timings: dict[str, float] = {}
    with _timed(timings, "inspect"):
        yield Progress(f"Reading {file.name}")
        inspection = yield from inspect_model(worker, file, options.classes_code)
    network = inspection.network
    model = reference_to(file, inspection, options)
    versions: dict[str, str] = {}
    refusal = None
    try:
        with _timed(timings, "load"):
            loaded = yield from load_model(worker, model, network, options)
    except UserError as error:
        if options.shows_structure and network.layers and error.code in NEEDS_USER:
            refusal = error
        elif error.code not in ("model.unsupported", "model.inputs_unknown") or not network.layers:
            raise
        elif options.samples or options.input_samples:
            raise _not_run(error) from error
        measured = Measured(decide(Subject(model, network), options), notes=(_structure_only(error),))
    else:
        network, versions = loaded.network, loaded.versions
        model = replace(model, reads=network.inputs)
        with _timed(timings, "run"):
            measured = yield from _measure(worker, Subject(model, network, loaded.ranges, loaded.sizes), options)
        measured = replace(measured, notes=loaded.remarks + describe_sizes(measured.subject) + measured.notes)
    drawn = sum(shown.neurons for shown in neurons_shown(network, options.budget).values())
    contents = make_contents(
        worker,
        measured,
        frames_per_sample=options.frames_per_sample,
        fade_frames=min(options.fade_frames, options.frames_per_sample - 1),
        source=Source(
            MeasureOptions.from_dict(options.to_dict()), model.allow_code, model.classes_code, model.classes_sha256
        ),
        budget=options.budget,
        notes=measured.notes + describe_left_out(network, drawn),
        versions={"blender": bpy.app.version_string, **versions},
    )
    return contents, timings, refusal


def _measure(worker: Worker, subject: Subject, options: ImportOptions) -> Generator[Progress, None, Measured]:
    """Run the samples; those that merely lie next to the model are left out where the network cannot take them."""
    try:
        return (yield from measure(worker, subject, options))
    except UserError as error:
        if (
            options.samples
            or options.input_samples
            or options.choices
            or not error.code.startswith(("samples.", "model.failed"))
        ):
            raise
        classes = find_classes(Path(subject.network.file), options.classes)
        return Measured(decide(subject, options), classes=classes, notes=(_structure_only(error),))


def _structure_only(error: UserError) -> str:
    return f"The structure is shown without activations: {error.message}"


def _not_run(error: UserError) -> UserError:
    """An error for a network that samples were chosen for, although only its structure can be shown."""
    fix = f"{error.fix} Without samples, its structure can be imported.".strip()
    return UserError(error.code, error.message, fix, error.details)


def _build(
    scene: bpy.types.Scene, contents: Contents, network_id: str, options: ImportOptions, known: Opening | None
) -> None:
    # The picture's shape decides how a network is laid out.
    before = prepare_users_scene(scene) if options.prepare_render else {}
    opening = None
    if options.open is not None:
        kinds = contents.inputs, contents.outputs, contents.classes, contents.answer_name
        opening = Opening.fresh(contents.network, *kinds, picture_aspect(scene), options.open)
        answers = answers_of(contents.network, *kinds[1:])
        if known is not None and _covers(known) == _covers(opening):
            # What explains the other network's answers does not come along.
            opening = known.without_maps(contents.network, answers, picture_aspect(scene), contents.inputs)
        elif options.by_distance and opening.root.blocks:
            opening = opening.with_distance(contents.network, answers, picture_aspect(scene), contents.inputs)
    staged = _staged(scene) if opening is not None and options.with_stage else None
    has_own = options.with_stage and staged is None
    root = build_network(scene, contents, network_id, has_own, theme=options.theme, opening=opening)
    if before:
        root[contract.PREVIOUS_RENDER] = before
    if staged is not None:
        join_picture(scene, staged, root)
    show_whole_timeline(scene, root)


def _staged(scene: bpy.types.Scene) -> bpy.types.Collection | None:
    """A network whose camera and lights others can share: one that opens and has a stage."""
    found = (root for root in networks(scene) if any(objects(root, "camera")) and any(objects(root, "frame")))
    return next(found, None)


def _covers(opening: Opening) -> set[str]:
    """Paths of the layers and names of the inputs that an opening tells places of."""
    return {leaf.cover for leaf in opening.root.leaves}


@contextlib.contextmanager
def _timed(timings: dict[str, float], name: str) -> Iterator[None]:
    """Note how many seconds a block took."""
    start = time.perf_counter()
    yield
    timings[name] = time.perf_counter() - start
