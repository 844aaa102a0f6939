"""Says how one neuron comes about: its formula, its bias, and its strongest weights from and to other neurons."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import Any

import keras
import numpy as np

from ...core.interventions.intervention import Intervention
from ...core.network import FEATURE_AXES, Layer
from ...core.neurons.formulas import formula_words
from ...core.neurons.weights import Connection, NeuronWeights
from ...core.requests.neurons import NeuronRequest
from ..models.call_graph import INPUT, Flat, Slot
from ..models.layer_descriptions import source_name
from ..running.runs import ReadyModel

KEEPING = frozenset(
    [
        "Activation", "ActivityRegularization", "AlphaDropout", "AveragePooling1D", "AveragePooling2D",
        "AveragePooling3D", "BatchNormalization", "Cropping1D", "Cropping2D", "Cropping3D", "Dropout", "ELU",
        "GaussianDropout", "GaussianNoise", "GlobalAveragePooling1D", "GlobalAveragePooling2D",
        "GlobalAveragePooling3D", "GlobalMaxPooling1D", "GlobalMaxPooling2D", "GlobalMaxPooling3D", "Identity",
        "LeakyReLU", "MaxPooling1D", "MaxPooling2D", "MaxPooling3D", "PReLU", "ReLU", "Rescaling",
        "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "UpSampling1D", "UpSampling2D", "UpSampling3D",
        "ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D",
    ]
)  # fmt: skip
"""Layers whose neuron k depends on neuron k of what they read alone."""


@dataclass(frozen=True)
class Kernel:
    """A layer's weights, float32 (positions, inputs of a group, neurons); one position for a Dense layer."""

    values: np.ndarray
    groups: int = 1

    @property
    def inputs(self) -> int:
        return int(self.values.shape[1] * self.groups)

    def into(self, neuron: int) -> tuple[int, np.ndarray]:
        """The first input that a neuron reads, and its weights (positions, inputs of the group)."""
        group = neuron * self.groups // self.values.shape[2]
        return group * self.values.shape[1], self.values[:, :, neuron]

    def out_of(self, source: int) -> tuple[int, np.ndarray]:
        """The first neuron that reads an input, and the weights (positions, neurons of the group)."""
        group, place = divmod(source, self.values.shape[1])
        size = self.values.shape[2] // self.groups
        return group * size, self.values[:, place, group * size : (group + 1) * size]


def neuron_weights(model: ReadyModel, request: NeuronRequest) -> NeuronWeights:
    """Serve a `NeuronRequest`.

    Raises:
        UserError: there is no such layer or neuron.
    """
    path, neuron, most = request.layer, request.neuron, request.most
    Intervention.from_dict({"layers": {path: {"off": [neuron]}}}, model.network)
    flat, layers = model.loaded.flat, model.network.layers
    number = model.recorder.number_of(path)
    operation = flat.steps[number].payload.operation
    kernel = kernel_of(operation)
    bias = _entry_of(operation, "bias", neuron)
    incoming = _incoming(model, number, neuron, kernel)
    outgoing = _outgoing(flat, layers, number, neuron)
    return NeuronWeights(
        formula_words(_formula(operation, layers[number], neuron, kernel), neuron, bias),
        bias,
        _strongest(incoming, most),
        max(len(incoming) - most, 0),
        _strongest(outgoing, most),
        max(len(outgoing) - most, 0),
    )


def kernel_of(operation: Any) -> Kernel | None:
    """The weights of a layer in which neurons read neurons; None for any other layer."""
    name = type(operation).__name__
    if name == "Dense":
        return Kernel(np.asarray(operation.kernel)[np.newaxis])
    if name in ("Conv1D", "Conv2D", "Conv3D"):
        return Kernel(_by_position(operation.kernel), operation.groups)
    if name in ("Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose"):
        return Kernel(_by_position(operation.kernel).transpose(0, 2, 1))
    if name in ("DepthwiseConv1D", "DepthwiseConv2D"):
        values = _by_position(operation.kernel)
        return Kernel(values.reshape(len(values), 1, -1), values.shape[1])
    if name in ("SeparableConv1D", "SeparableConv2D"):
        depthwise = _by_position(operation.depthwise_kernel)
        pointwise = _by_position(operation.pointwise_kernel)[0].reshape(*depthwise.shape[1:], -1)
        return Kernel(np.einsum("pim,imo->pio", depthwise, pointwise))
    return None


def _by_position(variable: Any) -> np.ndarray:
    values = np.asarray(variable)
    return values.reshape(-1, *values.shape[-2:])


def _incoming(model: ReadyModel, number: int, neuron: int, kernel: Kernel | None) -> list[Connection]:
    if kernel is None:
        return []
    first, weights = kernel.into(neuron)
    sources = model.loaded.flat.steps[number].sources
    if not sources:  # It reads what is the same for all samples.
        return []
    return [_from_input(model, sources[0], first + k, of_input) for k, of_input in enumerate(weights.transpose())]


def _from_input(model: ReadyModel, source: Slot, index: int, weights: np.ndarray) -> Connection:
    """A connection from an input; before a Flatten layer that is a channel at a position."""
    number = flattened_layer(model, source)
    if number is not None:
        layer = model.network.layers[number]
        places = [int(place) for place in np.unravel_index(index, layer.output_shape)]
        return Connection(layer.path, places.pop(feature_axis(layer)), *_weight(weights), tuple(places))
    return Connection(source_name(model.loaded.flat, source, model.network.inputs), index, *_weight(weights))


