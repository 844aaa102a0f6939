"""Tries the steps of a model with a graph that may do more than their shapes say.

A layer of Python code may draw random numbers or change a variable, so that it gives something else in every run; and
samples of a batch may meet inside it although it gives one part per sample.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..models.call_graph import Flat
from .keras_internals import call, layer_scope, layers_inside
from .reasons import KERAS_ERRORS
from .tracing.random_numbers import python_states

_PURE = frozenset(
    """
    Abs Add Cast Clip Divide Elu Exp ExpandDims Gelu HardSigmoid HardSilu LeakyRelu Log Maximum Minimum Multiply
    Negative Power Relu Relu6 Rsqrt Selu Sigmoid Silu Softplus Sqrt Square Squeeze Subtract Tanh TrueDivide
    """.split()  # noqa: SIM905  A list of strings would take more lines.
)
"""Operations between layers that give every sample its own and are too many to try."""
_SAMPLES = 4
_OPEN_SIZE = 32
_MOST_NUMBERS = 2**24
"""In all samples of a trial together: what is larger could take all memory, and is not tried."""
_MOST_COMPUTED = 2**26
"""In any tensor that is computed of them, likewise: 256 MB."""
_CLOSE = {"float16": 1e-2, "bfloat16": 3e-2}
_CLOSE_ENOUGH = 1e-4
"""Of the largest number: further apart are no results of the same computation."""


@dataclass(frozen=True)
class Trial:
    """What was found.

    Attributes:
        repeats: whether equal samples give the same in every run.
        joining: the path of a step in which samples of a batch meet; empty where there is none.
    """

    repeats: bool
    joining: str


def try_steps(flat: Flat, batch: int | None, joining: str = "") -> Trial:
    """Try all steps that are not known to be harmless.

    Args:
        batch: how many samples the model takes at once; None for any number.
        joining: a step that is known to join samples already.
    """
    import tensorflow as tf

    for step in flat.steps:
        node = step.payload
        is_code = _is_code(node.operation)
        if not is_code and not _may_join(node):
            continue
        try:
            before = python_states()
            function = _traced(node, batch)
            if is_code and (_has_effects(function.graph) or python_states() != before):
                return Trial(False, "")
            if batch is not None or joining or is_large(function.graph, batch, _SAMPLES):
                continue
            if samples_meet(function, _inputs(node)):
                joining = step.path
        except (*KERAS_ERRORS, tf.errors.OpError):
            continue  # Running it will say why.
    return Trial(True, joining)


def is_large(graph: Any, batch: int | None, samples: int) -> bool:
    """Whether a traced function computes too much to be run for a trial.

    Args:
        batch: how many samples it takes; None for any number.
        samples: how many it would be given.
    """
    shapes = (output.shape for operation in graph.get_operations() for output in operation.outputs)
    return any(
        samples * math.prod(_OPEN_SIZE if size is None else size for size in shape[1:]) > _MOST_COMPUTED
        for shape in shapes
        if shape.rank and shape[0] in (None, batch)
    )


def samples_meet(function: Any, inputs: Sequence[tuple[Sequence[int | None], str]]) -> bool:
    """Whether a function gives a sample something else when others are beside it, as far as it can be tried.

    Args:
        inputs: shape without the batch axis and dtype of all that it reads.
    """
    import tensorflow as tf

    if sum(math.prod(_sizes(shape)) for shape, _dtype in inputs) > _MOST_NUMBERS:
        return False
    for is_whole in (False, True):
        try:
            return _meet(function, [_random_values(shape, dtype, is_whole) for shape, dtype in inputs])
        except tf.errors.OpError:
            continue
    return False


def _meet(function: Any, samples: Sequence[Any]) -> bool:
    """For the first or the last of some samples."""
    from keras import tree

    together = tree.flatten(function(*samples))
    for part in (slice(0, 1), slice(_SAMPLES - 1, _SAMPLES)):
        alone = tree.flatten(function(*(values[part] for values in samples)))
        if any(differ(both[part].numpy(), one.numpy()) for both, one in zip(together, alone, strict=True)):
            return True
    return False


def differ(left: Any, right: Any) -> bool:
    """Whether two arrays are no results of the same computation."""
    if left.shape != right.shape or left.dtype.kind in "OSUb":
        return not np.array_equal(left, right)
    close = _CLOSE.get(left.dtype.name, _CLOSE_ENOUGH)
    left, right = left.astype(np.float64), right.astype(np.float64)
    size = np.abs(right[np.isfinite(right)]).max(initial=0)
    return not np.allclose(left, right, rtol=0, atol=close * size, equal_nan=True)


def _traced(node: Any, batch: int | None) -> Any:
    import tensorflow as tf

    def run(*tensors: Any) -> Any:
        with layer_scope("tried"):
            return call(node, tensors)

    specs = [tf.TensorSpec(_with_batch(tensor.shape, batch), tensor.dtype) for tensor in node.arguments.keras_tensors]
    return tf.function(run, input_signature=specs, autograph=False).get_concrete_function()


def _inputs(node: Any) -> list[tuple[Sequence[int | None], str]]:
    return [(tensor.shape[1:], tensor.dtype) for tensor in node.arguments.keras_tensors]


def _with_batch(shape: Sequence[int | None], batch: int | None) -> Sequence[int | None]:
    return (batch, *shape[1:]) if shape and shape[0] is None else shape


def _has_effects(graph: Any) -> bool:
    from .tracing.effects import Effects

    effects = Effects(graph)
    operations = effects.reaching(graph.outputs)
    return effects.draws(operations) or bool(effects.changed(operations))


def _sizes(shape: Sequence[int | None]) -> tuple[int, ...]:
    """Of the samples of a trial, with the batch axis."""
    return (_SAMPLES, *(_OPEN_SIZE if size is None or size < 0 else size for size in shape))


def _random_values(shape: Sequence[int | None], dtype: str, is_whole: bool) -> Any:
    """A few samples that differ, as a tensor; whole numbers are 0 and 1, so that they are in any table."""
    import tensorflow as tf

    sizes = _sizes(shape)
    generator = np.random.default_rng(0)
    if dtype == "string":
        return tf.fill(sizes, "")
    if tf.as_dtype(dtype).is_floating and not is_whole:
        return tf.cast(generator.normal(size=sizes), dtype)
    return tf.cast(generator.integers(0, 2, size=sizes), dtype)


def _is_code(operation: Any) -> bool:
    """Whether some of a layer is not Keras's own."""
    for part in layers_inside(operation):
        if type(part).__name__ == "Lambda" or not _is_kerass(type(part)):
            return True
        functions = (getattr(part, name, None) for name in ("activation", "recurrent_activation"))
        if any(callable(function) and not _is_kerass(function) for function in functions):
            return True
    return False


def _is_kerass(thing: Any) -> bool:
    """Whether a class or function is Keras's own, or stands here for one of Keras's."""
    module = getattr(thing, "__module__", None) or type(thing).__module__
    return str(module).startswith(("keras.", f"{__package__}."))


def _may_join(node: Any) -> bool:
    import keras

    operation = node.operation
    if not isinstance(operation, keras.Layer):
        return type(operation).__name__ not in _PURE
    rank = max((len(tensor.shape) for tensor in node.arguments.keras_tensors), default=0)
    return any(axis in (0, -rank) for part in layers_inside(operation) for axis in _axes(part))


def _axes(layer: Any) -> Iterator[int]:
    """Over which a layer works, as far as it says so."""
    axis = getattr(layer, "axis", None)
    yield from (part for part in (axis if isinstance(axis, (list, tuple)) else [axis]) if isinstance(part, int))
