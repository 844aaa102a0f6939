"""Names of Keras's own layers, so that a file can be judged without importing Keras."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MODELS = frozenset({"Functional", "Model", "Sequential"})

LAYERS = frozenset(
    """
    Activation ActivityRegularization AdaptiveAveragePooling1D AdaptiveAveragePooling2D
    AdaptiveAveragePooling3D AdaptiveMaxPooling1D AdaptiveMaxPooling2D AdaptiveMaxPooling3D Add
    AdditiveAttention AlphaDropout Attention AugMix AutoContrast Average AveragePooling1D AveragePooling2D
    AveragePooling3D BatchNormalization Bidirectional CategoryEncoding CenterCrop Concatenate
    ContrastLimitedAdaptiveHistogramEqualization Conv1D Conv1DTranspose Conv2D Conv2DTranspose Conv3D
    Conv3DTranspose ConvLSTM1D ConvLSTM2D ConvLSTM3D Cropping1D Cropping2D Cropping3D CutMix Dense
    DepthwiseConv1D DepthwiseConv2D Discretization Dot Dropout ELU EinsumDense Embedding Equalization Flatten
    GaussianDropout GaussianNoise GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D
    GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D GroupedQueryAttention GroupNormalization
    GroupQueryAttention GRU GRUCell HashedCrossing Hashing Identity InputLayer IntegerLookup LayerNormalization
    LeakyReLU LSTM
    LSTMCell Masking MaxNumBoundingBoxes MaxPooling1D MaxPooling2D MaxPooling3D Maximum MelSpectrogram Minimum
    MixUp MultiHeadAttention Multiply Normalization Permute Pipeline PReLU RandAugment RandomBrightness
    RandomColorDegeneration RandomColorJitter RandomContrast RandomCrop RandomElasticTransform RandomErasing
    RandomFlip RandomGaussianBlur RandomGrayscale RandomHue RandomInvert RandomPerspective RandomPosterization
    RandomRotation RandomSaturation RandomSharpness RandomShear RandomTranslation RandomZoom ReLU RepeatVector
    Rescaling Reshape Resizing ReversibleEmbedding RMSNormalization RNN SeparableConv1D SeparableConv2D
    SimpleRNN SimpleRNNCell Softmax Solarization SpatialDropout1D SpatialDropout2D SpatialDropout3D
    SpectralNormalization StackedRNNCells STFTSpectrogram StringLookup Subtract TextVectorization
    ThresholdedReLU TimeDistributed UnitNormalization UpSampling1D UpSampling2D UpSampling3D Wrapper
    ZeroPadding1D ZeroPadding2D ZeroPadding3D
    """.split()  # noqa: SIM905  A list of strings would take a page.
)

EQUIVALENTS = {
    "CastToFloat32": "AutoKeras",
    "ExpandLastDim": "AutoKeras",
    "FixedDropout": "efficientnet",
}
"""Known harmless layers of other packages, of which Keras's own operations give the same numbers; and whose they are.

Models that use them need no code from elsewhere and no consent; see `running.equivalents`.
"""

MULTI_HEADED = ("MultiHeadAttention", "GroupedQueryAttention", "GroupQueryAttention")
"""Attention with scores per head; the last two are names of one class."""

CODE_LAYERS = {
    "Lambda": "runs Python code that is stored in the file",
    "TFSMLayer": "loads and runs another SavedModel",
    "TorchModuleWrapper": "unpickles a PyTorch module",
    "JaxLayer": "runs a stored JAX program",
    "FlaxLayer": "runs a stored Flax program",
}
"""Layers that Keras itself has, but that run whatever the file's author put in."""

LOST_LAYERS = frozenset(
    {
        "ClassMethod",
        "DenseFeatures",
        "InstanceMethod",
        "InstanceProperty",
        "LocallyConnected1D",
        "LocallyConnected2D",
        "Merge",
        "TensorFlowOpLayer",
    }
)
"""Layers of Keras 2 that Keras 3 no longer has."""

ACTIVATIONS = frozenset(
    """
    celu elu exponential gelu glu hard_shrink hard_sigmoid hard_silu hard_tanh leaky_relu log_sigmoid
    log_softmax mish relu relu6 selu sigmoid silu soft_shrink softmax softplus softsign sparse_plus
    sparse_sigmoid sparsemax squareplus tanh tanh_shrink threshold
    """.split()  # noqa: SIM905  A list of strings would take a page.
)
KERAS_2_ACTIVATIONS = frozenset(
    """
    elu exponential gelu hard_sigmoid leaky_relu linear log_softmax mish relu relu6 selu sigmoid silu softmax softplus
    softsign swish tanh
    """.split()  # noqa: SIM905  A list of strings would take a page.
)
"""What Keras 2 knows by its name; in its files any other name is that of a function of the author's."""
ACTIVATION_ALIASES = {"swish": "silu", "hard_swish": "hard_silu"}


def is_of_keras(entry: Mapping[str, Any]) -> bool:
    """Whether a file says of a class or function that it is Keras's own; where it does not say, its name decides."""
    return str(entry.get("module") or "keras").split(".")[0] in ("keras", "tf_keras")


def equivalent_of(entry: Mapping[str, Any]) -> str:
    """The package whose class a layer in a file is of, where that has an equivalent here; empty for any other class.

    >>> equivalent_of({"class_name": "CastToFloat32", "module": "autokeras.keras_layers"})
    'AutoKeras'
    >>> equivalent_of({"class_name": "CastToFloat32", "module": "casts"})
    ''
    """
    package, _, name = str(entry.get("registered_name") or entry["class_name"]).rpartition(">")
    is_named_so = name == str(entry["class_name"]).rpartition(">")[2]
    owner = EQUIVALENTS.get(name, "") if is_named_so else ""
    # "Custom" stands for no package, "__main__" for a script.
    home = str(entry.get("module") or "__main__").split(".")[0] if package in ("", "Custom") else package
    return owner if home in ("__main__", owner.lower()) else ""


def known_class(entry: Mapping[str, Any]) -> str:
    """The class of a layer in a file, if it is one of Keras's own or has an equivalent here; empty for any other.

    Only of these it is known what their settings mean: somebody's own class may have the name of one of Keras's.

    >>> known_class({"class_name": "Embedding", "module": "keras.layers", "registered_name": None})
    'Embedding'
    >>> known_class({"class_name": "Mine>Embedding"}), known_class({"class_name": "Embedding", "module": "layers"})
    ('', '')
    """
    if equivalent_of(entry):
        return str(entry["class_name"]).rpartition(">")[2]
    is_registered = ">" in str(entry.get("registered_name") or entry["class_name"])
    is_own = not is_of_keras(entry) or (is_registered and not entry.get("module"))
    return "" if is_own else str(entry["class_name"])


def is_kerass_activation(name: str) -> bool:
    """Whether a name is that of one of Keras's functions, in any spelling that Keras has written."""
    return name == "linear" or ACTIVATION_ALIASES.get(name, name) in ACTIVATIONS


def is_kerass_name(name: str) -> bool:
    """Whether a layer, model or activation of Keras has that name."""
    return name in LAYERS or name in MODELS or is_kerass_activation(name)


def activation_name(name: str) -> str:
    """Keras's present name of a built-in activation function; empty for ``linear`` and for unknown ones."""
    name = ACTIVATION_ALIASES.get(name, name)
    return name if name in ACTIVATIONS else ""
