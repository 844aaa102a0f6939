"""Layers of Keras 3 that compute as Keras 2 did, under the names that the translated settings give."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, reduce
from typing import Any

import keras
from keras import ops

from ...models.keras2.settings import KERAS_2, MASKLESS, MERGING, RECURRENT
from ..keras_internals import keras_mask_of
from .operations import SlicingOpLambda, TFOpLambda


@cache
def register_layers() -> None:
    """Make the classes known to Keras, under the names in the settings."""
    kinds = [_merging(getattr(keras.layers, name)) for name in sorted(MERGING)]
    kinds += [_recurrent(getattr(keras.layers, name)) for name in sorted(RECURRENT)]
    kinds += [_maskless(getattr(keras.layers, name)) for name in sorted(MASKLESS)]
    for kind in (*kinds, Discretization, RandomCrop, TFOpLambda, SlicingOpLambda):
        keras.saving.register_keras_serializable(KERAS_2, kind.__name__)(kind)


class Discretization(keras.layers.Discretization):  # type: ignore[misc]
    """Sorts decimal numbers into intervals; in a traced function Keras 3 makes them whole numbers before."""

    def __init__(self, *args: Any, dtype: str, **settings: Any) -> None:
        super().__init__(*args, dtype="float32", **settings)
        self._given = dtype

    def call(self, inputs: Any) -> Any:
        return ops.cast(super().call(inputs), self._given)


class RandomCrop(keras.layers.RandomCrop):  # type: ignore[misc]
    """Gives the middle of a picture in inference, as large as it fits; Keras 3 says so, but gives the whole picture."""

    def call(self, inputs: Any, training: bool = False) -> Any:  # noqa: ARG002  Keras looks for it.
        return keras.preprocessing.image.smart_resize(inputs, (self.height, self.width))


def _recurrent(kind: type[Any]) -> type[Any]:
    """A recurrent layer that obeys its sequence's mask also when it is given states; Keras 3 then forgets the mask."""

    def call(layer: Any, sequence: Any, initial_state: Any = None, mask: Any = None, **choices: Any) -> Any:
        if mask is None and initial_state is not None:
            mask = keras_mask_of(sequence)
        return kind.__call__(layer, sequence, initial_state=initial_state, mask=mask, **choices)

    return type(kind.__name__, (kind,), {"__call__": call})


def _maskless(kind: type[Any]) -> type[Any]:
    """A layer behind which no time step is masked; in Keras 3 these layers hand on the mask of what they read."""

    def call(layer: Any, inputs: Any) -> Any:
        # What a layer gives as it was read would carry its mask.
        return keras.tree.map_structure(ops.copy, kind.call(layer, inputs))

    def compute_mask(_layer: Any, _inputs: Any, _previous_mask: Any) -> None:
        return None

    return type(kind.__name__, (kind,), {"call": call, "compute_mask": compute_mask})


def _merging(kind: type[Any]) -> type[Any]:
    """A merging layer with the masks of Keras 2: a time step stays where all masks that there are keep it.

    Keras 3 keeps it where any mask does, gives no mask where one input has none, and leaves masked places out of
    products, maxima and minima.
    """
    members: dict[str, Any] = {"compute_mask": _mask_of_all}
    if kind is keras.layers.Concatenate:
        members["compute_mask"] = _mask_of_parts
    for name, operation in (("Multiply", ops.multiply), ("Maximum", ops.maximum), ("Minimum", ops.minimum)):
        if kind.__name__ == name:
            members["_merge_function"] = _folded(operation)
    return type(kind.__name__, (kind,), members)


def _mask_of_all(_layer: Any, _inputs: Sequence[Any], mask: Sequence[Any] | None = None) -> Any:
    masks = [part for part in mask or () if part is not None]
    return reduce(ops.logical_and, masks) if masks else None


def _mask_of_parts(layer: Any, inputs: Sequence[Any], mask: Sequence[Any] | None = None) -> Any:
    if mask is None or all(part is None for part in mask):
        return None
    parts = []
    for values, part in zip(inputs, mask, strict=True):
        everywhere = ops.ones_like(values, dtype="bool")
        if part is None:
            parts.append(everywhere)
        else:
            fitting = ops.expand_dims(part, -1) if len(part.shape) < len(values.shape) else part
            parts.append(ops.logical_and(fitting, everywhere))
    return ops.all(ops.concatenate(parts, axis=layer.axis), axis=-1)


def _folded(operation: Callable[[Any, Any], Any]) -> Callable[[Any, Sequence[Any]], Any]:
    return lambda _layer, inputs: reduce(operation, inputs)
