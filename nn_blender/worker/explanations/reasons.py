"""Finds out why a sample gets its class: which neurons speak for it and against it, and which samples are similar.

Neurons are first put in order by an estimate over all layers at once, activation times gradient; see
`neurons.influence`. Those that come first are then switched off, each alone, and it is measured what the score loses.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from ...core.errors import UserError
from ...core.interventions.intervention import Intervention, LayerIntervention
from ...core.neurons.distinct import DistinctLayers, distinct_layers, hidden_layers
from ...core.neurons.reasons import ClassScore, NeuronReason, Reasons
from ...core.requests.reasons import ReasonsAnswer, ReasonsRequest
from ..common.events import Task
from ..running.recorders import Inputs
from ..running.runs import ReadyModel, reader_of, switches_of
from ..running.switches import is_decimal
from ..samples.batches import Feeder, refuse_skipped
from ..samples.readers import SampleReader
from .similar import similar_samples
from .trials import Scores, Trials, largest
from .turning import Goal, find_turn

SPARE = 2
"""So many times the neurons that are named are measured, since an estimate does not put all in their right places."""
PARTIAL_SECONDS = 0.5
"""About how often what was measured is given."""


def reasons(task: Task, model: ReadyModel, request: ReasonsRequest) -> ReasonsAnswer:
    """Serve a `ReasonsRequest`.

    Raises:
        UserError: as `runs.run_samples`; ``samples.changed``; ``output.unsupported``; ``output.unknown_class``.
    """
    started = time.perf_counter()
    task.progress("Preparing the network")
    found = _Reasons(task, model, request)
    found.measure_neurons()
    found.find_similar()
    found.find_turn()
    return ReasonsAnswer(found.known, {"reasons_s": time.perf_counter() - started})


class _Reasons:
    """What is known so far, from the classes' scores on."""

    def __init__(self, task: Task, model: ReadyModel, request: ReasonsRequest) -> None:
        self._task, self._model, self._request = task, model, request
        model.recorder.refuse_no_numbers(request.answer_output)
        network = model.network
        self._name = network.outputs[request.answer_output]
        layers, last = distinct_layers(network, self._name), network.layer_of_output(self._name)
        if last is None:
            raise UserError("output.unsupported", "The network's answer is an input that it passes on.")
        self._layers = tuple(path for path in layers.listed if self._can_be_off(path))
        self._reader = reader_of(network, request)
        self._base = switches_of(
            task, model, request.intervention, request.mean_samples or request.samples, self._reader
        )
        inputs = _inputs(model, request, self._reader)
        self._trials = Trials(model, request, inputs, self._base, self._layers, last.path)
        self._scores = self._trials.scores()
        self.known = self._begin(layers)
        self._give()

    def measure_neurons(self) -> None:
        """Put neurons in order by an estimate, and measure those that come first."""
        target, most = self.known.target, self._request.most
        self._task.progress("Estimating what neurons do")
        (estimates,) = self._trials.estimates([target])
        candidates = _first(estimates, most * SPARE)
        self._list(candidates)
        given = time.perf_counter()
        for number, one in enumerate(candidates):
            self._task.progress("Switching neurons off", number, len(candidates))
            scores = self._trials.scores([(one.layer, one.neuron)])
            loss = float(self._scores.logits[target] - scores.logits[target])
            candidates[number] = replace(one, loss=loss, answer=scores.best)
            if time.perf_counter() - given > PARTIAL_SECONDS:
                self._list(candidates)
                given = time.perf_counter()
        changed = Intervention({one.layer: LayerIntervention({one.neuron: 0.0}) for one in candidates})
        notes = tuple(self._model.recorder.notes(changed))
        self.known = replace(self.known, is_measured=True, notes=(*self.known.notes, *notes))
        self._list(candidates)

    def find_similar(self) -> None:
        """Compare all samples by the last hidden layer."""
        hidden = hidden_layers(self._model.network, self._name)
        found = (
            similar_samples(self._task, self._model, self._request, self._reader, self._base, hidden) if hidden else ()
        )
        self.known = replace(self.known, hidden=hidden, similar=found)
        self._give()

    def find_turn(self) -> None:
        """Look for neurons without which the answer is another one, where there can be another one."""
        is_label = self._request.output.kind == "multi-label"
        if not is_label and (self._request.output.kind not in ("classes", "binary") or len(self._scores.logits) < 2):
            return
        goal, most = Goal.of(self._scores, self.known.target, is_label), self._request.most_runs

        def report(runs: int) -> None:
            self._task.progress("Looking for neurons that turn the answer", runs, most)

        self.known = replace(self.known, turn=find_turn(self._trials, goal, most, report))

    def _begin(self, layers: DistinctLayers) -> Reasons:
        scores, target = self._scores, self._request.target
        if target is not None and not 0 <= target < len(scores.outputs):
            raise UserError(
                "output.unknown_class",
                f"The network's answer has the classes 0 to {len(scores.outputs) - 1}, there is no class {target}.",
                "Choose one of them.",
            )
        best = np.argsort(-np.nan_to_num(scores.outputs, nan=-np.inf), kind="stable")[: self._request.most_classes]
        explained = scores.best if target is None else target
        return Reasons(
            predicted=scores.best,
            target=explained,
            classes=tuple(_class(scores, int(index)) for index in dict.fromkeys([*best, explained])),
            answer_layers=layers.answer,
            repeating_layers=layers.repeating,
        )

    def _can_be_off(self, path: str) -> bool:
        recorder = self._model.recorder
        return all(is_decimal(recorder.dtypes[call]) for call in recorder.calls_of(path))

    def _list(self, candidates: Sequence[NeuronReason]) -> None:
        most = self._request.most
        ranked = sorted(candidates, key=lambda one: -one.weight)
        self.known = replace(
            self.known,
            speak_for=tuple(one for one in ranked if one.weight > 0)[:most],
            speak_against=tuple(one for one in reversed(ranked) if one.weight < 0)[:most],
        )
        self._give()

    def _give(self) -> None:
        self._task.partial(self.known)


def _inputs(model: ReadyModel, request: ReasonsRequest, reader: SampleReader) -> Inputs:
    """The sample as the network's inputs; raises a UserError of code ``samples.changed``."""
    feeder: Feeder[object] = model.feeder([request.sample], reader)
    batch = next(feeder.batches(), None)
    refuse_skipped(feeder.skipped)
    assert batch is not None
    values = reader.as_inputs(batch.values)
    return Inputs((reader.key(request.sample),), lambda: values)


def _class(scores: Scores, index: int) -> ClassScore:
    return ClassScore(index, float(scores.logits[index]), float(scores.outputs[index]))


def _first(estimates: Mapping[str, np.ndarray], most: int) -> list[NeuronReason]:
    """The neurons that an estimate puts first, each way; those that do nothing to the first order are left out."""
    against = {path: -values for path, values in estimates.items()}
    return [
        *(NeuronReason(*neuron, value) for neuron, value in largest(estimates, most)),
        *(NeuronReason(*neuron, -value) for neuron, value in largest(against, most)),
    ]
