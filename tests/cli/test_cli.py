"""The command line as a user calls it: exit codes, one clear message, files."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import bpy
import numpy as np
from command_line import DIGITS, object_of, run


def test_import_saves_renders_and_reports(tmp_path: Path) -> None:
    done = run(
        *("import", DIGITS / "digits.keras", "--samples", DIGITS / "images", "--max-samples", 5),
        *("--save", tmp_path / "new folder" / "digits.blend", "--report", tmp_path / "report.json"),
        *("--render", tmp_path / "digits.png", "--engine", "cycles", "--resolution", "160x90", "--render-samples", 2),
    )
    assert done.returncode == 0, done.stderr
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert report["model"]["parameters"] == sum(layer["parameters"] for layer in report["model"]["layers"])
    assert report["preprocessing"]["size"] == [28, 28]
    assert [sample["name"] for sample in report["samples"]] == [f"digit-{k:03}.png" for k in range(5)]
    for sample in report["samples"]:
        probabilities = [best["probability"] for best in sample["predictions"]]
        assert len(probabilities) >= 5
        assert probabilities == sorted(probabilities, reverse=True)
    assert 0 <= report["accuracy"] <= 1
    entries = {
        "model",
        "preprocessing",
        "samples",
        "accuracy",
        "inputs",
        "outputs",
        "metrics",
        "range",
        "skipped",
        "notes",
        "timings",
        "versions",
    }
    assert set(report) == entries
    assert set(report["versions"]) >= {"blender", "tensorflow", "keras"}

    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "new folder" / "digits.blend"))
    assert "NN digits" in bpy.context.scene.collection.children
    assert not bpy.context.scene.cycles.use_denoising
    assert bpy.context.scene.view_settings.view_transform == "Standard"
    picture = bpy.data.images.load(str(tmp_path / "digits.png"))
    assert tuple(picture.size) == (160, 90)
    pixels = np.empty(160 * 90 * 4, np.float32)
    picture.pixels.foreach_get(pixels)
    assert 0.02 < pixels.reshape(-1, 4)[:, :3].mean() < 0.5


def test_neurons_are_switched_off(tmp_path: Path) -> None:
    done = run(
        *("import", DIGITS / "digits.keras", "--max-samples", 8, "--disable", "dense_1:0-63", "--gain", "conv_1:3=0.5"),
        *("--report", tmp_path / "report.json", "--save", tmp_path / "scene.blend"),
    )
    assert done.returncode == 0, done.stderr
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert report["accuracy"] == 1.0
    changed = report["intervention"]
    assert changed["layers"] == {"conv_1": {"gain": {"3": 0.5}}, "dense_1": {"off": list(range(64))}}
    # With no neuron left before it, the last layer answers the same for every picture.
    assert len({json.dumps(sample["predictions"]) for sample in changed["samples"]}) == 1
    assert changed["accuracy"] < 0.5
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "scene.blend"))
    neurons = object_of("neurons", "dense_1")
    assert {"activation.7", "intact.7"} <= set(neurons.data.attributes.keys())


def test_influence_is_written_as_a_table_and_saved(tmp_path: Path) -> None:
    table, scene = tmp_path / "tables" / "influence.csv", tmp_path / "scene.blend"
    done = run("import", DIGITS / "digits.keras", "--max-samples", 4, "--influence", table, "--save", scene)
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(table.read_text(encoding="utf-8").splitlines()))
    assert {row["kind"] for row in rows} == {"estimate"}
    assert f"{len(rows):,} neurons" in done.stderr
    bpy.ops.wm.open_mainfile(filepath=str(scene))
    neurons = object_of("neurons", "dense_1")
    values = np.empty(64, np.float32)
    neurons.data.attributes["influence"].data.foreach_get("value", values)
    written = np.array([row["influence"] for row in rows if row["layer"] == "dense_1"], np.float32)
    np.testing.assert_array_equal(written, values)


def test_a_saved_scene_is_rendered_without_worker(tmp_path: Path) -> None:
    scene = tmp_path / "digits.blend"
    assert (
        run("import", DIGITS / "digits.h5", "--max-samples", 2, "--frames-per-sample", 2, "--save", scene).returncode
        == 0
    )
    done = run(
        *("render", scene, "--animation", "--frames", "2-3", "--resolution", "80x46", "--render-samples", 1),
        *("--output", f"{tmp_path / 'frames'}/"),
        NN_BLENDER_WORKER_PYTHON="",
    )
    assert done.returncode == 0, done.stderr
    assert sorted(file.name for file in (tmp_path / "frames").iterdir()) == ["0002.png", "0003.png"]
    film = tmp_path / "film.mp4"
    done = run("render", scene, "--animation", "--resolution", "80x46", "--render-samples", 1, "--output", film)
    assert done.returncode == 0, done.stderr
    assert film.read_bytes()[4:8] == b"ftyp"
    clip = bpy.data.movieclips.load(str(film))
    assert clip.frame_duration == 4


def test_inspect_prints_the_structure() -> None:
    done = run("inspect", DIGITS / "digits.keras")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["kind"] == "keras"


def test_a_python_without_tensorflow_is_the_workers_fault(tmp_path: Path) -> None:
    done = run("import", DIGITS / "digits.keras", "--python", tmp_path / "no-python")
    assert done.returncode == 3
    assert "Traceback" not in done.stderr
    assert "no-python" in done.stderr
    assert run("check", "--python", tmp_path / "no-python").returncode == 3


def test_check_names_the_versions() -> None:
    done = run("check")
    assert done.returncode == 0, done.stderr
    assert "TensorFlow" in done.stdout
    assert "Keras" in done.stdout
