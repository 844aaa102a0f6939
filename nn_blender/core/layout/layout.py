"""Where everything stands: from a network's structure to sizes and positions, in Blender's units.

Data flows along +X. A layer's slab faces -X, its columns run towards -Y (to the right of someone who looks along the
data) and its rows downwards. Every slab stands on z = 0 and is centred on y = 0.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..network import Layer, Network

SPHERE_PITCH = 0.46
MARGIN = 0.12
THICKNESS = 0.1
COLUMN_AT_MOST = 12
OUTPUT_COLUMN_AT_MOST = 20
COMFORTABLE_FACE = 3.5
MAP_GROWTH, SPHERE_GROWTH = 0.7, 0.4
"""Units that a face grows per doubling beyond the comfortable size."""
SMALLEST_FACE = 1.0
SPARSE, DENSE = 2_000, 16_000
"""Neurons up to which spheres leave room between them, and from which on they nearly touch to be seen from afar."""
CLOSEST = 0.36
"""From one slab to the next, at least."""
STRIP, STRIP_STRETCH = 0.16, 2.2
SMALLEST_MAP = 0.18
"""Side of the map of a single position; larger ones grow by as much per doubling."""
NARROWEST_PICTURE = 0.6
LABEL_ROOM = 2.5


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


@dataclass(frozen=True)
class Place:
    """A layer's slab: ``x`` is its middle, ``width`` runs along y and ``height`` along z."""

    path: str
    x: float
    width: float
    height: float
    grid: Grid

    @property
    def front(self) -> float:
        """Where the face is that looks at the incoming data."""
        return self.x - THICKNESS / 2

    def sphere_positions(self) -> np.ndarray:
        """Float32 (neurons, 3): beside the upper left corner of the map, or in the middle of the cell."""
        radius, card = self.grid.radius, self.grid.card
        offset = (card[0] / 2 - radius, card[1] / 2 - radius) if card else (0.0, 0.0)
        return self._positions(self.front - radius * 1.05, offset)

    def card_positions(self) -> np.ndarray:
        """Float32 (neurons, 3): the centre of every feature map, just before the slab's face."""
        return self._positions(self.front - 0.012, (0.0, 0.0))

    def _positions(self, x: float, offset: tuple[float, float]) -> np.ndarray:
        centres = self.grid.cell_centres() + np.array(offset, np.float32)
        centres[:, 1] += self.height / 2
        return np.column_stack([np.full(len(centres), x, np.float32), centres])


@dataclass(frozen=True)
class Layout:
    """All places of a network, and the picture that stands before the first layer."""

    input: Place
    places: tuple[Place, ...]

    def place(self, path: str) -> Place:
        """The place of a layer; raises KeyError."""
        return self._by_path[path]

    @cached_property
    def _by_path(self) -> dict[str, Place]:
        return {place.path: place for place in self.places}

    @property
    def length(self) -> float:
        return (self.places[-1] if self.places else self.input).x

    @property
    def width(self) -> float:
        return max(place.width for place in (self.input, *self.places))

    @property
    def height(self) -> float:
        return max(place.height for place in (self.input, *self.places))

    @property
    def view_angle(self) -> float:
        """Radians between the data's direction and the camera's: across a short network, along a long one."""
        return math.radians(min(50.0, max(16.0, 54.0 - 1.5 * self.length / self.height)))

    def clear_of(self, x: float) -> float:
        """How far towards -Y something at ``x`` has to stand for the camera to see it past all slabs before it."""
        slope = math.tan(self.view_angle)
        return max(place.width / 2 - (x - place.x) * slope for place in (self.input, *self.places) if place.x <= x)


def lay_out(network: Network, shown: Mapping[str, int] | None = None) -> Layout:
    """Places every layer of a network in the order of the data.

    Args:
        shown: how many of a layer's neurons are drawn, by its path; all of those that are not named.
    """
    shown = shown or {}
    shape = network.inputs[0].shape if network.inputs else ()
    picture = _picture_place(shape)
    grids = [
        _grid(layer, shown.get(layer.path, layer.neurons), is_output=layer.path in network.outputs)
        for layer in network.layers
    ]
    faces = [_face(grid) for grid in grids]
    # A deep network stands closer together: still one slab after the other, but within sight.
    closeness = min(1.0, max(0.3, 14 / max(len(grids), 1)), max(0.1, 54 / max(len(grids), 1)))
    x, before, places = 0.0, picture.width, []
    for layer, grid, (width, height) in zip(network.layers, grids, faces, strict=True):
        x += _distance(before, width, closeness)
        before = width
        places.append(Place(layer.path, x, width, height, grid))
    return Layout(picture, tuple(places))


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


def _distance(before: float, width: float, closeness: float) -> float:
    """From one slab to the next: enough to look between them, and for a narrow slab to show from behind a wide one."""
    return max(CLOSEST, closeness * (0.31 * (before + width) + 0.75), (before - width) / 2 + closeness * LABEL_ROOM)


def _picture_place(shape: tuple[int, ...]) -> Place:
    height, width = (max(side, 1) for side in shape[:2]) if len(shape) >= 2 else (1, 1)
    longer = max(height, width)
    size = (max(3.2 * width / longer, NARROWEST_PICTURE), max(3.2 * height / longer, NARROWEST_PICTURE))
    grid = Grid(1, 1, 1, size, 0.0, size)
    return Place("", 0.0, size[0] + MARGIN, size[1] + MARGIN, grid)


def _grid(layer: Layer, count: int, is_output: bool) -> Grid:
    if layer.map_shape:
        card = map_size(*layer.map_shape)
        return _fitted(count, _squarish(count, _cell(card)), card)
    at_most = OUTPUT_COLUMN_AT_MOST if is_output else COLUMN_AT_MOST
    return _fitted(count, 1 if count <= at_most else _squarish(count), None)


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


def _face(grid: Grid) -> tuple[float, float]:
    if grid.count == 0:
        return 2 * SMALLEST_FACE, 2 * SMALLEST_FACE
    width = grid.columns * grid.pitch[0] + MARGIN
    height = grid.rows * grid.pitch[1] + MARGIN
    return max(width, SMALLEST_FACE), max(height, SMALLEST_FACE)
