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
    """Import a network into the current scene.

    The scene is not touched before everything is computed, so a failure or a cancel leaves it as it was.

    Raises:
        UserError: the model, the images or the worker's Python do not work.
        Cancelled: the job was cancelled.
    """
    network_id = contract.new_network_id()
    worker = workers.get(network_id, python)
    try:
        imported = yield from _import(worker, network_id, options)
    except BaseException:
        # Whatever ended the import, cancelling included: nobody else knows this worker.
        workers.close(network_id)
        raise
    return imported


def _import(worker: Worker, network_id: str, options: ImportOptions) -> Generator[Progress, None, Imported]:
    file = options.file.expanduser().absolute()
    timings: dict[str, float] = {}
    with _timed(timings, "inspect"):
        yield Progress(f"Reading {file.name}")
        yield from inspect_model(worker, file)
    with _timed(timings, "load"):
        model = {"file": str(file), "allow_code": options.allow_code}
        loaded = yield from worker.call("load", model)
    network = Network.from_dict(loaded["network"])
    samples, notes = _choose_samples(options, file)
    preprocessing, recording, atlases = None, None, ()
    if samples:
        preprocessing = guess_preprocessing(network).with_choices(**options.choices)
        notes.append(_describe_preprocessing(preprocessing))
        with _timed(timings, "run"):
            recording, atlases = yield from _record(worker, model, samples, preprocessing)
        notes += [f"{skipped.file} was skipped: {skipped.reason}" for skipped in recording.skipped]
    contents = Contents(
        network=network,
        recording=recording,
        classes=find_classes(file, options.classes),
        preprocessing=preprocessing,
        atlases=atlases,
        atlas_folder=worker.path(atlases[0].file).parent if atlases else Path(),
        frames_per_sample=options.frames_per_sample,
        notes=tuple(notes),
        versions={"blender": bpy.app.version_string, **loaded["versions"]},
    )
    yield Progress("Building the scene")
    with _timed(timings, "build"):
        build_network(bpy.context.scene, contents, network_id, options.with_stage)
        show_whole_timeline(bpy.context.scene, contents)
    return Imported(network_id, contents, timings)


def _choose_samples(options: ImportOptions, file: Path) -> tuple[list[Sample], list[str]]:
    """The samples to show, and what to say about the choice."""
    folder = options.samples or find_pictures_beside(file)
    if folder is None:
        return [], ["No test images: the structure is shown without activations."]
    found = find_samples(folder.expanduser().absolute(), options.labels)
    shown = found[: min(options.max_samples, SAMPLES_AT_MOST)]
    notes = [f"Test images from {folder}."] if options.samples is None else []
    if len(found) > len(shown):
        notes.append(f"{len(shown)} test images are shown, +{len(found) - len(shown)} more are in the folder.")
    return shown, notes


def _describe_preprocessing(preprocessing: Preprocessing) -> str:
    low, high = preprocessing.range
    size = "{} × {}".format(*preprocessing.size) if preprocessing.size else "their own size"
    colour = {1: "grey", 3: "colour", 4: "colour with alpha"}[preprocessing.channels]
    inverted = ", inverted" if preprocessing.invert else ""
    return f"Images enter as {colour}, {size}, values {low:g} to {high:g}{inverted} ({preprocessing.resize})."


def _record(
    worker: Worker, model: dict[str, Any], samples: list[Sample], preprocessing: Preprocessing
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
    mapped = yield from worker.call("maps", {**request, "samples": ran["samples"], "layers": None})
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
