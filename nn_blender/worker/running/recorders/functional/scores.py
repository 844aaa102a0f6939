"""Class scores of a network before softmax or sigmoid: its logits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import keras
import tensorflow as tf

Activation = Callable[[Any], Any]
_FLATTENING = ("softmax", "sigmoid")
_FLATTENING_OPERATIONS = ("Softmax", "Sigmoid")
_SHAPING: dict[str, Callable[[Any, Any], Any]] = {
    "Cast": lambda tensor, _: tensor,
    "ExpandDims": lambda tensor, operation: tf.expand_dims(tensor, operation.inputs[1]),
    "Identity": lambda tensor, _: tensor,
    "Reshape": lambda tensor, operation: tf.reshape(tensor, operation.inputs[1]),
    "Squeeze": lambda tensor, operation: tf.squeeze(tensor, operation.get_attr("squeeze_dims") or None),
}
"""Operations that change no value but how values are laid out, and how they are done to another tensor."""
_KERASES = ("keras", "tf_keras")


@contextmanager
def without_activation(operation: Any) -> Iterator[Activation | None]:
    """While a network's last layer is called, it leaves out softmax or sigmoid; gives what is left out, or None."""
    if isinstance(operation, keras.layers.Softmax) or (
        type(operation).__name__ == "Softmax" and _is_kerass(type(operation))
    ):
        activation = operation.call
        # Past Keras's own attribute hook, which would take the function for a part of the layer.
        vars(operation)["call"] = lambda inputs, **_more: inputs
        try:
            yield activation
        finally:
            del vars(operation)["call"]
        return
    activation = getattr(operation, "activation", None)
    if not (_is_kerass(activation) and getattr(activation, "__name__", "") in _FLATTENING):
        yield None
        return
    operation.activation = keras.activations.linear
    try:
        yield activation
    finally:
        operation.activation = activation


def scores_of(tensor: Any, activation: Activation | None, off: Any = None) -> tuple[Any, Any]:
    """Logits and outputs, float32, of what a network's output is in a traced function; two cases after one sigmoid.

    Args:
        tensor: (batch, …, classes).
        activation: that was left out of it; None where it may be in it.
        off: bool (batch, classes), what is 0 in both.
    """
    if activation is None:
        before, is_yes = _before_activation(tensor)
        logits, outputs = (tf.cast(one, tf.float32) for one in (before, tensor))
    else:
        logits, is_yes = tf.cast(tensor, tf.float32), getattr(activation, "__name__", "") == "sigmoid"
        outputs = activation(logits)
    if off is not None:
        logits, outputs = (tf.where(off, 0.0, values) for values in (logits, outputs))
    if is_yes and logits.shape[1:] == (1,):
        return tf.concat([-logits, logits], axis=1), tf.concat([1 - outputs, outputs], axis=1)
    return logits, outputs


def _before_activation(tensor: Any) -> tuple[Any, bool]:
    """What an operation of softmax or sigmoid reads that gives a tensor, whose shape may change behind it.

    Returns:
        What it reads, in the shape of the tensor, and whether it is a sigmoid; where there is no such operation, the
        tensor.
    """
    behind, found = [], tensor
    while found.op.type in _SHAPING:
        behind.append(found.op)
        found = found.op.inputs[0]
    if found.op.type not in _FLATTENING_OPERATIONS:
        return tensor, False
    read = found.op.inputs[0]
    for operation in reversed(behind):
        read = _SHAPING[operation.type](read, operation)
    read.set_shape(tensor.shape)
    return read, found.op.type == "Sigmoid"


def _is_kerass(thing: Any) -> bool:
    """Whether a class or function comes with Keras, the present one or Keras 2."""
    return str(getattr(thing, "__module__", "")).split(".")[0] in _KERASES
