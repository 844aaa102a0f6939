"""Whether a network leaves out what is added to sequences that are shorter than others."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

from ..models.call_graph import INPUT, Flat, Slot
from .further_outputs import of_layer
from .keras_internals import functional_graph_of, input_structure
from .loading import LoadedModel
from .reasons import KERAS_ERRORS
from .trials import differ

_MIXING = frozenset(["Dot", "GroupNormalization", "Lambda"])
"""Layers that hand a mask on although steps meet in them, or may."""
_NORMALISING = frozenset(["LayerNormalization", "UnitNormalization"])
"""Layers in which steps meet where they work over another axis than the last."""


_TRIED = (6, 10)
"""Steps of a sample that is tried, without and with what is added to it; also of all other open sizes."""


def padding_of(flat: Flat, number: int) -> float | None:
    """The number by which a network knows steps of an input that it leaves out; None where it has no mask for them."""
    for step in flat.steps:
        if Slot(INPUT, number) in step.sources and (padding := _masked_number(step.payload.operation)) is not None:
            return padding
    return None


def ignores_padding(loaded: LoadedModel, number: int) -> bool:
    """Whether a network that leaves the steps of an input open leaves out those that are added to a sample."""
    return _keeps_mask(loaded.flat, number) and _gives_the_same(loaded, number)


def _keeps_mask(flat: Flat, number: int) -> bool:
    """Whether all that reads an input knows its added steps by a mask, which is not lost before there are no steps."""
    masked: set[int] = set()
    is_masked = False
    for place, step in enumerate(flat.steps):
        if step.payload.outputs[0].dtype == "bool":
            continue  # The mask itself, which Functional models compute by operations of their own.
        if Slot(INPUT, number) in step.sources:
            if _masked_number(step.payload.operation) is None:
                return False
            is_masked = True
        elif masked.isdisjoint(source.step for source in step.sources):
            continue
        elif not _heeds_masks(step.payload):
            return False
        if _has_steps(step.payload):
            masked.add(place)
    return is_masked


def _masked_number(operation: Any) -> float | None:
    if type(operation).__name__ == "Masking":
        return float(operation.mask_value)
    return 0.0 if getattr(operation, "mask_zero", False) else None


def _heeds_masks(payload: Any) -> bool:
    """Whether a layer leaves out the steps that a mask leaves out, or gives each step its own and hands the mask on."""
    layer = of_layer(payload.operation)
    name = type(layer).__name__
    if name in _MIXING:
        return False
    if name in _NORMALISING:
        axes = layer.axis if isinstance(layer.axis, (list, tuple)) else [layer.axis]
        return all(axis in (-1, len(payload.outputs[0].shape) - 1) for axis in axes)
    if getattr(layer, "supports_masking", False):
        return True
    # Such a layer may take a mask, but hands none on.
    takes_mask = hasattr(layer, "call") and "mask" in inspect.signature(layer.call).parameters
    return takes_mask and not _has_steps(payload)


def _has_steps(payload: Any) -> bool:
    return None in payload.outputs[0].shape[1:]


def _gives_the_same(loaded: LoadedModel, number: int) -> bool:
    """Whether a network gives the same for a sample with and without added steps, where that can be tried."""
    import tensorflow as tf
    from keras import tree

    try:
        short, long = (tree.flatten(_outputs(loaded, number, steps)) for steps in _TRIED)
    except (*KERAS_ERRORS, tf.errors.OpError):
        return True  # It may need more steps, or as many of another input.
    for one, other in zip(short, long, strict=True):
        has_steps = len(one.shape) > 1 and one.shape[1:2] != other.shape[1:2]
        if differ(one.numpy(), (other[:, : one.shape[1]] if has_steps else other).numpy()):
            return False
    return True


def _outputs(loaded: LoadedModel, number: int, steps: int) -> Any:
    """What a network gives for a sample of the first of `_TRIED` steps, filled up to some."""
    import tensorflow as tf

    from .tracing.arguments import Arguments, sizes_of

    specs, traced = loaded.stated or loaded.network.inputs, loaded.traced
    core = functional_graph_of(loaded.keras_model)
    arguments = traced.arguments if traced else Arguments(specs, input_structure(core))
    padding = padding_of(loaded.flat, number)
    given = []
    for place, spec in enumerate(specs):
        shape = (max(loaded.copies, traced.copies if traced else 1), *sizes_of(spec, _TRIED[0]))
        # Ones are in any table; a number that is masked is not among them.
        values = np.ones(shape) if padding == 0 else np.random.default_rng(0).normal(size=shape)
        if place == number:
            added = [(0, steps - _TRIED[0] if axis == 1 else 0) for axis in range(len(shape))]
            values = np.pad(values, added, constant_values=padding or 0.0)
        given.append(tf.fill(shape, "") if spec.dtype == "string" else tf.cast(values, spec.dtype))
    if traced:
        traced.begin()
    return arguments.call(loaded.keras_model, given)
