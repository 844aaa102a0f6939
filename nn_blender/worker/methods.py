"""What the worker can be asked for: one function per method, from a request's parameters to the result's value.

Nothing heavy is imported before a method needs it: `inspect` answers in a fraction of TensorFlow's start.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .events import Task

if TYPE_CHECKING:
    from .running import ReadyModel

Params = dict[str, Any]
Value = dict[str, Any]


def inspect(task: Task, params: Params) -> Value:
    """``{"file"}`` → a `core.network.Inspection`, from the file alone."""
    from .inspecting import inspect_file

    task.progress("Looking into the model file")
    return inspect_file(Path(params["file"])).to_dict()


def versions(task: Task, _params: Params) -> Value:
    """``{}`` → versions of python, tensorflow, keras and the other packages, after really importing them."""
    from .versions import import_tensorflow, package_versions

    task.progress("Starting TensorFlow")
    packages = package_versions()
    return {**import_tensorflow()[0], **packages}


def load(task: Task, params: Params) -> Value:
    """``{"file", "allow_code"}`` → the network as Keras built it, versions and timings in seconds."""
    found, import_seconds = _start_tensorflow(task)
    started = time.perf_counter()
    network = _ready_model(task, params).network
    load_seconds = time.perf_counter() - started
    return {
        "network": network.to_dict(),
        "versions": found,
        "timings": {"import_tensorflow_s": import_seconds, "load_s": load_seconds},
    }


def run(task: Task, params: Params) -> Value:
    """``{"model", "samples", "preprocessing", "statistic", "shown"}`` → what `core.recording.Recording` holds.

    Params:
        preprocessing: null for a network that reads no pictures; its samples are arrays.
        statistic: one of `core.recording.STATISTICS`, the mean where not given.
        shown: of how many samples, from the first on, activations are wanted; null for all.

    Result:
        samples: those that could be read, in order; skipped: the others.
        activations: array float32 (shown, neurons).
        outputs: array float32 (samples, classes), or null.
        statistics: array float32 (5, neurons) over all samples, for `core.recording.Statistics.from_array`.
        timings: seconds.
    """
    _start_tensorflow(task)
    model = _ready_model(task, params["model"])
    from .running import run_samples

    return run_samples(task, model, params)


def maps(task: Task, params: Params) -> Value:
    """``{"model", "samples", "preprocessing", "layers", "pixels", "volume", "composites"}`` → atlases.

    Params:
        layers: paths of layers; null for all that have maps.
        pixels: at most in an atlas.
        volume: where maps have depth, ``"maximum"`` along it, or the place 0 to 1 of the slice that is shown.
        composites: whether they are wanted.

    Result:
        atlases: a `core.recording.Atlas` of the input, then one per layer.
        composites: a picture per layer with one cell per sample: red is the mean over the neurons and green their
            maximum, as levels over ``ranges`` (2, samples, 2), blue the number of the highest neuron, 255 being the
            last; alpha is 0 where the mean is not finite.
        skipped_layers: ``{"layer", "reason"}`` of each.
    """
    _start_tensorflow(task)
    model = _ready_model(task, params["model"])
    from .atlases import make_atlases

    return make_atlases(task, model, params)


def preview(task: Task, params: Params) -> Value:
    """``{"samples", "preprocessing", "input_shape"}`` → samples as the network would see them, without TensorFlow.

    Params:
        input_shape: of the network, without the batch axis.

    Result:
        atlas: a `core.recording.Atlas`; null where the samples do not fit into one.
        low, high: the smallest and largest value that the network would be given.
        skipped: samples that could not be read.
    """
    from .inputs import preview as preview_input

    return preview_input(task, params)


def _start_tensorflow(task: Task) -> tuple[dict[str, str], float]:
    from .versions import import_tensorflow

    task.progress("Starting TensorFlow")
    return import_tensorflow()


def _ready_model(task: Task, model: Params) -> ReadyModel:
    from .running import ready_model

    task.progress("Loading the model")
    return ready_model(Path(model["file"]), bool(model.get("allow_code", False)))


METHODS: dict[str, Callable[[Task, Params], Value]] = {
    "inspect": inspect,
    "versions": versions,
    "load": load,
    "run": run,
    "maps": maps,
    "preview": preview,
}
"""The method names that `core.protocol.Request` may carry, besides ``cancel``."""
