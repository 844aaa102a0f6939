"""The network from one layer's output on, run for many variants of one sample at once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from math import prod
from typing import Any

import numpy as np
import tensorflow as tf

from ....models.call_graph import Slot
from ....samples.batches import WANTED_SECONDS
from ...switches import Switches
from .failures import running
from .masks import Mask, recurrent_cells, switched_off
from .steps import Steps

BATCH_NUMBERS = 1 << 24
"""Numbers that the largest layer output of all variants in a batch may hold: 64 MB."""
LARGEST_BATCH = 256


class Tail:
    """The network from one layer's output on, for many variants at once; traced once.

    Args:
        calls: the numbers of all calls of the layer.
        answer: number of the output that gives the classes.

    Attributes:
        place: the number of the first layer that is run.
    """

    def __init__(self, steps: Steps, calls: list[int], base: Switches, answer: int) -> None:
        self._steps = steps
        self._answer = answer
        self._calls = calls
        self._is_looped = bool(recurrent_cells(steps.operation(calls[0])))
        first = calls[0]
        # Logits are inside the last layer; what units give to each other is inside a loop.
        is_inside = self._is_looped or first == steps.outputs[answer].step
        self.place = steps.cutter.last_cut(first if is_inside else first + 1)
        self._piece = steps.cutter.piece(self.place, len(steps.layers))
        self._based = [int(k) for k in np.flatnonzero(base.changed) if k >= self.place]
        self._neurons = max(steps.layers[call].neurons for call in calls)
        numbers = max(prod(max(size, 1) for size in layer.output_shape) for layer in steps.layers[first:])
        self._most = max(1, min(LARGEST_BATCH, BATCH_NUMBERS // numbers))
        specs = [tf.TensorSpec(*steps.cutter.spec(slot)) for slot in self._piece.needs]
        rows = tf.TensorSpec((1, steps.columns[-1].stop), tf.float32)
        off = tf.TensorSpec((None, self._neurons), tf.bool)
        self._function = tf.function(self._scores, input_signature=[*specs, off, rows, rows], autograph=False)

    def variants(
        self, entry: tuple[Any, ...], base: Switches, neurons: np.ndarray
    ) -> Iterator[tuple[slice, np.ndarray, np.ndarray]]:
        """Which neurons are off, and the logits and outputs, (neurons, classes), without each of them."""
        start, size = 0, 1
        while start < len(neurons):
            block = slice(start, min(start + size, len(neurons)))
            began = time.perf_counter()
            logits, outputs = self._run(entry, base, neurons[block])
            if time.perf_counter() - began < WANTED_SECONDS / 2:
                size = min(size * 2, self._most)
            start = block.stop
            yield block, logits, outputs

    def _run(self, entry: tuple[Any, ...], base: Switches, neurons: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Logits and outputs without each of some neurons."""
        off = neurons[:, np.newaxis] == np.arange(self._neurons)
        with running(self._steps.layers):
            logits, outputs = self._function(*entry, off, base.gain, base.fill)
        return logits.numpy(), outputs.numpy()

    def _scores(self, *given: Any) -> tuple[Any, Any]:
        *tensors, off, gain, fill = given
        variants = tf.shape(off)[0]
        offs = {call: off[:, : self._steps.layers[call].neurons] for call in self._calls}
        masks = {number: self._base_mask(number, gain, fill) for number in self._based}
        if self._is_looped:
            masks |= {call: self._looped_mask(call, own, gain, fill) for call, own in offs.items()}
            offs = {}
        slots = {}
        for slot, tensor in zip(self._piece.needs, tensors, strict=True):
            if slot == Slot(self._calls[0], 0):
                slots[slot] = switched_off(self._steps.layers[slot.step], tensor, offs[slot.step])
            else:
                slots[slot] = tf.tile(tensor, [variants, *[1] * (tensor.shape.rank - 1)])
        scores = self._steps.scores(self._piece, slots, masks, self._answer, off=offs)
        return scores.logits, scores.outputs

    def _base_mask(self, number: int, gain: Any, fill: Any) -> Mask:
        columns = self._steps.columns[number]
        return Mask(gain[:, columns], fill[:, columns], tf.constant(True))

    def _looped_mask(self, number: int, off: Any, gain: Any, fill: Any) -> Mask:
        base = self._base_mask(number, gain, fill)
        return Mask(tf.where(off, 0.0, base.gain), tf.where(off, 0.0, base.fill), base.changed)
