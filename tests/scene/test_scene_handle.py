"""The handle of a network, its camera while it is moved, and a second network in the same picture and light."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest
from made import made_contents, made_hierarchy
from mathutils import Vector

from nn_blender.core.blocks.opening import Opening
from nn_blender.core.layout.picture import floor_point
from nn_blender.scene.base.find import all_objects, objects
from nn_blender.scene.build import build_network
from nn_blender.scene.network.contents import Contents
from nn_blender.scene.opening.film import key_opening, let_camera_move_along
from nn_blender.scene.opening.opening import open_blocks, opened, require_opening
from nn_blender.scene.stage.frame import set_moves_along

MOVE = Vector((5.0, -4.0, 2.0))


@pytest.fixture
def contents(tmp_path: Path) -> Contents:
    return made_contents(tmp_path)


def build(
    contents: Contents, network_id: str = "id-1", with_stage: bool = True, opening: Opening | None = None
) -> bpy.types.Collection:
    kinds = contents.inputs, contents.outputs, contents.classes, contents.answer_name
    opening = opening or Opening.fresh(contents.network, *kinds)
    root = build_network(bpy.context.scene, contents, network_id, with_stage, opening=opening)
    bpy.context.view_layer.update()
    return root


def anchor_of(root: bpy.types.Collection) -> bpy.types.Object:
    return next(objects(root, "anchor"))


def move(root: bpy.types.Collection) -> None:
    anchor_of(root).location += MOVE
    bpy.context.view_layer.update()


def test_the_handle_is_seen_at_the_front_edge_and_never_rendered(contents: Contents) -> None:
    root = build(contents)
    anchor, frame = anchor_of(root), require_opening(root)[1].seen.frame
    assert anchor.hide_render
    assert not anchor.hide_select
    assert not anchor.hide_viewport
    assert not anchor.data.polygons
    low = [min(vertex.co[axis] for vertex in anchor.data.vertices) for axis in range(3)]
    high = [max(vertex.co[axis] for vertex in anchor.data.vertices) for axis in range(3)]
    left, front, _ = floor_point((frame.x, frame.bottom))
    assert low[:2] == pytest.approx([left, front], abs=1e-3)
    assert high[:2] == pytest.approx([floor_point((frame.right, frame.bottom))[0], front], abs=1e-3)


def test_all_moves_with_the_handle_but_the_camera(contents: Contents) -> None:
    root = build(contents)
    before = {obj: obj.matrix_world.translation.copy() for obj in all_objects(root)}
    move(root)
    for obj in all_objects(root):
        is_still = obj.type == "CAMERA" or obj.name.endswith(("Focus", "Viewer"))
        expected = before[obj] if is_still else before[obj] + MOVE
        if obj.visible_get() or obj.type == "CAMERA":
            assert (obj.matrix_world.translation - expected).length < 1e-4, obj.name


def test_the_camera_moves_along_when_asked_and_stays_where_it_is_at_the_switch(contents: Contents) -> None:
    root = build(contents)
    camera = bpy.context.scene.camera
    for is_along in (True, False, True):
        before = camera.matrix_world.copy()
        set_moves_along(anchor_of(root), camera, is_along)
        bpy.context.view_layer.update()
        assert all((one - other).length < 1e-4 for one, other in zip(camera.matrix_world, before, strict=True))
        move(root)
        moved = camera.matrix_world.translation - before.translation
        assert (moved - (MOVE if is_along else Vector())).length < 1e-4


@pytest.mark.parametrize("is_along", [False, True])
def test_the_camera_sees_a_moved_network_again_when_blocks_open(contents: Contents, is_along: bool) -> None:
    root = build(contents)
    camera = bpy.context.scene.camera
    before = camera.matrix_world.translation.copy()
    set_moves_along(anchor_of(root), camera, is_along)
    move(root)
    open_blocks(bpy.context.scene, root, opened(root))
    bpy.context.view_layer.update()
    assert (camera.matrix_world.translation - before - MOVE).length < 1e-3


def test_a_camera_of_a_film_moves_along_when_asked_and_sees_the_same_film(contents: Contents) -> None:
    root, scene = (
        build(contents, opening=Opening.of(contents.network, root=made_hierarchy(contents))),
        bpy.context.scene,
    )
    move(root)
    for frame, value in ((1, 0.0), (10, 1.0)):
        key_opening(scene, root, "front", value, frame)
    camera = scene.camera

    def film() -> list[list[float]]:
        places = []
        for frame in (1, 5, 10):
            scene.frame_set(frame)
            places.append([*camera.matrix_world.translation, camera.data.ortho_scale])
        return places

    before = film()
    assert before[0] != before[-1]
    for is_along in (True, False):
        let_camera_move_along(scene, root, is_along)
        assert (camera.parent is not None) == is_along
        np.testing.assert_allclose(film(), before, atol=1e-3)
