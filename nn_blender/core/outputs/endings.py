"""How networks end: which layer makes an output's values, after which activation, and what else tells their meaning."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod

from ..inputs import kind_of
from ..network import Layer, Network
from .labels import Labels

ACTIVATION_LAYERS = {
    "Softmax": "softmax",
    "Sigmoid": "sigmoid",
    "HardSigmoid": "hard_sigmoid",
    "LogSoftmax": "log_softmax",
    "Tanh": "tanh",
    "Relu": "relu",
    "ReLU": "relu",
    "LeakyReLU": "leaky_relu",
    "PReLU": "leaky_relu",
    "ELU": "elu",
    "Softplus": "softplus",
}
"""Layers and operations that are an activation, and its name."""

_PASSING = frozenset(
    """
    Activation ActivityRegularization AlphaDropout Cast CastToFloat32 CenterCrop Cropping1D Cropping2D Cropping3D
    Dropout ExpandDims Flatten GaussianDropout GaussianNoise Identity Permute Reshape Resizing SpatialDropout1D
    SpatialDropout2D SpatialDropout3D Squeeze Transpose UpSampling1D UpSampling2D UpSampling3D ZeroPadding1D
    ZeroPadding2D ZeroPadding3D
    """.split()  # noqa: SIM905  A list of strings would take a page.
)
"""Layers whose values are those that they read: moved, repeated or cut, but not computed."""

_AVERAGING = frozenset(
    {"Average", "AveragePooling1D", "AveragePooling2D", "GlobalAveragePooling1D", "GlobalAveragePooling2D"}
)
"""Layers whose values mean what those they read mean: the mean of probabilities is one."""

OVER_CLASSES = ("softmax", "log_softmax", "sparsemax")
"""Activations that let classes share one probability."""

OF_ONE_CASE = ("sigmoid", "hard_sigmoid")
"""Activations that give each value a probability of its own."""

LEARNED = frozenset(
    """
    Add BatchNormalization Conv1D Conv1DTranspose Conv2D Conv2DTranspose Conv3D Conv3DTranspose Dense EinsumDense
    SeparableConv1D SeparableConv2D TimeDistributed
    """.split()  # noqa: SIM905
)
"""Layers that weigh what they read; without an activation their values may be logits."""

_RECURRENT = frozenset({"LSTM", "GRU", "SimpleRNN", "RNN", "Bidirectional", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"})

_OF_VALUES = frozenset(
    """
    age amount angle angles bbox bboxes bounding box boxes code coordinate coordinates coord coords corner corners count
    delta density depth dimension dimensions direction distance duration embedding embeddings encoded encoding feature
    features flow forecast gaze heading height keypoint keypoints landmark landmarks latent length location log logvar
    mean mu offset offsets orientation point points pose position positions price quaternion reconstruction
    regression regressor rotation scale sigma size speed std steering stddev temperature throttle translation value
    values var variance vector velocity volume weight width xy xyz xywh xyxy z
    """.split()  # noqa: SIM905
)
"""Words in the names of layers whose numbers measure something."""

_OF_CLASSES = frozenset(
    """
    category categories class classes classification classifier diagnosis label labels logit logits prediction
    predictions prob probabilities probs score scores species tag tags
    """.split()  # noqa: SIM905
)
"""Words in the names of layers whose numbers stand for classes, where they are several."""

_OF_LOGITS = frozenset({"logit", "logits", "classifier", "classification"})
"""Words in the names of layers and networks that mean classes, even of a single number."""


@dataclass(frozen=True)
class Evidence:
    """What is known of right answers before any sample runs.

    Attributes:
        labels: of samples, texts; empty ones are of samples without a label.
        classes: names of the classes.
        are_masks: whether right answers are pictures whose values number classes.
    """

    labels: Sequence[str] = ()
    classes: Sequence[str] = ()
    are_masks: bool = False


@dataclass(frozen=True)
class Ending:
    """One of a network's outputs as far as structure, names and right answers tell what it is.

    Attributes:
        layer: gives the output.
        maker: computes its values; layers between the two only move them.
        activation: Keras's name of the activation that made the values, empty where there is none.
    """

    network: Network
    layer: Layer
    maker: Layer
    activation: str
    evidence: Evidence = Evidence()

    @cached_property
    def labels(self) -> Labels:
        return Labels.of(self.evidence.labels, self.units)

    @property
    def units(self) -> int:
        """How many numbers in a row a sample gives; 0 where that is open, or they are in no row."""
        shape = self.layer.output_shape
        return max(shape[0], 0) if len(shape) == 1 else 0

    @property
    def may_be_logits(self) -> bool:
        """Whether weights made the values and nothing bounded them."""
        return not self.activation and self.maker.class_name in LEARNED

    @cached_property
    def words(self) -> frozenset[str]:
        """In the names of the layers that make the output, in lower case."""
        layers = (self.layer, self.maker)
        named = (layer.path.rpartition("/")[2] for layer in layers if layer.class_name not in _AVERAGING)
        return frozenset().union(*map(_words, named))

    @property
    def value_word(self) -> str:
        """A word of the layers' names that speaks of measured values; empty without one, or where one says classes."""
        return "" if self.words & _OF_CLASSES else min(self.words & _OF_VALUES, default="")

    @property
    def class_word(self) -> str:
        """A word of the layers' names, or else of the network's, that speaks of classes; empty without one."""
        return min(self.words & _OF_CLASSES, default="") or self.logit_word

    @property
    def logit_word(self) -> str:
        """The same, of words that mean classes even of a single number."""
        return min((self.words | _words(self.network.name)) & _OF_LOGITS, default="")

    @property
    def is_read_on(self) -> bool:
        """Whether layers of the network read the output, so that it is a stage of what follows."""
        return any(self.layer.path in layer.inputs for layer in self.network.layers)

    @property
    def ends_in_classes_elsewhere(self) -> bool:
        """Whether another output of the network is after softmax."""
        others = (path for path in self.network.outputs if path != self.layer.path)
        layers = {layer.path: layer for layer in self.network.layers}
        return any(_made(layers, layers[path])[1] == "softmax" for path in others if path in layers)

    def picture_inputs(self) -> list[tuple[int, ...]]:
        """Shapes of the network's inputs that are pictures of a known size."""
        specs = (spec for spec in self.network.inputs if kind_of(self.network, spec).name == "image")
        return [spec.shape for spec in specs if min(spec.shape) > 0]

    def reads_vector(self, at_most: int) -> bool:
        """Whether all that enters are vectors of up to so many numbers."""
        return all(len(spec.shape) == 1 and 0 < prod(spec.shape) <= at_most for spec in self.network.inputs)

    def reads_words(self) -> bool:
        """Whether an embedding looks up what enters, as of words."""
        return any(layer.class_name in ("Embedding", "ReversibleEmbedding") for layer in self.network.layers)


