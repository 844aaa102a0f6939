"""Where maps stand in an atlas and how values become levels. Needs no TensorFlow."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import numpy as np

from ...core.recording import Atlas

LONGEST_SIDE = 8192
"""Pixels; the largest texture that every graphics card of the last ten years takes."""
DEFAULT_PIXELS = 4_000_000
_SMALLEST_SPAN, _LARGEST_SPAN = 1e-30, 1e30


@dataclass(frozen=True)
class Plan:
    """Where everything stands in one atlas; see `core.recording.Atlas`."""

    columns: int
    rows: int
    blocks_across: int
    blocks_down: int
    cell_height: int
    cell_width: int
    reduction: int
    planes: int = 1

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the picture."""
        return self.blocks_down * self.rows * self.cell_height, self.blocks_across * self.columns * self.cell_width

    @property
    def pixels(self) -> int:
        return self.size[0] * self.size[1]

    def block_place(self, number: int) -> tuple[slice, slice]:
        """Rows and columns of the block that a sample shares with the others of its planes."""
        row, column = divmod(number // self.planes, self.blocks_across)
        height, width = self.rows * self.cell_height, self.columns * self.cell_width
        return slice(row * height, (row + 1) * height), slice(column * width, (column + 1) * width)

    def in_grid(self, maps: np.ndarray) -> np.ndarray:
        """One sample's maps (height, width, neurons) as a grid of cells; cells left over are 0."""
        height, width, neurons = maps.shape
        missing = self.columns * self.rows - neurons
        cells = np.pad(maps, ((0, 0), (0, 0), (0, missing)))
        grid = cells.reshape(height, width, self.rows, self.columns).transpose(2, 0, 3, 1)
        return grid.reshape(self.rows * height, self.columns * width)

    def atlas(self, layer: str, file: str, limits: tuple[float, float], channels: int = 1, ranges: str = "") -> Atlas:
        """The description of a picture laid out like this; ``limits`` are its lowest and highest value."""
        return Atlas(
            layer, file, self.columns, self.rows, self.blocks_across, self.blocks_down, self.cell_height,
            self.cell_width, *limits, channels, self.reduction, ranges, self.planes,
        )  # fmt: skip


def plan_atlas(
    neurons: int,
    height: int,
    width: int,
    samples: int,
    budget: int,
    cell_budget: int = LONGEST_SIDE**2,
    planes: int = 1,
) -> Plan | None:
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
            plan = Plan(columns, rows, across, ceil(blocks / across), cell_height, cell_width, reduction, planes)
            if plan.pixels <= budget and max(plan.size) <= LONGEST_SIDE:
                return plan
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


def to_levels(values: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Finite values from low to high as 0 to 255; all 0 where there is but one value.

    Args:
        values: float32 (…, neurons).
        low: one per neuron, as ``high``.
    """
    span = np.asarray(high, np.float64) - low
    scale = np.divide(255.0, span, out=np.zeros_like(span), where=span > 0)
    # Half the time in single precision; beyond these spans it would overflow.
    is_usual = ((span == 0) | ((span > _SMALLEST_SPAN) & (span < _LARGEST_SPAN))).all()
    kind = np.float32 if is_usual else np.float64
    return np.rint((values.astype(kind, copy=False) - np.asarray(low, kind)) * scale.astype(kind)).astype(np.uint8)


def to_alpha(missing: np.ndarray, planes: int) -> np.ndarray:
    """The alpha channel that `core.recording.Atlas` describes; ``missing`` holds a bit per plane, uint8."""
    return 255 - np.rint(missing * (255 / (2**planes - 1))).astype(np.uint8)
