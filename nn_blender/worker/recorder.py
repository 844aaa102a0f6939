"""Runs a loaded model so that every layer's output comes out, in one traced function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from keras import tree

from ..core.errors import UserError
from ..core.network import FEATURE_AXES, Layer
from .graph import INPUT, Slot
from .keras_internals import takes_training
from .loading import LoadedModel

Tensors = dict[Slot, Any]


class Recorder:
    """Every layer's output of a model for a batch of inputs.

    A call is traced once for any batch size; the layers are called as Keras would call them for inference. `_run_steps`
    is the one place where a step's output passes on to the next: interventions belong there, and running a part of
    the steps from cached tensors makes a segment.

    Example:
        ``Recorder(load_model(path)).record(batch)["conv_1"]`` is a tensor (batch, height, width, channel).
    """

    def __init__(self, model: LoadedModel) -> None:
        self._flat = model.flat
        self._layers = model.network.layers
        core_inputs = model.keras_model.inputs
        self._signature = [tf.TensorSpec((None, *tensor.shape[1:]), tensor.dtype) for tensor in core_inputs]
        self._functions: dict[Any, Callable[..., Any]] = {}

    def record(self, *inputs: Any, paths: Sequence[str] | None = None) -> dict[str, Any]:
        """Outputs by layer path; of all layers where no paths are given."""
        wanted = tuple(layer.path for layer in self._layers) if paths is None else tuple(paths)
        function = self._traced(wanted, lambda tensors: self._outputs_of(wanted, tensors))
        return dict(zip(wanted, _run(function, inputs), strict=True))

    def activations(self, *inputs: Any, statistic: str = "mean") -> tuple[np.ndarray, np.ndarray | None]:
        """The activation of every neuron, and the network's first output.

        Args:
            statistic: one of `core.recording.STATISTICS`.

        Returns:
            float32 (batch, neurons of all layers side by side), and float32 (batch, classes) or None where the
            first output is not one number per class.
        """
        function = self._traced(statistic, lambda tensors: self._activations_and_output(tensors, statistic))
        activations, output = _run(function, inputs)
        is_classes = output.shape.rank == 2 and output.dtype != tf.string
        return activations.numpy(), tf.cast(output, tf.float32).numpy() if is_classes else None

    def _traced(self, key: Any, pick: Callable[[Tensors], Any]) -> Callable[..., Any]:
        if key not in self._functions:

            def run(*inputs: Any) -> Any:
                return pick(self._run_steps({Slot(INPUT, k): tensor for k, tensor in enumerate(inputs)}))

            # No jit_compile: XLA makes such graphs several times slower on a CPU.
            self._functions[key] = tf.function(run, input_signature=self._signature)
        return self._functions[key]

    def _run_steps(self, tensors: Tensors) -> Tensors:
        for number, step in enumerate(self._flat.steps):
            node = step.payload
            values = {id(k): tensors[s] for k, s in zip(node.arguments.keras_tensors, step.sources, strict=True)}
            args, kwargs = node.arguments.fill_in(values)
            if takes_training(node.operation):
                kwargs = {**kwargs, "training": False}
            for output, value in enumerate(tree.flatten(node.operation(*args, **kwargs))):
                tensors[Slot(number, output)] = value
        return tensors

    def _outputs_of(self, paths: tuple[str, ...], tensors: Tensors) -> list[Any]:
        numbers = {step.path: number for number, step in enumerate(self._flat.steps)}
        return [tensors[Slot(numbers[path], 0)] for path in paths]

    def _activations_and_output(self, tensors: Tensors, statistic: str) -> tuple[Any, Any]:
        parts = [
            neuron_values(layer, tensors[Slot(number, 0)], statistic)
            for number, layer in enumerate(self._layers)
            if layer.neurons
        ]
        batch = tf.shape(tensors[Slot(INPUT, 0)])[0]
        joined = tf.concat(parts, axis=1) if parts else tf.zeros((batch, 0), tf.float32)
        return joined, tensors[self._flat.outputs[0]]


def _run(function: Callable[..., Any], inputs: tuple[Any, ...]) -> Any:
    try:
        return function(*inputs)
    except tf.errors.ResourceExhaustedError as error:
        raise UserError(
            "worker.out_of_memory",
            "There was not enough memory to run the network.",
            "Show smaller pictures.",
            str(error),
        ) from error
    except tf.errors.OpError as error:
        raise _failed(str(error.message).strip().split("\n")[0], error) from error
    except (TypeError, ValueError) as error:
        # Raised while tracing; where in Keras it happened comes first, the reason last.
        raise _failed(str(error).strip().rsplit("\n", 1)[-1].strip(), error) from error


def _failed(reason: str, error: Exception) -> UserError:
    return UserError(
        "model.failed",
        f"The network could not be run: {reason[:300]}",
        "Check that the test images are what it expects, or import it without them to see its structure.",
        str(error),
    )


def neuron_values(layer: Layer, output: Any, statistic: str) -> Any:
    """A neuron's value, or a statistic of it over all positions: float32 (batch, neurons). NaN and infinity stay."""
    if output.dtype == tf.string:
        return tf.fill((tf.shape(output)[0], layer.neurons), np.float32("nan"))
    values = tf.cast(output, tf.float32)
    positions = [axis + 1 for axis, name in enumerate(layer.axes) if name not in FEATURE_AXES]
    if not positions:
        return values
    if statistic == "max":
        # TensorFlow's own maximum may lose NaN.
        has_nan = tf.reduce_any(tf.math.is_nan(values), axis=positions)
        return tf.where(has_nan, np.float32("nan"), tf.reduce_max(values, axis=positions))
    if statistic == "positive":
        values = tf.where(values < 0, 0.0, values)  # Unlike a comparison with what is above 0, this keeps NaN.
    return tf.reduce_mean(values, axis=positions)
