"""Networks that one camera sees: each has its share of the picture, also when others come, go or open."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import bpy
import pytest
from bpy_extras.object_utils import world_to_camera_view
from made import made_contents
from mathutils import Vector
from test_scene_connections import anchor_of
from test_scene_picking import HEIGHT, WIDTH
from test_scene_stands import ALL, opening

from nn_blender.actions.network.remove_network import remove_network as remove_from_scene
from nn_blender.core.layout.picture import UNIT, Rect
from nn_blender.scene.base import contract
from nn_blender.scene.base.curves import curves_of
from nn_blender.scene.base.find import data_blocks, objects
from nn_blender.scene.build import build_network
from nn_blender.scene.looks.level_of_detail import set_follows
from nn_blender.scene.network.description import require_description
from nn_blender.scene.network.parts import network_parts
from nn_blender.scene.opening.film import key_opening
from nn_blender.scene.opening.keys import is_keyed
from nn_blender.scene.opening.opening import OpeningChange, open_blocks, require_opening
from nn_blender.scene.opening.together import fit_together, join_picture
from nn_blender.scene.remove import remove_network
from nn_blender.scene.resize_network import resize_network
from nn_blender.scene.stage.frame import share_frame
from nn_blender.scene.stage.frames_seen import frames_seen


@pytest.fixture
def root(tmp_path: Path, build_once: Callable[..., bpy.types.Collection]) -> bpy.types.Collection:
    root = build_once(build_network, made_contents(tmp_path), "id-1", True, None, None, opening(ALL))
    set_follows(anchor_of(root), "off")
    return root


def test_the_camera_sees_two_networks_that_are_turned_to_it(root: bpy.types.Collection, tmp_path: Path) -> None:
    scene = bpy.context.scene
    (camera,) = objects(root, "camera")
    second = build_network(scene, made_contents(tmp_path), "id-2", False, None, None, opening(ALL))
    share_frame(scene, root, second)
    scene.render.resolution_x, scene.render.resolution_y = WIDTH, HEIGHT
    bpy.context.view_layer.update()
    for one in (root, second):
        for slab in objects(one, "slab"):
            for corner in slab.bound_box:
                seen = world_to_camera_view(scene, camera, slab.matrix_world @ Vector(corner))
                assert 0 < seen.x < 1
                assert 0 < seen.y < 1
    (before,), (after,) = ([obj.matrix_world.translation for obj in objects(one, "anchor")] for one in (root, second))
    assert after.y < before.y
    remove_network(scene, second)
    open_blocks(scene, root, ALL)
    assert camera.data.ortho_scale == pytest.approx(opening(ALL).picture.frame.width * UNIT, rel=0.05)


def test_two_networks_below_each_other_fill_the_picture_and_one_alone_fills_it_again(
    root: bpy.types.Collection, tmp_path: Path
) -> None:
    scene = bpy.context.scene
    scene.render.resolution_x, scene.render.resolution_y = 1600, 900
    (camera,) = objects(root, "camera")
    second = build_network(scene, made_contents(tmp_path), "id-2", False, None, None, opening(ALL))
    open_blocks(scene, root, ALL)
    share_frame(scene, root, second)
    fit_together(scene, root)
    open_blocks(scene, second, {"front": 1.0})
    open_blocks(scene, second, ALL)
    pictures = [require_opening(one)[1].picture for one in (root, second)]
    for picture in pictures:
        assert picture.frame.width / picture.frame.height == pytest.approx(32 / 9)
        assert picture.frame.width * UNIT == pytest.approx(camera.data.ortho_scale, rel=0.01)
    frames = frames_seen(network_parts(scene, require_description(root).network, "id-1", root), camera)
    first, below = sorted(frames, key=lambda frame: frame.v)
    assert below.v == pytest.approx(first.bottom, rel=0.01)
    remove_from_scene(scene, second)
    picture = require_opening(root)[1].picture
    assert picture.frame.width / picture.frame.height == pytest.approx(16 / 9)
    assert picture.frame.width * UNIT == pytest.approx(camera.data.ortho_scale, rel=0.01)
    assert {tray.part for tray in picture.trays} == set(ALL)


@pytest.mark.parametrize("is_moved", [False, True])
def test_a_network_gets_the_stage_whose_picture_it_shared_when_that_ones_owner_goes(
    root: bpy.types.Collection, tmp_path: Path, is_moved: bool
) -> None:
    scene = bpy.context.scene
    scene.render.resolution_x, scene.render.resolution_y = 1600, 900
    (camera,) = objects(root, "camera")
    before = bpy.data.objects.new("Mine", bpy.data.cameras.new("Mine"))
    root[contract.PREVIOUS_CAMERA] = before
    second = build_network(scene, made_contents(tmp_path), "id-2", False, None, None, opening(ALL))
    share_frame(scene, root, second)
    fit_together(scene, root)
    if is_moved:
        camera.location.z += 1.0
    bpy.context.view_layer.update()
    place = camera.matrix_world.translation.copy()
    remove_from_scene(scene, root)
    assert list(data_blocks("id-1")) == []
    assert scene.camera == camera == next(objects(second, "camera"))
    assert len(list(objects(second, "light"))) == 2
    assert scene.world[contract.NETWORK] == "id-2"
    bpy.context.view_layer.update()
    if is_moved:
        assert (camera.matrix_world.translation - place).length < 1e-4
    else:
        frame = require_opening(second)[1].picture.frame
        assert frame.width / frame.height == pytest.approx(16 / 9)
        assert camera.data.ortho_scale == pytest.approx(UNIT * frame.width)
        (slab, *_) = objects(second, "slab")
        seen = world_to_camera_view(scene, camera, slab.matrix_world @ Vector(slab.bound_box[0]))
        assert 0 < seen.x < 1
        assert 0 < seen.y < 1
        (ground,) = objects(second, "floor")
        middle = world_to_camera_view(scene, camera, ground.matrix_world.translation)
        assert (middle.x, middle.y) == pytest.approx((0.5, 0.5), abs=0.01)
    remove_from_scene(scene, second)
    assert scene.camera == before


@pytest.fixture
def stacked(root: bpy.types.Collection, tmp_path: Path) -> list[bpy.types.Collection]:
    """Two networks below each other in a narrow picture, both closed, from the top."""
    scene = bpy.context.scene
    scene.render.resolution_x, scene.render.resolution_y = 450, 900
    second = build_network(scene, made_contents(tmp_path), "id-2", False, None, None, opening(ALL))
    share_frame(scene, root, second)
    for one in (root, second):
        open_blocks(scene, one, {})
    fit_together(scene, root)
    return [root, second]


def frames_below_each_other(stacked: list[bpy.types.Collection]) -> list[Rect]:
    """As one camera sees them; from the top."""
    (camera,) = objects(stacked[0], "camera")
    parts = network_parts(bpy.context.scene, require_description(stacked[0]).network, "id-1", stacked[0])
    return frames_seen(parts, camera)


def test_a_network_that_was_moved_aside_stays_there_when_another_comes_and_goes(
    stacked: list[bpy.types.Collection], tmp_path: Path
) -> None:
    scene, (upper, aside) = bpy.context.scene, stacked
    anchor = anchor_of(aside)
    anchor.location.x += 50.0
    place = anchor.location.copy()
    anchor_of(upper).location.x = 3.0
    third = build_network(scene, made_contents(tmp_path), "id-3", False, None, None, opening(ALL))
    join_picture(scene, upper, third)
    assert anchor.location == place
    assert anchor_of(third).location.x == 3.0
    for one in (upper, third):
        assert ratio(one) == pytest.approx(2 * 0.5)
    remove_from_scene(scene, third)
    assert anchor.location == place
    assert ratio(upper) == pytest.approx(0.5)


def ratio(root: bpy.types.Collection) -> float:
    frame = require_opening(root)[1].picture.frame
    return frame.width / frame.height


def test_layers_of_other_sizes_have_their_share_of_the_picture(
    stacked: list[bpy.types.Collection], tmp_path: Path
) -> None:
    upper = stacked[0]
    resize_network(bpy.context.scene, upper, made_contents(tmp_path))
    assert ratio(upper) == pytest.approx(2 * 0.5)
    first, below = frames_below_each_other(stacked)
    assert below.v == pytest.approx(first.bottom, abs=1e-4)


def test_nothing_of_a_film_stays_when_layers_get_other_sizes(root: bpy.types.Collection, tmp_path: Path) -> None:
    scene = bpy.context.scene
    for frame, value in ((1, 0.0), (10, 1.0)):
        key_opening(scene, root, "front", value, frame)
    resize_network(scene, root, made_contents(tmp_path))
    assert not is_keyed(root)
    assert contract.FILMED not in root
    for obj in (anchor_of(root), next(objects(root, "camera"))):
        assert not len(curves_of(obj)), obj.name
        assert contract.FILMED not in obj


def test_networks_below_each_other_stay_apart_while_the_upper_one_opens(stacked: list[bpy.types.Collection]) -> None:
    scene, (upper, lower) = bpy.context.scene, stacked
    (camera,) = objects(upper, "camera")
    small = frames_below_each_other(stacked)[0]
    change = OpeningChange(scene, upper, ALL)
    for share in (0.3, 0.7, 1.0):
        change.show(share)
        first, below = frames_below_each_other(stacked)
        assert below.v == pytest.approx(first.bottom, abs=1e-4)
    change.finish()
    first, below = frames_below_each_other(stacked)
    assert first.height > 1.2 * small.height
    assert below.v == pytest.approx(first.bottom, abs=1e-4)
    assert camera.data.ortho_scale >= UNIT * max(first.width, (first.height + below.height) / 2) - 1e-3
    open_blocks(scene, lower, {"front": 1.0})
    open_blocks(scene, upper, {})
    first, below = frames_below_each_other(stacked)
    assert below.v == pytest.approx(first.bottom, abs=1e-4)


def test_a_network_that_was_moved_aside_stays_there(stacked: list[bpy.types.Collection]) -> None:
    anchor = anchor_of(stacked[1])
    anchor.location.x += 100.0
    before = anchor.location.copy()
    open_blocks(bpy.context.scene, stacked[0], ALL)
    assert anchor.location == before
