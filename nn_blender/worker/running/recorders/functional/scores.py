"""Class scores of a network before softmax or sigmoid: its logits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import keras

Activation = Callable[[Any], Any]
_FLATTENING = ("softmax", "sigmoid")
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


def is_sigmoid(activation: Activation | None) -> bool:
    """Whether what was left out is a sigmoid."""
    return getattr(activation, "__name__", "") == "sigmoid"


def _is_kerass(thing: Any) -> bool:
    """Whether a class or function comes with Keras, the present one or Keras 2."""
    return str(getattr(thing, "__module__", "")).split(".")[0] in _KERASES
