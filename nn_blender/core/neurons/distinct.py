"""Which layers' neurons count once: not those of the answer itself, and no neuron a second time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from ..interventions.intervention import switch_of
from ..network import Layer, Network

_PASSING = frozenset(
    """
    ActivityRegularization AlphaDropout Cast CastToFloat32 CenterCrop Concatenate Copy Cropping1D Cropping2D Cropping3D
    Dropout ExpandDims ExpandLastDim FixedDropout Flatten GaussianDropout GaussianNoise GetItem Identity Masking Mean
    Normalization Pad Permute RepeatVector Rescaling Reshape Resizing Slice SpatialDropout1D SpatialDropout2D
    SpatialDropout3D Split Squeeze Stack StopGradient Transpose UpSampling1D UpSampling2D UpSampling3D ZeroPadding1D
    ZeroPadding2D ZeroPadding3D
    """.split()  # noqa: SIM905  A list of strings would take a page.
)
"""Layers and operations that move, repeat, cut or join what others computed."""

_SHAPING = frozenset(
    """
    Activation BatchNormalization ELU Elu Gelu GroupNormalization HardSigmoid HardSilu HardSwish LayerNormalization
    LeakyReLU LeakyRelu LogSoftmax PReLU ReLU Relu Relu6 RMSNormalization Selu Sigmoid Silu Softmax Softplus Softsign
    Tanh UnitNormalization
    """.split()  # noqa: SIM905
)
"""Layers and operations that give each neuron that they read another value."""

_ENDINGS = frozenset({"Activation", "HardSigmoid", "LogSoftmax", "Sigmoid", "Softmax", "Tanh"})
"""Layers and operations after which a network's values are its answer."""


@dataclass(frozen=True)
class DistinctLayers:
    """The layers of a network, as far as their neurons speak for an answer.

    Attributes:
        listed: paths of layers whose neurons count, one call of each shared layer.
        answer: paths of the layers whose neurons are the answer's own values.
        repeating: paths of layers whose neurons are those of others.
    """

    listed: tuple[str, ...]
    answer: tuple[str, ...]
    repeating: tuple[str, ...]


def distinct_layers(network: Network, output: str) -> DistinctLayers:
    """Sort a network's layers by whether their neurons count.

    Of a convolution with its normalisation and activation the activation counts, where nothing else reads the layers
    before it; of a layer that activates its neurons itself, this layer.

    Args:
        output: name of the network's output that is the answer.
    """
    layers = {layer.path: layer for layer in network.layers}
    calls = Counter(switch_of(path) for path in layers)
    readers = Counter(path for layer in network.layers for path in set(layer.inputs))
    answer = set(_answer_layers(layers, network.layer_of_output(output)))
    repeating: set[str] = set()
    for path, layer in layers.items():
        if path in answer:
            continue
        if _is_passing(layer) or (layer.class_name in _SHAPING and calls[switch_of(path)] > 1):
            repeating.add(path)
        elif layer.class_name in _SHAPING and (source := _source(layers, layer, readers, repeating)):
            repeating.add(path if _is_active(source) and not _is_active(layer) else source.path)
    counted = [path for path, layer in layers.items() if layer.neurons and path not in answer | repeating]
    return DistinctLayers(
        tuple(path for path in counted if switch_of(path) == path),
        tuple(path for path in layers if path in answer),
        tuple(path for path, layer in layers.items() if layer.neurons and path in repeating),
    )


def hidden_layers(network: Network, output: str) -> tuple[str, ...]:
    """Paths of what the layer that computes an output reads: the last hidden layer, rarely several."""
    layers = {layer.path: layer for layer in network.layers}
    answer = _answer_layers(layers, network.layer_of_output(output))
    found = list(layers[answer[-1]].inputs) if answer else []
    while any(path in layers and not layers[path].neurons for path in found):
        found = [way for path in found for way in _before_empty(layers, path)]
    return tuple(dict.fromkeys(path for path in found if path in layers))


def _before_empty(layers: dict[str, Layer], path: str) -> tuple[str, ...]:
    return (path,) if path not in layers or layers[path].neurons else layers[path].inputs


def _answer_layers(layers: dict[str, Layer], last: Layer | None) -> list[str]:
    """From the layer of an output back to the one that computes its values."""
    found: list[str] = []
    layer = last
    while layer is not None:
        found.append(layer.path)
        passes = _is_passing(layer) or layer.class_name in _ENDINGS
        layer = layers.get(layer.inputs[0]) if passes and len(layer.inputs) == 1 else None
    return found


def _is_passing(layer: Layer) -> bool:
    return layer.class_name in _PASSING or "Pool" in layer.class_name


def _source(layers: dict[str, Layer], layer: Layer, readers: Counter[str], repeating: Collection[str]) -> Layer | None:
    """The layer whose neurons a layer gives other values; None where it is not one alone, or others read it too."""
    while len(layer.inputs) == 1 and layer.inputs[0] in layers and readers[layer.inputs[0]] == 1:
        source = layers[layer.inputs[0]]
        if source.neurons != layer.neurons:
            return None
        if source.path not in repeating:
            return source
        layer = source
    return None


def _is_active(layer: Layer) -> bool:
    """Whether what a layer gives went through an activation of its own."""
    if layer.class_name in _SHAPING:
        return "Normalization" not in layer.class_name
    return layer.activation not in ("", "linear")
