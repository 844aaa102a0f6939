from __future__ import annotations

import math
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import bpy
import numpy as np
import pytest
from mathutils import Matrix

import nn_blender
from nn_blender.actions import settings
from nn_blender.core.layout.projection import View
from nn_blender.ui.neurons import hovering, picking

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "scene"))  # The made-up network of that room's tests.
from in_blocks import build

PYTHON = Path(os.environ["NN_BLENDER_WORKER_PYTHON"])


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    nn_blender.register()
    yield
    nn_blender.unregister()


@pytest.fixture
def with_tensorflow(kept_workers: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "chosen_python", lambda: PYTHON)


@pytest.fixture
def in_blocks(registered: None, tmp_path: Path) -> None:
    build(tmp_path)


@pytest.fixture
def viewport(monkeypatch: pytest.MonkeyPatch) -> Iterator[bpy.types.Region]:
    """A 3D viewport that sees what a camera before the network sees: without a window it has no matrix of its own."""
    window = bpy.context.window_manager.windows[0]
    area = next(area for area in window.screen.areas if area.type == "VIEW_3D")
    region = next(region for region in area.regions if region.type == "WINDOW")
    scene = bpy.context.scene
    camera = bpy.data.objects.new("Viewer", bpy.data.cameras.new("Viewer"))
    scene.collection.objects.link(camera)
    camera.data.type, camera.data.ortho_scale, camera.data.clip_end = "ORTHO", 40, 1000
    camera.matrix_world = Matrix.Translation((10, -100, 55)) @ Matrix.Rotation(math.radians(63), 4, "X")
    bpy.context.view_layer.update()
    scene.render.resolution_x, scene.render.resolution_y = region.width, region.height
    lens = camera.calc_matrix_camera(bpy.context.evaluated_depsgraph_get(), x=region.width, y=region.height)
    seen = View(np.array(lens @ camera.matrix_world.inverted()), region.width, region.height)
    monkeypatch.setattr(picking, "view_of", lambda *_: seen)
    monkeypatch.setattr(hovering, "view_of", lambda *_: seen)
    with bpy.context.temp_override(window=window, area=area, region=region):
        yield region
