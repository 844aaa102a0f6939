"""Levels of pictures, marked as such: a batch says itself whether it is still to be scaled."""

from __future__ import annotations

import numpy as np

_FIELD = "level"


def mark(levels: np.ndarray) -> np.ndarray:
    """Levels of a picture, 0 black to 255 full brightness, as an array that is known for one; any shape stays."""
    return np.ascontiguousarray(levels).view(np.dtype([(_FIELD, levels.dtype)]))


def levels_of(values: np.ndarray) -> np.ndarray | None:
    """What was marked; None where the values are those of no picture."""
    return values[_FIELD] if values.dtype.names == (_FIELD,) else None
