"""Puts right what shape a layer says that it gives, where that is not the shape that it really gives.

Keras takes a layer's word for its shape when it builds a model. ``RandomCrop`` says the size that it crops to in
training, but passes pictures on as they are in inference; attention does not count its keys for the shape of its
scores; layers of Python code may say anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..models.call_graph import INPUT, Flat, Slot
from ..models.keras_names import MULTI_HEADED
from .keras_internals import layers_inside, set_shape, traced_specs
from .reasons import KERAS_ERRORS

_IMPRECISE = ("RandomCrop", "Lambda")


def correct_shapes(flat: Flat, inputs: Sequence[Any]) -> None:
    """Give the symbolic tensors of a model the shapes that its layers really give in inference.

    Only layers that may be wrong, and those that read what was wrong, are asked by tracing them. From a layer on that
    cannot take what it is really given, shapes stay as they are said; running it will say why.

    Args:
        inputs: Keras's symbolic tensors of the network's inputs.
    """
    import tensorflow as tf

    tensors = {Slot(INPUT, k): tensor for k, tensor in enumerate(inputs)}
    corrected: set[Slot] = set()
    for number, step in enumerate(flat.steps):
        node = step.payload
        slots = [Slot(number, k) for k in range(len(node.outputs))]
        tensors |= dict(zip(slots, node.outputs, strict=True))
        if corrected.isdisjoint(step.sources) and not may_be_wrong(node):
            continue
        try:
            found = traced_specs(node, [tensors[source] for source in step.sources])
        except (*KERAS_ERRORS, tf.errors.OpError):
            return
        for slot, tensor, true in zip(slots, node.outputs, found, strict=True):
            if tuple(true.shape) != tuple(tensor.shape):
                set_shape(tensor, tuple(true.shape))
                corrected.add(slot)


def may_be_wrong(node: Any) -> bool:
    """Whether a layer may give another shape in inference than it says."""
    if type(node.operation).__name__ in MULTI_HEADED:
        return len(node.outputs) > 1
    return any(
        type(layer).__name__ in _IMPRECISE or not type(layer).__module__.startswith("keras.")
        for layer in layers_inside(node.operation)
    )


def joining_layer(flat: Flat, inputs: Sequence[Any]) -> str:
    """The path of a layer whose output is not one part per sample, as a mean over a batch; empty where there is none.

    Args:
        inputs: as in `correct_shapes`.
    """
    sizes = {tensor.shape[0] for tensor in inputs}
    for step in flat.steps:
        for tensor in step.payload.outputs:
            if len(tensor.shape) == 0 or tensor.shape[0] not in sizes:
                return step.path
    return ""
