"""Meshes of books: places of the cover's cells, then cover, face, pages and text, all of one object.

A book stands as a layer's slab does: the cover faces -X, the origin is the middle of its lower front edge.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import bpy
import numpy as np

from ...core.blocks.covers import MOST_PAGES, RIM, TEXT_WIDTH, CoverGrid
from ..base import contract, meshes
from ..base.parts import Parts
from ..looks import materials
from ..network.text_objects import text_curve

COVER, FACE, PAGE, TEXT = range(4)
"""Slots of materials."""

_FRONT, _ROUND, _CHAMFER = 0.045, 0.012, 0.006
"""Of a cover: its thickness, radius of its corners and width of its edges, as shares of its height."""
_PAGE_SIZE, _SPINE_SIZE = 0.975, 0.94
"""Of a page, and of what is seen between pages, as shares of the cover's size."""
_PAGE_GAP = 0.3
"""Before a page, as a share of the way to the next."""
_BEFORE_COVER, _BEFORE_FACE = 0.0015, 0.003
"""How far face, then cells and text stand before the cover, as shares of its height."""
_BOX = ((0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3))
"""Faces of a box, see `_box`; first those along which it is thin."""
_CORNER, _ROUNDNESS = 4, 5
"""Points of a rounded corner, and of every bend of a letter: hundreds of covers have a few letters each."""


@dataclass
class _Shapes:
    """Vertices and faces that are collected to be one mesh."""

    points: list[tuple[float, float, float]] = field(default_factory=list)
    faces: list[tuple[int, ...]] = field(default_factory=list)
    slots: list[int] = field(default_factory=list)

    def add(self, points: Sequence[tuple[float, float, float]], faces: Sequence[Sequence[int]], slot: int) -> None:
        first = len(self.points)
        self.points += points
        self.faces += [tuple(first + corner for corner in face) for face in faces]
        self.slots += [slot] * len(faces)


@dataclass(frozen=True)
class BookShape:
    """What a book's mesh is made from, in Blender units.

    Attributes:
        size: width and height of the cover, thickness of cover and pages together.
        pages: how many.
        cells: of the cover; None of a plain one.
        text: on further neurons; empty where `cells` has no room for it.
    """

    size: tuple[float, float, float]
    pages: int
    cells: CoverGrid | None
    text: str = ""


Letters = tuple[np.ndarray, list[tuple[int, ...]]]
"""Filled outlines of a text: float32 (count, 2), and faces."""


def fill_book_mesh(mesh: Any, shape: BookShape, letters: Mapping[str, Letters]) -> None:
    """Give a mesh the shape of a book; users' materials of the mesh stay.

    Vertices of pages carry the page's number, all others -1.

    Args:
        letters: what `fill_letters` gives of the book's text, and perhaps of others.
    """
    width, height, thickness = shape.size
    shapes = _Shapes()
    before = -_BEFORE_FACE * height
    if shape.cells is not None:
        shapes.add([(before, -x, z) for x, z in shape.cells.centres.tolist()], [], COVER)
    front = min(_FRONT * height, thickness)
    _add_cover(shapes, width, height, front)
    _add_face(shapes, width, height)
    if thickness > front:
        # Between pages that glow it is dark, so that each is seen.
        spine = _box(front, thickness - _PAGE_GAP * front, _SPINE_SIZE * width, _SPINE_SIZE * height)
        shapes.add(spine, _BOX, COVER)
    first = len(shapes.points)
    _add_pages(shapes, shape, front)
    last = len(shapes.points)
    if shape.cells is not None and shape.cells.text is not None:
        _add_text(shapes, letters[shape.text], shape.cells.text, before)
    mesh.clear_geometry()
    mesh.from_pydata(shapes.points, [], shapes.faces)
    mesh.polygons.foreach_set("material_index", np.array(shapes.slots, np.int32))
    mesh.update()
    page = np.full(len(shapes.points), -1)
    page[first:last] = np.arange(last - first) // 8
    meshes.write_integers(mesh, contract.PAGE, page)


def fill_cover_mesh(mesh: Any, height: float, cells: CoverGrid, text: str, letters: Mapping[str, Letters]) -> None:
    """Give a mesh the cells of a cover that is a slab's face, then a vertex for the whole layer, and the text.

    Args:
        height: of the slab.
    """
    shapes = _Shapes()
    before = -_BEFORE_FACE * height
    shapes.add([(before, -x, z) for x, z in cells.centres.tolist()], [], COVER)
    shapes.add([(before, 0.0, height / 2)], [], COVER)
    if cells.text is not None:
        _add_text(shapes, letters[text], cells.text, before)
    mesh.clear_geometry()
    mesh.from_pydata(shapes.points, [], shapes.faces)
    mesh.update()


