"""Models that are Python code, and ones that never saw data, become scenes by the command line."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
from command_line import run

CLASSES = """
import keras

@keras.saving.register_keras_serializable("Mine")
class Own(keras.Model):
    def __init__(self, **more):
        super().__init__(**more)
        self.first = keras.layers.Dense(4, name="first")
        self.last = keras.layers.Dense(2, activation="softmax", name="last")

    def call(self, numbers):
        return self.last(keras.ops.relu(self.first(numbers)) * 2.0)
"""
MAKE = """
import sys
from pathlib import Path
import keras, numpy
folder = Path(sys.argv[1])
sys.path.insert(0, str(folder))
from own import Own
model, samples = Own(), numpy.load(folder / "samples.npy")
numpy.save(folder / "outputs.npy", model(samples))
model.save(folder / "own.keras")
keras.Sequential([keras.layers.Dense(2, kernel_initializer="ones", name="sums")]).save(folder / "open.keras")
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("code")
    (folder / "own.py").write_text(CLASSES)
    np.save(folder / "samples.npy", np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32))
    subprocess.run([os.environ["NN_BLENDER_WORKER_PYTHON"], "-c", MAKE, folder], check=True, capture_output=True)
    return folder


def test_a_subclassed_model_shows_the_layers_of_its_call_with_keras_outputs(folder: Path, tmp_path: Path) -> None:
    options = "--samples", folder / "samples.npy", "--classes-code", folder / "own.py", "--allow-code"
    done = run("import", folder / "own.keras", *options, "--disable", "first:0", "--report", tmp_path / "report.json")
    assert done.returncode == 0, done.stderr
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert [layer["path"] for layer in report["model"]["layers"]] == ["first", "relu", "multiply", "last"]
    assert any("Own is Python code" in note for note in report["notes"])
    certain = np.load(folder / "outputs.npy").max(axis=1)
    best = [sample["predictions"][0]["probability"] for sample in report["samples"]]
    np.testing.assert_allclose(best, certain, rtol=1e-5)


def test_a_model_that_never_saw_data_takes_its_shape_from_the_samples(folder: Path, tmp_path: Path) -> None:
    done = run("import", folder / "open.keras", "--samples", folder / "samples.npy", "--report", tmp_path / "r.json")
    assert done.returncode == 0, done.stderr
    report = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert [layer["parameters"] for layer in report["model"]["layers"]] == [8]
    assert any("open.keras stores no weights" in note for note in report["notes"])
