"""The mean of a feature map, summed without losing digits."""

from __future__ import annotations

from math import prod
from typing import Any

import tensorflow as tf

GROUP = 32
"""So many numbers are summed in float32, which costs at most 2e-6 of the largest; these sums are added in float64."""


def mean_over(values: Any, feature: int) -> Any:
    """The mean over all axes but the first and the feature axis, which is the second or the last: (batch, neurons).

    As near to a mean in double precision as float32 allows, however large the maps are, in less time than TensorFlow's
    own mean in single precision.

    Args:
        values: float32 or float64 (batch, …).

    Returns:
        float32 for either.
    """
    sizes = values.shape[1:]
    positions = prod(size for axis, size in enumerate(sizes, 1) if axis != feature) if None not in sizes else None
    batch, neurons = tf.shape(values)[0], values.shape[feature]
    along = 2 if feature == 1 else 1
    rows = tf.reshape(values, (batch, neurons, -1) if along == 2 else (batch, -1, neurons))
    count = tf.shape(rows)[along]
    whole = count - count % GROUP
    parts = []
    if positions is None or positions >= GROUP:
        head = rows if positions and positions % GROUP == 0 else _part(rows, along, 0, whole)
        shape = (batch, neurons, -1, GROUP) if along == 2 else (batch, -1, GROUP, neurons)
        groups = tf.reduce_sum(tf.reshape(head, shape), axis=along + 1)
        parts.append(tf.reduce_sum(tf.cast(groups, tf.float64), axis=along))
    if positions is None or positions % GROUP:
        rest = _part(rows, along, whole, count)
        parts.append(tf.reduce_sum(tf.cast(rest, tf.float64), axis=along))
    return tf.cast(tf.add_n(parts) / tf.cast(count, tf.float64), tf.float32)


def _part(rows: Any, along: int, start: Any, stop: Any) -> Any:
    return rows[:, start:stop] if along == 1 else rows[:, :, start:stop]