def _add_cover(shapes: _Shapes, width: float, height: float, front: float) -> None:
    """A board with rounded corners; its front edge is cut off a little, which catches the light."""
    edge = min(_CHAMFER * height, front / 2)
    layers = (
        (0.0, _outline(width, height, _ROUND * height, edge)),
        (edge, _outline(width, height, _ROUND * height, 0.0)),
        (front, _outline(width, height, _ROUND * height, 0.0)),
    )
    count = len(layers[0][1])
    points = [(x, y, z) for x, outline in layers for y, z in outline]
    around = [(k, (k + 1) % count) for k in range(count)]
    sides = [(at + k, at + after, at + count + after, at + count + k) for at in (0, count) for k, after in around]
    last = 2 * count
    ends = [tuple(reversed(range(count))), tuple(range(last, last + count))]
    shapes.add(points, [*sides, *ends], COVER)


def _outline(width: float, height: float, radius: float, inset: float) -> list[tuple[float, float]]:
    """Corners (y, z) of a rounded rectangle that stands on the floor."""
    y, low, high, own = width / 2 - radius, radius, height - radius, radius - inset
    centres = ((y, high, 0.0), (-y, high, 0.5), (-y, low, 1.0), (y, low, 1.5))
    return [
        (cy + own * math.cos(turn), cz + own * math.sin(turn))
        for cy, cz, start in centres
        for turn in (math.pi * (start + 0.5 * k / (_CORNER - 1)) for k in range(_CORNER))
    ]


def _add_face(shapes: _Shapes, width: float, height: float) -> None:
    rim, x = RIM * min(width, height), -_BEFORE_COVER * height
    y = width / 2 - rim
    shapes.add([(x, y, rim), (x, -y, rim), (x, -y, height - rim), (x, y, height - rim)], [(3, 2, 1, 0)], FACE)


def _add_pages(shapes: _Shapes, shape: BookShape, front: float) -> None:
    width, height, thickness = shape.size
    count = min(shape.pages, MOST_PAGES)
    pitch = (thickness - front) / count if count else 0.0
    for number in range(count):
        start, end = front + (number + _PAGE_GAP) * pitch, front + (number + 1) * pitch
        shapes.add(_box(start, end, _PAGE_SIZE * width, _PAGE_SIZE * height), _BOX, PAGE)
        # Only edges glow: the sides would light up the gaps between pages.
        shapes.slots[-len(_BOX) : 2 - len(_BOX)] = [COVER, COVER]


def _box(start: float, end: float, width: float, height: float) -> list[tuple[float, float, float]]:
    """Corners of a box that stands on the floor."""
    return [(x, y, z) for x in (start, end) for y in (-width / 2, width / 2) for z in (0.0, height)]


def _add_text(shapes: _Shapes, letters: Letters, room: tuple[float, float, float, float], before: float) -> None:
    """Letters as large as there is room for, in its middle, or at its right end where it is much wider."""
    points, faces = letters
    low, high = points.min(axis=0), points.max(axis=0)
    across, up, width, height = room
    size = high - low
    is_row = width > 2 * height
    scale = min(TEXT_WIDTH * width / size[0], (0.7 if is_row else 0.62) * height / size[1])
    placed = (points - (low + high) / 2) * scale
    if is_row:
        across += (width - size[0] * scale - 0.5 * height) / 2
    shapes.add([(before, -(across + x), up + y) for x, y in placed.tolist()], faces, TEXT)


def fill_letters(texts: Iterable[str], parts: Parts) -> dict[str, Letters]:
    """Letters of size 1 of every text."""
    letters: dict[str, Letters] = {}
    gone: list[bpy.types.ID] = []
    for text in dict.fromkeys(texts):
        curve = text_curve("Letters", text, 1.0, parts.material(materials.dim_ink), "CENTER")
        curve.resolution_u = _ROUNDNESS
        obj = bpy.data.objects.new("Letters", curve)
        mesh: Any = bpy.data.meshes.new_from_object(obj)
        points = np.empty(len(mesh.vertices) * 3, np.float32)
        mesh.vertices.foreach_get("co", points)
        letters[text] = points.reshape(-1, 3)[:, :2], [tuple(polygon.vertices) for polygon in mesh.polygons]
        gone += [obj, curve, mesh]
    # All at once, since Blender looks through the whole file.
    bpy.data.batch_remove(gone)
    return letters
