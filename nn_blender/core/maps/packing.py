"""How feature maps are packed into 8-bit pictures: described here for the worker, which writes them, and all who read.

Readers are node groups and materials (`scene.nodes.cards`, `scene.looks.card_materials`), which repeat the formulas in
nodes, and numpy (`ui.maps.thumbnail_pixels`, `scene.maps.map_pixels`), which calls the functions.

Sample s, neuron n::

    block   s // planes
    plane   s % planes, its channel: 0 red, 1 green, 2 blue
    column  block % blocks_across * columns + n % columns
    row     block // blocks_across * rows + n // columns
    value   low + level / 255 * (high - low), with low and high of that cell
    alpha   255 - m / (2 ** planes - 1) * 255, where bit p of m is set if the value in plane p is NaN or infinite

Column and row count cells from the upper left. A picture in which everything is finite may have no alpha channel.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

PLANES = 3
"""How many samples share the pixels of feature maps; Blender keeps red, green and blue of every pixel anyway."""

HIGHEST_LEVEL = 255

COMPOSITES = ("mean", "max", "strongest")
"""One-image summaries of a layer: over its neurons at every position, the mean, the maximum, and which is highest.

In a picture they are red, green and blue of one cell per sample, which is alone in its block (``planes`` is 1). Mean
and maximum are levels, each with low and high of its own; neuron n of N is level ``n / (N - 1) * 255`` of the third.
Alpha is 0 where the mean is not finite.
"""
MEAN, MAX, STRONGEST = range(3)
"""Numbers of these: of the channel in the picture, and of the choice in the scene."""

_SMALLEST_SPAN, _LARGEST_SPAN = 1e-30, 1e30


@dataclass(frozen=True)
class AtlasLayout:
    """Where the cells of a picture are.

    The picture is a grid of blocks in reading order; a block is a grid of cells in reading order, one per neuron.

    Attributes:
        columns: cells of a block from left to right; ``rows`` from top to bottom.
        blocks_across: blocks of the picture from left to right; ``blocks_down`` from top to bottom.
        cell_height: pixels; ``cell_width`` likewise.
        reduction: how many positions along each axis were averaged into one pixel; 1 where none were.
        planes: how many successive samples share a block: `PLANES` in feature maps, 1 in composites and the input, no
            other.
    """

    columns: int
    rows: int
    blocks_across: int
    blocks_down: int
    cell_height: int
    cell_width: int
    reduction: int = 1
    planes: int = 1

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the picture in pixels."""
        return self.blocks_down * self.rows * self.cell_height, self.blocks_across * self.columns * self.cell_width

    @property
    def pixels(self) -> int:
        return self.size[0] * self.size[1]

    def block(self, sample: int) -> tuple[slice, slice]:
        """Rows and columns of pixels of the block that a sample shares with the others of its planes."""
        row, column = divmod(sample // self.planes, self.blocks_across)
        height, width = self.rows * self.cell_height, self.columns * self.cell_width
        return slice(row * height, (row + 1) * height), slice(column * width, (column + 1) * width)

    def plane(self, sample: int) -> int:
        """Number of a sample's channel within its block."""
        return sample % self.planes

    def cell(self, sample: int, neuron: int) -> tuple[slice, slice]:
        """Rows and columns of pixels of a neuron's cell."""
        rows, columns = self.block(sample)
        top = rows.start + neuron // self.columns * self.cell_height
        left = columns.start + neuron % self.columns * self.cell_width
        return slice(top, top + self.cell_height), slice(left, left + self.cell_width)

    def in_grid(self, maps: np.ndarray) -> np.ndarray:
        """One sample's maps (height, width, neurons) as the pixels of its block; cells left over are 0."""
        height, width, neurons = maps.shape
        missing = self.columns * self.rows - neurons
        cells = np.pad(maps, ((0, 0), (0, 0), (0, missing)))
        grid = cells.reshape(height, width, self.rows, self.columns).transpose(2, 0, 3, 1)
        return grid.reshape(self.rows * height, self.columns * width)


@dataclass(frozen=True, kw_only=True)
class Atlas(AtlasLayout):
    """Feature maps of one layer for all samples in one 8-bit picture.

    Attributes:
        layer: path of the layer; empty for an input or output of the network.
        file: name of the PNG file in the session folder.
        low: smallest value of all cells.
        high: largest value of all cells.
        channels: 1 for a level per pixel, 3 for a colour picture (composites and the network's input).
        ranges: name of the array file, float32 (2, samples, cells): low and high of every cell; empty where all
            cells have the same range, as inputs and outputs have.
        input: name of the network's input that it shows; empty for anything else.
        output: name of the network's output, likewise.
        values: name of the array file, float64 (samples, values): the numbers of an input that has room for them as
            text; empty for anything else.
    """

    layer: str
    file: str
    low: float
    high: float
    channels: int = 1
    ranges: str = ""
    input: str = ""
    output: str = ""
    values: str = ""

    @classmethod
    def of(cls, layout: AtlasLayout, **about: Any) -> Atlas:
        """The description of a picture that is laid out like that; ``about`` are its other attributes."""
        return cls(**asdict(layout), **about)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Atlas:
        return cls(**data)


@dataclass(frozen=True, eq=False)
class PackedMaps:
    """An atlas with all that it takes to show it.

    Attributes:
        picture: the PNG file, which has to stay until it is in the .blend.
        ranges: float32 (samples, cells, 2), low and high of every cell; no samples where all cells have the same.
        values: float64 (samples, values), see `Atlas.values`; no samples where there are none.
    """

    atlas: Atlas
    picture: Path
    ranges: np.ndarray = field(default_factory=lambda: np.zeros((0, 0, 2), np.float32))
    values: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))

    @property
    def layer(self) -> str:
        return self.atlas.layer


