"""The scenes that come with the extension show what Keras computes, without TensorFlow."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import bpy
import numpy as np
import pytest
from keras_scripts import run_script

from nn_blender.actions.interventions.rerun import is_up_to_date, rerun
from nn_blender.actions.network.examples import EXAMPLES, FOLDER, Example, find_all_files
from nn_blender.core.description.description import Description
from nn_blender.engine.jobs import Job
from nn_blender.engine.registry import workers
from nn_blender.scene.base import contract, meshes
from nn_blender.scene.base.find import networks, objects
from nn_blender.scene.interventions.switches import set_neurons
from nn_blender.scene.network.description import require_description

PYTHON = Path(os.environ["NN_BLENDER_WORKER_PYTHON"])
ORACLE = Path(__file__).with_name("keras_oracle.py")
CORRECT = {"digits": 96, "branched_digits": 97}
"""How many of a hundred digits each network reads correctly."""
MACHINE = re.compile(rb"/(?:home|root|Users|work|opt|mnt|builds?)/[\w.-]|/tmp/[\w.-]|[A-Z]:\\Users|sample_scenes")
"""Beginnings of paths that some machine has; Blender's own default for renders is ``/tmp/``."""


@pytest.fixture(params=EXAMPLES, ids=lambda example: example.name)
def example(request: pytest.FixtureRequest) -> Example:
    opened: Example = request.param
    bpy.ops.wm.open_mainfile(filepath=str(opened.scene))
    return opened


@pytest.fixture
def root(example: Example) -> bpy.types.Collection:
    (found,) = networks(bpy.context.scene)
    return found


@pytest.fixture
def about(root: bpy.types.Collection) -> Description:
    find_all_files()
    return require_description(root)


def test_every_layer_has_an_activation_for_every_sample(root: bpy.types.Collection, about: Description) -> None:
    scene = bpy.context.scene
    assert (len(about.samples), about.evaluated) == (60, 100)
    assert (scene.frame_start, scene.frame_end) == (1, 60 * root[contract.FRAMES_PER_SAMPLE])
    neurons = {obj[contract.LAYER]: meshes.read_samples(obj.data, "activation") for obj in objects(root, "neurons")}
    assert list(neurons) == [layer.path for layer in about.network.layers]
    for layer in about.network.layers:
        assert neurons[layer.path].shape == (60, layer.neurons)
        assert np.isfinite(neurons[layer.path]).all()


def test_correct_answers_are_counted_over_all_that_were_measured(example: Example, about: Description) -> None:
    assert about.labelled == 100
    assert round(about.accuracy * about.labelled) == CORRECT[example.name]
    wrong = [shown for shown in about.samples if shown.answer.right is False]
    assert wrong, "there is something to find out about"
    assert about.samples[0].answer.right


def test_activations_and_maps_are_those_of_keras(
    root: bpy.types.Collection, about: Description, example: Example, tmp_path: Path
) -> None:
    preprocessing = about.preprocessing
    request = {
        "model": str(example.model),
        "samples": [sample.file for sample in about.shown_samples],
        "preprocessing": {"size": preprocessing.size, "range": preprocessing.range},
        "to": str(tmp_path),
    }
    (tmp_path / "request.json").write_text(json.dumps(request))
    run_script(ORACLE, tmp_path / "request.json")
    for obj in objects(root, "neurons"):
        layer = obj[contract.LAYER]
        expected = np.load(tmp_path / f"{layer}.npy")
        found = meshes.read_samples(obj.data, "activation")
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5 * np.abs(expected).max(), err_msg=layer)
    with_maps = {path.name.split(".")[0] for path in tmp_path.glob("*.maps.npy")}
    assert {obj[contract.LAYER] for obj in objects(root, "card")} == with_maps


def test_model_and_samples_are_found_beside_the_scene(about: Description, example: Example) -> None:
    assert Path(about.network.file) == example.model
    files = [Path(sample.file) for sample in about.shown_samples]
    assert {file.parent for file in files} == {FOLDER / "images"}
    assert all(file.is_file() for file in files)


def test_nothing_in_the_file_tells_where_it_was_made(example: Example, tmp_path: Path) -> None:
    plain = tmp_path / "plain.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(plain), compress=False, copy=True)
    assert MACHINE.findall(plain.read_bytes()) == []
    assert [path for path in bpy.utils.blend_paths(packed=False) if path] == []


def test_the_scene_renders(example: Example, tmp_path: Path) -> None:
    scene = bpy.context.scene
    scene.render.resolution_x, scene.render.resolution_y, scene.cycles.samples = 160, 90, 2
    scene.render.filepath = str(tmp_path / "picture.png")
    bpy.ops.render.render(write_still=True)
    picture = bpy.data.images.load(scene.render.filepath)
    pixels = np.empty(160 * 90 * 4, np.float32)
    picture.pixels.foreach_get(pixels)
    seen = pixels.reshape(90, 160, 4)[..., :3]
    assert 0.02 < seen.mean() < 0.5
    assert (seen.max(-1) > 0.5).sum() > 100, "texts, data and the answer are bright"


def test_neurons_can_be_switched_once_tensorflow_is_there(
    root: bpy.types.Collection, about: Description, kept_workers: None
) -> None:
    layer = about.network.layers[0]
    set_neurons(root, layer.path, range(layer.neurons), enabled=False)
    before = {obj[contract.LAYER]: meshes.read_samples(obj.data, "activation") for obj in objects(root, "neurons")}
    Job(rerun(PYTHON, root), "rerun").wait(timeout=180)
    workers.close_all()
    assert is_up_to_date(root)
    after = {obj[contract.LAYER]: meshes.read_samples(obj.data, "activation") for obj in objects(root, "neurons")}
    assert not after[layer.path].any()
    assert np.abs(after["digit"] - before["digit"]).max() > 0.1
