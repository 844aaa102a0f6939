"""Switches the neurons of a layer off one by one and measures what the network loses."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from math import prod
from typing import Any

import numpy as np
import tensorflow as tf

from ...core.interventions.intervention import Intervention, LayerIntervention, switch_of
from ...core.network import Network
from ...core.recording import Sample
from ...core.requests.interventions import SweepAnswer, SweepBlock, SweepRequest
from ..common.caches import Cache
from ..common.events import Task
from ..models.call_graph import Slot
from ..running.boundaries import boundaries
from ..running.masks import Mask, Switches, recurrent_cells, switched_off
from ..running.recorder import Recorder, explained_failures
from ..running.runs import ReadyModel, reader_of, sample_keys, switches_of
from ..samples.batches import WANTED_SECONDS, Feeder, Reader, no_samples

BATCH_NUMBERS = 1 << 24
"""Numbers that the largest layer output of all variants in a batch may hold: 64 MB."""
LARGEST_BATCH = 256
ENTRY_BYTES = 1 << 28
"""Of tensors at the layers that were swept, kept for the next neurons: 256 MB."""
KEPT_TAILS = 8

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
    samples, reader = request.samples, reader_of(model.network, request.preprocessing)
    base = switches_of(task, model, request.intervention, request.mean_samples or samples, reader)
    model.recorder.refuse_no_classes()
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

    def __init__(self, model: ReadyModel, request: SweepRequest, reader: Reader, base: Switches, layer: str) -> None:
        self._model = model
        self._samples = request.samples
        self._labels = dict(zip(request.samples, request.labels or [None] * len(request.samples), strict=True))
        self._reader = reader
        self._base = base
        self._layer = layer
        self._tail = _tail_of(model, layer, base)

    def measure(self, task: Task, neurons: np.ndarray, done: int, total: int) -> SweepBlock:
        """Switch some neurons off one by one, for all samples.

        Args:
            done: how many neurons of ``total`` were swept before.

        Raises:
            UserError: ``samples.none``, where no sample could be read.
        """
        feeder: Feeder[Any] = Feeder(self._samples, self._reader, 1)
        losses = _Losses(len(neurons))
        for batch in feeder.batches():
            for sample in batch.samples:
                entry = _entry(self._model, self._reader, sample, batch.values, self._tail, self._base)
                losses.begin(self._tail.run(entry, self._base, np.full(1, -1)), self._labels[sample])
                for part, logits, outputs in self._tail.variants(entry, self._base, neurons):
                    losses.add(part, logits, outputs)
                    share = (feeder.looked_at - 1 + part.stop / len(neurons)) / len(self._samples)
                    message = f"Switching neurons of {self._layer} off"
                    task.progress(message, done + int(share * len(neurons)), total)
        if not feeder.used:
            raise no_samples(feeder.skipped)
        return SweepBlock(
            layer=self._layer,
            neurons=tuple(map(int, neurons)),
            samples=len(feeder.used),
            losses=task.save_array(f"losses-{done}", losses.result(len(feeder.used))),
            notes=tuple(self._model.recorder.notes(Intervention({self._tail.switch: LayerIntervention({0: 0.0})}))),
        )


class _Losses:
    """What is lost without each of some neurons, summed over samples."""

    def __init__(self, neurons: int) -> None:
        self._wrong = np.zeros(neurons)
        self._labelled = 0
        self._score = np.zeros(neurons)
        self._output = np.zeros(neurons)
        self._classes = np.zeros((neurons, 0))

    def begin(self, intact: tuple[np.ndarray, np.ndarray], label: int | None) -> None:
        """Go on to the next sample.

        Args:
            intact: logits and outputs, (1, classes), with all neurons.
            label: the true class; None where it is not known.
        """
        self._logits, self._outputs = (values[0].astype(np.float64) for values in intact)
        self._label = label
        self._class = int(self._outputs.argmax()) if label is None else label
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


class _Tail:
    """The network from one layer's output on, for many variants at once; traced once.

    Attributes:
        switch: of the layer.
        place: the number of the first layer that is run.
    """

    def __init__(self, recorder: Recorder, network: Network, switch: str, base: Switches) -> None:
        self.switch = switch
        self._recorder = recorder
        self._layers = network.layers
        self._calls = [k for k, layer in enumerate(network.layers) if switch_of(layer.path) == switch]
        self._is_looped = bool(recurrent_cells(recorder.operation(self._calls[0])))
        first = self._calls[0]
        # Logits are inside the last layer; what units give to each other is inside a loop.
        is_inside = self._is_looped or first == recorder.output_number
        self.place = recorder.cutter.last_cut(first if is_inside else first + 1)
        self._piece = recorder.cutter.piece(self.place, len(network.layers))
        self._based = [int(k) for k in np.flatnonzero(base.changed) if k >= self.place]
        self._neurons = max(network.layers[call].neurons for call in self._calls)
        numbers = max(prod(max(size, 1) for size in layer.output_shape) for layer in network.layers[first:])
        self._most = max(1, min(LARGEST_BATCH, BATCH_NUMBERS // numbers))
        specs = [tf.TensorSpec(*recorder.cutter.spec(slot)) for slot in self._piece.needs]
        rows = tf.TensorSpec((1, network.neurons), tf.float32)
        off = tf.TensorSpec((None, self._neurons), tf.bool)
        self._function = tf.function(self._scores, input_signature=[*specs, off, rows, rows])

    def variants(
        self, entry: tuple[Any, ...], base: Switches, neurons: np.ndarray
    ) -> Iterator[tuple[slice, np.ndarray, np.ndarray]]:
        """Which neurons are off, and the logits and outputs, (neurons, classes), without each of them."""
        start, size = 0, 1
        while start < len(neurons):
            block = slice(start, min(start + size, len(neurons)))
            began = time.perf_counter()
            logits, outputs = self.run(entry, base, neurons[block])
            if time.perf_counter() - began < WANTED_SECONDS / 2:
                size = min(size * 2, self._most)
            start = block.stop
            yield block, logits, outputs

    def run(self, entry: tuple[Any, ...], base: Switches, neurons: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Logits and outputs without each of some neurons; -1 for none."""
        off = neurons[:, np.newaxis] == np.arange(self._neurons)
        with explained_failures():
            logits, outputs = self._function(*entry, off, base.gain, base.fill)
        return logits.numpy(), outputs.numpy()

    def _scores(self, *given: Any) -> tuple[Any, Any]:
        *tensors, off, gain, fill = given
        variants = tf.shape(off)[0]
        offs = {call: off[:, : self._layers[call].neurons] for call in self._calls}
        masks = {number: self._base_mask(number, gain, fill) for number in self._based}
        if self._is_looped:
            masks |= {call: self._looped_mask(call, own, gain, fill) for call, own in offs.items()}
            offs = {}
        slots = {}
        for slot, tensor in zip(self._piece.needs, tensors, strict=True):
            if slot == Slot(self._calls[0], 0):
                slots[slot] = switched_off(self._layers[slot.step], tensor, offs[slot.step])
            else:
                slots[slot] = tf.tile(tensor, [variants, *[1] * (tensor.shape.rank - 1)])
        scores = self._recorder.scores(self._piece, slots, masks, off=offs)
        return scores.logits, scores.outputs

    def _base_mask(self, number: int, gain: Any, fill: Any) -> Mask:
        columns = self._recorder.columns[number]
        return Mask(gain[:, columns], fill[:, columns], tf.constant(True))

    def _looped_mask(self, number: int, off: Any, gain: Any, fill: Any) -> Mask:
        base = self._base_mask(number, gain, fill)
        return Mask(tf.where(off, 0.0, base.gain), tf.where(off, 0.0, base.fill), base.changed)


