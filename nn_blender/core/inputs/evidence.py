"""What tells of which kind an input is: the layers that read it first, its name, and the samples that are given."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..network import Layer, Network, TensorSpec
from ..texts import format_sizes

TIME, PLANE, SPACE, FRAMES, WORDS, VECTOR = "time", "plane", "space", "frames", "words", "vector"
"""What a layer reads: steps in time, a plane, a space, planes in time, numbers that stand for something, features."""

_READS = {
    **dict.fromkeys(("LSTM", "GRU", "SimpleRNN", "RNN", "Bidirectional", "Masking"), TIME),
    **dict.fromkeys(("MultiHeadAttention", "GroupedQueryAttention", "GroupQueryAttention"), TIME),
    **dict.fromkeys(("Attention", "AdditiveAttention"), TIME),
    **dict.fromkeys(("STFTSpectrogram", "MelSpectrogram"), TIME),
    **dict.fromkeys(("Resizing", "CenterCrop", "AutoContrast", "AugMix", "CutMix", "MixUp"), PLANE),
    **dict.fromkeys(("Equalization", "Solarization", "RandAugment"), PLANE),
    **dict.fromkeys(("Embedding", "ReversibleEmbedding", "CategoryEncoding", "IntegerLookup", "HashedCrossing"), WORDS),
    **dict.fromkeys(("Hashing", "OneHot"), WORDS),
    **dict.fromkeys(("Dense", "EinsumDense", "RepeatVector", "Discretization"), VECTOR),
    **dict.fromkeys(("ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D", "TimeDistributed"), FRAMES),
}
"""By Keras's class names; for classes named after their dimensions see `_DIMENSIONS`. All others pass values on."""

_DIMENSIONS = {"1D": TIME, "2D": PLANE, "3D": SPACE}
_NORMALISATIONS = (
    "BatchNormalization",
    "GroupNormalization",
    "LayerNormalization",
    "Normalization",
    "PReLU",
    "RMSNormalization",
    "SpectralNormalization",
)
"""Layers with weights that leave every number in its place."""

_FLATTENS = ("Flatten", "Reshape")

_PIXELS = 32
"""Whole numbers that all are lower than this are counts, classes or flags; brightness goes up to 255."""
_BRIGHT = 128

_IMAGE_NAMES = frozenset(
    {"digit", "digits", "face", "faces", "gray", "grey", "image", "images", "img", "imgs", "photo", "photos"}
    | {"picture", "pictures", "pixel", "pixels", "rgb"}
)
_TIME_NAMES = frozenset(
    {"audio", "dna", "ecg", "eeg", "history", "lags", "letters", "motif", "protein", "rna", "sensor", "sensors", "seq"}
    | {"sequence", "sequences", "series", "signal", "signals", "step", "steps", "time", "timeseries", "timesteps"}
    | {"wave", "waveform", "window"}
)


@dataclass(frozen=True)
class SampleHints:
    """What was seen of the samples that are given for an input, or of the first ones.

    Attributes:
        pictures: whether there are picture files among them.
        dtype: numpy's name of the type of an array's numbers; empty where there are only pictures.
        lowest, highest: of an array's numbers; NaN where none is finite.
        is_one_hot: whether along the last axis there is always a single 1 and else 0.
    """

    pictures: bool = False
    dtype: str = ""
    lowest: float = math.nan
    highest: float = math.nan
    is_one_hot: bool = False

    @classmethod
    def of_array(cls, values: np.ndarray) -> SampleHints:
        """What an array of samples (samples, …) shows."""
        if values.dtype.kind in "US":
            return cls(dtype="str")
        exact = values[np.isfinite(values)] if values.dtype.kind == "f" else values
        lowest, highest = (float(exact.min()), float(exact.max())) if exact.size else (math.nan, math.nan)
        may_be = values.ndim > 2 and values.shape[-1] > 1 and (lowest, highest) == (0, 1)
        one_hot = may_be and bool(((values == 0) | (values == 1)).all() and (values.sum(axis=-1) == 1).all())
        return cls(False, values.dtype.name, lowest, highest, one_hot)

    @property
    def not_pixels(self) -> str:
        """Why whole numbers cannot be the brightness of pixels, as a part of a sentence; empty where they can."""
        if not self.dtype.startswith(("int", "uint")) or math.isnan(self.highest):
            return ""
        if self.is_one_hot:
            return "its samples are one-hot, a single 1 per step"
        if self.lowest < 0 or self.highest > 255 or self.highest < _PIXELS:
            return f"its samples are whole numbers from {self.lowest:g} to {self.highest:g}, not pixels"
        return ""

    @property
    def are_floats(self) -> bool:
        """Whether they are numbers of an array that enter as they are, whatever range pictures are brought to."""
        return not self.pictures and self.dtype.startswith("float")

    @property
    def are_bytes(self) -> bool:
        """Whether they are stored as pictures are: bytes that use the whole range."""
        return self.dtype == "uint8" and self.highest >= _BRIGHT


@dataclass(frozen=True)
class Reading:
    """A layer that an input reaches first, through layers that only pass values on.

    Attributes:
        reads: `TIME` and the others; empty for a layer of which that is not known.
        shape: in which the input's values arrive, without the batch axis.
        is_flattened: whether they were laid in a row on the way.
    """

    layer: Layer
    reads: str
    shape: tuple[int, ...]
    is_flattened: bool = False

    @property
    def title(self) -> str:
        """The layer's name and class, for users."""
        return f"{self.layer.path} ({self.layer.class_name})"


@dataclass(frozen=True)
class Evidence:
    """All that is known of an input.

    Attributes:
        readings: in the order of the data.
    """

    spec: TensorSpec
    readings: tuple[Reading, ...] = ()
    hints: SampleHints = SampleHints()

    @property
    def sizes(self) -> str:
        return format_sizes(self.spec.shape)

    def first(self, *reads: str) -> Reading | None:
        """The first layer that reads the input in one of these ways."""
        return next((reading for reading in self.readings if reading.reads in reads), None)

    @property
    def is_named_image(self) -> bool:
        return bool(self._words & _IMAGE_NAMES)

    @property
    def is_named_time(self) -> bool:
        return bool(self._words & _TIME_NAMES)

    @cached_property
    def _words(self) -> frozenset[str]:
        """Of the input's name, in lower case."""
        apart = re.sub(r"([a-z])([A-Z])", r"\1 \2", self.spec.name)
        return frozenset(re.split(r"[^a-z]+", apart.lower()))


def gather_evidence(network: Network, spec: TensorSpec, hints: SampleHints) -> Evidence:
    """Follow an input through the layers that pass values on, to those that read it."""
    arriving: dict[str, tuple[tuple[int, ...], bool]] = {spec.name: (spec.shape, False)}
    readings = []
    for layer in network.layers:
        source = next((name for name in layer.inputs if name in arriving), None)
        if source is None:
            continue
        shape, is_flattened = arriving[source]
        reads = _what_reads(layer)
        if reads or (layer.parameters and layer.class_name not in _NORMALISATIONS):
            readings.append(Reading(layer, reads, shape, is_flattened))
        else:
            flattens = layer.class_name in _FLATTENS and len(layer.output_shape) == 1 < len(shape)
            arriving[layer.path] = layer.output_shape, is_flattened or flattens
    return Evidence(spec, tuple(readings), hints)


def _what_reads(layer: Layer) -> str:
    name = layer.class_name
    # All of Keras's random layers that have no other use are for pictures.
    is_random = name.startswith("Random") and len(layer.output_shape) == 3
    return _READS.get(name) or _DIMENSIONS.get(name[-2:]) or (PLANE if is_random else "")
