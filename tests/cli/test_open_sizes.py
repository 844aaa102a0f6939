"""Networks that leave the size of an input open: it follows the samples, or what --size says, and is told."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import object_of

from nn_blender.cli import main
from nn_blender.scene.base import meshes

pytestmark = pytest.mark.usefixtures("kept_workers")

CLASSES = """
import keras

@keras.saving.register_keras_serializable("Mine")
class Own(keras.Model):
    def __init__(self, **more):
        super().__init__(**more)
        self.lstm = keras.layers.LSTM(6, return_sequences=True, name="lstm")

    def call(self, steps):
        return self.lstm(steps)

    def build(self, shape):
        self.lstm.build(shape)
"""
MAKE = """
import sys
from pathlib import Path
import keras, numpy as np
L = keras.layers
folder = Path(sys.argv[1])
sys.path.insert(0, str(folder))
from own import Own
own = Own()
own.build((None, None, 8))
own.save(folder / "own.keras")
layers = [L.Conv2D(4, 3, strides=2, activation="relu", name="look"), L.GlobalAveragePooling2D(name="seen")]
photo = keras.Sequential([keras.Input((None, None, 3), name="photo"), *layers, L.Dense(3, name="out")])
photo.save(folder / "photo.keras")
steps = keras.Input((None, 8), name="steps")
series = keras.Model(steps, L.Dense(3, name="out")(L.LSTM(6, return_sequences=True, name="lstm")(steps)))
series.save(folder / "series.keras")
numbers = np.random.default_rng(0)
(folder / "several").mkdir()
(folder / "whole").mkdir()
for number, length in enumerate((12, 12, 20)):
    values = numbers.normal(size=(1, length, 8)).astype("float32")
    np.save(folder / "several" / f"{number}.npy", values)
    np.save(folder / "whole" / f"{number}.npy", values[0])
pixels = numbers.integers(0, 256, (2, 21, 30, 3)).astype("uint8")
np.save(folder / "pixels.npy", pixels)
look, seen = photo.layers[0], np.asarray(keras.Model(photo.inputs, photo.layers[0].output)(pixels / np.float32(255)))
lstm = keras.Model(series.inputs, series.get_layer("lstm").output)
np.savez(folder / "means.npz", look=seen.mean(axis=(1, 2)), lstm=np.asarray(lstm(values[:, :12])).mean(axis=1))
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("open")
    (folder / "own.py").write_text(CLASSES, encoding="utf-8")
    subprocess.run([os.environ["NN_BLENDER_WORKER_PYTHON"], "-c", MAKE, folder], check=True)
    return folder


def report_of(made: Path, model: str, *options: object) -> dict[str, Any]:
    report = made / "report.json"
    assert main([str(one) for one in ("import", made / model, *options, "--no-stage", "--report", report)]) == 0
    told: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    return told


def test_pictures_of_one_size_decide_it_and_every_layer_has_feature_maps(made: Path) -> None:
    told = report_of(made, "photo.keras", "--samples", made / "pixels.npy")
    (size,) = [one["size"] for one in told["inputs"]]
    assert size == {
        "shape": [21, 30, 3],
        "stated": [-1, -1, 3],
        "chosen": [21, 30],
        "reason": "taken from the samples",
        "padding": 0.0,
    }
    assert told["preprocessing"]["size"] == [21, 30]
    assert [layer["output_shape"] for layer in told["model"]["layers"]] == [[10, 14, 4], [4], [3]]
    assert any(note.startswith("The network leaves the size of its input photo open") for note in told["notes"])
    assert object_of("card", "look")
    with np.load(made / "means.npz") as means:
        shown = [meshes.read_floats(object_of("neurons", "look").data, f"activation.{k}") for k in range(2)]
        np.testing.assert_allclose(shown, means["look"], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("folder", ["several", "whole"])
def test_what_is_cut_is_said_and_measured_as_keras_measures_it(made: Path, folder: str) -> None:
    told = report_of(made, "series.keras", "--samples", made / folder)
    assert [sample["name"].split()[0] for sample in told["samples"]] == ["0.npy", "1.npy", "2.npy"]
    assert told["inputs"][0]["size"]["chosen"] == [12]
    assert "2.npy: 20 steps, cut to 12." in told["notes"]
    with np.load(made / "means.npz") as means:
        shown = meshes.read_floats(object_of("neurons", "lstm").data, "activation.2")
        np.testing.assert_allclose(shown, means["lstm"][0], rtol=1e-4, atol=1e-6)


def test_samples_decide_what_a_model_of_python_code_leaves_open(made: Path) -> None:
    code = "--classes-code", made / "own.py", "--allow-code"
    told = report_of(made, "own.keras", "--samples", made / "several", *code)
    assert told["inputs"][0]["size"]["chosen"] == [12]
    assert told["inputs"][0]["size"]["reason"] == "the commonest of 2 sizes among the samples"
    assert [layer["output_shape"] for layer in told["model"]["layers"]] == [[12, 6]]
    assert "2.npy: 20 steps, cut to 12." in told["notes"]


def test_a_size_can_be_asked_for_with_and_without_the_inputs_name(made: Path) -> None:
    told = report_of(made, "series.keras", "--size", "9", "--samples", made / "several")
    assert told["inputs"][0]["size"]["chosen"] == [9]
    assert told["inputs"][0]["size"]["reason"] == "as it was chosen"
    assert [layer["output_shape"] for layer in told["model"]["layers"]] == [[9, 6], [9, 3]]
    assert {"0.npy and 1 more: 12 steps, cut to 9.", "2.npy: 20 steps, cut to 9."} <= set(told["notes"])
    told = report_of(made, "photo.keras", "--size", "photo=64x48")
    assert told["inputs"][0]["size"]["shape"] == [64, 48, 3]


def test_without_samples_and_sizes_every_layer_still_has_a_size(made: Path) -> None:
    told = report_of(made, "photo.keras")
    assert told["inputs"][0]["size"]["chosen"] == [128, 128]
    assert told["model"]["layers"][0]["output_shape"] == [63, 63, 4]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--size", "2x2"), "the layer look (Conv2D) gets 2 × 2 × 3, which is too small for it."),
        (("--size", "words=5x5"), "The network has no input called 'words'."),
        (("--size", "5"), "Give 2 numbers, one for each open size."),
        (("--size", "5by5"), "'5by5' is no size."),
    ],
)
def test_sizes_that_cannot_be_end_with_one_sentence(
    made: Path, capsys: pytest.CaptureFixture[str], options: tuple[str, str], message: str
) -> None:
    code = main([str(one) for one in ("import", made / "photo.keras", *options)])
    assert code == 2
    assert message in capsys.readouterr().err
