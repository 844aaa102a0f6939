"""Serves `ExplainRequest`: methods on batches of samples, what they give in the inputs' shapes, and notes."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...core.errors import UserError
from ...core.explanations import METHODS, Method, Target
from ...core.requests.explanations import (
    ExplainAnswer,
    ExplainedBatch,
    ExplainedMap,
    ExplainRequest,
)
from ...core.texts import format_count
from ..common.events import Task
from ..running.recorders import Inputs
from ..running.recorders.slopes import Question
from ..running.recorders.slopes import Slopes as Recorded
from ..running.runs import ReadyModel, inputs_of, reader_of, switches_of
from ..running.switches import Switches
from ..samples.batches import Batch, Feeder
from .forms import InputForm, forms_of
from .measuring import MeasuredBatch, Wanted
from .overlays import DrawnMap, OverlayWriter
from .weighted_layers import WeightedLayer, as_weighted, candidates, layers_before, refused, scored_layer

Key = tuple[str, int, str]
"""A method, the number of a target, and the name of an input."""


@dataclass(frozen=True)
class Found:
    """What a batch gave.

    Attributes:
        indices, scores, outputs: of every target, (targets, batch).
        maps: in the order of methods, targets and inputs.
    """

    indices: np.ndarray
    scores: np.ndarray
    outputs: np.ndarray
    maps: dict[Key, np.ndarray]


def explain(task: Task, model: ReadyModel, request: ExplainRequest) -> ExplainAnswer:
    """Serve an `ExplainRequest`.

    Raises:
        UserError: as `runs.run_samples`; ``explanation.…`` for methods, targets and layers that do not go together.
    """
    started = time.perf_counter()
    methods = _methods(request)
    _check_targets(model, request.targets)
    reader = reader_of(model.network, request)
    base = switches_of(task, model, request.intervention, request.mean_samples or request.samples, reader)
    explainer = _Explainer(task, model, request, methods, base)
    feeder: Feeder[Any] = model.feeder(request.samples, reader)
    task.progress("Preparing the network", 0, len(request.samples))

    def run(batch: Batch[Any]) -> Found:
        return explainer.explain(inputs_of(reader, batch))

    overlays = OverlayWriter(task, request, reader, request.captions) if request.captions else None
    for batch, found in feeder.results(run):
        explainer.give(batch, found, overlays)
        task.progress("Explaining", feeder.looked_at, len(request.samples))
    return ExplainAnswer(
        skipped=tuple(feeder.skipped),
        layer=explainer.layer,
        pictures=(),
        notes=tuple(dict.fromkeys([*model.recorder.notes(base.intervention), *explainer.notes])),
        timings={"explain_s": time.perf_counter() - started},
    )


@dataclass
class _Explainer:
    """Explains batches by all methods.

    Attributes:
        notes: for users.
        given: how many batches were.
    """

    task: Task
    model: ReadyModel
    request: ExplainRequest
    methods: list[Method]
    switches: Switches
    notes: list[str] = field(default_factory=list)
    given: int = 0
    _layers: dict[Question, WeightedLayer | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.forms = forms_of(self.model.network, self.request.inputs)
        of_layer = [method for method in self.methods if method.is_of_layer]
        self._weights_layer = bool(of_layer)
        self._at_inputs = len(of_layer) < len(self.methods) or any(form.kind == "text" for form in self.forms)

    @property
    def layer(self) -> str:
        """Path of the layer that was weighted for the first target."""
        return next((layer.path for layer in self._layers.values() if layer is not None), "")

    def explain(self, inputs: Inputs) -> Found:
        rows: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        by_target: list[dict[tuple[str, str], np.ndarray]] = []
        for target in self.request.targets:
            measured = MeasuredBatch(
                self.model.recorder, self.switches, inputs, target, self._wanted(inputs, target),
                self.task.stop_if_cancelled,
            )  # fmt: skip
            passed = measured.passed()
            _check_index(target, passed)
            self._note(passed)
            maps: dict[tuple[str, str], np.ndarray] = {}
            for method in self.methods:
                layer = measured.wanted.layer
                if method.is_of_layer and layer is None:
                    continue
                self.task.stop_if_cancelled()
                given = method.explain(measured)
                if layer is not None and method.is_of_layer:
                    shown = self._laid_over(measured, layer, given[0])
                else:
                    shown = self._summed(passed, method, given)
                maps |= {(method.name, self.forms[number].name): values for number, values in shown.items()}
            by_target.append(maps)
            is_neuron = bool(target.layer)
            rows.append(
                (passed.indices, passed.scores, np.full_like(passed.scores, np.nan) if is_neuron else passed.outputs)
            )
        indices, scores, outputs = (np.stack(part) for part in zip(*rows, strict=True))
        maps_in_order = {
            (method.name, k, form.name): of_target[method.name, form.name].astype(np.float32)
            for method in self.methods
            for k, of_target in enumerate(by_target)
            for form in self.forms
            if (method.name, form.name) in of_target
        }
        return Found(indices.astype(np.int32), scores, outputs, maps_in_order)

    def give(self, batch: Batch[Any], found: Found, overlays: OverlayWriter | None) -> None:
        """Answer with a batch."""
        number = self.given
        self.given += 1

        def save(name: str, array: np.ndarray) -> str:
            return self.task.save_array(f"explained-{number}-{name}", array)

        numbers = {form.name: form.number for form in self.forms}
        drawn = [DrawnMap(method, k, numbers[name], values) for (method, k, name), values in found.maps.items()]
        pictures = overlays.write(batch.values, drawn, found.indices, found.outputs) if overlays else [()] * len(drawn)
        maps = tuple(
            ExplainedMap(method, target, name, save(f"{k}", values), overlays=pictures[k])
            for k, ((method, target, name), values) in enumerate(found.maps.items())
        )
        self.task.partial(
            ExplainedBatch(
                batch.samples,
                save("indices", found.indices),
                save("scores", found.scores),
                save("outputs", found.outputs),
                maps,
            )
        )

    def _wanted(self, inputs: Inputs, target: Target) -> Wanted:
        layer = self._layer_for(inputs, target) if self._weights_layer else None
        return Wanted(self._at_inputs, layer, self.request.steps)

    def _layer_for(self, inputs: Inputs, target: Target) -> WeightedLayer | None:
        """The chosen layer, or the last one before the score whose gradient is not 0 everywhere for the first sample.

        None where no layer fits, as a note then says.
        """
        question = Question(target.layer, target.output)
        if question not in self._layers:
            chosen = self._chosen_layer(question) if self.request.layer else None
            self._layers[question] = chosen or self._find_layer(inputs, target, question)
        return self._layers[question]

    def _chosen_layer(self, question: Question) -> WeightedLayer:
        network, recorder = self.model.network, self.model.recorder
        path = self.request.layer
        if path not in {layer.path for layer in network.layers}:
            known = [one.path for one in candidates(network, recorder, self.forms, question)]
            raise refused(path, f"{network.name} has no such layer", known)
        found = as_weighted(network, recorder, self.forms, network.layer(path))
        before = layers_before(network, [scored_layer(network, question)])
        if path not in before:
            found = "the score does not depend on it"
        if isinstance(found, str):
            known = [one.path for one in candidates(network, recorder, self.forms, question)]
            raise refused(path, found, known)
        return found

    def _find_layer(self, inputs: Inputs, target: Target, question: Question) -> WeightedLayer | None:
        recorder = self.model.recorder
        for layer in candidates(self.model.network, recorder, self.forms, question):
            measured = MeasuredBatch(
                recorder, self.switches, inputs, target, Wanted(self._at_inputs, layer, self.request.steps),
                self.task.stop_if_cancelled,
            )  # fmt: skip
            slope = measured.passed().sites[layer.path]
            if slope is not None and layer.turned(slope.gradients)[0].any():
                return layer
        none = "No layer before this score has feature maps that lie over an input and change the score"
        of_layer = [method for method in self.methods if method.is_of_layer]
        if len(of_layer) == len(self.methods):
            raise UserError(
                "explanation.no_layer", f"{none}.", "Use a method that needs no layer, such as gradient or occlusion."
            )
        self.notes.append(f"{none}, so there are no maps by {', '.join(method.label for method in of_layer)}.")
        return None

    def _laid_over(self, measured: MeasuredBatch, layer: WeightedLayer, maps: np.ndarray) -> dict[int, np.ndarray]:
        """Maps of a layer's positions, resized to the inputs that they belong to, by number."""
        shapes = {number: self._shape_of(measured, self.forms[number], maps) for number in layer.inputs}
        return {number: self.forms[number].spread(maps, shape) for number, shape in shapes.items()}

    def _shape_of(self, measured: MeasuredBatch, form: InputForm, maps: np.ndarray) -> tuple[int, ...]:
        if form.kind != "text":
            return measured.shape_of(form.number)
        slope = measured.passed().inputs[form.number]
        return maps.shape[1:] if slope is None else slope.values.shape[1:-1]

    def _summed(self, passed: Recorded, method: Method, given: Sequence[np.ndarray]) -> dict[int, np.ndarray]:
        """What a method gives for every input that has gradients, by number."""
        numbers = [number for number, slope in enumerate(passed.inputs) if slope is not None]
        return {
            number: self.forms[number].summed(values, passed.places[number].has_features, method.is_signed)
            for number, values in zip(numbers, given, strict=True)
        }

    def _note(self, passed: Recorded) -> None:
        """Say what is not as one might expect."""
        for number, place in enumerate(passed.places):
            name = self.forms[number].name
            if place.reason:
                self.notes.append(f"The input {name} has no map by gradients: {place.reason}.")
            if place.is_partly_looked_up:
                self.notes.append(
                    f"Some of the input {name} is looked up by whole numbers, which have no gradients: its map is 0 "
                    "there, whatever the score depends on."
                )


