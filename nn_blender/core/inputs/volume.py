"""Volumes: depth, height and width, with or without an axis of channels."""

from __future__ import annotations

import numpy as np

from . import INPUT_KINDS, InputKind
from .evidence import SPACE, Evidence
from .pictures import known, montage, mosaic_size

_MOST_SLICES = 9


def _claims(evidence: Evidence) -> str:
    space = evidence.first(SPACE)
    return f"its first layer, {space.title}, reads it as depth × height × width" if space else ""


def _proportions(shape: tuple[int, ...]) -> tuple[float, float]:
    depth, height, width = map(known, shape[:3])
    return mosaic_size(min(depth, _MOST_SLICES), height, width)


def _as_picture(values: np.ndarray) -> np.ndarray:
    """Slices at even distances, the middle one among them; of several channels the highest value."""
    space = values if values.ndim == 3 else values.max(axis=3)
    count = min(len(space), _MOST_SLICES)
    places = np.rint((np.arange(count) + 0.5) * len(space) / count - 0.5).astype(int)
    return montage(space[places])


VOLUME = INPUT_KINDS.register(
    InputKind(
        "volume",
        "Volume",
        claims=_claims,
        takes="a volume is depth × height × width, alone or with channels",
        fits=lambda spec: len(spec.shape) in {3, 4},
        proportions=_proportions,
        as_picture=_as_picture,
        describe=lambda _: "Volumes enter the network as they are.",
    ),
    rank=-5,
)
