"""Class scores of a network before softmax or sigmoid: its logits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
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
_IN_SOFTMAX = ("Exp", "Max", "StopGradient", "Sub")
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
    if found.op.type in _FLATTENING_OPERATIONS:
        read, is_sigmoid = found.op.inputs[0], found.op.type == "Sigmoid"
    else:
        of_softmax, of_sigmoid = _before_softmax_by_hand(found), _before_sigmoid_by_hand(found)
        read, is_sigmoid = (of_softmax, False) if of_sigmoid is None else (of_sigmoid, True)
    if read is None:
        return tensor, False
    for operation in reversed(behind):
        read = _SHAPING[operation.type](read, operation)
    read.set_shape(tensor.shape)
    return read, is_sigmoid


def _before_softmax_by_hand(tensor: Any) -> Any | None:
    """Give x of exp(x) / sum(exp(x)), also less the maximum of x, and of exp(log_softmax(x)); None of anything else.

    The sum is that over the last axis.
    """
    if tensor.op.type == "Exp" and tensor.op.inputs[0].op.type == "LogSoftmax":
        return tensor.op.inputs[0].op.inputs[0]
    if tensor.op.type != "RealDiv" or tensor.op.inputs[0].op.type != "Exp":
        return None
    exponential, total = tensor.op.inputs
    if not _reduces(total, "Sum", exponential):
        return None
    read = exponential.op.inputs[0]
    if read.op.type == "Sub":
        whole, highest = read.op.inputs
        if highest.op.type == "StopGradient":
            highest = highest.op.inputs[0]
        return whole if _reduces(highest, "Max", whole) else read
    return read


def _before_sigmoid_by_hand(tensor: Any) -> Any | None:
    """Give x of 1 / (1 + exp(-x)); None of anything else."""
    if tensor.op.type == "RealDiv" and _is_one(tensor.op.inputs[0]):
        divisor = tensor.op.inputs[1]
    elif tensor.op.type in ("Reciprocal", "Inv"):
        divisor = tensor.op.inputs[0]
    else:
        return None
    if divisor.op.type not in ("Add", "AddV2"):
        return None
    exponential = next((one for one in divisor.op.inputs if one.op.type == "Exp"), None)
    if exponential is None or not any(map(_is_one, divisor.op.inputs)):
        return None
    negative = exponential.op.inputs[0]
    return negative.op.inputs[0] if negative.op.type == "Neg" else None


def _reduces(tensor: Any, kind: str, source: Any) -> bool:
    """Whether a tensor is the sum or the like of another one over its last axis, which stays."""
    if tensor.op.type != kind or not _are_same(tensor.op.inputs[0], source) or not tensor.op.get_attr("keep_dims"):
        return False
    axes = tf.get_static_value(tensor.op.inputs[1])
    return axes is not None and [int(axis) % source.shape.rank for axis in axes.ravel()] == [source.shape.rank - 1]


def _are_same(one: Any, other: Any) -> bool:
    """Whether two tensors are one, or made by the same of these operations, since code may write a term twice."""
    if one is other:
        return True
    if one.op.type != other.op.type:
        return False
    if one.op.type == "Const":
        return bool(np.array_equal(tf.get_static_value(one), tf.get_static_value(other)))
    return one.op.type in _IN_SOFTMAX and all(map(_are_same, one.op.inputs, other.op.inputs))


def _is_one(tensor: Any) -> bool:
    value = tf.get_static_value(tensor)
    return value is not None and bool((value == 1).all())


def _is_kerass(thing: Any) -> bool:
    """Whether a class or function comes with Keras, the present one or Keras 2."""
    return str(getattr(thing, "__module__", "")).split(".")[0] in _KERASES