def flattened_layer(model: ReadyModel, source: Slot) -> int | None:
    """The number of the layer that a Flatten layer lays out, where an input comes from one; None where it does not."""
    flat, layers = model.loaded.flat, model.network.layers
    behind = source
    while behind.step != INPUT and layers[behind.step].class_name in KEEPING and len(layers[behind.step].axes) == 1:
        if not flat.steps[behind.step].sources:
            return None
        behind = flat.steps[behind.step].sources[0]
    if behind.step == INPUT or layers[behind.step].class_name != "Flatten" or not flat.steps[behind.step].sources:
        return None
    before = flat.steps[behind.step].sources[0].step
    if (
        before == INPUT
        or not layers[before].neurons
        or prod(layers[before].output_shape) != layers[behind.step].neurons
    ):
        return None
    return before


def _outgoing(flat: Flat, layers: tuple[Layer, ...], number: int, neuron: int) -> list[Connection]:
    found: list[Connection] = []
    for reader, inputs in _readers(flat, layers, number, neuron):
        kernel = kernel_of(flat.steps[reader].payload.operation)
        if kernel is None or max(inputs) >= kernel.inputs:
            continue
        parts = [kernel.out_of(source) for source in inputs]
        weights = np.concatenate([part for _, part in parts])
        found += [
            Connection(layers[reader].path, parts[0][0] + k, *_weight(to_neuron))
            for k, to_neuron in enumerate(weights.transpose())
        ]
    return found


def _readers(flat: Flat, layers: tuple[Layer, ...], number: int, neuron: int) -> Iterator[tuple[int, list[int]]]:
    """The numbers of the layers that read a neuron, through layers that keep neurons apart, and as which inputs."""
    reached = {number: [neuron]}
    for reader in range(number + 1, len(layers)):
        source = next((slot.step for slot in flat.steps[reader].sources if slot.step in reached), None)
        if source is None:
            continue
        inputs, layer = reached[source], layers[reader]
        if layer.class_name in KEEPING:
            reached[reader] = inputs
        elif layer.class_name == "Flatten" and len(inputs) == 1 and min(layers[source].output_shape) > 0:
            reached[reader] = _flattened(layers[source], inputs[0])
        else:
            yield reader, inputs


def _flattened(layer: Layer, neuron: int) -> list[int]:
    """Where the positions of a neuron stand after a Flatten layer."""
    places = np.arange(prod(layer.output_shape)).reshape(layer.output_shape)
    return [int(place) for place in np.moveaxis(places, feature_axis(layer), 0)[neuron].ravel()]


def feature_axis(layer: Layer) -> int:
    return next(axis for axis, name in enumerate(layer.axes) if name in FEATURE_AXES)


def _weight(values: np.ndarray) -> tuple[float, bool]:
    """A single weight as it is; of several, one per position, their norm; and which of both it is."""
    if values.size == 1:
        return float(values[0]), False
    return float(np.linalg.norm(values.astype(np.float64))), True


def _strongest(connections: list[Connection], most: int) -> tuple[Connection, ...]:
    order = np.argsort([-abs(connection.weight) for connection in connections], kind="stable")[:most]
    return tuple(connections[k] for k in order)


def _formula(operation: Any, layer: Layer, neuron: int, kernel: Kernel | None) -> dict[str, Any]:
    """The kind of a layer's formula with the numbers that it needs in words."""
    name = layer.class_name
    if name == "Dense" and kernel is not None:
        return {"kind": "dense", "inputs": kernel.inputs, "activation": layer.activation}
    if kernel is not None:
        kind = "depthwise" if name.startswith("Depthwise") else "convolution"
        first, weights = kernel.into(neuron)
        numbers = {"source": first} if kind == "depthwise" else {"inputs": weights.shape[1]}
        return {"kind": kind, **numbers, **_window(operation, "kernel_size"), "activation": layer.activation}
    if "Pooling" in name:
        how = "max" if "Max" in name else "average"
        return {"kind": "pooling", "how": how, "global": name.startswith("Global"), **_window(operation, "pool_size")}
    if name.endswith("Normalization"):
        names = {"mean": "moving_mean", "variance": "moving_variance", "scale": "gamma", "offset": "beta"}
        numbers = {ours: _entry_of(operation, theirs, neuron) for ours, theirs in names.items()}
        return {"kind": "normalisation", **numbers, "epsilon": getattr(operation, "epsilon", None)}
    if isinstance(operation, keras.layers.Activation) or name in ("ReLU", "LeakyReLU", "ELU", "PReLU", "Softmax"):
        return {"kind": "activation", "activation": layer.activation or name}
    return {"kind": "other", "class_name": name}


def _window(operation: Any, size: str) -> dict[str, Any]:
    """The settings of a sliding window, as far as a layer has them."""
    sizes = {
        name: list(getattr(operation, name)) for name in (size, "strides", "dilation_rate") if hasattr(operation, name)
    }
    return {**sizes, "padding": getattr(operation, "padding", "")}


def _entry_of(operation: Any, name: str, neuron: int) -> float | None:
    """A neuron's entry of a layer's vector of weights; None where it has none."""
    values = getattr(operation, name, None)
    if values is None or len(values.shape) != 1 or neuron >= values.shape[0]:
        return None
    return float(np.asarray(values)[neuron])
