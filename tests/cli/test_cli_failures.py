"""What cannot be done ends with exit code 2 and one clear message; what nobody asked for is left out with a note."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import pytest
from command_line import DIGITS, run


def changed_digits(file: Path, **settings: object) -> Path:
    """A copy of the digits network with settings of its first convolution changed."""
    with zipfile.ZipFile(DIGITS / "digits.keras") as old, zipfile.ZipFile(file, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "config.json":
                config = json.loads(content)
                entry = next(entry for entry in config["config"]["layers"] if entry["name"] == "conv_1")
                entry["config"].update(settings)
                content = json.dumps(config).encode()
            new.writestr(name, content)
    return file


@pytest.fixture
def unreadable(tmp_path: Path) -> Path:
    """A folder ``images`` that has one file, which is no picture."""
    folder = tmp_path / "images"
    folder.mkdir()
    (folder / "text.png").write_text("no picture", encoding="utf-8")
    return folder


def errors_of(stderr: str) -> list[str]:
    assert "Traceback" not in stderr
    return [line for line in stderr.splitlines() if line.startswith("Error: ")]


def test_samples_that_were_asked_for_and_cannot_be_used_are_an_error(tmp_path: Path, unreadable: Path) -> None:
    done = run("import", DIGITS / "digits.keras", "--samples", unreadable, "--save", tmp_path / "scene.blend")
    assert done.returncode == 2
    (error,) = errors_of(done.stderr)
    assert "text.png: it is not an image that can be read" in error
    assert not (tmp_path / "scene.blend").exists()


def test_samples_that_merely_lie_beside_the_model_are_left_out_with_a_note(tmp_path: Path, unreadable: Path) -> None:
    shutil.copy(DIGITS / "digits.keras", tmp_path)
    done = run("import", tmp_path / "digits.keras", "--report", tmp_path / "report.json")
    assert done.returncode == 0, done.stderr
    assert not errors_of(done.stderr)
    assert "The structure is shown without activations: The only sample cannot be read: text.png" in done.stderr
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["samples"] == []


def test_a_network_that_cannot_be_run_is_an_error_where_samples_were_asked_for(tmp_path: Path) -> None:
    file = changed_digits(tmp_path / "digits.keras", padding="sideways")
    done = run("import", file, "--samples", DIGITS / "images")
    assert done.returncode == 2
    (error,) = errors_of(done.stderr)
    assert "layer conv_1 (Conv2D): The `padding` argument must be" in error
    assert "Received: sideways." in error
    assert error.endswith("Without samples, its structure can be imported.")
    done = run("import", file, "--save", tmp_path / "scene.blend")
    assert done.returncode == 0, done.stderr
    assert "The structure is shown without activations: Keras cannot build digits.keras" in done.stderr
    assert (tmp_path / "scene.blend").exists()


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="no folder that refuses files, also root's")
def test_a_picture_that_cannot_be_written_says_so_and_not_to_try_another_engine(tmp_path: Path) -> None:
    scene = tmp_path / "scene.blend"
    assert run("import", DIGITS / "digits.keras", "--max-samples", 1, "--save", scene).returncode == 0
    options = ("--engine", "cycles", "--resolution", "16x16", "--render-samples", 1)
    done = run("render", scene, "--output", "/proc/picture.png", *options)
    assert done.returncode == 2
    (error,) = errors_of(done.stderr)
    assert "cannot save: '/proc/picture.png'. Choose another place for the file." in error
