"""Class scores of a network before softmax or sigmoid: its logits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import keras

Activation = Callable[[Any], Any]
_FLATTENING = (keras.activations.softmax, keras.activations.sigmoid)


@contextmanager
def without_activation(operation: Any) -> Iterator[Activation | None]:
    """While a network's last layer is called, it leaves out softmax or sigmoid; gives what is left out, or None."""
    if isinstance(operation, keras.layers.Softmax):
        activation = operation.call
        # Past Keras's own attribute hook, which would take the function for a part of the layer.
        vars(operation)["call"] = lambda inputs, **_more: inputs
        try:
            yield activation
        finally:
            del vars(operation)["call"]
        return
    activation = getattr(operation, "activation", None)
    if activation not in _FLATTENING:
        yield None
        return
    operation.activation = keras.activations.linear
    try:
        yield activation
    finally:
        operation.activation = activation


def is_sigmoid(activation: Activation | None) -> bool:
    """Whether what was left out is a sigmoid."""
    return activation is keras.activations.sigmoid
