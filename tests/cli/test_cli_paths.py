"""Every path that the system allows works, whatever Blender would read into it."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest
from command_line import DIGITS, run

from nn_blender.cli import values

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows allows none of these names")

SMALL = ("--engine", "cycles", "--resolution", "16x16", "--render-samples", 1)
NAMES = ("{}#", "a{frame}\\b", "100%d \"q\" 'ü'\n$HOME", "~nobody=")


@pytest.mark.parametrize("name", NAMES)
def test_files_are_read_and_written_under_strange_names(name: str, tmp_path: Path) -> None:
    folder = tmp_path / name
    (folder / "images").mkdir(parents=True)
    shutil.copy(DIGITS / "digits.keras", folder / f"{name}.keras")
    shutil.copy(DIGITS / "images" / "digit-000.png", folder / "images" / f"{name}.png")
    quoted = name.replace('"', '""')
    (folder / f"{name}.csv").write_text(f'file,label\n"{quoted}.png",7\n', encoding="utf-8")
    done = run(
        *("import", folder / f"{name}.keras", "--samples", folder / "images", "--labels", folder / f"{name}.csv"),
        *("--save", folder / f"{name}.blend", "--report", folder / f"{name}.json", "--render", folder / f"{name}.png"),
        *SMALL,
    )
    assert done.returncode == 0, done.stderr
    report = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    assert [(sample["name"], sample["label"]) for sample in report["samples"]] == [(f"{name}.png", "7")]
    written = {f"{name}{suffix}" for suffix in (".keras", ".csv", ".blend", ".json", ".png")}
    assert {file.name for file in folder.iterdir()} == {"images", *written}
    assert {file.name for file in tmp_path.iterdir()} == {name}
    assert (folder / f"{name}.png").read_bytes().startswith(b"\x89PNG")


def test_films_and_frames_end_up_where_they_should(tmp_path: Path) -> None:
    scene = tmp_path / "scene.blend"
    done = run("import", DIGITS / "digits.keras", "--max-samples", 1, "--save", scene)
    assert done.returncode == 0, done.stderr
    film = tmp_path / "{a}" / "#.mp4"
    done = run("render", scene, "--frames", "1-2", "--output", film, *SMALL)
    assert done.returncode == 0, done.stderr
    assert film.read_bytes()[4:8] == b"ftyp"
    done = run("render", scene, "--frames", "1-2", "--output", f"/{tmp_path}/{{b}}#/", *SMALL)
    assert done.returncode == 0, done.stderr
    assert sorted(file.name for file in (tmp_path / "{b}#").iterdir()) == ["0001.png", "0002.png"]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["scene.blend", "{a}", "{b}#"]


def test_a_path_that_is_too_long_is_an_error(tmp_path: Path) -> None:
    done = run("import", DIGITS / "digits.keras", "--samples", tmp_path / ("x" * 300))
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "File name too long" in done.stderr


def test_several_slashes_at_the_beginning_are_one_and_unknown_homes_are_names() -> None:
    assert values.path("//tmp//x") == values.path("/tmp//x") == Path("/tmp/x")
    assert values.path("~nobody-has-this-name/x") == Path("~nobody-has-this-name/x")
