"""Sequences: steps in time, each of one number or of several features."""

from __future__ import annotations

import numpy as np

from . import INPUT_KINDS, InputKind
from .evidence import PLANE, SPACE, TIME, VECTOR, Evidence
from .pictures import known

_NARROWEST = 0.3
"""Of the shorter side, as a share of the longer one."""


def _claims(evidence: Evidence) -> str:
    time, shape = evidence.first(TIME), evidence.spec.shape
    if time is not None and (len(shape) == 2 or _arrives_whole(shape, time.shape)):
        return f"its first layer, {time.title}, reads it along time"
    return _claims_rows(evidence) if len(shape) == 2 and time is None else ""


def _claims_rows(evidence: Evidence) -> str:
    """What is no image, see `image`, and that no layer reads along time."""
    if evidence.is_named_time:
        return f"it is time × features, and its name is {evidence.spec.name}"
    if evidence.hints.not_pixels:
        return f"{evidence.hints.not_pixels}, and it is time × features"
    if reading := evidence.first(PLANE, SPACE):
        return f"{evidence.sizes} is time × features rather than an image, although {reading.title} reads it as a grid"
    reading = evidence.first(VECTOR)
    if reading is not None and not reading.is_flattened:
        return f"its first layer, {reading.title}, reads every step by itself"
    return f"it is {evidence.sizes}, time × features"


def _arrives_whole(shape: tuple[int, ...], arriving: tuple[int, ...]) -> bool:
    """Whether a row of numbers is laid out in time, and not one set of features that joins other data."""
    sizes = [size for size in arriving if size > 0]
    return shape[0] < 0 or arriving[:1] == shape or int(np.prod(sizes)) == shape[0]


def _proportions(shape: tuple[int, ...]) -> tuple[float, float]:
    """Time runs from left to right, as in the strips of layers; neither side is too short to be seen."""
    features, steps = known(shape[1]) if len(shape) > 1 else 1, known(shape[0])
    return max(features, _NARROWEST * steps), max(steps, _NARROWEST * features)


def _as_picture(values: np.ndarray) -> np.ndarray:
    steps = values if values.ndim == 2 else values[:, np.newaxis]
    return steps.T[..., np.newaxis].astype(np.float32)


SEQUENCE = INPUT_KINDS.register(
    InputKind(
        "sequence",
        "Sequence",
        claims=_claims,
        takes="a sequence is time, or time × features",
        fits=lambda spec: len(spec.shape) in {1, 2} and spec.dtype != "string",
        proportions=_proportions,
        as_picture=_as_picture,
        is_coloured=True,
        is_curve=True,
        usual_size=64,
        unit="steps",
        describe=lambda _: "Sequences enter the network as they are.",
    ),
    rank=30,
)