def ending_of(network: Network, path: str, evidence: Evidence | None = None) -> Ending | None:
    """The end that an output of a network has; None where the output is an input that is passed on."""
    layers = {layer.path: layer for layer in network.layers}
    if path not in layers:
        return None
    return Ending(network, layers[path], *_made(layers, layers[path]), evidence or Evidence())


def _made(layers: dict[str, Layer], layer: Layer) -> tuple[Layer, str]:
    """The layer that computes the values of another, and the activation that they come out of."""
    activation = ACTIVATION_LAYERS.get(layer.class_name, layer.activation)
    if layer.class_name in _RECURRENT:
        return layer, ""  # Its activation is one inside its loop.
    sources = [layers[path] for path in layer.inputs if path in layers]
    if activation or not sources or len(sources) < len(layer.inputs):
        return layer, activation
    passes = layer.class_name in _PASSING and len(sources) == 1
    if not passes and layer.class_name not in _AVERAGING and layer.class_name != "Concatenate":
        return layer, ""
    makers, activations = zip(*(_made(layers, source) for source in sources), strict=True)
    if len(set(activations)) != 1 or (layer.class_name == "Concatenate" and activations[0] == "softmax"):
        return layer, ""
    return makers[0], activations[0]


def _words(name: str) -> frozenset[str]:
    apart = re.sub(r"([a-z])([A-Z])", r"\1 \2", name)
    return frozenset(re.findall(r"[a-z]+", apart.lower()))
