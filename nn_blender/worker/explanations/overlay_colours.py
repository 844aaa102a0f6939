"""Colours of maps over what they are of: nothing at 0, more the further from it."""

from __future__ import annotations

import numpy as np

AGAINST, FOR = (64, 132, 240), (255, 136, 32)
"""sRGB of values below and above 0, of signed maps; on paper also of the others."""

_RAMP = np.array([(96, 16, 120), (200, 36, 92), (250, 108, 24), (255, 232, 60)], np.float64)
"""sRGB from values near 0 to the highest one, on pictures; brighter all the way."""
_DIMMED, _MOST = 0.62, 0.92
"""How bright a picture is under its map, and how much of it the highest value covers."""


def shares_of(values: np.ndarray, scale: float) -> np.ndarray:
    """How far values are from 0, -1 to 1 of the scale; 0 for what is not finite."""
    finite = np.where(np.isfinite(values), values, 0.0)
    return np.clip(finite / scale, -1.0, 1.0) if scale > 0 else np.zeros(values.shape)


def over_picture(picture: np.ndarray, shares: np.ndarray, is_signed: bool) -> np.ndarray:
    """A map over a picture, uint8 (height, width, 3).

    Args:
        picture: uint8 (height, width, 3).
        shares: what `shares_of` gives, (height, width).
    """
    strength = np.abs(shares)[..., np.newaxis]
    colours = _diverging(shares) if is_signed else _sequential(np.abs(shares))
    opacity = _MOST * np.sqrt(strength)
    return np.rint(picture * _DIMMED * (1 - opacity) + colours * opacity).astype(np.uint8)


def on_paper(share: float, paper: tuple[int, int, int], most: float = 0.85) -> tuple[int, int, int]:
    """The colour of a place on which dark letters can be read.

    Args:
        share: one number as `shares_of` gives it.
        most: how much of the paper the highest value covers.
    """
    ends = FOR if share > 0 else AGAINST
    opacity = most * abs(share)
    red, green, blue = (round(white * (1 - opacity) + end * opacity) for white, end in zip(paper, ends, strict=True))
    return red, green, blue


def _diverging(shares: np.ndarray) -> np.ndarray:
    return np.where(shares[..., np.newaxis] < 0, np.array(AGAINST, np.float64), np.array(FOR, np.float64))


def _sequential(shares: np.ndarray) -> np.ndarray:
    places = np.linspace(0, 1, len(_RAMP))
    return np.stack([np.interp(shares, places, _RAMP[:, part]) for part in range(3)], axis=-1)
