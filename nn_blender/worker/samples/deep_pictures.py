"""Pictures deeper than 8 bits per channel: their levels are numbers with fractions, so that nothing is rounded.

Black is 0 and full brightness 255 as in other pictures. In whole numbers full brightness is 65,535, in floating point
it is 1. Numbers below or above these, NaN and infinity stay what they are.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

from ...core.inputs.preprocessing import Preprocessing

MODES = ("I", "I;16", "I;16B", "I;16L", "I;16N", "F")
"""Pillow's modes of such pictures; all of them are grey."""

_FULL = 255.0
_LUMA = np.array([0.299, 0.587, 0.114])
"""What red, green and blue add to brightness, as in Pillow's conversion to grey (ITU-R 601-2)."""


def levels_of_picture(picture: Image.Image) -> np.ndarray:
    """Levels of a grey picture of one of `MODES`, float64 (height, width, 1), or 4 channels where a value is clear."""
    values = np.asarray(picture)
    levels = (values * np.float64(_FULL) if picture.mode == "F" else values / np.float64(257.0))[..., np.newaxis]
    clear = picture.info.get("transparency")
    if clear is None:
        return levels
    alpha = np.where(values == clear, 0.0, _FULL)[..., np.newaxis]
    return np.concatenate([levels, levels, levels, alpha], axis=2)


def in_colours(levels: np.ndarray, preprocessing: Preprocessing) -> np.ndarray:
    """Levels (height, width, 1, 3 or 4) in the colours that a network reads."""
    colours, alpha = (levels[..., :3], levels[..., 3:]) if levels.shape[2] == 4 else (levels, None)
    if alpha is not None and preprocessing.channels != 4 and preprocessing.background != "hidden":
        behind = _FULL if preprocessing.background == "white" else 0.0
        colours = behind + (colours - behind) * (alpha / _FULL)
    if preprocessing.is_grey and colours.shape[2] == 3:
        colours = (colours @ _LUMA)[..., np.newaxis]
    if preprocessing.channels == 1:
        return colours
    if colours.shape[2] == 1:
        colours = np.repeat(colours, 3, axis=2)
    if preprocessing.channels == 4:
        return np.concatenate([colours, np.full_like(colours[..., :1], _FULL) if alpha is None else alpha], axis=2)
    return colours


def as_bands(levels: np.ndarray) -> list[Image.Image]:
    """A picture in floating point for each channel, which Pillow resizes without rounding."""
    return [Image.fromarray(levels[..., channel].astype(np.float32)) for channel in range(levels.shape[2])]


def from_bands(bands: list[Image.Image], before: np.ndarray) -> np.ndarray:
    """The reverse, resized; as in 8 bits, resizing makes nothing darker than black or brighter than full brightness.

    Args:
        before: the levels that were resized.
    """
    levels = np.stack([np.asarray(band, dtype=np.float64) for band in bands], axis=-1)
    low, high = np.fmin.reduce(before, axis=None, initial=0.0), np.fmax.reduce(before, axis=None, initial=_FULL)
    return levels.clip(low, high)  # NaN in a part of a picture says nothing of the rest.
