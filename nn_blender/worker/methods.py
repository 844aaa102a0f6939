"""Methods of the worker: one function per request of `core.requests`, where each is described.

Nothing heavy is imported before a request needs it: `inspect` answers in a fraction of TensorFlow's start.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from ..core.inputs.sizes import InputSize
from ..core.network import Inspection, model_changed
from ..core.neurons.weights import NeuronWeights
from ..core.requests.activations import ActivationsAnswer, ActivationsRequest
from ..core.requests.base import ModelReference, WorkerRequest
from ..core.requests.explanations import ExplainAnswer, ExplainRequest
from ..core.requests.interventions import (
    CompareAnswer,
    CompareRequest,
    SweepAnswer,
    SweepRequest,
    ToggleAnswer,
    ToggleRequest,
)
from ..core.requests.maps import MapsAnswer, MapsRequest
from ..core.requests.models import InspectRequest, LoadAnswer, LoadRequest, VersionsAnswer, VersionsRequest
from ..core.requests.neurons import (
    ConnectionsAnswer,
    ConnectionsRequest,
    InfluenceAnswer,
    InfluenceRequest,
    NeuronRequest,
)
from ..core.requests.reasons import ReasonsAnswer, ReasonsRequest
from ..core.requests.samples import PreviewAnswer, PreviewRequest, RunAnswer, RunRequest
from .common.events import Task

if TYPE_CHECKING:
    from .running.runs import ReadyModel


def inspect(task: Task, request: InspectRequest) -> Inspection:
    from .models.inspecting import inspect_file

    task.progress("Looking into the model file")
    return inspect_file(request.file, request.classes_code)


def versions(task: Task, _request: VersionsRequest) -> VersionsAnswer:
    from .common.versions import import_tensorflow, package_versions

    task.progress("Starting TensorFlow")
    packages = package_versions()
    return VersionsAnswer(**import_tensorflow()[0], **packages)


def load(task: Task, request: LoadRequest) -> LoadAnswer:
    found, import_seconds = _start_tensorflow(task)
    started = time.perf_counter()
    if request.sample is not None and not request.reads:
        from .samples.looks import look_of

        request = replace(request, reads=look_of(request.sample, request.sample_inputs))
    model = _load(task, request)
    from .running.input_ranges import find_input_ranges
    from .running.runs import settled_model

    ranges = find_input_ranges(model.loaded)
    sizes: tuple[InputSize | None, ...] = ()
    if request.sizes is not None:
        model, sizes = settled_model(model, request.sizes.samples, request.sizes.kinds, request.sizes.wanted)
    load_seconds = time.perf_counter() - started
    timings = {"import_tensorflow_s": import_seconds, "load_s": load_seconds}
    return LoadAnswer(model.network, found, timings, ranges, model.loaded.remarks, sizes)


def run(task: Task, request: RunRequest) -> RunAnswer:
    model = _ready_model(task, request.model)
    from .running.runs import run_samples

    return run_samples(task, model, request)


def toggle(task: Task, request: ToggleRequest) -> ToggleAnswer:
    model = _ready_model(task, request.model)
    from .interventions.toggling import toggle as toggle_sample

    return toggle_sample(task, model, request)


def compare(task: Task, request: CompareRequest) -> CompareAnswer:
    model = _ready_model(task, request.model)
    from .interventions.toggling import compare as compare_samples

    return compare_samples(task, model, request)


def sweep(task: Task, request: SweepRequest) -> SweepAnswer:
    model = _ready_model(task, request.model)
    from .interventions.sweeping import sweep as sweep_neurons

    return sweep_neurons(task, model, request)


def influence(task: Task, request: InfluenceRequest) -> InfluenceAnswer:
    model = _ready_model(task, request.model)
    from .neurons.influence import influence as influence_of_neurons

    return influence_of_neurons(task, model, request)


def explain(task: Task, request: ExplainRequest) -> ExplainAnswer:
    model = _ready_model(task, request.model)
    from .explanations.explaining import explain as explain_samples

    return explain_samples(task, model, request)


def reasons(task: Task, request: ReasonsRequest) -> ReasonsAnswer:
    model = _ready_model(task, request.model)
    from .explanations.reasons import reasons as reasons_of_answer

    return reasons_of_answer(task, model, request)


def activations(task: Task, request: ActivationsRequest) -> ActivationsAnswer:
    model = _ready_model(task, request.model)
    from .neurons.export import export_activations

    return export_activations(task, model, request)


def neuron(task: Task, request: NeuronRequest) -> NeuronWeights:
    model = _ready_model(task, request.model)
    from .neurons.weights import neuron_weights

    return neuron_weights(model, request)


def connections(task: Task, request: ConnectionsRequest) -> ConnectionsAnswer:
    model = _ready_model(task, request.model)
    from .neurons.connections import connections as connections_of_neurons

    return connections_of_neurons(task, model, request)


def maps(task: Task, request: MapsRequest) -> MapsAnswer:
    model = _ready_model(task, request.model)
    from .maps.atlases import make_atlases

    return make_atlases(task, model, request)


def preview(task: Task, request: PreviewRequest) -> PreviewAnswer:
    from .maps.previews import preview as preview_input

    return preview_input(task, request)


def _ready_model(task: Task, model: ModelReference) -> ReadyModel:
    _start_tensorflow(task)
    return _load(task, model)


def _start_tensorflow(task: Task) -> tuple[dict[str, str], float]:
    from .common.versions import import_tensorflow

    # Every event costs a switch of a neuron time, so nothing is said of what takes none.
    if "keras" not in sys.modules:
        task.progress("Starting TensorFlow")
    return import_tensorflow()


def _load(task: Task, model: ModelReference) -> ReadyModel:
    """The model of a request; raises a UserError of code ``model.changed`` where its file is another one."""
    from .running.runs import ready_model

    ready = ready_model(
        model.file,
        model.allow_code,
        lambda: task.progress("Loading the model"),
        model.sha256,
        model.classes_code,
        model.classes_sha256,
        model.reads,
    )
    if model.sha256 not in ("", ready.network.sha256):
        raise model_changed(str(model.file))
    return ready


class Method(NamedTuple):
    """How the worker serves a request."""

    request: type[WorkerRequest[Any]]
    serve: Callable[[Task, Any], Any]


METHODS: dict[str, Method] = {
    method.request.method: method
    for method in (
        Method(InspectRequest, inspect),
        Method(VersionsRequest, versions),
        Method(LoadRequest, load),
        Method(RunRequest, run),
        Method(ToggleRequest, toggle),
        Method(CompareRequest, compare),
        Method(SweepRequest, sweep),
        Method(InfluenceRequest, influence),
        Method(ExplainRequest, explain),
        Method(ReasonsRequest, reasons),
        Method(ActivationsRequest, activations),
        Method(NeuronRequest, neuron),
        Method(ConnectionsRequest, connections),
        Method(MapsRequest, maps),
        Method(PreviewRequest, preview),
    )
}
"""By the method names that `core.protocol.Request` may carry, besides ``cancel``."""
