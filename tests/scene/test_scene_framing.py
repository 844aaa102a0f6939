"""Framing a network, a block, a layer or a neuron in the camera and in a viewport."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import bpy
import numpy as np
import pytest
from bpy_extras.object_utils import world_to_camera_view
from made import made_contents
from mathutils import Euler, Vector

from nn_blender.core.blocks.hierarchy import Part
from nn_blender.core.blocks.opening import Opening
from nn_blender.core.errors import UserError
from nn_blender.scene.base.find import objects
from nn_blender.scene.build import build_network
from nn_blender.scene.neurons.framing import neuron_points
from nn_blender.scene.stage.framing import MARGIN, SENSOR, frame_in_camera, frame_in_view, network_points, part_points


@pytest.fixture(params=["row", "blocks"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> bpy.types.Collection:
    scene, contents = bpy.context.scene, made_contents(tmp_path)
    scene.render.resolution_x, scene.render.resolution_y = 1600, 900
    opening = Opening.of(contents.network) if request.param == "blocks" else None
    root = build_network(scene, contents, "id-1", opening=opening)
    next(objects(root, "anchor")).location.x = 5.0
    bpy.context.view_layer.update()
    return root


def seen(camera: bpy.types.Object, points: np.ndarray) -> np.ndarray:
    bpy.context.view_layer.update()
    return np.array([world_to_camera_view(bpy.context.scene, camera, Vector(point)) for point in points.tolist()])


def targets(root: bpy.types.Collection) -> list[np.ndarray]:
    return [
        network_points(root),
        part_points(root, "conv"),
        part_points(root, "output"),
        neuron_points(root, "conv", 3),
    ]


@pytest.mark.parametrize("kind", ["ORTHO", "PERSP"])
def test_the_camera_sees_what_is_framed_as_large_as_it_fits_and_keeps_its_direction(root, kind: str) -> None:
    scene = bpy.context.scene
    camera = scene.camera
    camera.data.type = kind
    direction = camera.matrix_world.to_quaternion()
    for points in targets(root):
        frame_in_camera(scene, camera, points)
        places = seen(camera, points)
        reach = np.abs(places[:, :2] - 0.5) * 2
        assert 0.9 < reach.max() <= 1.0001
        assert (places[:, 2] > camera.data.clip_start).all()
        assert (places[:, 2] < camera.data.clip_end).all()
        assert camera.matrix_world.to_quaternion().rotation_difference(direction).angle == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize("kind", ["ORTHO", "PERSP"])
@pytest.mark.parametrize("size", [(1200, 700), (500, 900)])
def test_a_viewport_sees_what_is_framed_as_large_as_it_fits(root, kind: str, size: tuple[int, int]) -> None:
    turned = Euler((1.0, 0.2, 0.7)).to_quaternion()
    for points in targets(root):
        space = SimpleNamespace(camera=None, lens=50.0, clip_end=10.0)
        view = SimpleNamespace(view_perspective=kind, view_rotation=turned, view_location=None, view_distance=0.0)
        frame_in_view(space, view, size, points)
        along = (points - np.array(view.view_location)) @ np.array(turned.to_matrix())
        depth = view.view_distance - along[:, 2] if kind == "PERSP" else np.full(len(along), view.view_distance)
        half = SENSOR / 50.0 / 2 * np.array(size) / max(size)
        reach = np.abs(along[:, :2]) / (depth[:, None] * half)
        assert (depth > 0).all()
        assert reach.max() == pytest.approx(1 / MARGIN, rel=1e-3)
        assert space.clip_end > depth.max()


def test_a_view_through_the_camera_becomes_one_from_where_it_looks(root) -> None:
    camera = bpy.context.scene.camera
    space = SimpleNamespace(camera=camera, lens=50.0, clip_end=10.0)
    view = SimpleNamespace(view_perspective="CAMERA", view_rotation=None, view_location=None, view_distance=0.0)
    frame_in_view(space, view, (800, 600), network_points(root))
    assert view.view_perspective == ("ORTHO" if camera.data.type == "ORTHO" else "PERSP")
    assert view.view_rotation.rotation_difference(camera.matrix_world.to_quaternion()).angle < 1e-3


def test_a_layer_is_framed_around_its_slab(root) -> None:
    (slab,) = objects(root, "slab", "hidden")
    points = part_points(root, "hidden")
    corners = np.array([slab.matrix_world @ Vector(corner) for corner in slab.bound_box])
    assert (points.min(axis=0) <= corners.min(axis=0) + 0.2).all()
    assert (points.max(axis=0) >= corners.max(axis=0) - 0.2).all()


def test_a_neuron_is_in_the_middle_of_what_is_framed(root) -> None:
    (neurons,) = objects(root, "neurons", "hidden")
    place = neurons.matrix_world @ neurons.data.vertices[7].co
    np.testing.assert_allclose(neuron_points(root, "hidden", 7).mean(axis=0), place, atol=1e-4)
    np.testing.assert_allclose(neuron_points(root, "hidden", 10**6), part_points(root, "hidden"))


def test_what_is_not_there_cannot_be_framed(root) -> None:
    with pytest.raises(UserError, match="nothing of that"):
        part_points(root, "nothing of that")


def test_what_is_in_a_closed_block_is_framed_as_that_block(tmp_path: Path) -> None:
    contents = made_contents(tmp_path)
    found = Opening.of(contents.network)
    front, rest = found.root.children[1:4], found.root.children[4:]
    block = Part("front", "front", "block", "pool", front, layers=3)
    hierarchy = Part("", "made", "network", "output", (found.root.children[0], block, *rest), layers=7)
    opening = Opening.of(contents.network, root=hierarchy)
    root = build_network(bpy.context.scene, contents, "id-1", opening=opening)
    np.testing.assert_allclose(part_points(root, "conv"), part_points(root, "front"))
    np.testing.assert_allclose(neuron_points(root, "conv", 0), part_points(root, "front"))
    (book,) = objects(root, "book")
    corners = np.array([book.matrix_world @ Vector(corner) for corner in book.bound_box])
    points = part_points(root, "front")
    assert np.abs(points.max(axis=0) - corners.max(axis=0)).max() < 3.0


def test_a_part_cannot_be_framed_once_what_the_network_is_moved_by_is_deleted(tmp_path: Path) -> None:
    contents = made_contents(tmp_path)
    root = build_network(bpy.context.scene, contents, "id-1", opening=Opening.of(contents.network))
    bpy.data.objects.remove(next(objects(root, "anchor")))
    with pytest.raises(UserError, match="There is no 'conv' in the scene"):
        part_points(root, "conv")
