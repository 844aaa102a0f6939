"""Images: pictures in colours of their own, or with a class at every place."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from math import isqrt

import numpy as np

from ..network import CHOSEN
from . import OUTPUT_KINDS, Claim, NetworkOutput, OutputKind
from .class_colours import class_colours
from .endings import OF_ONE_CASE, OVER_CLASSES, Ending
from .metrics import Metric, absolute_error, confusion, intersection_over_union, mean_of_known, overlap_of

SMALLEST_SIDE = 16
"""Of a square picture that is taken out of numbers in a row where no input has its size."""

SMALLEST_UNBOUNDED_SIDE = 28
"""The same, where no activation keeps the numbers in a range, as those of colours are."""

_AXES = ("height", "width", "channel")


def _claims(ending: Ending) -> Claim | None:
    rank = len(ending.layer.output_shape)
    if rank == 1:
        return _flat(ending)
    return _rows(ending) if rank == 2 else _channels(ending) if rank == 3 else None


def _flat(ending: Ending) -> Claim | None:
    """Numbers in a row that are the values of a picture."""
    count = ending.units
    if not count or ending.activation in OVER_CLASSES or len(ending.evidence.classes) == count:
        return None
    for shape in ending.picture_inputs():
        if count == np.prod(shape):
            return Claim("it gives as many values as the picture that enters has", shape, _AXES[: len(shape)])
    side, channels = _square(count)
    is_bounded = ending.activation in (*OF_ONE_CASE, "tanh")
    is_likewise = any(spec.shape == (count,) for spec in ending.network.inputs)
    if side < (SMALLEST_SIDE if is_bounded else SMALLEST_UNBOUNDED_SIDE) or not ending.reads_vector(count):
        return None
    if not is_likewise and not is_bounded:
        return None
    why = "as many values as enter" if is_likewise else f"{count} values out of fewer"
    shape = (side, side, channels) if channels > 1 else (side, side)
    return Claim(f"it gives {why}, which fill a square picture", shape, _AXES[: len(shape)])


def _square(count: int) -> tuple[int, int]:
    """Side and channels of a square picture with so many values; a side of 0 where none has."""
    for channels in (1, 3):
        side = isqrt(count // channels)
        if side * side * channels == count:
            return side, channels
    return 0, 0


def _rows(ending: Ending) -> Claim | None:
    """Height × width that numbers are put into: the size of a picture that enters, or a square out of a generator.

    What computes two axes itself goes step by step along the first.
    """
    shape = ending.layer.output_shape
    if len(ending.maker.output_shape) == 2 and ending.maker.class_name != "Reshape":
        return None
    if any(shape in (given, given[:2]) for given in ending.picture_inputs()):
        return Claim("it has the height and width of the picture that enters", shape, _AXES[:2])
    if shape[0] == shape[1] >= SMALLEST_SIDE and ending.reads_vector(shape[0] * shape[1]):
        return Claim("it is a square that is made of numbers in a row", shape, _AXES[:2])
    return None


def _channels(ending: Ending) -> Claim | None:
    """Height, width and channels, of which three are colours, one is a grey and others are classes."""
    axes, shape = ending.layer.axes, ending.layer.output_shape
    sizes = dict(zip(axes, shape, strict=True))
    if set(axes) != set(_AXES) or 1 in (sizes["height"], sizes["width"]) or sizes["channel"] < 1:
        return None
    channels = sizes["channel"]
    why = _why_classes(ending, channels, (sizes["height"], sizes["width"]))
    if why:
        return Claim(why, shape, axes, of_classes=True)
    if channels not in (1, 3):
        return None
    colours = "grey" if channels == 1 else "red, green and blue"
    return Claim(f"it is height × width × {channels}, {colours}", shape, axes)


def _why_classes(ending: Ending, channels: int, place: tuple[int, int]) -> str:
    """Why the channels of a picture are those of classes, a part of a sentence; empty where they are not."""
    if ending.activation in OVER_CLASSES and channels > 1:
        return f"it gives {channels} values after {ending.activation} at every place"
    if ending.evidence.are_masks:
        return "it is height × width × channels, and right answers are classes at every place"
    if len(ending.evidence.classes) == channels > 1:
        return f"it is height × width × {channels}, and there are names for as many classes"
    may_be_classes = ending.may_be_logits or ending.activation in OF_ONE_CASE
    if channels in (1, 3) or ending.value_word or not may_be_classes or place not in _places(ending):
        return ""
    return f"it gives {channels} values at every place of the picture that enters"


def _places(ending: Ending) -> list[tuple[int, ...]]:
    """Height and width of the pictures that enter; open sizes are -1."""
    shapes = (spec.shape for spec in ending.network.inputs if len(spec.shape) == 3)
    first = ending.layer.axes[0] == "channel"
    return [shape[1:] if first else shape[:2] for shape in shapes]


def _fits(ending: Ending) -> Claim | None:
    """Colours or classes as it is decided; else any height × width with or without channels, and any full square."""
    claim = _claims(ending)
    if claim is not None:
        return replace(claim, reason=CHOSEN)
    shape, axes = ending.layer.output_shape, ending.layer.axes
    if len(shape) == 3 and set(axes) == set(_AXES):
        return Claim(CHOSEN, shape, axes, of_classes=dict(zip(axes, shape, strict=True))["channel"] > 1)
    if len(shape) == 2:
        return Claim(CHOSEN, shape, _AXES[:2])
    side, channels = _square(ending.units)
    return Claim(CHOSEN, (side, side, channels), _AXES) if side > 1 else None


def as_picture(output: NetworkOutput, values: np.ndarray) -> np.ndarray:
    """A sample's values as (height, width, channels); ``values`` has the output's shape or is in a row."""
    picture = values if values.ndim == len(output.shape) else values.reshape(output.shape)
    if picture.ndim == 2:
        return picture[..., None]
    return np.moveaxis(picture, 0, -1) if output.axes[0] == "channel" else picture


def class_map(output: NetworkOutput, values: np.ndarray) -> np.ndarray:
    """The class at every place of a picture of classes: int (height, width); NaN counts as lowest."""
    picture = np.nan_to_num(as_picture(output, values), nan=-np.inf)
    if picture.shape[-1] == 1:
        return (picture[..., 0] > output.threshold).astype(np.int64)
    return picture.argmax(axis=-1)


def _picture(output: NetworkOutput, values: np.ndarray) -> np.ndarray:
    """In its own colours, or in those of classes; of further channels the highest value."""
    if output.of_classes:
        colours: np.ndarray = class_colours(class_count(output))[class_map(output, values)]
        return colours
    picture = as_picture(output, values).astype(np.float32)
    return picture if picture.shape[2] in (1, 3) else picture.max(axis=2, keepdims=True)


def class_count(output: NetworkOutput) -> int:
    """How many classes a picture of classes tells apart."""
    channels = output.shape[output.axes.index("channel")] if "channel" in output.axes else 1
    return max(channels, 2)


def true_classes(output: NetworkOutput, truth: np.ndarray) -> np.ndarray:
    """The classes of a true picture: int (height, width).

    Args:
        truth: whole numbers (height, width) or with an axis of one channel, or one-hot along the last axis; where there
            are two classes, any value above 0 is the second one.
    """
    if truth.ndim == 3 and truth.shape[-1] == 1:
        truth = truth[..., 0]
    elif truth.ndim == 3:
        return truth.argmax(axis=-1)
    return (truth > 0).astype(np.int64) if class_count(output) == 2 else truth.astype(np.int64)


def compare(output: NetworkOutput, values: np.ndarray, truth: np.ndarray) -> tuple[float, np.ndarray | None]:
    """How far a sample's picture is from the true one, by the kind's metric, and for classes what was taken for what.

    Whole numbers are colours from 0 to 255, unless the network's values are, or there are only 0 and 1. The error is
    NaN where sizes differ.

    Returns:
        The error, and int (classes, classes) as `metrics.confusion` counts it.
    """
    if output.of_classes:
        predicted, true = class_map(output, values), true_classes(output, truth)
        if predicted.shape != true.shape:
            return math.nan, None
        table = confusion(predicted, true, class_count(output))
        return mean_of_known(overlap_of(table)), table
    picture = as_picture(output, values)
    if truth.size != picture.size:
        return math.nan, None
    colours = truth.astype(np.float64)
    if truth.dtype.kind in "iu" and output.activation in OF_ONE_CASE and truth.max(initial=0) > 1:
        colours = colours / 255
    elif truth.dtype.kind in "iu" and output.activation == "tanh":
        colours = colours / 127.5 - 1
    return absolute_error(picture, as_picture(output, colours.reshape(values.shape))), None


def _error(output: NetworkOutput, values: Sequence[np.ndarray], truths: Sequence[np.ndarray]) -> np.ndarray:
    pairs = [(as_picture(output, one), as_picture(output, truth)) for one, truth in zip(values, truths, strict=True)]
    return np.array(np.mean([absolute_error(one, truth) for one, truth in pairs]))


def _overlap(output: NetworkOutput, values: Sequence[np.ndarray], truths: Sequence[np.ndarray]) -> np.ndarray:
    count = class_count(output)
    predicted = [class_map(output, one).ravel() for one in values]
    true = [true_classes(output, truth).ravel() for truth in truths]
    return intersection_over_union(np.concatenate(predicted), np.concatenate(true), count)


ERROR = Metric(
    "pixel_mae",
    "Mean absolute error",
    _error,
    is_share=False,
    formula="mean of |value - true value| over all values of a picture, and over pictures",
)
OVERLAP = Metric(
    "mean_iou",
    "Mean intersection over union",
    _overlap,
    is_share=True,
    formula="TP / (TP + FP + FN) of each class over all places, and the mean over classes that occur",
)

IMAGE = OUTPUT_KINDS.register(
    OutputKind(
        "image",
        "Image",
        _claims,
        _fits,
        picture=_picture,
        compare=compare,
        metrics=lambda output: (OVERLAP if output.of_classes else ERROR,),
    ),
    rank=-1,
)
