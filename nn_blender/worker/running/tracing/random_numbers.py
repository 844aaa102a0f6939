"""Lets operations that draw other random numbers at every run draw the same ones each time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from ..keras_internals import redirect

_SEED = 1234


def _of_kind(draw: Callable[..., Any]) -> Callable[[Any, Any], Any]:
    return lambda operation, seed: draw(operation.inputs[0], seed, dtype=operation.outputs[0].dtype)


def _whole(operation: Any, seed: Any) -> Any:
    shape, low, high = operation.inputs
    return tf.random.stateless_uniform(shape, seed, low, high, operation.outputs[0].dtype)


_SETTLED: dict[str, Callable[[Any, Any], Any]] = {
    "RandomStandardNormal": _of_kind(tf.random.stateless_normal),
    "RandomUniform": _of_kind(tf.random.stateless_uniform),
    "TruncatedNormal": _of_kind(tf.random.stateless_truncated_normal),
    "RandomUniformInt": _whole,
}
"""What draws from the same distribution, by the kind of operation."""


def settle_random_numbers(graph: Any) -> None:
    """Put generators with fixed seeds in the place of those of TensorFlow that go on from run to run.

    Generators of Keras keep what they need in variables, which are set back instead.
    """
    drawing = [operation for operation in graph.get_operations() if operation.type in _SETTLED]
    for number, operation in enumerate(drawing):
        readers = list(operation.outputs[0].consumers())
        redirect(operation.outputs[0], readers, _SETTLED[operation.type](operation, [_SEED, number]))
