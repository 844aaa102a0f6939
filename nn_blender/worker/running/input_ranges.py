"""Finds what range of values each input of a network expects, by what its operations do before the first learned layer.

Plain grey levels are sent through these operations as Keras runs them for inference, whatever they are: rescaling,
arithmetic, random layers, which do nothing then, resizing, code of the user's own. All layers with weights are learned
but `Normalization`, which is only fitted to the data. What comes out is judged by `core.inputs.range_evidence`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np

from ...core.inputs.range_evidence import LEVELS, Reading, is_folded, judge
from ...core.inputs.ranges import NOTHING_KNOWN, InputRange
from ...core.network import TensorSpec
from ..models.call_graph import INPUT, Slot, Step
from .keras_internals import call
from .loading import LoadedModel
from .reasons import KERAS_ERRORS

_USUAL = ((0, 1), (0, 255), (-1, 1))
"""Ranges that a layer's settings can state; others are none of a picture."""
_OPEN_SIZE = 64
"""For sizes that the network leaves open."""
_MOST_NUMBERS, _SMALLER_SIZE = 1 << 22, 256
"""Numbers in a plain picture at most, and what the sides of larger ones are cut to."""
_COLOURS = np.array([0.0, 127.5, 255.0], np.float32)
"""Of a last plain picture, in which red and blue differ."""
_BYTES = slice(LEVELS.index(0.0), LEVELS.index(255.0) + 1)
"""Levels at which every operation gives numbers that takes pictures of any usual range."""
_MOST_ROWS = 64
"""Numbers that stand for a tensor in which they are of many kinds, such as one per pixel."""
_ELEMENTS = 1 << 14
"""Numbers of a tensor that are looked at."""


def find_input_ranges(model: LoadedModel) -> tuple[InputRange, ...]:
    """What every input of a network expects; only of inputs of two or three axes, which may be pictures."""
    return tuple(_find(model, number, spec) for number, spec in enumerate(model.stated or model.network.inputs))


def _find(model: LoadedModel, number: int, spec: TensorSpec) -> InputRange:
    if len(spec.shape) not in (2, 3) or not spec.dtype.startswith(("float", "bfloat")):
        return NOTHING_KNOWN
    readings = _Walk(model, number).readings
    return judge(readings) if readings else InputRange(reason="the network evens out plain pictures by itself")


@dataclass(frozen=True)
class _Traced:
    """A tensor that depends on the input, as `Reading` describes it."""

    operations: tuple[str, ...]
    rows: np.ndarray
    stated: tuple[tuple[str, tuple[float, float]], ...] = ()
    swaps_colours: bool = False


@dataclass
class _Walk:
    """The way of one input to the first learned layers.

    Attributes:
        number: of the input; all others are 0.
        readings: what these layers read.
    """

    model: LoadedModel
    number: int
    readings: list[Reading] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._tensors: dict[Slot, Any] = {}
        self._traced: dict[Slot, _Traced] = {}
        for k, spec in enumerate(self.model.stated or self.model.network.inputs):
            if spec.dtype != "string":
                self._add_input(k, spec)
        self._traced_values = self._values_of_traced()
        for number, step in enumerate(self.model.flat.steps):
            self._take(number, step)

    def _add_input(self, number: int, spec: TensorSpec) -> None:
        import keras

        sizes = _sizes(spec)
        values = np.zeros((len(LEVELS) + 1, *sizes), np.float32)
        slot = Slot(INPUT, number)
        if number == self.number:
            values[:-1] = np.reshape(LEVELS, (-1, *[1] * len(sizes)))
            values[-1] = _colours(sizes)
            self._traced[slot] = _Traced((), np.array([LEVELS]))
        self._tensors[slot] = keras.ops.convert_to_tensor(values, dtype=spec.dtype)

    def _take(self, number: int, step: Step) -> None:
        traced = [source for source in step.sources if source in self._traced]
        is_known = all(source in self._tensors for source in step.sources)
        is_learned = _is_learned(step.payload.operation)
        if not traced and not is_known:
            return
        outputs = self._run(number, step) if is_known and not is_learned else None
        rows = [_rows(values) for _, values in outputs or ()]
        if outputs is None or (traced and any(map(len, rows)) and is_folded(np.concatenate(rows)).all()):
            self.readings += [self._reading(number, step, source, is_learned) for source in traced]
            return
        for k, (tensor, values) in enumerate(outputs):
            self._tensors[Slot(number, k)] = tensor
            if traced and len(rows[k]):
                self._traced[Slot(number, k)] = self._trace(number, [self._traced[s] for s in traced], rows[k], values)

    def _values_of_traced(self) -> dict[int, list[Any]]:
        """What all steps before the first learned layers give, of a model whose steps cannot be run one by one."""
        import tensorflow as tf

        known, numbers = set(self._tensors), []
        for number, step in enumerate(self.model.flat.steps if self.model.traced else ()):
            if known.issuperset(step.sources) and not _is_learned(step.payload.operation):
                known |= {Slot(number, k) for k in range(len(step.payload.outputs))}
                numbers.append(number)
        if self.model.traced is None or not numbers:
            return {}
        try:
            return self.model.traced.values([self._tensors[Slot(INPUT, k)] for k in range(len(self._tensors))], numbers)
        except (*KERAS_ERRORS, MemoryError, tf.errors.OpError):
            return {}

    def _outputs(self, number: int, step: Step) -> Any:
        if self.model.traced is None:
            return call(step.payload, [self._tensors[source] for source in step.sources])
        return self._traced_values[number]

    def _run(self, number: int, step: Step) -> list[tuple[Any, np.ndarray]] | None:
        """What an operation gives, each tensor as float32 too; None where it cannot be run on plain pictures."""
        import tensorflow as tf
        from keras import ops, tree

        try:
            tensors = tree.flatten(self._outputs(number, step))
            arrays = [np.asarray(ops.convert_to_numpy(ops.cast(tensor, "float32"))) for tensor in tensors]
        except (*KERAS_ERRORS, MemoryError, tf.errors.OpError):
            return None
        is_whole = all(array.shape[:1] == (len(LEVELS) + 1,) and array.size for array in arrays)
        return list(zip(tensors, arrays, strict=True)) if is_whole else None

    def _trace(self, number: int, sources: Sequence[_Traced], rows: np.ndarray, values: np.ndarray) -> _Traced:
        before = np.concatenate([source.rows for source in sources])
        close = np.isclose(rows[:, None], before[None], rtol=1e-3, atol=1e-4, equal_nan=True).all(axis=2).any(axis=1)
        named = [name for source in sources for name in source.operations]
        if not close.all():
            named.append(self._label(number))
        stated = [one for source in sources for one in source.stated]
        settings = getattr(self.model.flat.steps[number].payload.operation, "value_range", None)
        if not named and settings is not None and tuple(settings) in _USUAL:
            stated.append((self._label(number), tuple(settings)))
        return _Traced(tuple(dict.fromkeys(named)), rows, tuple(dict.fromkeys(stated)), _swaps_colours(values))

    def _reading(self, number: int, step: Step, source: Slot, is_learned: bool) -> Reading:
        traced = self._traced[source]
        return Reading(
            self._label(number),
            traced.operations,
            traced.rows,
            _normalised(step.payload.operation, self._tensors[source]),
            traced.stated,
            traced.swaps_colours,
            is_learned,
        )

    def _label(self, number: int) -> str:
        layer = self.model.network.layers[number]
        return f"“{layer.path}” ({layer.class_name})"


