"""How the values of a sample are laid out as a picture, which every kind of input does in its own way."""

from __future__ import annotations

import math

import numpy as np

OPEN_LENGTH = 32
"""What an axis counts as where its size is open."""
LONGEST_COLUMN, MOST_COLUMNS = 20, 8
"""Numbers that stand one below the other, more of them stand in rows; and of how many in a row each has room."""

TILE = 3.0
"""How much wider than high a cell with a number is."""

_NOTHING, _HIGHEST, _LOWEST = (20, 24, 31), (205, 106, 32), (54, 112, 196)
"""sRGB of 0, or of the lowest number where none is negative, and of both ends. Letters on them can be read."""


GAP = (58, 66, 82)
"""sRGB of what stands for no number, as between planes."""


def known(size: int) -> int:
    """A size, and something to stand for an open one."""
    return size if size > 0 else OPEN_LENGTH


def wrapped(count: int) -> tuple[int, int]:
    """Rows and columns that so many values fill: a column, or nearly a square."""
    if count <= LONGEST_COLUMN:
        return max(count, 1), 1
    columns = math.ceil(math.sqrt(count))
    return math.ceil(count / columns), columns


def fill(values: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """Values in reading order, (rows, columns, 1); NaN in cells that are left over."""
    cells = np.full(rows * columns, np.nan, np.float32)
    cells[: values.size] = values.ravel()
    return cells.reshape(rows, columns, 1)


def montage(planes: np.ndarray) -> np.ndarray:
    """Planes (count, height, width) side by side in nearly a square, one pixel between them: (height, width, 1)."""
    count, height, width = planes.shape
    rows, columns = mosaic(count, height, width)
    picture = np.full((rows * (height + 1) - 1, columns * (width + 1) - 1, 1), np.nan, np.float32)
    for k, plane in enumerate(planes):
        top, left = k // columns * (height + 1), k % columns * (width + 1)
        picture[top : top + height, left : left + width, 0] = plane
    return picture


def mosaic(count: int, height: int, width: int) -> tuple[int, int]:
    """Rows and columns in which so many planes are nearly a square."""
    columns = min(max(1, math.ceil(math.sqrt(count * height / width))), count)
    return math.ceil(count / columns), columns


def mosaic_size(count: int, height: int, width: int) -> tuple[int, int]:
    """Height and width of `montage`."""
    rows, columns = mosaic(count, height, width)
    return rows * (height + 1) - 1, columns * (width + 1) - 1


def curve(values: np.ndarray, low: float, high: float, rows: int) -> np.ndarray:
    """One number per step as a curve whose area has the colours of `heat`: uint8 (rows, steps, 3).

    The area reaches to 0, or to the end of the range that is closest to it.

    Args:
        values: (1, steps, 1).
        low, high: what the lowest and the highest row stand for.
    """
    foot = min(max(low, 0.0), high)
    places = np.linspace(high, low, rows)[:, np.newaxis]
    half = (high - low) / max(rows - 1, 1) / 2
    level = np.nan_to_num(values[..., 0], nan=foot)
    is_inside = (places >= np.minimum(level, foot) - half) & (places <= np.maximum(level, foot) + half)
    colours = heat(values, np.array(low), np.array(high))
    return np.where(is_inside[..., np.newaxis], colours, np.array(_NOTHING, np.uint8))


def heat(values: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Numbers as colours, uint8 (…, 3): dark to orange from the lowest to the highest, blue where they are negative.

    Where there are negative numbers, 0 is dark and both ends are as far from it. What is not finite is as 0.

    Args:
        values: (…, 1).
        low, high: the range, which may be one for all values or one for each.
    """
    low, high = np.broadcast_to(low, values.shape).astype(np.float64), np.broadcast_to(high, values.shape)
    is_signed = low < 0
    start = np.where(is_signed, 0.0, low)
    span = np.where(is_signed, np.maximum(np.abs(low), np.abs(high)), high - low)
    shares = np.divide(values - start, span, out=np.zeros(values.shape), where=span > 0)
    shares = np.clip(np.nan_to_num(shares, nan=0.0), -1.0, 1.0)
    ends = np.where(shares < 0, np.array(_LOWEST), np.array(_HIGHEST))
    return np.rint(_NOTHING + (ends - _NOTHING) * np.abs(shares)).astype(np.uint8)
