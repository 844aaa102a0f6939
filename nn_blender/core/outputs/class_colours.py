"""Colours of classes in pictures; the first ones can be told apart by colour-blind readers."""

from __future__ import annotations

import colorsys

import numpy as np

_FIRST = (
    (30, 34, 42), (230, 159, 0), (86, 180, 233), (0, 158, 115), (240, 228, 66), (0, 114, 178), (213, 94, 0),
    (204, 121, 167),
)  # fmt: skip
"""Background, then the palette of Okabe and Ito."""
_GOLDEN = 0.618034
"""Of a turn of hue from one further colour to the next: none comes close to one of the last ones."""


def class_colours(count: int) -> np.ndarray:
    """Uint8 (count, 3): red, green and blue of every class."""
    further = []
    for number in range(len(_FIRST), count):
        shade = 0.95 - 0.3 * (number % 3) / 2
        colour = colorsys.hsv_to_rgb(number * _GOLDEN % 1.0, 0.45 + 0.4 * (number % 2), shade)
        further.append(tuple(round(255 * part) for part in colour))
    return np.array([*_FIRST, *further][:count], np.uint8).reshape(-1, 3)
