"""Puts an intervention on the outputs of layers while a model runs, and on recurrent units inside their loop."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

from .....core.network import FEATURE_AXES, Layer
from ...keras_internals import keras_mask_of, set_keras_mask
from ...libraries import is_of_keras_2

CELLS = (keras.layers.LSTMCell, keras.layers.GRUCell, keras.layers.SimpleRNNCell)


@dataclass(frozen=True)
class Mask:
    """Factors and fills of a layer's neurons, tensors (1 or batch, neurons) float32.

    Attributes:
        changed: bool tensor (), whether any factor is not 1.
    """

    gain: Any
    fill: Any
    changed: Any


def masked(layer: Layer, output: Any, mask: Mask) -> Any:
    """A layer's output with its neurons switched; infinity and NaN of others stay what they are."""
    feature = _feature(layer)
    # As ``tf.cond`` comes out in the end, but traced ten times as fast. What is not changed costs nothing this way.
    intact, changed = tf.raw_ops.Switch(data=output, pred=mask.changed)
    changed.set_shape(output.shape)
    result, _ = tf.raw_ops.Merge(inputs=[intact, _switched(changed, mask, feature)])
    result.set_shape(output.shape)
    return _with_keras_mask(result, output)


def always_masked(layer: Layer, output: Any, mask: Mask) -> Any:
    """As `masked`, by operations that may be put into a graph in any order; not free where nothing changes."""
    return _with_keras_mask(_switched(output, mask, _feature(layer)), output)


def switched_off(layer: Layer, output: Any, off: Any) -> Any:
    """A layer's output where neurons are 0 in some entries of the batch.

    Args:
        output: of one entry, or of as many as ``off`` has.
        off: bool (batch, neurons).
    """
    result = tf.where(_along(off, _feature(layer), output), tf.zeros((), output.dtype), output)
    return _with_keras_mask(result, output)


def _feature(layer: Layer) -> int:
    """The axis of a layer's output along which its neurons are."""
    return next(axis for axis, name in enumerate(layer.axes) if name in FEATURE_AXES) + 1


def _with_keras_mask(result: Any, output: Any) -> Any:
    if keras_mask_of(output) is not None:
        set_keras_mask(result, keras_mask_of(output))
    return result


def _switched(output: Any, mask: Mask, feature: int) -> Any:
    gain, fill = (tf.cast(_along(values, feature, output), output.dtype) for values in (mask.gain, mask.fill))
    return tf.where(gain == 1, output, tf.where(gain == 0, fill, gain * output))


def _along(values: Any, feature: int, output: Any) -> Any:
    """(rows, neurons) in the shape that broadcasts along the feature axis."""
    sizes = [1] * output.shape.rank
    sizes[0], sizes[feature] = -1, values.shape[1]
    return tf.reshape(values, sizes)


def recurrent_cells(operation: Any) -> list[Any]:
    """The cells whose units are a layer's neurons, side by side; none where it has none that are known."""
    if isinstance(operation, keras.layers.Bidirectional):
        if operation.merge_mode != "concat":
            return []
        halves = [recurrent_cells(layer) for layer in (operation.forward_layer, operation.backward_layer)]
        return [*halves[0], *halves[1]] if all(halves) else []
    cell = getattr(operation, "cell", None) if isinstance(operation, keras.layers.RNN) else None
    if isinstance(cell, keras.layers.StackedRNNCells):
        cell = cell.cells[-1]
    return [cell] if isinstance(cell, CELLS) or type(cell).__name__ == "ConvLSTMCell" else []


def is_output_only(operation: Any) -> bool:
    """Whether a recurrent layer's units can be switched in its output alone, not inside its loop."""
    is_recurrent = isinstance(operation, (keras.layers.RNN, keras.layers.Bidirectional)) or _is_old_loop(operation)
    return is_recurrent and not recurrent_cells(operation)


def _is_old_loop(operation: Any) -> bool:
    """Whether it is a recurrent layer of Keras 2, whose cells are not known here."""
    if not is_of_keras_2(operation):
        return False
    import tf_keras

    return isinstance(operation, (tf_keras.layers.RNN, tf_keras.layers.Bidirectional))


@contextmanager
def switched_cells(operation: Any, mask: Mask) -> Iterator[None]:
    """While a recurrent layer is called, what its units give is switched at every step, before others read it.

    Gated units keep their own memory: what is switched is what they give, to the other units and to the next layer.
    """
    cells = recurrent_cells(operation)
    layers = [operation] + [getattr(operation, name, None) for name in ("forward_layer", "backward_layer")]
    fused = {id(layer): (layer, layer.use_cudnn) for layer in layers if hasattr(layer, "use_cudnn")}
    start = 0
    try:
        for layer, _ in fused.values():
            layer.use_cudnn = False  # One path on every machine; a fused kernel cannot be looked into.
        for cell in cells:
            units = getattr(cell, "units", None) or cell.filters
            columns = slice(start, start + units)
            # Past Keras's own attribute hook, which would take the function for a part of the layer.
            vars(cell)["call"] = _switched_call(cell, cell.call, mask, columns)
            start += units
        yield
    finally:
        for cell in cells:
            vars(cell).pop("call", None)
        for layer, setting in fused.values():
            layer.use_cudnn = setting


def _switched_call(cell: Any, call: Any, mask: Mask, columns: slice) -> Any:
    own = Mask(mask.gain[:, columns], mask.fill[:, columns], mask.changed)

    def switched(inputs: Any, states: Any, **more: Any) -> Any:
        output, new_states = call(inputs, states, **more)
        feature = 1 if getattr(cell, "data_format", "") == "channels_first" else output.shape.rank - 1
        output = _switched(output, own, feature)
        if isinstance(new_states, (list, tuple)):
            return output, [output, *new_states[1:]]
        return output, output

    return switched
