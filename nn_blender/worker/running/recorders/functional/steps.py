"""Calls a model's layers one after the other inside a traced function, with neurons switched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import tree

from .....core.network import FEATURE_AXES, Layer
from ....models.call_graph import Slot
from ...keras_internals import call, layer_scope
from ...loading import LoadedModel
from .constant_weights import small_weights_as_constants
from .failures import calling, scope_of
from .masks import Mask, masked, recurrent_cells, switched_cells, switched_off
from .means import mean_over
from .scores import scores_of, without_activation
from .segments import Cutter, Piece

Tensors = dict[Slot, Any]
_NEVER_NEGATIVE = ("relu", "relu6")


@dataclass(frozen=True)
class Scores:
    """What a network says about its classes, and all tensors on the way.

    Attributes:
        logits: float32 (batch, classes) before softmax or sigmoid; with positions where the output has some.
        outputs: float32 likewise. A single unit after sigmoid has the two classes no and yes.
    """

    slots: Tensors
    logits: Any
    outputs: Any


class Steps:
    """The layer calls of a model in a row, to be run as Keras would run them for inference.

    Attributes:
        columns: where each layer's neurons are, in arrays over all neurons side by side.
    """

    def __init__(self, model: LoadedModel) -> None:
        self._flat = model.flat
        self.layers: Sequence[Layer] = model.network.layers
        self.columns = [*model.network.neuron_slices().values()]
        self.cutter = Cutter(model.flat, model.network.layers, model.keras_model.inputs, model.copies or None)
        self.dtypes = [self.cutter.spec(Slot(number, 0))[1] for number in range(len(self.layers))]

    def operation(self, number: int) -> Any:
        """The Keras layer or operation of a layer's number."""
        return self._flat.steps[number].payload.operation

    @property
    def outputs(self) -> Sequence[Slot]:
        """The network's outputs."""
        return self._flat.outputs

    def run(
        self, piece: Piece, tensors: Tensors, masks: Mapping[int, Mask], off: Mapping[int, Any] | None = None
    ) -> Tensors:
        """Call the layers of a piece in a row, inside a traced function.

        Args:
            tensors: what the piece needs.
            masks: by step; steps without one stay as they are.
            off: by step, bool (batch, neurons), which are switched off besides.
        """
        off = off or {}
        numbers = range(piece.start, piece.stop)
        with small_weights_as_constants(map(self.operation, numbers)):
            for number in numbers:
                with calling(self.layers[number]), layer_scope(scope_of(number)):
                    given = self._call(number, tensors, masks.get(number))
                for output, value in enumerate(tree.flatten(given)):
                    tensors[Slot(number, output)] = value
                if number in masks:
                    tensors[Slot(number, 0)] = self._masked(number, tensors[Slot(number, 0)], masks[number])
                if number in off:
                    tensors[Slot(number, 0)] = switched_off(self.layers[number], tensors[Slot(number, 0)], off[number])
        return tensors

    def scores(
        self,
        piece: Piece,
        tensors: Tensors,
        masks: Mapping[int, Mask],
        answer: int,
        off: Mapping[int, Any] | None = None,
    ) -> Scores:
        """Run the last piece inside a traced function, as `run`, without the softmax or sigmoid of one of its outputs.

        Where the layer that gives it has a mask, its outputs stand for its logits. Neurons of it that are off are 0 in
        both.

        Args:
            answer: number of the network's output.
        """
        slot = self.outputs[answer]
        last, before = slot.step, dict(off or {})
        own = before.pop(last, None)
        is_whole = last < piece.start or last in masks or self._is_read(last)
        with without_activation(None if is_whole or self._is_shared(last) else self.operation(last)) as activation:
            slots = self.run(piece, tensors, masks, before)
        return Scores(slots, *scores_of(slots[slot], activation, own if last >= piece.start else None))

    def _is_read(self, number: int) -> bool:
        """Whether another layer reads what a layer gives, so that it must be whole."""
        return any(source.step == number for step in self._flat.steps for source in step.sources)

    def _is_shared(self, number: int) -> bool:
        return sum(step.payload.operation is self.operation(number) for step in self._flat.steps) > 1

    def _call(self, number: int, tensors: Tensors, mask: Mask | None) -> Any:
        step = self._flat.steps[number]
        sources = [tensors[source] for source in step.sources]
        if mask is None or not recurrent_cells(step.payload.operation):
            return call(step.payload, sources)
        with switched_cells(step.payload.operation, mask):
            return call(step.payload, sources)

    def _masked(self, number: int, output: Any, mask: Mask) -> Any:
        if recurrent_cells(self.operation(number)):
            # Factors have done their work inside; steps that Keras's mask skips are not filled there.
            mask = Mask(tf.cast(mask.gain != 0, tf.float32), mask.fill, mask.changed)
        return masked(self.layers[number], output, mask)


def is_never_negative(operation: Any, layer: Layer) -> bool:
    """Whether a layer gives 0 or more by its settings."""
    if isinstance(operation, keras.layers.ReLU):
        return not operation.negative_slope and operation.threshold >= 0
    return layer.activation in _NEVER_NEGATIVE and not isinstance(operation, keras.layers.RNN)


def neuron_values(layer: Layer, output: Any, statistic: str) -> Any:
    """A neuron's value, or a statistic of it over all positions: float32 (batch, neurons). NaN and infinity stay."""
    if output.dtype == tf.string:
        return tf.fill((tf.shape(output)[0], layer.neurons), np.float32("nan"))
    feature = next(axis for axis, name in enumerate(layer.axes, 1) if name in FEATURE_AXES)
    positions = [axis for axis in range(1, len(layer.axes) + 1) if axis != feature]
    if not positions:
        return tf.cast(output, tf.float32)
    is_narrow = output.dtype.is_floating and output.dtype.size <= tf.float32.size
    values = tf.cast(output, tf.float32 if is_narrow else tf.float64)
    if statistic == "max":
        # TensorFlow's own maximum may lose NaN.
        has_nan = tf.reduce_any(tf.math.is_nan(values), axis=positions)
        return tf.where(has_nan, np.float32("nan"), tf.cast(tf.reduce_max(values, axis=positions), tf.float32))
    if statistic == "positive":
        values = tf.where(values < 0, tf.zeros((), values.dtype), values)  # Unlike a maximum, this keeps NaN.
    return mean_over(values, feature)
