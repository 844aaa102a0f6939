"""Lets TensorFlow compute beforehand what depends on weights alone."""

from __future__ import annotations

from collections.abc import Iterable
from math import prod
from typing import Any

import keras
import tensorflow as tf

MOST_NUMBERS = 1 << 14
"""Larger weights stay variables: every trace would hold a copy of them."""


def small_weights_as_constants(operations: Iterable[Any]) -> keras.StatelessScope:
    """While layers are traced inside it, their small weights are constants: biases, scales, means and variances.

    A batch normalisation then is a product and a sum instead of eleven operations, four of which read variables; what
    comes out differs by rounding at most.
    """
    weights = {
        id(weight): weight
        for operation in operations
        for weight in getattr(operation, "weights", ())
        if prod(weight.shape) <= MOST_NUMBERS
    }
    with tf.init_scope():  # Out of the trace, in which weights have no values yet.
        values = [weight.numpy() for weight in weights.values()]
    return keras.StatelessScope([*zip(weights.values(), map(tf.constant, values), strict=True)])
