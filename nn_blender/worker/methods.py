"""What the worker can be asked for: one function per method, from a request's parameters to the result's value.

Nothing heavy is imported before a method needs it: `inspect` answers in a fraction of TensorFlow's start.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.network import model_changed
from .common.events import Task

if TYPE_CHECKING:
    from .running.runs import ReadyModel

Params = dict[str, Any]
Value = dict[str, Any]


def inspect(task: Task, params: Params) -> Value:
    """``{"file"}`` → a `core.network.Inspection`, from the file alone."""
    from .models.inspecting import inspect_file

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
    """``{"model", "samples", "preprocessing", "statistic", "shown", "intervention", "layers", "mean_samples",
    "groups"}`` → what `core.recording.Recording` holds.

    Params:
        preprocessing: null for a network that reads no pictures; its samples are arrays.
        statistic: one of `core.recording.STATISTICS`, the mean where not given.
        shown: of how many samples, from the first on, activations are wanted; null for all.
        intervention: see `core.interventions.Intervention.to_dict`; null for the intact network.
        layers: ``"changed"`` for the layers from the first changed one on; null for all.
        mean_samples: over which replaced neurons have their mean; ``samples`` where null.
        groups: number of the group of every sample, from 0 on, null for a sample in none; null for no groups. Their
            number times that of the neurons should stay below `core.recording.CLASS_NUMBERS`.

    Result:
        samples: those that could be read, in order; skipped: the others.
        activations: array float32 (shown, neurons), of the layers from ``from_layer`` on.
        outputs: array float32 (samples, classes), or null.
        statistics: array float32 (5, neurons) over all samples, for `core.recording.Statistics.from_array`.
        group_means: array float32 (groups, neurons), NaN for a group of which no sample could be read; or null.
        from_layer: path of the first layer of which there are activations and statistics; null: of all layers.
        notes: what about the intervention is not as one might expect, sentences for users.
        timings: seconds.
    """
    _start_tensorflow(task)
    model = _ready_model(task, params["model"])
    from .running.runs import run_samples

    return run_samples(task, model, params)


def toggle(task: Task, params: Params) -> Value:
    """``{"model", "sample", "preprocessing", "statistic", "intervention", "since", "mean_samples"}`` → what changes.

    Params:
        sample: the one that is shown.
        intervention, mean_samples: as in `run`; the latter is needed where neurons are replaced.
        since: the intervention whose activations the caller has, ``{"layers": {}}`` being the intact network;
            null where it has none.

    Result:
        layers: paths of the layers that may differ from what the caller has; of all layers where it has nothing.
        classes: how many outputs the network has; 0 where they are not one number per class.
        values: array float32 (neurons of these layers side by side, then the outputs); one file is the fastest.
        notes: as in `run`.
        timings: seconds.
    """
    _start_tensorflow(task)
    model = _ready_model(task, params["model"])
    from .interventions.toggling import toggle as toggle_sample

    return toggle_sample(task, model, params)


def compare(task: Task, params: Params) -> Value:
    """``{"model", "samples", "preprocessing", "intervention", "mean_samples"}`` → outputs under the intervention.

    Result:
        samples, skipped, notes, timings: as in `run`.
        outputs: array float32 (samples, classes), or null.
    """
    _start_tensorflow(task)
    model = _ready_model(task, params["model"])
    from .interventions.toggling import compare as compare_samples

    return compare_samples(task, model, params)


def sweep(task: Task, params: Params) -> Value:
    """``{"model", "samples", "preprocessing", "layer", "neurons", "labels", "intervention", "mean_samples"}`` → what is
    lost without each neuron of a layer alone.

    Asked for some neurons after the other, it gives partial results; what a block has worked out helps the next.

    Params:
        layer: path of a layer; of a shared one all calls are switched.
        neurons: their numbers; null for all.
        labels: number of the true class of every sample, null where it is not known; null for none.
        intervention, mean_samples: as in `run`; what is changed besides.

    Result:
        neurons: their numbers, in the order of the losses.
        samples: how many were measured.
        losses: array float32 (5, neurons): by how much the accuracy falls, 0 to 1, NaN without labels; the mean change
            of the logit and of the output of the true class (of the predicted one where no label is known); the number
            of the class whose output changes most, and its mean change.
        notes, timings: as in `run`.
    """
    _start_tensorflow(task)
    model = _ready_model(task, params["model"])
    from .interventions.sweeping import sweep as sweep_layer

    return sweep_layer(task, model, params)


def influence(task: Task, params: Params) -> Value:
    """``{"model", "samples", "preprocessing", "labels", "intervention", "mean_samples"}`` → an estimate of what is lost
    without each neuron.

    Params:
        labels, intervention, mean_samples: as in `sweep`.

    Result:
        samples: how many were measured.
        influence: array float32 (neurons of all layers), activation times gradient of the logit of the true class (of
            the predicted one where no label is known), summed over positions, averaged over samples; above 0 where the
            neuron speaks for the class. See the module `influence`.
        timings: seconds.
    """
    _start_tensorflow(task)
    model = _ready_model(task, params["model"])
    from .neurons.influence import influence as influence_of_neurons

    return influence_of_neurons(task, model, params)


def neuron(task: Task, params: Params) -> Value:
    """``{"model", "layer", "neuron", "most"}`` → how one neuron comes about.

    Params:
        most: weights in each list; 10 where not given.

    Result:
        formula: ``kind`` (``dense``, ``convolution``, ``depthwise``, ``pooling``, ``normalisation``, ``activation``,
            ``other``) and the numbers that it needs in words, by the names of Keras's settings; ``source`` is the
            channel that a depthwise convolution reads.
        bias: null where there is none.
        incoming, outgoing: ``weights``, strongest first, and how many ``more`` there are. A weight has ``layer`` and
            ``neuron`` at its other end, before a Flatten layer also its ``position``, and ``weight``, or ``norm``
            where there is one per position. Outgoing ones are those of the next layers with weights.
    """
    _start_tensorflow(task)
    model = _ready_model(task, params["model"])
    from .neurons.weights import neuron_facts

    return neuron_facts(model, params)


def connections(task: Task, params: Params) -> Value:
    """``{"model", "most", "budget"}`` → the strongest weights into every neuron from neurons of other layers.

    Params:
        most: per neuron; 3 where not given.
        budget: in all layers together; where there are more, the strongest compared with their layer's strongest stay.

    Result:
        edges: array int32 (edges, 4): number of the layer at the start, its neuron, number of the layer at the end, its
            neuron. Layers stand in their order, so do the neurons at the end, and the strongest weight comes first.
        weights: array float32 (edges,). Of several weights between two neurons, one per position of a window or of a
            feature map before a Flatten layer, it is their norm with the sign of their sum.
        more: by layer, how many further weights that are not 0 it has.
        left_out: paths of layers with weights from something other than neurons, such as the network's input.
    """
    _start_tensorflow(task)
    model = _ready_model(task, params["model"])
    from .neurons.connections import connections as connections_of_neurons

    return connections_of_neurons(task, model, params)


def maps(task: Task, params: Params) -> Value:
    """``{"model", "samples", "preprocessing", "layers", "pixels", "volume", "composites", "difference", "intervention",
    "mean_samples"}`` → atlases.

    Params:
        layers: paths of layers; null for all that have maps.
        pixels: at most in an atlas.
        volume: where maps have depth, ``"maximum"`` along it, or the place 0 to 1 of the slice that is shown.
        composites: whether they are wanted.
        difference: whether the maps are those under the intervention minus those of the intact network, of the layers
            that it reaches; then there is no input and no composite.
        intervention, mean_samples: as in `run`.

    Result:
        atlases: a `core.maps.packing.Atlas` of the input, then one per layer.
        composites: a picture per layer with one cell per sample: red is the mean over the neurons and green their
            maximum, as levels over ``ranges`` (2, samples, 2), blue the number of the highest neuron, 255 being the
            last; alpha is 0 where the mean is not finite.
        skipped_layers: ``{"layer", "reason"}`` of each.
        notes: as in `run`.
    """
    _start_tensorflow(task)
    model = _ready_model(task, params["model"])
    from .maps.atlases import make_atlases

    return make_atlases(task, model, params)


def preview(task: Task, params: Params) -> Value:
    """``{"samples", "preprocessing", "input_shape"}`` → samples as the network would see them, without TensorFlow.

    Params:
        input_shape: of the network, without the batch axis.

    Result:
        atlas: a `core.maps.packing.Atlas`; null where the samples do not fit into one.
        low, high: the smallest and largest value that the network would be given.
        skipped: samples that could not be read.
    """
    from .maps.previews import preview as preview_input

    return preview_input(task, params)


def _start_tensorflow(task: Task) -> tuple[dict[str, str], float]:
    from .versions import import_tensorflow

    # Every event costs a switch of a neuron time, so nothing is said of what takes none.
    if "keras" not in sys.modules:
        task.progress("Starting TensorFlow")
    return import_tensorflow()


def _ready_model(task: Task, model: Params) -> ReadyModel:
    """The model of a request, ``{"file", "allow_code", "sha256"}``; with a hash, it must be the file of that hash."""
    from .running.runs import ready_model

    allow_code = bool(model.get("allow_code", False))
    ready = ready_model(Path(model["file"]), allow_code, lambda: task.progress("Loading the model"))
    if model.get("sha256", ready.network.sha256) != ready.network.sha256:
        raise model_changed(model["file"])
    return ready


METHODS: dict[str, Callable[[Task, Params], Value]] = {
    "inspect": inspect,
    "versions": versions,
    "load": load,
    "run": run,
    "toggle": toggle,
    "compare": compare,
    "sweep": sweep,
    "influence": influence,
    "neuron": neuron,
    "connections": connections,
    "maps": maps,
    "preview": preview,
}
"""The method names that `core.protocol.Request` may carry, besides ``cancel``."""
