"""The Render panel: pictures and films are written to new files, and the scene keeps its own output settings."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest
from made import made_contents

from nn_blender.actions.network.remove_network import remove_network
from nn_blender.core.render_times import Picture, Rendered
from nn_blender.scene.base.versions import can_denoise
from nn_blender.scene.build import build_network
from nn_blender.scene.stage.rendering import output_settings
from nn_blender.ui.common.active import active_network
from nn_blender.ui.render import render_panel, watching

GOOD = 64 if can_denoise() else 128
"""Samples of a good picture."""


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
    assert (scene.render.resolution_x, scene.render.resolution_y, scene.cycles.samples) == (1920, 1080, GOOD)
    scene.cycles.samples = 5
    assert scene.nn.render.quality == render_panel.OTHER


def facts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the panel says of costs."""
    found: list[str] = []
    monkeypatch.setattr(render_panel, "draw_facts", lambda _, *rows: found.extend(" ".join(row) for row in rows))
    monkeypatch.setattr(render_panel, "draw_lines", lambda _, text, *__: found.append(text))
    render_panel._draw_costs(None, bpy.context)
    return found


def test_before_the_first_picture_the_panel_says_what_there_is_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching.render_times, "_times", {})
    bpy.context.scene.cycles.samples = 16
    found = facts(monkeypatch)
    assert "Pixels 64 × 36" in found
    assert [fact for fact in found if fact.startswith("Time")] == ["Time not known yet"] * 2
    assert found[-1] == "36.9 k samples in all; how long they take is known after the first picture"


def test_time_goes_with_pixels_and_samples_of_the_last_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = bpy.context.scene
    last = Rendered(watching.picture_of(scene), 10.0)
    monkeypatch.setattr(watching.render_times, "_times", {watching.engine_of(scene): last})
    scene.cycles.samples, scene.frame_end = 4, 100
    found = facts(monkeypatch)
    assert [fact for fact in found if fact.startswith("Time")] == ["Time about 40 s", "Time about 67 min"]
    assert found[-1] == "Estimated from the last picture: 64 × 36, 1 sample, 10 s"
    scene.render.engine = "BLENDER_WORKBENCH"
    assert "Time not known yet" in facts(monkeypatch)


def test_blenders_own_key_is_denoised_and_timed_as_the_button_is(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = bpy.context.scene
    seen = []
    monkeypatch.setattr(watching.render_times, "_times", {})
    bpy.app.handlers.render_pre.append(lambda scene, *_: seen.append(scene.cycles.use_denoising))
    for use_denoising in (False, True):
        scene.cycles.use_denoising = use_denoising
        bpy.ops.render.render()
        assert scene.cycles.use_denoising is use_denoising
    bpy.app.handlers.render_pre.pop()
    assert seen == [can_denoise()] * 2
    last = watching.render_times.last(scene)
    assert last is not None
    assert last.picture == Picture(64, 36, 1)
    assert 0 < last.seconds < 60


def rendered(file: Path, *, denoised: bool) -> np.ndarray:
    """What Blender's own key renders of a scene with that setting."""
    scene = bpy.context.scene
    scene.cycles.use_denoising, scene.render.filepath = denoised, str(file)
    bpy.ops.render.render(write_still=True)
    return np.array(bpy.data.images.load(str(file)).pixels)


@pytest.mark.skipif(not can_denoise(), reason="this Blender has no denoiser")
def test_the_picture_of_blenders_own_key_is_denoised_whatever_the_file_says(tmp_path: Path) -> None:
    watched = rendered(tmp_path / "watched.png", denoised=False)
    watching.stop()
    noisy, clean = (rendered(tmp_path / f"{denoised}.png", denoised=denoised) for denoised in (False, True))
    watching.start()
    assert np.abs(watched - clean).max() < 0.02
    assert np.abs(watched - noisy).max() > 0.1


def test_scenes_without_a_network_render_as_ever(tmp_path: Path) -> None:
    remove_network(bpy.context.scene, active_network(bpy.context))
    scene = bpy.context.scene
    scene.camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    scene.collection.objects.link(scene.camera)
    seen = []
    bpy.app.handlers.render_pre.append(lambda scene, *_: seen.append(scene.cycles.use_denoising))
    scene.cycles.use_denoising = not can_denoise()
    bpy.ops.render.render()
    bpy.app.handlers.render_pre.pop()
    assert seen == [not can_denoise()]


def test_recommended_settings_show_the_legends_colours() -> None:
    scene = bpy.context.scene
    scene.nn.render.size = "SQUARE"
    bpy.ops.nn.recommended_render()
    assert (scene.render.resolution_x, scene.render.resolution_y) == (1080, 1080)
    assert scene.view_settings.view_transform == "Standard"
    assert (scene.render.engine, scene.cycles.samples) == ("CYCLES", GOOD)