_tails: Cache[_Tail] = Cache(KEPT_TAILS)
_entries: Cache[tuple[Any, ...]] = Cache(ENTRY_BYTES)


def _tail_of(model: ReadyModel, path: str, base: Switches) -> _Tail:
    switch = switch_of(path)
    key = (model.key, switch, tuple(np.flatnonzero(base.changed)))
    tail = _tails.get(key)
    if tail is None:
        tail = _Tail(model.recorder, model.network, switch, base)
        _tails.put(key, tail, 1)
    return tail


def _entry(
    model: ReadyModel, reader: Reader, sample: Sample, values: np.ndarray, tail: _Tail, base: Switches
) -> tuple[Any, ...]:
    """The tensors of one sample where the tail begins, under what is changed before."""
    recorder = model.recorder
    (name,) = sample_keys(model, reader, [sample])
    key = (name, tail.place, base.key(tail.place))
    entry = _entries.get(key)
    if entry is None:
        start = boundaries.find([name], base, recorder.starts(tail.place))
        start = start or recorder.boundary_at(reader.as_input(values))
        entry = tuple(map(tf.convert_to_tensor, recorder.tensors_at(tail.place, start, base)))
        _entries.put(key, entry, sum(tensor.dtype.size * prod(tensor.shape) for tensor in entry))
    return entry


def _neurons_of(network: Network, layer: str, given: tuple[int, ...] | None) -> np.ndarray:
    """The neurons of a layer that a request asks for, all where it names none.

    Raises:
        UserError: see `core.interventions.Intervention`.
    """
    switch = switch_of(layer)
    Intervention({switch: LayerIntervention(dict.fromkeys(given or [0], 0.0))}).check(network)
    if given is not None:
        return np.array(given, int)
    return np.arange(max(layer.neurons for layer in network.layers if switch_of(layer.path) == switch))
