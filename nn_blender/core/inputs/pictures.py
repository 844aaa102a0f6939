"""How the values of a sample are laid out as a picture, which every kind of input does in its own way."""

from __future__ import annotations

import math

import numpy as np

OPEN_LENGTH = 32
"""What an axis counts as where its size is open."""
LONGEST_COLUMN = 20
"""Values that stand one below the other; more of them stand in rows."""


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
