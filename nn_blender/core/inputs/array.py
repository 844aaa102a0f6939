"""Arrays: numbers of any shape, for all that is no other kind of input."""

from __future__ import annotations

import numpy as np

from . import INPUT_KINDS, InputKind
from .evidence import FRAMES, PLANE, Evidence
from .pictures import known, montage, mosaic_size
from .preprocessing import picture_shape

LAST = 100
_MOST_PLANES = 64


def _claims(evidence: Evidence) -> str:
    if picture_shape(evidence.spec.shape) and evidence.hints.not_pixels:
        return evidence.hints.not_pixels
    if frames := evidence.first(FRAMES):
        return f"its first layer, {frames.title}, reads it step by step"
    if len(evidence.spec.shape) == 3 and (plane := evidence.first(PLANE)):
        return f"{plane.title} reads it as planes, but an image has 1, 3 or 4 channels"
    return f"its shape is {evidence.sizes}" if evidence.sizes else "it is a single number"


def _planes(shape: tuple[int, ...]) -> tuple[int, int, int]:
    """How many planes an array is drawn as, and their height and width."""
    sizes = tuple(map(known, shape))
    if len(sizes) < 2:
        return 1, 1, sizes[0] if sizes else 1
    if len(sizes) == 2:
        return 1, *sizes
    height, width = sizes[-3:-1]
    return min(sizes[-1], _MOST_PLANES), height, width


def _proportions(shape: tuple[int, ...]) -> tuple[float, float]:
    return mosaic_size(*_planes(shape))


def _as_picture(values: np.ndarray) -> np.ndarray:
    """A plane per channel, of further axes the maximum."""
    while values.ndim > 3:
        values = values.max(axis=0)
    if values.ndim < 3:
        return values.reshape((*(1,) * (2 - values.ndim), *values.shape, 1)).astype(np.float32)
    return montage(np.moveaxis(values, -1, 0)[:_MOST_PLANES])


ARRAY = INPUT_KINDS.register(
    InputKind(
        "array",
        "Array",
        claims=_claims,
        takes="an array is numbers of any shape",
        fits=lambda _: True,
        proportions=_proportions,
        as_picture=_as_picture,
        describe=lambda _: "Arrays enter the network as they are.",
    ),
    rank=LAST,
)
