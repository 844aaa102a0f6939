"""The weights from a layer's averaged maps to classes, where a network ends in nothing else."""

from __future__ import annotations

import numpy as np

from ...core.explanations import Unsuited
from ...core.network import Layer
from ..running.loading import LoadedModel
from ..running.recorders.slopes import Question
from .weighted_layers import scored_layer

_FLATTENING = ("Softmax", "Sigmoid")
_PASSING_ON = (
    "AlphaDropout", "Dropout", "Flatten", "GaussianDropout", "GaussianNoise", "Identity", "SpatialDropout1D",
    "SpatialDropout2D", "SpatialDropout3D",
)  # fmt: skip
_MEANS = ("GlobalAveragePooling1D", "GlobalAveragePooling2D", "GlobalAveragePooling3D")
_LINEAR = ("", "linear")
_SCORED = (*_LINEAR, "softmax", "sigmoid")
"""Activations that scores of an output are before."""


def class_weights(loaded: LoadedModel, path: str, question: Question, count: int) -> np.ndarray:
    """How much the mean of each map of a layer counts for every class or value, float32 (classes, channels).

    Args:
        count: how many of them there are; two where a single unit tells two cases apart.

    Raises:
        Unsuited: between the layer and the score is something else than the mean over positions and a Dense layer.
    """
    is_output = not question.layer  # The score of a neuron is behind softmax and sigmoid.
    last = _behind(loaded, scored_layer(loaded.network, question), is_last=is_output)
    if last.class_name in _MEANS:  # The score of a class is the mean over its own map.
        _check_mean(loaded, last, path)
        weights = np.eye(last.neurons, dtype=np.float32)
    else:
        weights = _dense_weights(loaded, last, path, _SCORED if is_output else _LINEAR)
    return np.concatenate([-weights, weights]) if len(weights) == 1 and count == 2 else weights


def _dense_weights(loaded: LoadedModel, dense: Layer, path: str, activations: tuple[str, ...]) -> np.ndarray:
    """The weights of a Dense layer that reads the mean over a layer's maps; as `class_weights`.

    Args:
        activations: that the Dense layer may have.
    """
    if dense.class_name != "Dense" or dense.activation not in activations:
        raise _unsuited(dense)
    mean = _behind(loaded, dense.inputs[0])
    if mean.path == path:
        raise Unsuited(f"{dense.path} reads what {path} gives at every position, not the mean over them: use Grad-CAM")
    if mean.class_name not in _MEANS:
        raise _unsuited(mean)
    _check_mean(loaded, mean, path)
    number = next(k for k, layer in enumerate(loaded.network.layers) if layer.path == dense.path)
    kernel = loaded.flat.steps[number].payload.operation.kernel
    return np.asarray(kernel, np.float32).T


def _check_mean(loaded: LoadedModel, mean: Layer, path: str) -> None:
    """Insist on a mean over the maps of a layer."""
    before = _behind(loaded, mean.inputs[0], stop=path)  # It may read a mask over steps too.
    if before.path != path:
        raise Unsuited(f"the mean is over the maps of {before.path}, not of {path}: choose that layer, or use Grad-CAM")


def _behind(loaded: LoadedModel, path: str, stop: str = "", is_last: bool = False) -> Layer:
    """The layer whose output arrives at one, through layers that in inference pass on what they get.

    Args:
        stop: path of a layer that is not passed.
        is_last: whether softmax and sigmoid, which scores are before, are passed as well.
    """
    layers = {layer.path: layer for layer in loaded.network.layers}
    classes = (*_PASSING_ON, *_FLATTENING) if is_last else _PASSING_ON
    activations = _SCORED if is_last else _LINEAR
    while path in layers:
        layer = layers[path]
        is_passed = layer.class_name in classes or (
            layer.class_name == "Activation" and layer.activation in activations
        )
        if path == stop or not layer.inputs or not is_passed:
            return layer
        path = layer.inputs[0]
    raise Unsuited(f"the score is made from the input {path} without a mean over positions: use Grad-CAM")


def _unsuited(layer: Layer) -> Unsuited:
    return Unsuited(
        "between the layer's maps and the score there may only be global average pooling and one Dense layer, but "
        f"there is {layer.path} ({layer.class_name}): use Grad-CAM"
    )
