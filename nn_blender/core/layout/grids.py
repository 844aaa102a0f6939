"""Grids of neurons on a slab: places of spheres and of feature maps, and the slab's size."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..network import Layer

SPHERE_PITCH = 0.46
MARGIN = 0.12
COLUMN_AT_MOST = 12
OUTPUT_COLUMN_AT_MOST = 20
COMFORTABLE_FACE = 3.5
MAP_GROWTH, SPHERE_GROWTH = 0.7, 0.4
"""Units that a face grows per doubling beyond the comfortable size."""
SMALLEST_FACE = 1.0
SPARSE, DENSE = 2_000, 16_000
"""Neurons up to which spheres leave room between them, and from which on they nearly touch to be seen from afar."""
STRIP, STRIP_STRETCH = 0.16, 2.2
SMALLEST_MAP = 0.18
"""Side of the map of a single position; larger ones grow by as much per doubling."""
NARROWEST_PICTURE = 0.6


@dataclass(frozen=True)
class Grid:
    """A layer's neurons on its slab: a grid of cells in reading order, each with a sphere and perhaps a map.

    Attributes:
        count: number of neurons; the last row may be short.
        pitch: distance between cell centres along the row and down the rows.
        radius: of a sphere.
        card: width and height of a feature map, None where neurons have none.
    """

    count: int
    columns: int
    rows: int
    pitch: tuple[float, float]
    radius: float
    card: tuple[float, float] | None

    def cell_centres(self) -> np.ndarray:
        """Float32 (count, 2): y and z of every cell's centre, relative to the middle of the grid."""
        index = np.arange(self.count)
        y = -(index % self.columns - (self.columns - 1) / 2) * self.pitch[0]
        z = ((self.rows - 1) / 2 - index // self.columns) * self.pitch[1]
        return np.stack([y, z], axis=1).astype(np.float32)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Grid:
        """Read what `dataclasses.asdict` gives; raises KeyError, TypeError or ValueError where it is something else."""
        count, columns, rows = (int(data[name]) for name in ("count", "columns", "rows"))
        card = data["card"]
        return cls(
            count, columns, rows, _pair(data["pitch"]), float(data["radius"]), None if card is None else _pair(card)
        )


def map_side(height: int, width: int) -> float:
    """The longer side of a feature map: grows with the logarithm of its resolution."""
    return SMALLEST_MAP * math.log2(max(height, width) + 1)


def map_size(height: int, width: int) -> tuple[float, float]:
    """Width and height of a feature map: its own proportions, except that a strip is thick enough to be seen."""
    side, longer = map_side(height, width), max(height, width)
    strip = min(STRIP, side)
    if min(height, width) == 1 < longer:
        # Longer than a picture: time is to be read along it.
        side *= STRIP_STRETCH
    return max(side * width / longer, strip), max(side * height / longer, strip)


def _pair(values: Any) -> tuple[float, float]:
    across, down = values
    return float(across), float(down)


def picture_grid(height: float, width: float) -> Grid:
    """One picture in these proportions, the only cell; sizes that are open count as 1."""
    height, width = max(height, 1), max(width, 1)
    longer = max(height, width)
    size = (max(3.2 * width / longer, NARROWEST_PICTURE), max(3.2 * height / longer, NARROWEST_PICTURE))
    return Grid(1, 1, 1, size, 0.0, size)


def layer_grid(layer: Layer, count: int, is_output: bool) -> Grid:
    """The grid of so many of a layer's neurons."""
    if layer.map_shape:
        card = map_size(*layer.map_shape)
        return _fitted(count, _squarish(count, _cell(card)), card)
    at_most = OUTPUT_COLUMN_AT_MOST if is_output else COLUMN_AT_MOST
    return _fitted(count, 1 if count <= at_most else _squarish(count), None)


def grid_in(layer: Layer, count: int, ratio: float) -> Grid:
    """The grid of so many of a layer's neurons that fits best into a face of these proportions, width by height."""
    card = map_size(*layer.map_shape) if layer.map_shape else None
    across, down = _cell(card) if card else (1.0, 1.0)
    ideal = math.sqrt(count * ratio * down / across)
    choices = {max(1, math.floor(ideal)), max(1, math.ceil(ideal))}
    columns = min(choices, key=lambda some: max(math.ceil(count / some) * down, some * across / ratio))
    return _fitted(count, columns, card)


def face_size(grid: Grid) -> tuple[float, float]:
    """Width and height of a slab that a grid has room on."""
    if grid.count == 0:
        return 2 * SMALLEST_FACE, 2 * SMALLEST_FACE
    width = grid.columns * grid.pitch[0] + MARGIN
    height = grid.rows * grid.pitch[1] + MARGIN
    return max(width, SMALLEST_FACE), max(height, SMALLEST_FACE)


def _cell(card: tuple[float, float]) -> tuple[float, float]:
    """A feature map and the gap to the next, narrower where the map is tiny."""
    gap = min(0.1, 0.25 * max(card))
    return card[0] + gap, card[1] + gap


def _squarish(count: int, cell: tuple[float, float] = (1.0, 1.0)) -> int:
    """How many columns make a grid nearly square."""
    return max(1, math.ceil(math.sqrt(count * cell[1] / cell[0])))


def _fitted(count: int, columns: int, card: tuple[float, float] | None) -> Grid:
    """A grid whose larger side grows ever more slowly beyond a comfortable size."""
    rows = max(1, math.ceil(count / columns))
    pitch = _cell(card) if card else (SPHERE_PITCH, SPHERE_PITCH)
    side = max(columns * pitch[0], rows * pitch[1])
    scale = _compressed(side, MAP_GROWTH if card else SPHERE_GROWTH) / side
    pitch = (pitch[0] * scale, pitch[1] * scale)
    if card:
        # On a strip, and on the map of a single position, there is room for a sphere but not for one beside a picture.
        fills_card = max(card) > 3 * min(card) or max(card) <= SMALLEST_MAP
        card = (card[0] * scale, card[1] * scale)
        return Grid(count, columns, rows, pitch, (0.4 if fills_card else 0.1) * min(card), card)
    crowded = math.log(max(count, SPARSE) / SPARSE) / math.log(DENSE / SPARSE)
    return Grid(count, columns, rows, pitch, (0.36 + 0.1 * min(crowded, 1.0)) * pitch[0], None)


def _compressed(side: float, growth: float) -> float:
    if side <= COMFORTABLE_FACE:
        return side
    return COMFORTABLE_FACE + growth * math.log2(1 + side - COMFORTABLE_FACE)
