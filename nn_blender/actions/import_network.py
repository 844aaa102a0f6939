"""Import a network: from model file and test images to a scene that shows what the network computed."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from ..core.errors import UserError
from ..core.network import Inspection, Network
from ..core.preprocessing import Preprocessing, guess_preprocessing
from ..core.recording import Atlas, Recording, Sample, Skipped
from ..core.samples import find_classes, find_pictures_beside, find_samples
from ..engine.jobs import Progress
from ..engine.registry import workers
from ..engine.worker import Worker
from ..scene import contract
from ..scene.build import build_network, show_whole_timeline
from ..scene.contents import Contents

SAMPLES_AT_MOST = 256
"""How many samples live in a scene."""

MAP_PIXELS, LAYER_PIXELS = 48_000_000, 4_000_000
"""At most this many pixels of feature maps in a scene and in a layer; Blender keeps four bytes of each in memory."""


@dataclass(frozen=True)
class ImportOptions:
    """What to import and how. Everything but the model file may be left open.

    Attributes:
        samples: a folder of test images or one image; None takes the folder ``images`` next to the model, if any.
        choices: fields of `Preprocessing` that replace the guess.
        with_stage: whether to add camera, lights, floor and background.
        allow_code: whether code in the model file may run.
    """

    file: Path
    samples: Path | None = None
    labels: Path | None = None
    classes: Path | None = None
    max_samples: int = SAMPLES_AT_MOST
    frames_per_sample: int = 24
    choices: dict[str, Any] = field(default_factory=dict)
    with_stage: bool = True
    allow_code: bool = False


@dataclass(frozen=True)
class Imported:
    """What came of an import.

    Attributes:
        timings: seconds per stage.
    """

    network_id: str
    contents: Contents
    timings: dict[str, float]


def inspect_model(worker: Worker, file: Path) -> Generator[Progress, None, Inspection]:
    """A model file's structure, without TensorFlow and without running anything of it."""
    return Inspection.from_dict((yield from worker.call("inspect", {"file": str(file)})))


def import_network(python: Path, options: ImportOptions) -> Generator[Progress, None, Imported]:
    """Import a network into the scene that is current when the job starts.

    The scene is not touched before everything is computed, so a failure or a cancel leaves it as it was.

    Raises:
        UserError: the model, the images or the worker's Python do not work.
        Cancelled: the job was cancelled.
    """
    network_id = contract.new_network_id()
    worker = workers.get(network_id, python)
    scene_uid = bpy.context.scene.session_uid
    try:
        contents, timings = yield from _compute(worker, options)
        yield Progress("Building the scene")
        with _timed(timings, "build"):
            _build(scene_uid, contents, network_id, options.with_stage)
        for atlas in contents.atlases:
            worker.discard(atlas.file)
    except BaseException:
        # Whatever ended the import, cancelling included: nobody else knows this worker.
        workers.close(network_id)
        raise
    return Imported(network_id, contents, timings)


def _compute(worker: Worker, options: ImportOptions) -> Generator[Progress, None, tuple[Contents, dict[str, float]]]:
    """All that has to be known before the scene is touched, and how many seconds each stage took."""
    file = options.file.expanduser().absolute()
    model = {"file": str(file), "allow_code": options.allow_code}
    timings: dict[str, float] = {}
    notes: list[str] = []
    preprocessing, recording, atlases = None, None, ()
    with _timed(timings, "inspect"):
        yield Progress(f"Reading {file.name}")
        network = (yield from inspect_model(worker, file)).network
    with _timed(timings, "load"):
        loaded = yield from _load(worker, model, notes)
    if loaded is not None:
        network = Network.from_dict(loaded["network"])
        samples = _choose_samples(options, file, notes)
        preprocessing = _choose_preprocessing(network, options, notes) if samples else None
    if preprocessing is not None:
        with _timed(timings, "run"):
            recording, atlases = yield from _record(worker, model, network, samples, preprocessing)
        notes += [f"{skipped.file} was skipped: {skipped.reason}." for skipped in recording.skipped]
        notes += _describe_reduction(atlases)
        if len(network.outputs) > 1:
            notes.append(
                f"The classes shown are those of {network.outputs[0]}, +{len(network.outputs) - 1} more outputs."
            )
    contents = Contents(
        network=network,
        recording=recording,
        classes=find_classes(file, options.classes),
        preprocessing=preprocessing,
        atlases=atlases,
        atlas_folder=worker.path(atlases[0].file).parent if atlases else Path(),
        frames_per_sample=options.frames_per_sample,
        notes=tuple(notes),
        versions={"blender": bpy.app.version_string, **(loaded["versions"] if loaded else {})},
    )
    return contents, timings


