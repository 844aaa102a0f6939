"""The stage: what the camera sees, and how texts are fitted into their room."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import bpy
import numpy as np
import pytest
from bpy_extras.object_utils import world_to_camera_view
from made import made_contents
from mathutils import Vector

from nn_blender.core.layout.lettering import text_width
from nn_blender.scene.base.find import network_modifier, objects
from nn_blender.scene.base.versions import get_modifier_input
from nn_blender.scene.build import build_network, update_network
from nn_blender.scene.network.text_objects import text_object, text_widths
from nn_blender.scene.outputs.board import BAR_LENGTH
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


@pytest.mark.parametrize(
    "body",
    [
        "conv2_block1_1_conv", "313 layers   23.9 M parameters", "×16 · 112 layers", "separ…2d_12", "WAVE to AVA",
        "mixed8–10", "Größe à côté", "łódź żółw", "\u0421\u043b\u043e\u0439 1", "\u03c3(Wx + \u03b2) ≥ 0",
    ],
)  # fmt: skip
def test_the_widths_that_the_picture_is_arranged_by_are_those_of_the_letters_in_the_scene(body: str) -> None:
    (width,) = text_widths([body])
    assert text_width(body, 2.5) == pytest.approx(2.5 * width, rel=0.02)


LONG = ("loggerhead turtle, Caretta caretta", "WWWW mmmm", "soft-coated wheaten terrier, Irish terrier")


@pytest.mark.parametrize(("width", "height"), [(1600, 900), (900, 1600)])
def test_names_of_classes_however_long_and_the_bars_behind_them_are_in_the_picture(
    tmp_path: Path, width: int, height: int
) -> None:
    scene = bpy.context.scene
    scene.render.resolution_x, scene.render.resolution_y = width, height
    contents = made_contents(tmp_path, classes=3)
    root = build_network(scene, replace(contents, classes=LONG), "id-1")
    (board,), (bars,) = objects(root, "output"), objects(root, "bars")
    (names,) = (obj for obj in objects(root, "texts") if obj["nn_part"] == "classes")
    size = get_modifier_input(network_modifier(names), "Size")
    texts = [text_object(name, name, size, bpy.data.materials.new("Ink"), "LEFT") for name in LONG]
    for text in texts:
        scene.collection.objects.link(text)
    bpy.context.view_layer.update()
    longest = max(text.dimensions.x for text in texts)
    start = bars.location.x + bars.data.vertices[0].co.x
    assert start > longest
    ends = [board.matrix_world @ Vector((x, 0.0, 0.0)) for x in (0.0, longest, start + BAR_LENGTH)]
    seen = np.array([world_to_camera_view(scene, scene.camera, end) for end in ends])
    assert (seen[:, 0] > 0).all()
    assert (seen[:, 0] < 1).all()


def test_bars_stand_behind_the_names_of_the_classes_that_are_measured_again(tmp_path: Path) -> None:
    scene, contents = bpy.context.scene, made_contents(tmp_path, classes=3)
    root = build_network(scene, contents, "id-1")
    (bars,) = objects(root, "bars")
    before = bars.location.x + bars.data.vertices[0].co.x
    update_network(scene, root, replace(contents, classes=LONG))
    assert bars.location.x + bars.data.vertices[0].co.x > before + 3
    update_network(scene, root, contents)
    assert bars.location.x + bars.data.vertices[0].co.x == pytest.approx(before)