def _sizes(spec: TensorSpec) -> tuple[int, ...]:
    """Of the plain pictures: those that the network states, unless pictures of these would take too much memory."""
    sizes = tuple(_OPEN_SIZE if size < 0 else size for size in spec.shape)
    return sizes if prod(sizes) <= _MOST_NUMBERS else tuple(min(size, _SMALLER_SIZE) for size in sizes)


def _is_learned(operation: Any) -> bool:
    import keras

    return bool(getattr(operation, "weights", ())) and not isinstance(operation, keras.layers.Normalization)


def _colours(sizes: tuple[int, ...]) -> np.ndarray:
    """A plain picture whose three colours differ, to be spread over the input's shape."""
    if len(sizes) == 3 and sizes[-1] == 3:
        return _COLOURS
    return _COLOURS.reshape(3, 1, 1) if len(sizes) == 3 and sizes[0] == 3 else np.zeros(1, np.float32)


def _swaps_colours(values: np.ndarray) -> bool:
    """Whether the last plain picture has its colours in the other order."""
    sizes = values.shape[1:]
    if len(sizes) != 3 or 3 not in (sizes[0], sizes[-1]):
        return False
    return bool(np.allclose(values[-1], _colours(sizes)[::-1], rtol=0.01, atol=0.01))


def _rows(values: np.ndarray) -> np.ndarray:
    """What the numbers of a tensor are at each level, without repetition; float (rows, levels), NaN and infinity stay.

    Those that do not depend on the level, such as a padding, and rare ones, such as those beside it, are left out.
    """
    numbers = values[: len(LEVELS)].reshape(len(LEVELS), -1)
    if numbers.shape[1] > _ELEMENTS:
        numbers = numbers[:, np.random.default_rng(0).integers(0, numbers.shape[1], _ELEMENTS)]
    flat = numbers.T.astype(np.float64)
    inside = flat[:, _BYTES]
    with np.errstate(invalid="ignore"):
        depends = np.isfinite(inside).all(axis=1) & (np.ptp(inside, axis=1) > 1e-6)
    kept, inside = flat[depends], inside[depends]
    if not len(kept):
        return kept
    mantissas, exponents = np.frexp(np.where(np.abs(kept) < 1e-5 * np.abs(inside).max(axis=1, keepdims=True), 0, kept))
    rounded = np.nan_to_num(np.ldexp(np.round(mantissas, 4), exponents))
    _, first, counts = np.unique(rounded, axis=0, return_index=True, return_counts=True)
    is_frequent = counts >= 0.05 * len(kept)
    if counts[is_frequent].sum() >= 0.75 * len(kept):
        return kept[first[is_frequent]]
    return kept[:: -(-len(kept) // _MOST_ROWS)]


def _normalised(operation: Any, tensor: Any) -> np.ndarray | None:
    """What a trained batch normalisation makes of a tensor before its own scale and offset; None for other layers."""
    import keras

    if not isinstance(operation, keras.layers.BatchNormalization):
        return None
    mean, variance = (
        np.asarray(keras.ops.convert_to_numpy(keras.ops.cast(weight, "float32")))
        for weight in (operation.moving_mean, operation.moving_variance)
    )
    if np.allclose(mean, 0, atol=1e-3) and np.allclose(variance, 1, atol=1e-3):
        return None
    values = np.asarray(keras.ops.convert_to_numpy(keras.ops.cast(tensor, "float32")))
    axis = operation.axis % values.ndim
    shape = [-1 if k == axis else 1 for k in range(values.ndim)]
    return _rows((values - mean.reshape(shape)) / np.sqrt(variance.reshape(shape) + operation.epsilon))
