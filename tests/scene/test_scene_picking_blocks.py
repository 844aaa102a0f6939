"""What lies under a pixel where blocks open: books, what is inside, and the ground that open blocks stand on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import bpy
import numpy as np
import pytest
from bpy_extras.object_utils import world_to_camera_view
from made import build_in_blocks, made_contents
from mathutils import Vector

from nn_blender.core.layout.picture import Rect, floor_point
from nn_blender.core.layout.projection import View
from nn_blender.scene.base.find import objects
from nn_blender.scene.network.description import read_description
from nn_blender.scene.neurons.picking import Picked, corners_of, pick
from nn_blender.scene.opening.film import key_opening
from nn_blender.scene.opening.opening import open_blocks

WIDTH, HEIGHT = 1600, 900


@pytest.fixture
def root(tmp_path: Path, build_once: Callable[..., bpy.types.Collection]) -> bpy.types.Collection:
    root = build_once(build_in_blocks, made_contents(tmp_path), "id-1")
    bpy.context.scene.render.resolution_x, bpy.context.scene.render.resolution_y = WIDTH, HEIGHT
    return root


def view() -> View:
    bpy.context.view_layer.update()
    camera = bpy.context.scene.camera
    depsgraph = bpy.context.evaluated_depsgraph_get()
    lens = camera.calc_matrix_camera(depsgraph, x=WIDTH, y=HEIGHT)
    return View(np.array(lens @ camera.matrix_world.inverted(), np.float64), WIDTH, HEIGHT)


def under(point: Vector) -> Picked | None:
    seen = view()
    where = world_to_camera_view(bpy.context.scene, bpy.context.scene.camera, point)
    return pick(bpy.context, seen, where.x * WIDTH, where.y * HEIGHT)


def front(obj: bpy.types.Object) -> Vector:
    """A point of a cover or slab's face near its upper edge."""
    corners = [Vector(corner) for corner in obj.bound_box]
    top, left = max(corner.z for corner in corners), min(corner.x for corner in corners)
    return obj.matrix_world @ Vector((left, 0.0, 0.97 * top))


def before(tray: Rect) -> Vector:
    """A point in the lower left corner of a tray, where nothing stands."""
    return Vector(floor_point((tray.x + 0.04, tray.bottom - 0.04)))


def check_what_is_seen(root: bpy.types.Collection) -> set[str]:
    """Every book and layer that is seen is found where it is seen; return which these are."""
    bpy.context.view_layer.update()
    found = set()
    for book in objects(root, "book"):
        if not book.hide_viewport:
            found.add(book["nn_block"])
            assert under(front(book)) == Picked("id-1", "", None, "book", book["nn_block"])
    for slab in objects(root, "slab"):
        if not slab.hide_viewport:
            found.add(slab["nn_layer"])
            picked = under(front(slab))
            assert picked is not None, slab.name
            assert (picked.layer, picked.block) == (slab["nn_layer"], "")
    return found


@pytest.mark.parametrize("value", [0.0, 0.15, 0.4, 0.6, 0.85, 1.0])
def test_what_one_sees_is_found_however_far_blocks_are_open(root, value):
    open_blocks(bpy.context.scene, root, {"front": value, "back": value})
    found = check_what_is_seen(root)
    if value == 0:
        assert found == {"front", "back", "output"}
    else:
        # Until half way the block's own cover is in the place of the child that has the same.
        assert {"pair", "flat", "odd", "output"} <= found
        assert found.isdisjoint({"front", "back"} if value > 0.5 else {"pool", "hidden"})
    trays = read_description(root).opening.picture.trays
    for tray in trays:
        if tray.opened > 0:
            assert under(before(tray.rect)) == Picked("id-1", "", None, "tray", tray.part)


def tray_corners(root: bpy.types.Collection, block: str) -> np.ndarray | None:
    depsgraph = bpy.context.evaluated_depsgraph_get()
    return corners_of(root, Picked("id-1", "", None, "tray", block), depsgraph)


def test_the_innermost_ground_is_found(root):
    open_blocks(bpy.context.scene, root, {"front": 1.0, "pair": 1.0})
    trays = {tray.part: tray.rect for tray in read_description(root).opening.picture.trays}
    for block in ("front", "pair"):
        assert under(before(trays[block])) == Picked("id-1", "", None, "tray", block)
    corners = tray_corners(root, "pair")
    seen = [world_to_camera_view(bpy.context.scene, bpy.context.scene.camera, Vector(corner)) for corner in corners]
    whole = [
        world_to_camera_view(bpy.context.scene, bpy.context.scene.camera, Vector(floor_point(corner)))
        for corner in ((trays["pair"].x, trays["pair"].v), (trays["pair"].right, trays["pair"].bottom))
    ]
    assert min(point.x for point in seen) == pytest.approx(whole[0].x, abs=2e-3)
    assert max(point.x for point in seen) == pytest.approx(whole[1].x, abs=2e-3)


def test_beside_trays_nothing_is_found(root):
    open_blocks(bpy.context.scene, root, {"front": 1.0})
    tray = next(tray for tray in read_description(root).opening.picture.trays if tray.part == "front")
    assert under(Vector(floor_point((tray.rect.x - 0.1, tray.rect.bottom + 0.1)))) is None


def test_what_one_sees_is_found_at_the_frames_of_a_film(root):
    scene = bpy.context.scene
    for frame, value in ((1, 0.0), (6, 1.0)):
        scene.frame_set(frame)
        key_opening(scene, root, "front", value)
    seen = {}
    for frame in (1, 4, 6):
        scene.frame_set(frame)
        seen[frame] = check_what_is_seen(root)
        assert (tray_corners(root, "front") is None) == (frame == 1)
    assert seen[1] == {"front", "back", "output"}
    assert seen[4] == seen[6] == {"pair", "pool", "back", "output"}
    corners = tray_corners(root, "front")
    low = min(corners, key=lambda corner: corner[0] + 10 * corner[1])
    assert under(Vector(low) + Vector((0.3, 0.3, 0.0))) == Picked("id-1", "", None, "tray", "front")
