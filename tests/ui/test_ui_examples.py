"""The examples open as new files, and what they hold can be looked at and picked without TensorFlow."""

from __future__ import annotations

import hashlib
from pathlib import Path

import bpy
import numpy as np
import pytest
from bpy_extras.object_utils import world_to_camera_view

from nn_blender.actions import settings
from nn_blender.actions.network.examples import EXAMPLES, FOLDER, Example
from nn_blender.core.layout.projection import View
from nn_blender.scene.base.find import networks, objects
from nn_blender.scene.network.description import require_description
from nn_blender.ui.common.needs import SET_UP_FIRST
from nn_blender.ui.network.examples import NN_OT_open_example
from nn_blender.ui.neurons import hovering, picking


@pytest.fixture(autouse=True)
def without_tensorflow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "worker_python", lambda: None)


@pytest.fixture(params=EXAMPLES, ids=lambda example: example.name)
def example(request: pytest.FixtureRequest) -> Example:
    opened: Example = request.param
    assert bpy.ops.nn.open_example(example=opened.name) == {"FINISHED"}
    return opened


def root() -> bpy.types.Collection:
    (found,) = networks(bpy.context.scene)
    return found


def test_an_example_is_a_new_file_so_that_saving_never_writes_into_the_extension(example: Example) -> None:
    before = {file: hashlib.sha256(file.read_bytes()).hexdigest() for file in FOLDER.iterdir() if file.is_file()}
    assert bpy.data.filepath == ""
    with pytest.raises(RuntimeError, match="unsaved"):
        bpy.ops.wm.save_mainfile()
    after = {file: hashlib.sha256(file.read_bytes()).hexdigest() for file in FOLDER.iterdir() if file.is_file()}
    assert after == before


def test_a_saved_example_is_found_with_its_model_wherever_it_was_saved(example: Example, tmp_path: Path) -> None:
    saved = tmp_path / "mine.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(saved))
    bpy.ops.wm.open_mainfile(filepath=str(saved))
    about = require_description(root())
    assert Path(about.network.file) == example.model
    assert Path(about.samples[0].sample.file) == FOLDER / "images" / "digit-000.png"


def test_an_example_that_was_moved_with_its_files_finds_them_there(example: Example, tmp_path: Path) -> None:
    (tmp_path / example.scene.name).write_bytes(example.scene.read_bytes())
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / example.scene.name))
    assert Path(require_description(root()).network.file) == tmp_path / example.model.name


def test_samples_are_stepped_through_and_show_their_answers(example: Example) -> None:
    scene = bpy.context.scene
    for step in (1, 1, -1):
        assert bpy.ops.nn.show_sample(step=step) == {"FINISHED"}
    assert scene.frame_current == 25
    assert require_description(root()).samples[1].answer.best == "0"


def test_what_needs_tensorflow_says_so(example: Example) -> None:
    for operator in (bpy.ops.nn.sweep_layer, bpy.ops.nn.estimate_influence, bpy.ops.nn.measure_again):
        assert not operator.poll()
        with pytest.raises(RuntimeError, match=SET_UP_FIRST):
            operator()


def test_neurons_are_picked_and_told_about(example: Example, monkeypatch: pytest.MonkeyPatch) -> None:
    scene, layer = bpy.context.scene, {"digits": "conv_1", "branched_digits": "mix_1x1"}[example.name]
    window = bpy.context.window_manager.windows[0]
    area = next(area for area in window.screen.areas if area.type == "VIEW_3D")
    region = next(region for region in area.regions if region.type == "WINDOW")
    # Without a window a viewport does not know its own matrix; the camera's takes its place.
    lens = scene.camera.calc_matrix_camera(bpy.context.evaluated_depsgraph_get(), x=1600, y=900)
    seen = View(np.array(lens @ scene.camera.matrix_world.inverted()), 1600, 900)
    for module in (picking, hovering):
        monkeypatch.setattr(module, "view_of", lambda *_: seen)
    neurons = next(objects(root(), "neurons", layer))
    place = world_to_camera_view(scene, scene.camera, neurons.matrix_world @ neurons.data.vertices[3].co)
    with bpy.context.temp_override(window=window, area=area, region=region):
        assert bpy.ops.nn.pick("EXEC_DEFAULT", x=round(place.x * 1600), y=round(place.y * 900)) == {"FINISHED"}
    layers = next(child for child in root().children if child["nn_role"] == "layers")
    assert layers.objects[scene.nn.layer]["nn_layer"] == layer
    assert root().nn.neurons.neuron == 3


def test_every_example_says_what_it_is() -> None:
    for example in EXAMPLES:
        properties = type("Properties", (), {"example": example.name})
        assert example.description in NN_OT_open_example.description(bpy.context, properties)
