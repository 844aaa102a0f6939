"""Switches the neurons of a layer off one by one and measures what the network loses."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from ...core.interventions.intervention import Intervention, LayerIntervention, switch_of
from ...core.network import Network
from ...core.requests.interventions import SweepAnswer, SweepBlock, SweepRequest
from ..common.events import Task
from ..running.recorders import NO_NEURON
from ..running.runs import ReadyModel, inputs_of, reader_of, switches_of
from ..running.switches import Switches
from ..samples.batches import Batch, Feeder
from ..samples.readers import SampleReader

FIRST_BLOCK, LARGEST_BLOCK = 4, 4096
"""How many neurons are swept before their losses are given, at first and at most."""

BLOCK_SECONDS = 1.0
"""About how long a block should take."""


def sweep(task: Task, model: ReadyModel, request: SweepRequest) -> SweepAnswer:
    """Serve a `SweepRequest`.

    Raises:
        UserError: as `runs.run_samples`; ``output.unsupported``.
    """
    started = time.perf_counter()
    samples, reader = request.samples, reader_of(model.network, request)
    base = switches_of(task, model, request.intervention, request.mean_samples or samples, reader)
    model.recorder.refuse_no_numbers(request.answer_output)
    wanted = {layer: _neurons_of(model.network, layer, given) for layer, given in request.neurons.items()}
    done, total = 0, sum(map(len, wanted.values()))
    task.progress("Preparing the network", 0, total)
    for layer, neurons in wanted.items():
        sweeping = _Sweep(model, request, reader, base, layer)
        for block in _growing_blocks(neurons):
            task.partial(sweeping.measure(task, block, done, total))
            done += len(block)
    return SweepAnswer({"sweep_s": time.perf_counter() - started})


def _growing_blocks(neurons: np.ndarray) -> Iterator[np.ndarray]:
    """Blocks of neurons that grow until whoever takes them needs about `BLOCK_SECONDS` for one."""
    start, size = 0, FIRST_BLOCK
    while start < len(neurons):
        began = time.perf_counter()
        yield neurons[start : start + size]
        seconds = time.perf_counter() - began
        start += size
        if seconds < BLOCK_SECONDS / 2:
            size = min(size * 4, LARGEST_BLOCK)
        elif seconds > BLOCK_SECONDS * 2:
            size = max(size // 2, 1)


class _Sweep:
    """What is lost without neurons of one layer."""

    def __init__(
        self, model: ReadyModel, request: SweepRequest, reader: SampleReader, base: Switches, layer: str
    ) -> None:
        self._model = model
        self._answer = request.answer_output
        self._samples = request.samples
        labels = request.labels or (None,) * len(request.samples)
        self._labels = dict(zip(request.samples, labels, strict=True))
        self._classes = dict(zip(request.samples, request.classes or labels, strict=True))
        self._reader = reader
        self._base = base
        self._layer = layer

    def measure(self, task: Task, neurons: np.ndarray, done: int, total: int) -> SweepBlock:
        """Switch some neurons off one by one, for all samples.

        Args:
            done: how many neurons of ``total`` were swept before.

        Raises:
            UserError: ``samples.none``, where no sample could be read.
        """
        feeder: Feeder[Any] = Feeder(self._samples, self._reader, 1)
        losses = _Losses(len(neurons))
        recorder, base = self._model.recorder, self._base

        def run(batch: Batch[Any]) -> tuple[slice, np.ndarray, np.ndarray]:
            inputs = inputs_of(self._reader, batch)
            return next(recorder.sweep(inputs, self._layer, np.full(1, NO_NEURON), base, self._answer))

        for batch, whole in feeder.results(run):
            (sample,) = batch.samples
            inputs = inputs_of(self._reader, batch)
            losses.begin(whole[1], whole[2], self._labels[sample], self._classes[sample])
            for part, logits, outputs in recorder.sweep(inputs, self._layer, neurons, base, self._answer):
                losses.add(part, logits, outputs)
                share = (feeder.looked_at - 1 + part.stop / len(neurons)) / len(self._samples)
                message = f"Switching neurons of {self._layer} off"
                task.progress(message, done + int(share * len(neurons)), total)
        return SweepBlock(
            layer=self._layer,
            neurons=tuple(map(int, neurons)),
            samples=len(feeder.used),
            losses=task.save_array(f"losses-{done}", losses.result(len(feeder.used))),
            notes=tuple(recorder.notes(Intervention({switch_of(self._layer): LayerIntervention({0: 0.0})}))),
        )


class _Losses:
    """What is lost without each of some neurons, summed over samples."""

    def __init__(self, neurons: int) -> None:
        self._wrong = np.zeros(neurons)
        self._labelled = 0
        self._score = np.zeros(neurons)
        self._output = np.zeros(neurons)
        self._classes = np.zeros((neurons, 0))

    def begin(self, logits: np.ndarray, outputs: np.ndarray, label: int | None, wanted: int | None) -> None:
        """Go on to the next sample.

        Args:
            logits, outputs: (1, classes), with all neurons.
            label: the true class; None where it is not known.
            wanted: the class whose score is looked at; None for the one with the highest output.
        """
        self._logits, self._outputs = (values[0].astype(np.float64) for values in (logits, outputs))
        self._label = label
        self._class = int(self._outputs.argmax()) if wanted is None else wanted
        self._labelled += label is not None
        if not self._classes.size:
            self._classes = np.zeros((len(self._score), len(self._outputs)))

    def add(self, block: slice, logits: np.ndarray, outputs: np.ndarray) -> None:
        """Take in variants of some neurons, (neurons, classes)."""
        self._score[block] += logits[:, self._class] - self._logits[self._class]
        self._output[block] += outputs[:, self._class] - self._outputs[self._class]
        self._classes[block] += outputs - self._outputs
        if self._label is not None:
            was_right = self._outputs.argmax() == self._label
            self._wrong[block] += float(was_right) - (outputs.argmax(axis=1) == self._label)

    def result(self, samples: int) -> np.ndarray:
        """As `SweepBlock.losses`."""
        accuracy = self._wrong / self._labelled if self._labelled else np.full(len(self._wrong), math.nan)
        most = np.abs(np.nan_to_num(self._classes, posinf=np.inf, neginf=-np.inf)).argmax(axis=1)
        change = self._classes[np.arange(len(most)), most]
        rows = (accuracy, self._score / samples, self._output / samples, most, change / samples)
        return np.stack(rows).astype(np.float32)


def _neurons_of(network: Network, layer: str, given: tuple[int, ...] | None) -> np.ndarray:
    """The neurons of a layer that a request asks for, all where it names none.

    Raises:
        UserError: see `core.interventions.intervention.Intervention`.
    """
    switch = switch_of(layer)
    Intervention({switch: LayerIntervention(dict.fromkeys(given or [0], 0.0))}).check(network)
    if given is not None:
        return np.array(given, int)
    return np.arange(max(layer.neurons for layer in network.layers if switch_of(layer.path) == switch))
