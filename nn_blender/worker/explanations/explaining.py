"""Serves `ExplainRequest`: methods on batches of samples, what they give in the inputs' shapes, and notes."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ...core.errors import UserError
from ...core.explanations import METHODS, Method, Target, Unsuited
from ...core.recording import Sample
from ...core.requests.explanations import ExplainAnswer, ExplainedBatch, ExplainedMap, ExplainRequest
from ...core.texts import listed
from ..common.events import Task
from ..running.recorders import Inputs
from ..running.recorders.slopes import Slopes as Recorded
from ..running.runs import ReadyModel, inputs_of, reader_of, switches_of
from ..samples.batches import Batch, Feeder
from ..samples.readers import SampleReader
from .choosing_layers import LayerChoice
from .forms import InputForm, forms_of
from .measuring import Circumstances, MeasuredBatch, named
from .overlays import DrawnMap, OverlayWriter
from .pictures import Key, Pictures
from .weighted_layers import question_of
from .word_steps import step_counter


@dataclass(frozen=True)
class Found:
    """What a batch gave.

    Attributes:
        indices, scores, outputs: of every target, (targets, batch).
        maps: in the order of methods, targets and inputs.
        totals: of those methods whose values add up to a difference of scores, by method and target.
    """

    indices: np.ndarray
    scores: np.ndarray
    outputs: np.ndarray
    maps: dict[Key, np.ndarray]
    totals: dict[tuple[str, int], np.ndarray]


def explain(task: Task, model: ReadyModel, request: ExplainRequest) -> ExplainAnswer:
    """Serve an `ExplainRequest`.

    Raises:
        UserError: as `runs.run_samples`; ``explanation.…`` for methods, targets and layers that do not go together.
    """
    started = time.perf_counter()
    explainer = _Explainer(task, model, request)
    reader, samples = explainer.reader, request.samples
    feeder: Feeder[Any] = model.feeder(samples, reader)
    pictures = Pictures(explainer.forms, len(samples), request.pixels)
    task.progress("Preparing the network", 0, len(samples))

    def run(batch: Batch[Any]) -> Found:
        return explainer.explain(inputs_of(reader, batch))

    overlays = None
    if request.captions is not None:
        overlays = OverlayWriter(task, request, reader, request.captions, step_counter(model.loaded.keras_model))
    for number, (batch, found) in enumerate(feeder.results(run)):
        if not found.maps:
            raise explainer.nothing_found()
        explainer.give(number, batch, found, overlays)
        pictures.put(len(feeder.used) - len(batch.samples), found.maps)
        task.progress("Explaining", feeder.looked_at, len(samples))
    return ExplainAnswer(
        skipped=tuple(feeder.skipped),
        layer=explainer.choice.first,
        layers=tuple(map(explainer.choice.layer_for, request.targets)),
        pictures=pictures.save(task),
        notes=(*model.recorder.notes(request.intervention), *explainer.notes),
        timings={"explain_s": time.perf_counter() - started},
    )


class _Explainer:
    """Explains batches by all methods that a request asks for."""

    def __init__(self, task: Task, model: ReadyModel, request: ExplainRequest) -> None:
        self._task = task
        self._model = model
        self._request = request
        self._methods = _methods(request)
        _check_targets(model, request.targets)
        self._notes: list[str] = []
        self._unsuited: dict[str, list[str]] = {}
        self.forms = forms_of(model.network, request.inputs)
        self.reader = reader_of(model.network, request)
        self._switches = switches_of(
            task, model, request.intervention, request.mean_samples or request.samples, self.reader
        )
        self.choice = LayerChoice(model, request, self.forms)

    @property
    def notes(self) -> list[str]:
        """For users, each once; of methods that give no map for the same reason in one sentence."""
        refused = [
            f"{listed(labels)} {'gives' if len(labels) == 1 else 'give'} no map: {reason}."
            for reason, labels in self._unsuited.items()
        ]
        return list(dict.fromkeys([*self.choice.notes, *self._notes, *refused]))

    def nothing_found(self) -> UserError:
        """What to say where no method could explain any target."""
        return UserError(
            "explanation.none",
            " ".join(self.notes) or "There is nothing to explain.",
            "Choose another method, target or layer.",
        )

    def explain(self, inputs: Inputs) -> Found:
        """What all methods give of all targets for a batch."""
        found = [self._explain(inputs, number, target) for number, target in enumerate(self._request.targets)]
        maps = {
            (method.name, k, form.name): of_target.maps[method.name, k, form.name].astype(np.float32, copy=False)
            for method in self._methods
            for k in range(len(found))
            for of_target in [found[k]]
            for form in self.forms
            if (method.name, k, form.name) in of_target.maps
        }
        totals = {key: total for of_target in found for key, total in of_target.totals.items()}
        rows = zip(*((one.indices, one.scores, one.outputs) for one in found), strict=True)
        indices, scores, outputs = map(np.stack, rows)
        return Found(indices, scores, outputs, maps, totals)

    def give(self, number: int, batch: Batch[Any], found: Found, overlays: OverlayWriter | None) -> None:
        """Answer with a batch, the one of a number."""

        def save(name: str, array: np.ndarray) -> str:
            return self._task.save_array(f"explained-{number}-{name}", array)

        numbers = {form.name: form.number for form in self.forms}
        drawn = [DrawnMap(method, k, numbers[name], values) for (method, k, name), values in found.maps.items()]
        pictures = overlays.write(batch.values, drawn, found.indices, found.outputs) if overlays else [()] * len(drawn)
        totals = {key: save(f"{key[0]}-{key[1]}-total", total) for key, total in found.totals.items()}
        maps = tuple(
            ExplainedMap(method, target, name, save(str(k), values), totals.get((method, target)), pictures[k])
            for k, ((method, target, name), values) in enumerate(found.maps.items())
        )
        indices, scores = save("indices", found.indices), save("scores", found.scores)
        self._task.partial(ExplainedBatch(batch.samples, indices, scores, save("outputs", found.outputs), maps))

    def _explain(self, inputs: Inputs, number: int, target: Target) -> Found:
        measured = self._measured(inputs, target)
        passed = measured.passed()
        _check_index(target, passed)
        self._note_places(passed)
        maps: dict[Key, np.ndarray] = {}
        totals: dict[tuple[str, int], np.ndarray] = {}
        for method in self._methods:
            self._task.stop_if_cancelled()
            try:
                by_input = self._maps(method, measured)
                if method.total is not None:
                    totals[method.name, number] = method.total(measured).astype(np.float32)
            except Unsuited as reason:
                labels = self._unsuited.setdefault(str(reason), [])
                labels += [] if method.label in labels else [method.label]
                continue
            maps |= {(method.name, number, self.forms[k].name): values for k, values in by_input.items()}
        self._note_guided(measured)
        outputs = np.full_like(passed.scores, np.nan) if target.layer else self._answered(target, passed)
        return Found(passed.indices.astype(np.int32), passed.scores, outputs, maps, totals)

    def _answered(self, target: Target, passed: Recorded) -> np.ndarray:
        """What the network gives for what is explained: of logits of two cases the probabilities that follow."""
        outputs = self._request.outputs[target.output : target.output + 1]
        question = question_of(self._model.network, self._request.outputs, target)
        if not question.is_binary or outputs[0].activation:
            return passed.outputs
        values = outputs[0].class_values(passed.outputs[:, np.newaxis])
        assert values is not None
        return values[:, 1]

    def _maps(self, method: Method, measured: MeasuredBatch) -> dict[int, np.ndarray]:
        """What a method gives for every input that it can explain, by number.

        Raises:
            Unsuited: it can explain none.
        """
        layer = measured.laid_out_by(method.needs_neuron) if method.is_of_layer else None
        given = method.explain(measured)
        if layer is not None:
            shapes = {number: self._shape_of(measured, self.forms[number], given[0]) for number in layer.inputs}
            return {number: self.forms[number].spread(given[0], shape) for number, shape in shapes.items()}
        if method.is_of_entering:
            pairs = zip((form for form in self.forms if form.can_be_covered), given, strict=True)
            return {form.number: form.spread(values, measured.shape_of(form.number)) for form, values in pairs}
        passed = measured.passed()
        numbers = [number for number, slope in enumerate(passed.inputs) if slope is not None]
        return {
            number: self.forms[number].summed(values, passed.places[number].has_features, method.is_signed)
            for number, values in zip(numbers, given, strict=True)
        }

    @cached_property
    def _about(self) -> Circumstances:
        at_layer_only = all(method.is_of_layer or method.is_of_entering for method in self._methods)
        at_inputs = not at_layer_only or any(form.kind == "text" for form in self.forms)
        covers = self._covers() if any(method.is_of_entering for method in self._methods) else ()
        return Circumstances(
            self._model, self._switches, self.forms, self._request.outputs, at_inputs, self._request.steps,
            self._model.most, covers, self._report,
        )  # fmt: skip

    def _report(self, done: int, total: int) -> None:
        if done:
            self._task.progress("Running variations of samples", done, total)
        else:
            self._task.stop_if_cancelled()

    def _covers(self) -> tuple[np.ndarray, ...]:
        """What covered values become: 0, but the mean of all samples in tables."""
        if len(self._request.samples) == 1 or all(form.kind != "table" for form in self.forms):
            return tuple(np.zeros(()) for _ in self.forms)
        return mean_inputs(self._task, self._model, self._request.samples, self.reader, self.forms)

    def _measured(self, inputs: Inputs, target: Target) -> MeasuredBatch:
        """A batch, with the layer whose maps are weighted where some method weights any."""
        if any(method.weights_layer for method in self._methods):
            return self.choice.measured(self._about, inputs, target)
        return MeasuredBatch(self._about, inputs, target)

    def _shape_of(self, measured: MeasuredBatch, form: InputForm, maps: np.ndarray) -> tuple[int, ...]:
        if form.kind != "text":
            return measured.shape_of(form.number)
        slope = measured.passed().inputs[form.number]
        return maps.shape[1:] if slope is None else slope.values.shape[1:-1]

    def _note_places(self, passed: Recorded) -> None:
        """Say of which inputs there are no gradients, or not all, or none but 0."""
        for form, place, slope in zip(self.forms, passed.places, passed.inputs, strict=False):
            if place.reason:
                self._notes.append(f"The input {form.name} has no map by gradients: {place.reason}.")
            if place.is_partly_looked_up:
                self._notes.append(
                    f"Some of the input {form.name} is looked up by whole numbers, which have no gradients: its map is "
                    "0 there, whatever the score depends on."
                )
            if slope is not None and not place.is_ignored:
                rows = slope.gradients.reshape(len(slope.gradients), -1)
                if rows.size and not rows.any(axis=1).all():
                    self._notes.append(
                        f"For some samples, all gradients at the input {form.name} are 0: the score depends on it, but "
                        "small changes do not change it."
                    )

    def _note_guided(self, measured: MeasuredBatch) -> None:
        """Say of which activations the gradients are not guided."""
        passed = measured.guided
        if passed is not None and passed.guided and passed.unguided:
            self._notes.append(f"Only ReLUs are guided: the gradients of {named(passed.unguided)} are their own.")


def mean_inputs(
    task: Task, model: ReadyModel, samples: Sequence[Sample], reader: SampleReader, forms: Sequence[InputForm]
) -> tuple[np.ndarray, ...]:
    """The mean of every table over samples; 0 for other inputs."""
    feeder: Feeder[Any] = model.feeder(samples, reader)
    totals = [np.zeros(()) for _ in forms]
    for batch in feeder.batches():
        given = inputs_of(reader, batch).read()
        for form in forms:
            if form.kind == "table":
                totals[form.number] = totals[form.number] + given[form.number].sum(axis=0, dtype=np.float64)
        task.progress("Reading samples", feeder.looked_at, len(samples))
    return tuple(total / max(len(feeder.used), 1) for total in totals)


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
        f"Choose one from 0 to {passed.count - 1:,}.",
    )
