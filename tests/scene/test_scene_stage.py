"""The stage: what the camera sees, and how texts are fitted into their room."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest
from bpy_extras.object_utils import world_to_camera_view
from made import made_contents
from mathutils import Vector

from nn_blender.scene.base.find import objects
from nn_blender.scene.build import build_network
from nn_blender.scene.network.text_objects import text_object, text_widths
from nn_blender.scene.stage.stage import MARGIN, frame_camera


@pytest.mark.parametrize(("width", "height"), [(1600, 900), (400, 1200)])
def test_the_camera_just_sees_all_points_and_keeps_its_direction(tmp_path: Path, width: int, height: int) -> None:
    scene = bpy.context.scene
    scene.render.resolution_x, scene.render.resolution_y = width, height
    contents = made_contents(tmp_path)
    root = build_network(scene, contents, "id-1")
    (camera,), (anchor,) = objects(root, "camera"), objects(root, "anchor")
    anchor.location, anchor.rotation_euler = (3.0, -2.0, 1.0), (0.0, 0.0, 0.5)
    direction = camera.rotation_euler.copy()
    points = [Vector(point) for point in np.random.default_rng(0).uniform(-8, 8, (40, 3))]
    frame_camera(scene, camera, points)
    bpy.context.view_layer.update()
    assert camera.rotation_euler == direction
    seen = np.array([world_to_camera_view(scene, camera, anchor.matrix_world @ point) for point in points])
    assert (seen[:, 2] > 0).all()
    reach = np.abs(seen[:, :2] - 0.5) * 2 * MARGIN
    assert reach.max() == pytest.approx(1.0, abs=1e-4)


def test_widths_of_texts_are_those_of_text_objects_with_small_gaps_at_their_ends() -> None:
    bodies = ["conv2_block1_1_conv", "112 × 112 × 64", "WAVE to AVA", "jagged", "a"]
    material = bpy.data.materials.new("Ink")
    objs = [text_object(body, body, 1.0, material, "LEFT") for body in bodies]
    for obj in objs:
        bpy.context.scene.collection.objects.link(obj)
    bpy.context.view_layer.update()
    scenes = len(bpy.data.scenes)
    gaps = np.array(text_widths(bodies)) - [obj.dimensions.x for obj in objs]
    assert (gaps > -1e-4).all()
    assert (gaps < 0.3).all()
    assert len(bpy.data.scenes) == scenes
    assert text_widths([]) == []
    spaced = text_widths(["a b", "ab", " "])
    assert spaced[0] == pytest.approx(spaced[1] + spaced[2])
