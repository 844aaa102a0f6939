"""Preprocessing of images: what turns them into a network's input, stated as data, never as code."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from ..errors import UserError
from ..network import Network, TensorSpec
from ..texts import format_shape
from .families import family_of
from .ranges import CONFIDENCE, LIKELY, NOTHING_KNOWN, SURE, UNSURE, Alternative, InputRange, describe_trials

RESIZE_MODES = ("fit", "fill", "stretch")
ORDERS = ("rgb", "bgr")
BACKGROUNDS = ("hidden", "black", "white")
ORIENTATIONS = ("stored", "upright")

PRESETS: dict[str, dict[str, Any]] = {
    "unit": {"range": (0.0, 1.0), "mean": (), "std": (), "order": "rgb"},
    "signed": {"range": (-1.0, 1.0), "mean": (), "std": (), "order": "rgb"},
    "byte": {"range": (0.0, 255.0), "mean": (), "std": (), "order": "rgb"},
    "torch": {"range": (0.0, 1.0), "mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225), "order": "rgb"},
    "caffe": {"range": (0.0, 255.0), "mean": (103.939, 116.779, 123.68), "std": (), "order": "bgr"},
}
"""Choices that belong together. ``signed``, ``torch`` and ``caffe`` are what Keras's applications call the modes tf,
torch and caffe."""

_CHANNELS = (1, 3, 4)

_MODES = {"signed": "tf mode", "torch": "torch mode", "caffe": "caffe mode"}


@dataclass(frozen=True)
class Preprocessing:
    """What is done to a picture before the network sees it.

    Attributes:
        size: height and width the network expects, None where it takes any size.
        channels: of the network's input: 1, 3, or 4 with alpha.
        colour: ``rgb``, or ``grey`` for pictures without colour, repeated over the input's channels.
        range: the values that black and full brightness become.
        resize: ``fit`` keeps the proportions and pads with black, ``fill`` keeps them and crops, ``stretch`` does not.
        invert: swaps dark and bright first, for dark ink on white paper.
        mean: what is then subtracted, one number or one per channel in the network's order; empty for nothing.
        std: what it is then divided by, likewise.
        order: of the colours, as the network reads them: ``rgb`` or ``bgr``.
        background: what transparent parts show where the network reads no alpha: ``hidden``, the colours that are
            stored under them, as Keras reads pictures, or ``black`` or ``white``.
        orientation: ``stored``, as Keras reads pictures, or ``upright``, turned as the file's EXIF orientation says.
    """

    size: tuple[int, int] | None
    channels: int
    range: tuple[float, float] = (0.0, 1.0)
    resize: str = "fit"
    invert: bool = False
    colour: str = "rgb"
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    order: str = "rgb"
    background: str = "hidden"
    orientation: str = "stored"

    @property
    def is_grey(self) -> bool:
        """Whether pictures enter without colour."""
        return self.channels == 1 or self.colour == "grey"

    @property
    def limits(self) -> tuple[float, float]:
        """The smallest and the largest value that a pixel can become."""
        ends = self.scale(np.array([[0] * self.channels, [255] * self.channels], np.uint8))
        return float(ends.min()), float(ends.max())

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Preprocessing:
        size = data["size"]
        return cls(
            size=tuple(size) if size else None,
            channels=data["channels"],
            range=tuple(data["range"]),
            resize=data["resize"],
            invert=data["invert"],
            colour=data.get("colour", "rgb"),
            mean=tuple(data.get("mean", ())),
            std=tuple(data.get("std", ())),
            order=data.get("order", "rgb"),
            background=data.get("background", "black"),  # As pictures were read before there was a choice.
            orientation=data.get("orientation", "upright"),
        )

    def with_choices(self, **choices: Any) -> Preprocessing:
        """A copy in which every choice that is not None replaces the guess.

        Raises:
            UserError: code ``input.unsupported``, where colour is wanted of a network that reads grey, or a choice
                makes no sense.
        """
        chosen = replace(self, **{name: value for name, value in choices.items() if value is not None})
        _check_colours(chosen)
        _check_numbers(chosen)
        return chosen

    def scale(self, pixels: np.ndarray) -> np.ndarray:
        """Map levels (…, channels) to what the network reads, float32.

        Without `mean`, `std` and another `order` the levels may have any shape.

        Args:
            pixels: uint8, or float64 where they have fractions; 0 is black and 255 full brightness.
        """
        levels: np.ndarray = pixels.astype(np.float32 if pixels.dtype == np.uint8 else np.float64)
        if self.invert:
            levels = 255.0 - levels
        if self.order == "bgr":
            levels = np.concatenate([levels[..., 2::-1], levels[..., 3:]], axis=-1)
        low, high = self.range
        values: np.ndarray = levels / 255.0 * (high - low) + low
        if self.mean:
            values = values - np.array(self.mean, np.float32)
        if self.std:
            values = values / np.array(self.std, np.float32)
        return values.astype(np.float32, copy=False)


@dataclass(frozen=True)
class Guess:
    """What a network seems to want, and why.

    Attributes:
        reason: part of a sentence, for users.
        confidence: `ranges.SURE`, `ranges.LIKELY` or `ranges.UNSURE`.
        alternatives: other ranges of values, and itself, with what each gave where they were tried.
    """

    preprocessing: Preprocessing
    reason: str
    confidence: str = SURE
    alternatives: tuple[Alternative, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return {
            "preprocessing": self.preprocessing.to_dict(),
            "reason": self.reason,
            "confidence": self.confidence,
            "alternatives": [one.to_dict() for one in self.alternatives],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Guess:
        """Read what `to_dict` gives; further entries are left alone."""
        return cls(
            Preprocessing.from_dict(data["preprocessing"]),
            data["reason"],
            data["confidence"],
            tuple(map(Alternative.from_dict, data["alternatives"])),
        )

    def sentences(self, chosen: tuple[float, float] | None = None) -> tuple[str, ...]:
        """All that users should know of it.

        Args:
            chosen: the range that they chose instead.
        """
        if chosen is None:
            first = f"The range of values is {CONFIDENCE[self.confidence]}: {self.reason}."
            tried = describe_trials(self.alternatives)
            return (first, f"Tried on labelled samples, {tried}.") if tried else (first,)
        if self.confidence != SURE or chosen == self.preprocessing.range:
            return ()
        low, high = self.preprocessing.range
        return (f"Another range was chosen, but {low:g} to {high:g} is {CONFIDENCE[SURE]}: {self.reason}.",)


def guess_preprocessing(network: Network, spec: TensorSpec, expected: InputRange = NOTHING_KNOWN) -> Guess:
    """What a network says about the pictures that one of its inputs wants.

    The values are those that the network's own operations say, see `range_evidence`; 0 to 255 where the input takes
    whole numbers. Where no operation says anything, what Keras's applications were trained on is known, by their names;
    else they are 0 to 1, the range that most networks are trained on.

    Args:
        expected: what the operations before the first learned layer say, which the worker finds out.

    Raises:
        UserError: code ``input.unsupported``, where the input does not read pictures.
    """
    shape = picture_shape(spec.shape)
    if shape is None:
        sizes = format_shape(spec.shape)
        raise _unsupported(
            f"The input {spec.name} of {network.name} is {sizes}, which is not an image (height × width × 1, 3 or 4 "
            "channels).",
            "Import it without samples to see its structure.",
        )
    height, width, channels = shape
    size = (height, width) if height > 0 and width > 0 else None
    plain = Preprocessing(size=size, channels=channels, colour="grey" if channels == 1 else "rgb")
    if spec.is_integer:
        return Guess(replace(plain, **PRESETS["byte"]), "its input takes whole numbers")
    if expected.range is not None:
        return Guess(replace(plain, range=expected.range), expected.reason, expected.confidence)
    family = family_of(network) if channels == 3 else None
    if family is None:
        return Guess(plain, f"{expected.reason}, and most networks are trained on 0 to 1", UNSURE)
    title, preset = family
    wanted = replace(plain, **PRESETS[preset])
    if expected.swaps_colours and wanted.order == "bgr":
        wanted = replace(wanted, order="rgb", mean=wanted.mean[::-1])
    reason = f"{expected.reason}, and by its names the network is {title} of Keras Applications ({_MODES[preset]})"
    return Guess(wanted, reason, LIKELY)


def picture_shape(shape: tuple[int, ...]) -> tuple[int, int, int] | None:
    """Height, width and channels of an input of that shape, None where it is no picture."""
    if len(shape) == 2:
        return shape[0], shape[1], 1
    if has_channels_first(shape):
        return shape[1], shape[2], shape[0]
    if len(shape) == 3 and shape[2] in _CHANNELS:
        return shape[0], shape[1], shape[2]
    return None


def has_channels_first(shape: tuple[int, ...]) -> bool:
    """Whether an input of that shape, or a sample for it, can be a picture only if its channels come first."""
    return len(shape) == 3 and shape[0] in _CHANNELS and shape[2] not in _CHANNELS


def _check_colours(chosen: Preprocessing) -> None:
    if chosen.channels == 1 and chosen.colour == "rgb":
        raise _unsupported("The network reads grey images, not colour.", "Choose grey.")
    if chosen.order not in ORDERS:
        raise _unsupported(f"There is no channel order {chosen.order!r}.", "Choose rgb or bgr.")
    if chosen.channels == 1 and chosen.order == "bgr":
        raise _unsupported("The network reads grey images, which have no channel order.", "Choose rgb.")
    for name, word, words in (
        ("resize mode", chosen.resize, RESIZE_MODES),
        ("background", chosen.background, BACKGROUNDS),
        ("orientation", chosen.orientation, ORIENTATIONS),
    ):
        if word not in words:
            raise _unsupported(f"There is no {name} {word!r}.", f"Use {', '.join(words[:-1])} or {words[-1]}.")


def _check_numbers(chosen: Preprocessing) -> None:
    if chosen.size is not None and min(chosen.size) < 1:
        raise _unsupported("The size {} × {} has no pixels.".format(*chosen.size), "Choose at least 1 × 1.")
    for name, values in (("mean", chosen.mean), ("standard deviation", chosen.std)):
        if len(values) not in {0, 1, chosen.channels}:
            raise _unsupported(
                f"The {name} has {len(values)} numbers, but the network's input has {chosen.channels} channels.",
                "Give one number, or one per channel." if chosen.channels > 1 else "Give one number.",
            )
    if not all(map(math.isfinite, (*chosen.range, *chosen.mean, *chosen.std))):
        raise _unsupported("Range, mean and standard deviation must be finite numbers.", "Choose other numbers.")
    if 0 in chosen.std:
        raise _unsupported("A standard deviation of 0 cannot be divided by.", "Choose another number, or none.")


def _unsupported(message: str, fix: str) -> UserError:
    return UserError("input.unsupported", message, fix)