def to_levels(values: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Finite values from low to high as uint8 levels; all 0 where there is but one value.

    Args:
        values: float32 (…, neurons).
        low: one per neuron, as ``high``.
    """
    span = np.asarray(high, np.float64) - low
    scale = np.divide(float(HIGHEST_LEVEL), span, out=np.zeros_like(span), where=span > 0)
    # Half the time in single precision; beyond these spans it would overflow.
    is_usual = ((span == 0) | ((span > _SMALLEST_SPAN) & (span < _LARGEST_SPAN))).all()
    kind = np.float32 if is_usual else np.float64
    return np.rint((values.astype(kind, copy=False) - np.asarray(low, kind)) * scale.astype(kind)).astype(np.uint8)


def to_values(levels: np.ndarray, low: float, high: float) -> np.ndarray:
    """The values that levels of a cell stand for, float64; the reverse of `to_levels` but for rounding."""
    return low + levels.astype(np.float64) / HIGHEST_LEVEL * (high - low)


def to_alpha(missing: np.ndarray, planes: int) -> np.ndarray:
    """The alpha channel, uint8; ``missing`` is uint8 and has a bit per plane, set where a value is not finite."""
    return HIGHEST_LEVEL - np.rint(missing * (HIGHEST_LEVEL / all_missing(planes))).astype(np.uint8)


def are_missing(alpha: np.ndarray, plane: int, planes: int) -> np.ndarray:
    """Where the values of a plane are not finite; the reverse of `to_alpha`, for ``alpha`` uint8."""
    missing = np.rint((HIGHEST_LEVEL - alpha.astype(np.float32)) / HIGHEST_LEVEL * all_missing(planes))
    return (missing.astype(np.uint8) >> plane & 1).astype(bool)


def all_missing(planes: int) -> int:
    """The bits of all planes."""
    return (1 << planes) - 1


def cut_cell(pixels: np.ndarray, layout: AtlasLayout, sample: int, neuron: int = 0) -> np.ndarray | None:
    """A neuron's cell for a sample, by itself.

    Args:
        pixels: uint8 (height, width, 4), the whole picture, its highest row first.

    Returns:
        Uint8 (cell_height, cell_width, 4), the highest row first, or None where there is no such cell. Where several
        samples share pixels, red, green and blue are all the sample's level. Alpha is 0 where the value is not finite,
        else 255.
    """
    if not 0 <= neuron < layout.columns * layout.rows or sample < 0:
        return None
    cell = pixels[layout.cell(sample, neuron)]
    if cell.shape[:2] != (layout.cell_height, layout.cell_width):
        return None
    if layout.planes == 1:
        return cell
    plane = layout.plane(sample)
    alpha = np.where(are_missing(cell[..., 3], plane, layout.planes), np.uint8(0), np.uint8(HIGHEST_LEVEL))
    return np.dstack([cell[..., [plane] * 3], alpha])


def as_pairs(ranges: np.ndarray) -> np.ndarray:
    """From float32 (2, samples, cells), as in the file, to (samples, cells, 2): low and high side by side."""
    return np.ascontiguousarray(ranges.transpose(1, 2, 0))
