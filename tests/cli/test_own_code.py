"""Code that a model needs: nothing runs and nothing is written before the command says so, and every command anew."""

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
class Scaled(keras.layers.Layer):
    def call(self, x):
        return x * 2.5

def wave(x):
    return keras.ops.sin(x)
"""
MAKE = """
import sys
from pathlib import Path
import keras
folder = Path(sys.argv[1])
sys.path.insert(0, str(folder))
from layers import Scaled, wave
L = keras.layers
numbers = keras.Input((3,), name="numbers")
x = Scaled(name="scaled")(numbers)
keras.Model(numbers, L.Dense(4, activation=wave, name="dense")(x)).save(folder / "own.keras")
doubled = L.Lambda(lambda x: x * 2.0, output_shape=(3,), name="double")(numbers)
keras.Model(numbers, L.Dense(2, name="dense")(doubled)).save(folder / "lambda.keras")
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("own")
    (folder / "layers.py").write_text(CLASSES)
    subprocess.run([os.environ["NN_BLENDER_WORKER_PYTHON"], "-c", MAKE, folder], check=True, capture_output=True)
    np.save(folder / "samples.npy", np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32))
    code = (folder / "layers.py").read_text()
    (folder / "layers.py").write_text(f"open({str(folder / 'it ran')!r}, 'w')\n{code}")
    return folder


@pytest.fixture
def marker(folder: Path) -> Path:
    (folder / "it ran").unlink(missing_ok=True)
    return folder / "it ran"


def outputs(tmp_path: Path) -> tuple[object, ...]:
    return "--save", tmp_path / "scene.blend", "--report", tmp_path / "report.json"


def test_the_users_code_waits_for_consent_in_every_command(folder: Path, marker: Path, tmp_path: Path) -> None:
    options = "--samples", folder / "samples.npy", "--classes-code", folder / "layers.py"
    command = "import", folder / "own.keras", *options
    for _ in range(2):
        done = run(*command, *outputs(tmp_path))
        assert done.returncode == 2
        assert "layers.py is Python code that would run on this computer to load own.keras" in done.stderr
        assert "add --allow-code" in done.stderr
        assert not marker.exists()
        assert not list(tmp_path.iterdir())
        done = run(*command, "--allow-code", "--disable", "dense:0", *outputs(tmp_path))
        assert done.returncode == 0, done.stderr
        assert marker.exists()
        report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
        assert [layer["path"] for layer in report["model"]["layers"]] == ["scaled", "dense"]
        assert len(report["samples"]) == 4
        for file in (marker, *tmp_path.iterdir()):
            file.unlink()


def test_a_missing_class_is_named_with_what_to_do(folder: Path, marker: Path, tmp_path: Path) -> None:
    done = run("import", folder / "own.keras", *outputs(tmp_path))
    assert done.returncode == 2
    assert "Error: own.keras needs Scaled (layer scaled), wave (layer dense)" in done.stderr
    assert done.stderr.rstrip().endswith("--classes-code FILE.py.")
    assert not list(tmp_path.iterdir())
    assert not marker.exists()


def test_code_in_the_file_waits_for_consent(folder: Path, tmp_path: Path) -> None:
    done = run("import", folder / "lambda.keras", *outputs(tmp_path))
    assert done.returncode == 2
    assert not list(tmp_path.iterdir())
    assert run("import", folder / "lambda.keras", "--allow-code", *outputs(tmp_path)).returncode == 0
    assert run("import", folder / "lambda.keras", "--report", tmp_path / "second.json").returncode == 2
    assert not (tmp_path / "second.json").exists()


def test_code_that_is_not_there_or_does_not_run_is_told(folder: Path, tmp_path: Path) -> None:
    gone = run("import", folder / "own.keras", "--allow-code", "--classes-code", folder / "gone.py", *outputs(tmp_path))
    assert (gone.returncode, "There is no" in gone.stderr) == (2, True)
    bad = tmp_path / "bad.py"
    bad.write_text("1 / 0\n")
    failed = run("import", folder / "own.keras", "--allow-code", "--classes-code", bad)
    assert failed.returncode == 2
    assert "bad.py cannot be run in line 1 of bad.py: ZeroDivisionError: division by zero." in failed.stderr
    assert "Traceback" not in failed.stderr
