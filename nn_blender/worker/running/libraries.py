"""The two Kerases that can run a network: Keras 3, and Keras 2 for files that only that one gives their numbers."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any

from ...core.network import UNKNOWN, TensorSpec
from .keras_internals import operation_class, takes_training

KERAS_2 = "tf_keras"
"""The package that Keras 2 is today; an optional one of the worker's."""


@dataclass(frozen=True)
class Library:
    """One Keras.

    Attributes:
        name: of its package.
        layer, model: its classes.
        called: classes whose calls are what a model does.
        functions: the module of its functions that stand between layers; None where there is none.
    """

    name: str
    layer: type
    model: type
    called: tuple[type, ...]
    functions: Any = None


def is_of_keras_2(thing: Any) -> bool:
    """Whether a layer or model is one of Keras 2, or of a class of somebody's own that derives from one."""
    return any(cls.__module__.split(".")[0] == KERAS_2 for cls in type(thing).__mro__)


def library_of(model: Any) -> Library:
    """The Keras that a model is of."""
    if is_of_keras_2(model):
        import tf_keras

        return Library(KERAS_2, tf_keras.layers.Layer, tf_keras.Model, (tf_keras.layers.Layer,))
    import keras

    return Library("keras", keras.Layer, keras.Model, (keras.Layer, operation_class()), keras.ops)


def inputs_of(model: Any) -> tuple[TensorSpec, ...]:
    """The inputs of a Functional or Sequential model of Keras 2 that was built; empty for any other."""
    names, tensors = getattr(model, "input_names", None) or (), getattr(model, "inputs", None) or ()
    return tuple(
        TensorSpec(name, tuple(UNKNOWN if size is None else int(size) for size in tensor.shape[1:]), tensor.dtype.name)
        for name, tensor in zip(names, tensors, strict=False)
    )


def joins_samples_in_keras_2(model: Any) -> bool:
    """Whether a layer of a Functional or Sequential model of Keras 2 gives something else than a part per sample."""
    from keras import tree

    sizes = {tensor.shape[0] for tensor in getattr(model, "inputs", None) or ()}
    given = [
        tensor
        for layer in (model.layers if sizes else ())
        for node in layer.inbound_nodes
        for tensor in tree.flatten(node.outputs)
    ]
    return any(len(tensor.shape) == 0 or tensor.shape[0] not in sizes for tensor in given)


def asks_for_training(model: Any) -> bool:
    """Whether a model can be told that it is in inference."""
    if is_of_keras_2(model):
        return "training" in inspect.signature(model.call).parameters
    return takes_training(model)
