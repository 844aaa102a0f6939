"""Lets operations that draw other random numbers at every run draw the same ones each time."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from itertools import count
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.python.ops import gen_random_ops
from tensorflow.python.ops.control_flow_v2_func_graphs import WhileBodyFuncGraph

_SEED = 1234


def _normal(seed: Any, shape: Any, dtype: Any, **_more: Any) -> Any:
    return tf.random.stateless_normal(shape, seed, dtype=dtype)


def _truncated_normal(seed: Any, shape: Any, dtype: Any, **_more: Any) -> Any:
    return tf.random.stateless_truncated_normal(shape, seed, dtype=dtype)


def _uniform(seed: Any, shape: Any, dtype: Any, **_more: Any) -> Any:
    return tf.random.stateless_uniform(shape, seed, dtype=dtype)


def _whole(seed: Any, shape: Any, minval: Any, maxval: Any, **_more: Any) -> Any:
    low = tf.convert_to_tensor(minval)
    return tf.random.stateless_uniform(shape, seed, low, maxval, low.dtype)


def _gamma(seed: Any, shape: Any, alpha: Any, **_more: Any) -> Any:
    alpha = tf.convert_to_tensor(alpha)
    return tf.random.stateless_gamma(_with_each(shape, alpha), seed, alpha, dtype=alpha.dtype)


def _poisson(seed: Any, shape: Any, rate: Any, dtype: Any = tf.int64, **_more: Any) -> Any:
    return tf.random.stateless_poisson(_with_each(shape, rate), seed, rate, dtype)


def _with_each(shape: Any, parameter: Any) -> Any:
    """The shape of as many numbers for each value of a parameter of their distribution."""
    return tf.concat([tf.cast(shape, tf.int32), tf.shape(parameter)], 0)


def _category(seed: Any, logits: Any, num_samples: Any, output_dtype: Any = tf.int64, **_more: Any) -> Any:
    return tf.random.stateless_categorical(logits, num_samples, seed, output_dtype)


def _order(seed: Any, value: Any, **_more: Any) -> Any:
    return tf.random.experimental.stateless_shuffle(value, seed)


_SETTLED: dict[str, Callable[..., Any]] = {
    "random_standard_normal": _normal,
    "truncated_normal": _truncated_normal,
    "random_uniform": _uniform,
    "random_uniform_int": _whole,
    "random_gamma": _gamma,
    "random_poisson_v2": _poisson,
    "multinomial": _category,
    "random_shuffle": _order,
}
"""What draws from the same distribution, by TensorFlow's name of the operation."""


@contextmanager
def settled_random_numbers(graph: Any) -> Iterator[Callable[[], bool]]:
    """What a model draws while it is traced is drawn by generators with fixed seeds.

    Generators of Keras keep what they need in variables, which are set back before every run; so is the number of draws
    inside loops, where every round draws others. What Python and NumPy draw becomes a part of the traced function.

    Args:
        graph: in which the model is traced.

    Yields:
        A function that says whether Python or NumPy have drawn.
    """
    numbers = count()
    before = random.getstate(), np.random.get_state()  # noqa: NPY002
    kept = {name: getattr(gen_random_ops, name) for name in _SETTLED}

    def draw(name: str, /, *args: Any, seed: int = 0, seed2: int = 0, **more: Any) -> Any:
        graphs = _graphs_inside(graph)
        if not graphs:
            return kept[name](*args, seed=seed, seed2=seed2, **more)
        number = next(numbers)
        if not any(isinstance(one, WhileBodyFuncGraph) for one in graphs):
            return _SETTLED[name]([_SEED, number], *args, **more)
        return _SETTLED[name](tf.stack([number, _draws_in_loops().assign_add(1).read_value()]), *args, **more)

    try:
        for name in _SETTLED:
            setattr(gen_random_ops, name, partial(draw, name))
        random.seed(_SEED)
        np.random.seed(_SEED)  # noqa: NPY002  The generator that code without one of its own draws from.
        begun = python_states()
        yield lambda: python_states() != begun
    finally:
        random.setstate(before[0])
        np.random.set_state(before[1])  # noqa: NPY002
        for name, given in kept.items():
            setattr(gen_random_ops, name, given)


def python_states() -> tuple[Any, ...]:
    """Where the generators of Python and NumPy are that need not be made; others are behind where they have drawn."""
    kind, numbers, *place = np.random.get_state()  # noqa: NPY002
    return random.getstate(), kind, np.asarray(numbers).tobytes(), *place


def _graphs_inside(graph: Any) -> list[Any]:
    """The graph in which a draw is traced and those around it, up to that of the model; empty outside of it."""
    found = [tf.compat.v1.get_default_graph()]
    while found[-1] is not graph:
        around = getattr(found[-1], "outer_graph", None)
        if around is None:
            return []
        found.append(around)
    return found


def forget_draws() -> None:
    """Let the next run draw what the first one does."""
    _draws_in_loops().assign(0)


@cache
def _draws_in_loops() -> Any:
    """How often a loop has drawn since the beginning of the run."""
    with tf.init_scope():
        return tf.Variable(0, trainable=False, dtype=tf.int32, name="draws_in_loops")
