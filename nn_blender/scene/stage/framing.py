"""Lets a camera or a view of a viewport see a network, or a block, layer or neuron of it, as large as it fits.

What is framed is given as points in the world; the direction of the view stays.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import product
from typing import Any

import bpy
import numpy as np
from mathutils import Matrix, Vector

from ...core.blocks.opening import Opening
from ...core.errors import UserError
from ...core.layout.picture import ELEVATION, TURN, UNIT, Book, Rect, floor_point
from ..base import contract
from ..base.find import all_objects, is_geometry, objects
from ..network.description import read_description
from .stage import frame_camera

MARGIN = 1.08
"""How much wider a view is than what it frames."""
SENSOR = 72.0
"""How wide a viewport sees per unit of distance, with a lens of 1 mm."""


def network_points(root: bpy.types.Collection) -> np.ndarray:
    """Float (count, 3): corners of a network's frame or, where it is a row, of everything in it that is seen."""
    frame: Any = next(objects(root, "frame"), None)
    if frame is not None:
        wide, deep = frame[contract.WIDTH], 1 / math.tan(ELEVATION)
        corners = [(0.0, 0.0, 0.0), (wide, 0.0, 0.0), (wide, -1.0, deep), (0.0, -1.0, deep)]
        return _in_world(frame, corners)
    seen = [obj for obj in all_objects(root) if is_seen(obj) and obj.get(contract.ROLE) != "floor"]
    return _boxes(seen)


def part_points(root: bpy.types.Collection, part: str) -> np.ndarray:
    """Float (count, 3): corners of a block, a layer or an input of a network; of the closed block that it is in.

    Args:
        part: id of a part of the hierarchy; the path of a layer.

    Raises:
        UserError: ``framing.nothing`` where the network has nothing of that name.
    """
    about = read_description(root)
    if about is not None and about.opening is not None:
        corners = _in_picture(about.opening, part)
        anchor = next(objects(root, "anchor"), None)
        points = _in_world(anchor, corners) if corners and anchor is not None else np.zeros((0, 3))
    else:
        points = _boxes(obj for role in ("slab", "card", "neurons") for obj in objects(root, role, part))
    if not len(points):
        raise UserError("framing.nothing", f"There is no {part!r} in the scene.", "Choose what the network has.")
    return points


def frame_in_camera(scene: bpy.types.Scene, camera: bpy.types.Object, points: np.ndarray) -> None:
    """Move a camera, and let an orthographic one see as wide as it must, until all points are in its picture."""
    if camera.data.type == "ORTHO":
        _widen(scene, camera, points)
    else:
        parent = camera.matrix_world @ camera.matrix_basis.inverted()
        frame_camera(scene, camera, [parent.inverted() @ Vector(point) for point in points.tolist()])
    size = float(np.ptp(points, axis=0).max())
    farthest = max((Vector(point) - camera.matrix_world.translation).length for point in points.tolist())
    camera.data.clip_end = max(camera.data.clip_end, 2 * (farthest + size))


def _widen(scene: bpy.types.Scene, camera: Any, points: np.ndarray) -> None:
    turned = np.array(camera.matrix_world.to_quaternion().to_matrix())
    seen = points @ turned
    half = np.abs(np.array(camera.data.view_frame(scene=scene))[0, :2])
    low, high = seen.min(axis=0), seen.max(axis=0)
    camera.data.ortho_scale *= MARGIN * float(((high - low)[:2] / 2 / half).max())
    place = (low + high) / 2
    place[2] = high[2] + max(camera.data.ortho_scale, 1.0)
    camera.matrix_world = Matrix.Translation(turned @ place) @ camera.matrix_world.to_3x3().to_4x4()


def frame_in_view(space: Any, view: Any, size: tuple[int, int], points: np.ndarray) -> None:
    """Let a view of a 3D viewport see all points; one through the camera becomes a view from where the camera looks.

    Args:
        space: the viewport.
        view: its ``region_3d``.
        size: width and height of its region in pixels.
    """
    camera = space.camera
    if view.view_perspective == "CAMERA" and camera is not None:
        view.view_rotation = camera.matrix_world.to_quaternion()
        view.view_perspective = "ORTHO" if camera.data.type == "ORTHO" else "PERSP"
    turned = np.array(view.view_rotation.to_matrix())
    seen = points @ turned
    shares = np.array(size, float) / max(size)
    slopes = SENSOR / space.lens * shares / 2 / MARGIN
    low, high = seen.min(axis=0), seen.max(axis=0)
    place = (low + high) / 2
    if view.view_perspective == "ORTHO":
        distance = float(((high - low)[:2] / 2 / slopes).max())
    else:
        # The lines of sight along two opposite sides that just let all points in between them.
        ends = [
            ((along - slope * seen[:, 2]).min(), (along + slope * seen[:, 2]).max(), slope)
            for along, slope in zip(seen.T[:2], slopes, strict=True)
        ]
        place[:2] = [(one + other) / 2 for one, other, _slope in ends]
        distance = max((other - one) / (2 * slope) for one, other, slope in ends) - place[2]
    view.view_location = Vector((turned @ place).tolist())
    view.view_distance = distance
    space.clip_end = max(space.clip_end, 4 * (distance + float(np.ptp(seen[:, 2]))))


def _in_picture(opening: Opening, part: str) -> list[tuple[float, float, float]]:
    """Corners of what is seen of a part, in the space of the anchor: its books, trays and labels."""
    picture = opening.seen
    for one in reversed(opening.root.way_to(part)):
        ids = {inside.id for inside in one.walk()}
        corners = [corner for book in picture.books if book.shown in ids for corner in _book_corners(book)]
        rects = [thing.rect for thing in (*picture.trays, *picture.labels) if thing.part in ids]
        if corners:
            return corners + [corner for rect in rects for corner in _rect_corners(rect)]
    return []


def _book_corners(book: Book) -> list[tuple[float, float, float]]:
    x, y, _z = floor_point(book.foot)
    width, height = (UNIT * side for side in book.cover)
    sides = product((-width / 2, width / 2), (0.0, UNIT * book.thickness), (0.0, height))
    cos, sin = math.cos(TURN), math.sin(TURN)
    return [(x + deep * cos - wide * sin, y + deep * sin + wide * cos, high) for wide, deep, high in sides]


def _rect_corners(rect: Rect) -> list[tuple[float, float, float]]:
    return [floor_point(corner) for corner in product((rect.x, rect.right), (rect.v, rect.bottom))]


def is_seen(obj: bpy.types.Object) -> bool:
    """Whether it is geometry that neither somebody nor a closed block hides."""
    return is_geometry(obj) and not obj.hide_viewport and not obj.hide_render


def _boxes(objs: Iterable[bpy.types.Object]) -> np.ndarray:
    points = [_in_world(obj, obj.bound_box) for obj in objs]
    return np.concatenate(points) if points else np.zeros((0, 3))


def _in_world(obj: bpy.types.Object, points: Iterable[Any]) -> np.ndarray:
    world = np.array(obj.matrix_world)
    return np.array([tuple(point) for point in points]) @ world[:3, :3].T + world[:3, 3]
