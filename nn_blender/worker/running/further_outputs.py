"""Outputs of layers besides the first, as calls of operations of their own, so that they have neurons of their own."""

from __future__ import annotations

from typing import Any

import keras

from .keras_internals import keras_mask_of, only_call_of, set_keras_mask


class FurtherOutput(keras.Operation):  # type: ignore[misc]
    """Gives one output of a layer as it is.

    Args:
        of: the layer or operation.
        number: which of its outputs, from 0 on.
    """

    supports_masking = True

    def __init__(self, of: Any, number: int) -> None:
        super().__init__(name=f"{of.name}[{number}]")
        self.of = of

    def call(self, tensor: Any) -> Any:
        return tensor

    def compute_output_spec(self, tensor: Any) -> Any:
        return keras.KerasTensor(tensor.shape, tensor.dtype)


def node_of_output(node: Any, number: int) -> Any:
    """A call, as Keras has it, that reads one output of another call.

    Args:
        node: Keras's own, see `keras_internals.live_graph`.
    """
    operation, tensor = FurtherOutput(node.operation, number), node.outputs[number]
    output = operation(tensor)
    if keras_mask_of(tensor) is not None:
        set_keras_mask(output, keras_mask_of(tensor))
    return only_call_of(operation)


def of_layer(operation: Any) -> Any:
    """The layer that an operation gives a further output of; the operation itself where it is none of these."""
    return operation.of if isinstance(operation, FurtherOutput) else operation
