"""The Render panel: pictures and films are written to new files, and the scene keeps its own output settings."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest
from made import made_contents

from nn_blender.scene.build import build_network
from nn_blender.scene.stage.rendering import output_settings
from nn_blender.ui.render import render_panel, running


@pytest.fixture(autouse=True)
def built(registered: None, tmp_path: Path) -> None:
    scene = bpy.context.scene
    build_network(scene, made_contents(tmp_path), "id-1")
    scene.render.engine = "CYCLES"
    scene.cycles.samples = 1
    scene.render.resolution_x, scene.render.resolution_y = 64, 36
    scene.frame_start, scene.frame_end = 1, 2
    scene.nn.render.folder = str(tmp_path / "made")


def test_pictures_never_replace_one_another_and_leave_the_scenes_own_output_alone(tmp_path: Path) -> None:
    scene = bpy.context.scene
    scene.render.filepath = "//elsewhere"
    scene.render.image_settings.file_format = "JPEG"
    before = output_settings(scene)
    for _ in range(2):
        bpy.ops.nn.render_picture()
    files = sorted((tmp_path / "made").iterdir())
    assert [file.suffix for file in files] == [".png", ".png"]
    assert files[0].stem.endswith("-1")
    assert files[1].stem.endswith("-2")
    assert bpy.data.images.load(str(files[0])).size[:] == (64, 36)
    assert output_settings(scene) == before
    assert scene.render.filepath == "//elsewhere"


def test_a_picture_is_what_blenders_own_key_renders(tmp_path: Path) -> None:
    bpy.ops.nn.render_picture()
    (file,) = (tmp_path / "made").iterdir()
    bpy.context.scene.render.filepath = str(tmp_path / "own.png")
    bpy.ops.render.render(write_still=True)
    pixels = [np.array(bpy.data.images.load(str(path)).pixels) for path in (file, tmp_path / "own.png")]
    assert np.abs(pixels[0] - pixels[1]).max() < 0.02


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "made").write_text("a file")
    with pytest.raises(RuntimeError, match="cannot be written"):
        bpy.ops.nn.render_picture()


def test_without_a_camera_the_button_says_so() -> None:
    bpy.context.scene.camera = None
    with pytest.raises(RuntimeError, match="no camera"):
        bpy.ops.nn.render_picture()


def test_sizes_and_qualities_are_the_scenes_own() -> None:
    scene = bpy.context.scene
    assert scene.nn.render.size == render_panel.OTHER
    scene.nn.render.size, scene.nn.render.quality = "FULL_HD", "GOOD"
    assert (scene.render.resolution_x, scene.render.resolution_y, scene.cycles.samples) == (1920, 1080, 64)
    scene.cycles.samples = 5
    assert scene.nn.render.quality == render_panel.OTHER


def test_time_goes_with_pixels_and_samples_of_the_last_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = bpy.context.scene
    assert running.seconds_of_picture(scene) is None
    monkeypatch.setattr(running._state, "last", running._Measured("CYCLES", running.cost(scene), 10.0))
    scene.cycles.samples = 4
    assert running.seconds_of_picture(scene) == pytest.approx(40)
    scene.render.engine = "BLENDER_WORKBENCH"
    assert running.seconds_of_picture(scene) is None


def test_recommended_settings_show_the_legends_colours() -> None:
    scene = bpy.context.scene
    scene.nn.render.size = "SQUARE"
    bpy.ops.nn.recommended_render()
    assert (scene.render.resolution_x, scene.render.resolution_y) == (1080, 1080)
    assert scene.view_settings.view_transform == "Standard"
    assert (scene.render.engine, scene.cycles.samples) == ("CYCLES", 64)