def _methods(request: ExplainRequest) -> list[Method]:
    """The methods asked for, in the order of the registry."""
    for name in request.methods:
        if name not in METHODS:
            known = ", ".join(method.name for method in METHODS)
            raise UserError("explanation.unknown_method", f"There is no method {name!r}.", f"Choose one of {known}.")
    if not request.methods:
        raise UserError("explanation.unknown_method", "No method was chosen.", "Choose at least one.")
    return [method for method in METHODS if method.name in request.methods]


def _check_targets(model: ReadyModel, targets: Sequence[Target]) -> None:
    network = model.network
    layers = {layer.path: layer for layer in network.layers}
    for target in targets:
        if target.layer and target.layer not in layers:
            raise UserError(
                "explanation.unknown_layer",
                f"{network.name} has no layer {target.layer!r}.",
                f"Choose one of its {len(layers)} layers, such as {network.layers[-1].path}.",
            )
        if target.layer and not layers[target.layer].neurons:
            raise UserError(
                "explanation.unknown_neuron",
                f"The layer {target.layer} has no neurons of its own.",
                "Choose another layer.",
            )
        if not target.layer and not 0 <= target.output < len(network.outputs):
            raise UserError(
                "explanation.unknown_output",
                f"{network.name} has no output {target.output}.",
                f"Choose one from 0 to {len(network.outputs) - 1}.",
            )


def _check_index(target: Target, passed: Recorded) -> None:
    """Insist on a class, value or neuron that there is.

    Raises:
        UserError: code ``explanation.unknown_class`` or ``explanation.unknown_neuron``.
    """
    number = target.rank if target.index is None else target.index
    if 0 <= number < passed.count:
        return
    what = "neuron" if target.layer else "class or value"
    where = f"The layer {target.layer}" if target.layer else "The output"
    raise UserError(
        f"explanation.unknown_{'neuron' if target.layer else 'class'}",
        f"{where} has no {what} {number}.",
        f"Choose one from 0 to {format_count(passed.count - 1)}.",
    )