def _load(worker: Worker, model: dict[str, Any], notes: list[str]) -> Generator[Progress, None, dict[str, Any] | None]:
    """Load the model; None, with a note, where it is of a kind that can be shown but not run."""
    try:
        return (yield from worker.call("load", model))
    except UserError as error:
        if error.code != "model.unsupported":
            raise
        notes.append(f"The structure is shown without activations: {error.message}")
        return None


def _build(scene_uid: int, contents: Contents, network_id: str, with_stage: bool) -> None:
    """Build in the scene in which the import was started, whatever scene is looked at by now."""
    scene = next((scene for scene in bpy.data.scenes if scene.session_uid == scene_uid), None)
    if scene is None:
        raise UserError("scene.gone", "The scene for the network was removed meanwhile.", "Import it again.")
    root = build_network(scene, contents, network_id, with_stage)
    show_whole_timeline(scene, root, contents)


def _choose_samples(options: ImportOptions, file: Path, notes: list[str]) -> list[Sample]:
    """The samples to show; what is to be said about the choice goes to ``notes``."""
    folder = options.samples or find_pictures_beside(file)
    if folder is None:
        notes.append("No test images: the structure is shown without activations.")
        return []
    found = find_samples(folder.expanduser().absolute(), options.labels)
    shown = found[: min(options.max_samples, SAMPLES_AT_MOST)]
    if options.samples is None:
        notes.append(f"Test images from {folder.parent.name}/{folder.name}, next to the model.")
    if len(found) > len(shown):
        notes.append(f"{len(shown)} test images are shown, +{len(found) - len(shown)} more are in the folder.")
    return shown


def _choose_preprocessing(network: Network, options: ImportOptions, notes: list[str]) -> Preprocessing | None:
    """What to do to the samples; None, with a note, where the network reads no pictures and nobody named any."""
    try:
        guess = guess_preprocessing(network)
    except UserError as error:
        if options.samples is not None:
            raise
        notes.append(f"The structure is shown without activations: {error.message}")
        return None
    preprocessing = guess.with_choices(**options.choices)
    notes.append(_describe_preprocessing(preprocessing))
    return preprocessing


def _describe_preprocessing(preprocessing: Preprocessing) -> str:
    low, high = preprocessing.range
    size = "{} × {}".format(*preprocessing.size) if preprocessing.size else "their own size"
    colour = {"grey": "grey", "rgb": "colour"}[preprocessing.colour]
    inverted = ", inverted" if preprocessing.invert else ""
    return f"Images enter as {colour}, {size}, values {low:g} to {high:g}{inverted} ({preprocessing.resize})."


def _describe_reduction(atlases: tuple[Atlas, ...]) -> list[str]:
    reduced = [atlas for atlas in atlases if atlas.reduction > 1]
    if not reduced:
        return []
    most = max(atlas.reduction for atlas in reduced)
    return [f"Feature maps of {len(reduced)} layers are shown smaller to save memory, up to {most} times per side."]


def _record(
    worker: Worker,
    model: dict[str, Any],
    network: Network,
    samples: list[Sample],
    preprocessing: Preprocessing,
) -> Generator[Progress, None, tuple[Recording, tuple[Atlas, ...]]]:
    """Run the samples: one number per neuron, predictions, feature maps."""
    request = {
        "model": model,
        "samples": [{"name": sample.name, "file": sample.file, "label": sample.label} for sample in samples],
        "preprocessing": preprocessing.to_dict(),
    }
    ran = yield from worker.call("run", {**request, "statistic": "mean"})
    recording = Recording(
        samples=tuple(Sample(**sample) for sample in ran["samples"]),
        activations=_read(worker, ran["activations"]),
        outputs=_read(worker, ran["outputs"]) if ran["outputs"] else None,
        skipped=tuple(Skipped(**skipped) for skipped in ran["skipped"]),
    )
    with_maps = sum(layer.map_shape is not None for layer in network.layers)
    pixels = min(LAYER_PIXELS, MAP_PIXELS // max(with_maps, 1))
    wanted = {**request, "samples": ran["samples"], "layers": None, "pixels": pixels}
    mapped = yield from worker.call("maps", wanted)
    return recording, tuple(Atlas.from_dict(atlas) for atlas in mapped["atlases"])


def _read(worker: Worker, name: str) -> np.ndarray:
    """A copy, so that nothing depends on the session's files."""
    values = np.array(worker.array(name))
    worker.discard(name)
    return values


@contextlib.contextmanager
def _timed(timings: dict[str, float], name: str) -> Iterator[None]:
    """Note how many seconds a block took."""
    start = time.perf_counter()
    yield
    timings[name] = time.perf_counter() - start
