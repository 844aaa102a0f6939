"""Options of an import do what they say: facts in the report and in the saved scene."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from command_line import DIGITS, object_of

from nn_blender.cli import main

pytestmark = pytest.mark.usefixtures("kept_workers")

NAMES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
TRUTH = (6, 0, 7, 4, 2)
"""What the first digits show."""

MAKE_VOLUMES = """
import sys, keras
volume = keras.Input((3, 4, 5, 3))
same = keras.layers.Activation("linear", name="same")(volume)
keras.Model(volume, keras.layers.GlobalAveragePooling3D(name="means")(same)).save(sys.argv[1])
"""


def run_here(*arguments: object) -> None:
    assert main([str(argument) for argument in arguments]) == 0


def read_json(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))


def read_levels(image: bpy.types.Image) -> np.ndarray:
    """The levels 0 to 255 of an image (height, width, 4), from its upper left corner on."""
    width, height = image.size
    pixels = np.empty(width * height * 4, np.float32)
    image.pixels.foreach_get(pixels)
    return np.rint(pixels.reshape(height, width, 4)[::-1] * 255).astype(int)


def read_digits() -> list[np.ndarray]:
    """The first digits as brightnesses 0 to 1."""
    images = [bpy.data.images.load(str(DIGITS / "images" / f"digit-{k:03}.png")) for k in range(len(TRUTH))]
    return [read_levels(image)[..., 0] / 255 for image in images]


def save_altered(digit: np.ndarray, file: Path) -> None:
    """Save a digit in the middle of a wide picture of noise: inverted, after its 0 to 1 became 0.25 to 0.5."""
    levels = np.random.default_rng(7).integers(0, 256, (28, 56))
    levels[:, 14:42] = np.rint(255 * (1 - (digit + 1) / 4))
    pixels = np.ones((28, 56, 4), np.float32)
    pixels[..., :3] = levels[::-1, :, np.newaxis] / 255
    image = bpy.data.images.new(file.stem, 56, 28)
    image.pixels.foreach_set(pixels.ravel())
    image.save(filepath=str(file))


def drawn_and_true_neurons() -> dict[str, tuple[int, int]]:
    objects = [obj for obj in bpy.data.objects if obj.get("nn_role") == "neurons"]
    return {obj["nn_layer"]: (len(obj.data.vertices), obj["nn_neurons"]) for obj in objects}


def test_samples_are_prepared_ordered_and_named_as_the_options_say(tmp_path: Path) -> None:
    run_here("import", DIGITS / "digits.keras", "--max-samples", len(TRUTH), "--report", tmp_path / "plain.json")
    images = tmp_path / "images"
    images.mkdir()
    for k, digit in enumerate(read_digits()):
        save_altered(digit, images / f"wide-{k}.png")
    (tmp_path / "names.txt").write_text("\n".join(NAMES), encoding="utf-8")
    with (tmp_path / "truth.csv").open("w", encoding="utf-8", newline="") as file:
        labels = [NAMES[digit] if k not in (1, 3) else "nine" for k, digit in enumerate(TRUTH)]
        rows = [[f"wide-{k}.png", label] for k, label in enumerate(labels)]
        csv.writer(file).writerows([["file", "label"], *rows])
    run_here(
        *("import", DIGITS / "digits.keras", "--samples", images, "--report", tmp_path / "report.json"),
        *("--labels", tmp_path / "truth.csv", "--classes", tmp_path / "names.txt", "--order", "wrong", "--shown", 2),
        *("--resize", "fill", "--invert", "--preset", "signed", "--mean", "-0.5", "--std", "0.5"),
        *("--max-neurons", 200, "--map-pixels", 0, "--frames-per-sample", 12, "--fade-frames", 5),
        *("--theme", "paper"),
        *("--frame", 14, "--save", tmp_path / "scene.blend"),
    )
    plain, report = read_json(tmp_path / "plain.json"), read_json(tmp_path / "report.json")
    prepared = report["preprocessing"]
    assert (prepared["resize"], prepared["invert"], prepared["range"]) == ("fill", True, [-1.0, 1.0])
    assert (prepared["mean"], prepared["std"]) == ([-0.5], [0.5])
    assert report["accuracy"] == 3 / 5
    assert [sample["name"] for sample in report["samples"]] == [f"wide-{k}.png" for k in (1, 3, 0, 2, 4)]
    assert [sample["label"] for sample in report["samples"]] == ["nine", "nine", "six", "seven", "two"]
    # The options undo what was done to the images, so the network answers as for the originals.
    for sample, k in zip(report["samples"], (1, 3, 0, 2, 4), strict=True):
        best, original = sample["predictions"][0], plain["samples"][k]["predictions"][0]
        assert best["label"] == NAMES[int(original["label"])] == NAMES[TRUTH[k]]
        assert best["probability"] == pytest.approx(original["probability"], abs=0.05)

    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "scene.blend"))
    scene = bpy.context.scene
    root = scene.collection.children["NN digits"]
    assert (scene.frame_current, scene.frame_end) == (14, 24)
    assert root["nn_theme"] == "paper"
    assert min(scene.world.color) > 0.7
    assert (root["nn_frames_per_sample"], root["nn_fade_frames"], root["nn_last_sample"]) == (12, 5, 1)
    attributes = set(object_of("neurons", "dense_1").data.attributes.keys())
    assert {name for name in attributes if name.startswith("activation.")} == {"activation.0", "activation.1"}
    assert scene.camera is not None
    assert [image["nn_layer"] for image in bpy.data.images if image.get("nn_role") == "atlas"] == [""]
    neurons = drawn_and_true_neurons()
    assert neurons["flatten"] == (25, 1152)
    assert neurons["conv_2"] == (25, 32)
    assert neurons["conv_1"] == (16, 16)
    assert sum(drawn for drawn, _ in neurons.values()) == 199


def test_a_range_is_guessed_with_the_mean_and_the_deviation_that_were_chosen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "report.json"
    run_here("import", DIGITS / "digits.keras", "--max-samples", 16, "--mean", 1, "--std", -1, "--report", report)
    written = read_json(report)
    title = "{:g} to {:g}".format(*written["preprocessing"]["range"])
    tried = re.search(rf"Tried on labelled samples.*{re.escape(title)}: (\d+) of 16", capsys.readouterr().err)
    assert tried is not None
    # These two turn 0..1 around, so few of the digits are recognised, both while guessing and in the end.
    assert int(tried[1]) / 16 == written["accuracy"] < 1


def test_volumes_are_shown_and_summarised_as_the_options_say(tmp_path: Path) -> None:
    model, arrays = tmp_path / "volumes.keras", tmp_path / "volumes.npy"
    subprocess.run([os.environ["NN_BLENDER_WORKER_PYTHON"], "-c", MAKE_VOLUMES, model], check=True)
    volumes = np.random.default_rng(7).normal(size=(2, 3, 4, 5, 3)).astype(np.float32)
    np.save(arrays, volumes)
    run_here(
        *("import", model, "--samples", arrays, "--statistic", "max", "--volume", 1, "--no-stage"),
        *("--max-layer-neurons", 2, "--save", tmp_path / "scene.blend"),
    )
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "scene.blend"))
    assert bpy.context.scene.camera is None
    assert {obj.get("nn_role") for obj in bpy.data.objects}.isdisjoint({"camera", "light", "floor"})
    assert drawn_and_true_neurons() == {"same": (2, 3), "means": (2, 3)}
    attributes = object_of("neurons", "same").data.attributes
    for k, volume in enumerate(volumes):
        values = np.empty(2, np.float32)
        attributes[f"activation.{k}"].data.foreach_get("value", values)
        np.testing.assert_array_equal(values, volume.max(axis=(0, 1, 2))[:2])
    (atlas,) = [
        image for image in bpy.data.images if (image.get("nn_role"), image.get("nn_layer")) == ("atlas", "same")
    ]
    levels = read_levels(atlas)
    for k, volume in enumerate(volumes):
        first_map = volume[-1, ..., 0]
        expected = (first_map - first_map.min()) / np.ptp(first_map) * 255
        np.testing.assert_allclose(levels[:4, :5, k], expected, atol=0.51)


def test_a_model_is_rendered_at_the_frame_of_the_sample_that_was_asked_for(tmp_path: Path) -> None:
    samples = [DIGITS / "images" / f"digit-{k:03}.png" for k in (1, 0, 2)]
    picture = tmp_path / "digit.png"
    run_here(
        *("render", DIGITS / "digits.keras", "--output", picture, "--frame", 30),
        *[argument for sample in samples for argument in ("--samples", sample)],
        *("--order", "uncertain", "--shown", 2, "--range", "0..1", "--colour", "grey"),
        *("--resolution", "64x36", "--render-samples", 1),
    )
    assert tuple(bpy.data.images.load(str(picture)).size) == (64, 36)
    assert bpy.context.scene.frame_current == 30
    root = bpy.context.scene.collection.children["NN digits"]
    about = json.loads(root["nn_text"].as_string())
    # The network is less sure of digit-000 than of the others.
    assert [sample["name"] for sample in about["samples"]] == ["digit-000.png", "digit-002.png"]
    assert about["evaluated"] == 3
    assert about["preprocessing"]["range"] == [0.0, 1.0]


def test_the_report_names_what_was_skipped_and_how_images_were_read(tmp_path: Path) -> None:
    images, report = tmp_path / "images", tmp_path / "report.json"
    images.mkdir()
    (images / "digit.png").write_bytes((DIGITS / "images" / "digit-000.png").read_bytes())
    clear = bpy.data.images.new("clear", 28, 28, alpha=True)
    clear.pixels.foreach_set(np.zeros(28 * 28 * 4, np.float32))
    clear.save(filepath=str(images / "clear.png"))
    (images / "page.jpg").write_text("<html>404</html>")
    for name in ("Thumbs.db", "._digit.png", ".DS_Store"):
        (images / name).touch()
    given = ("import", DIGITS / "digits.keras", "--samples", images, "--report", report)
    run_here(*given, "--background", "white")
    told = read_json(report)
    assert told["preprocessing"]["background"] == "white"
    assert told["skipped"] == [
        {"file": str(images / "page.jpg"), "reason": "it is not an image that can be read"},
        {"file": str(images / "Thumbs.db"), "reason": "it is neither an image nor an array that is read"},
    ]
    assert f"{images / 'page.jpg'} was skipped: it is not an image that can be read." in told["notes"]
    assert f"{images / 'Thumbs.db'} was skipped: it is neither an image nor an array that is read." in told["notes"]
    assert "clear.png: transparent parts are white." in told["notes"]
    assert [sample["name"] for sample in told["samples"]] == ["clear.png", "digit.png"]
    run_here(*given)
    hidden = read_json(report)
    assert hidden["preprocessing"]["background"] == "hidden"
    assert hidden["samples"][0]["predictions"] != told["samples"][0]["predictions"]
    assert hidden["samples"][1]["predictions"] == told["samples"][1]["predictions"]


def test_activations_are_written_as_the_network_that_is_asked_for_computes_them(tmp_path: Path) -> None:
    given = ("import", DIGITS / "digits.keras", "--max-samples", 5, "--shown", 2, "--save", tmp_path / "scene.blend")
    run_here(*given, "--activations", tmp_path / "intact", "--whole-activations")
    run_here(*given, "--activations", tmp_path / "changed", "--disable", "conv_1:0,3")
    index = read_json(tmp_path / "intact" / "index.json")
    assert [sample["name"] for sample in index["samples"]] == [f"digit-{k:03}.png" for k in range(5)]
    assert {one["file"] for one in index["layers"]} | {"index.json"} == {
        file.name for file in (tmp_path / "intact").iterdir()
    }
    with np.load(tmp_path / "intact" / "conv_1.npz", allow_pickle=False) as arrays:
        whole, axes = arrays["activations"], arrays["axes"].tolist()
        assert str(arrays["intervention"]) == ""
    assert axes == ["sample", "height", "width", "channel"]
    with np.load(tmp_path / "changed" / "conv_1.npz", allow_pickle=False) as arrays:
        changed = arrays["activations"]
        assert json.loads(str(arrays["intervention"])) == {"layers": {"conv_1": {"off": [0, 3]}}}
    assert changed.shape == (5, 16)
    assert not changed[:, [0, 3]].any()
    kept = [k for k in range(16) if k not in (0, 3)]
    np.testing.assert_allclose(changed[:, kept], whole.mean(axis=(1, 2))[:, kept], rtol=1e-5, atol=1e-6)


def test_activations_without_samples_or_folder_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = tmp_path / "alone.keras"
    model.write_bytes((DIGITS / "digits.keras").read_bytes())
    assert main(["import", str(model), "--whole-activations"]) == 2
    assert "--whole-activations" in capsys.readouterr().err
    assert main(["import", str(model), "--activations", str(tmp_path / "out")]) == 2
    assert "no samples" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
