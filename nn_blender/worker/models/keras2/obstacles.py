"""Finds what keeps Keras 3 from giving the numbers that a file's own Keras gave."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ..keras_names import LAYERS, LOST_LAYERS
from .entries import OPERATIONS, Config, inside
from .functions import PURE_FUNCTIONS

EQUAL = frozenset(
    """
    Activation ActivityRegularization Add AdditiveAttention AlphaDropout Attention Average AveragePooling1D
    AveragePooling2D AveragePooling3D BatchNormalization Bidirectional CategoryEncoding CenterCrop Concatenate Conv1D
    Conv1DTranspose Conv2D Conv2DTranspose Conv3D Conv3DTranspose ConvLSTM1D ConvLSTM2D ConvLSTM3D Cropping1D Cropping2D
    Cropping3D Dense DepthwiseConv1D DepthwiseConv2D Discretization Dot Dropout EinsumDense ELU Embedding Flatten
    GaussianDropout GaussianNoise GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D
    GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D GroupNormalization GRU GRUCell HashedCrossing Hashing
    Identity InputLayer IntegerLookup Lambda LayerNormalization LeakyReLU LSTM LSTMCell Masking Maximum MaxPooling1D
    MaxPooling2D MaxPooling3D Minimum MultiHeadAttention Multiply Normalization Permute PReLU RandomBrightness
    RandomContrast RandomCrop RandomFlip RandomHeight RandomRotation RandomTranslation RandomWidth RandomZoom ReLU
    RepeatVector Rescaling Reshape Resizing RNN SeparableConv1D SeparableConv2D SimpleRNN SimpleRNNCell Softmax
    SpatialDropout1D SpatialDropout2D SpatialDropout3D SpectralNormalization StackedRNNCells StringLookup Subtract
    TextVectorization ThresholdedReLU TimeDistributed UnitNormalization UpSampling1D UpSampling2D UpSampling3D
    ZeroPadding1D ZeroPadding2D ZeroPadding3D
    """.split()  # noqa: SIM905  A list of strings would take a page.
)
"""Layers of Keras 2 that give the same numbers in Keras 3, once translated; each is compared in the tests."""

_SETTINGS = {
    "num_constants": "has cells that read constants, which Keras 3 does not pass on",
    "ragged": "takes ragged tensors, which Keras 3 does not have",
    "time_major": "has time_major=True, which Keras 3 does not have",
}


@dataclass(frozen=True)
class Obstacle:
    """A reason why a layer of Keras 2 cannot run in Keras 3.

    Attributes:
        layer: its name.
        reason: goes on after the layer's name: "is a LocallyConnected2D, which Keras 3 does not have".
    """

    layer: str
    reason: str


def find_obstacles(model: Config) -> tuple[Obstacle, ...]:
    """The obstacles in a model as its file describes it, each once."""
    return tuple(dict.fromkeys(_of_layers(model)))


def why_only_keras_2(obstacles: Sequence[Obstacle]) -> str:
    """Why a file's numbers are those of Keras 2 alone, as a part of a sentence; empty where Keras 3 gives them too."""
    return f"its layer {obstacles[0].layer} {obstacles[0].reason}" if obstacles else ""


def _of_layers(model: Config) -> Iterator[Obstacle]:
    config = model["config"]
    for entry in (*config.get("layers", ()), *inside(model)):
        if isinstance(entry["config"], dict):
            name = str(entry.get("name") or entry["config"].get("name") or entry["class_name"])
            yield from (Obstacle(name, reason) for reason in _reasons(entry))
        yield from _of_layers(entry)


def _reasons(entry: Config) -> Iterator[str]:
    name, config = entry["class_name"], entry["config"]
    if name in LOST_LAYERS:
        yield f"is a {name}, which Keras 3 does not have"
    if name in LAYERS - EQUAL:
        yield f"is a {name}, which Keras 2 did not have"
    if name == "Lambda" and config.get("mask") is not None:
        yield "has code of its own for masks, which Keras 3 does not read"
    if name in OPERATIONS:
        function = str(config.get("function", "__operators__.getitem"))
        if function not in PURE_FUNCTIONS:
            yield f"calls tf.{function}, which is not among the functions of TensorFlow known to do nothing but compute"
    if name == "InputLayer" and config.get("sparse"):
        yield "takes sparse tensors"
    yield from (reason for setting, reason in _SETTINGS.items() if config.get(setting))
    if _is_always_training(entry.get("inbound_nodes")):
        yield "is in training also when the network answers (training=True in its call)"


def _is_always_training(calls: Any) -> bool:
    if isinstance(calls, dict):
        return bool(calls.get("training")) or any(map(_is_always_training, calls.values()))
    return isinstance(calls, list) and any(map(_is_always_training, calls))
