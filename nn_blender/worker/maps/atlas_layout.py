"""Finds the layout of an atlas within a budget of pixels, and averages maps to fit. Needs no TensorFlow."""

from __future__ import annotations

from math import ceil

import numpy as np

from ...core.maps.packing import AtlasLayout

LONGEST_SIDE = 8192
"""Pixels; the largest texture that every graphics card of the last ten years takes."""
DEFAULT_PIXELS = 4_000_000


def lay_out_atlas(
    neurons: int,
    height: int,
    width: int,
    samples: int,
    budget: int,
    cell_budget: int = LONGEST_SIDE**2,
    planes: int = 1,
) -> AtlasLayout | None:
    """The layout of an atlas, nearly square; None where it does not fit even with one pixel per map.

    Positions are averaged in squares of ``reduction`` until the picture has at most ``budget`` pixels, a cell has at
    most ``cell_budget``, and no side is longer than `LONGEST_SIDE`. ``planes`` samples share a block.
    """
    blocks = ceil(samples / planes)
    columns = min(ceil((neurons * height / width) ** 0.5), neurons)
    rows = ceil(neurons / columns)
    for reduction in range(1, max(height, width) + 1):
        cell_height, cell_width = ceil(height / reduction), ceil(width / reduction)
        if cell_height * cell_width > cell_budget:
            continue
        ratio = rows * cell_height / (columns * cell_width)
        nearly_square = round((blocks * ratio) ** 0.5)
        for wanted in (nearly_square, LONGEST_SIDE // (columns * cell_width)):
            across = max(1, min(wanted, blocks))
            layout = AtlasLayout(
                columns, rows, across, ceil(blocks / across), cell_height, cell_width, reduction, planes
            )
            if layout.pixels <= budget and max(layout.size) <= LONGEST_SIDE:
                return layout
    return None


def average_positions(maps: np.ndarray, reduction: int) -> np.ndarray:
    """Means over squares of positions; smaller ones at the right and lower edge.

    Args:
        maps: (samples, height, width, channels).
    """
    if reduction == 1:
        return maps
    for axis in (1, 2):
        length = maps.shape[axis]
        starts = np.arange(0, length, reduction)
        counts = np.diff(np.append(starts, length)).reshape([-1 if k == axis else 1 for k in range(4)])
        maps = np.add.reduceat(maps, starts, axis=axis) / counts.astype(np.float32)
    return maps


def finite_limits(values: np.ndarray, finite: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest finite value of each of the last axis's entries; infinity and minus infinity for none.

    Args:
        values: (height, width, neurons).
        finite: which of them are.
    """
    return np.where(finite, values, np.inf).min(axis=(0, 1)), np.where(finite, values, -np.inf).max(axis=(0, 1))
