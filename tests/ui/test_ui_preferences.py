"""The preferences begin with what is true of TensorFlow now, and with the button that helps."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import bpy
import pytest

from nn_blender.actions import settings
from nn_blender.engine.tensorflow.environment import Status
from nn_blender.ui.tensorflow import preferences
from nn_blender.ui.tensorflow.last_check import Check, checks

PYTHON = Path(sys.executable)


class Page:
    """A layout that keeps what can be read in it and what can be pressed, in their order."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.use_property_split = self.active = self.alert = False

    def label(self, text: str = "", icon: str = "NONE") -> None:
        self.seen.append(f"! {text}" if icon == "ERROR" else text)

    def operator(self, idname: str, text: str = "", icon: str = "NONE") -> Any:
        self.seen.append(f"[{idname.removeprefix('nn.')}]")
        return SimpleNamespace()

    def prop(self, data: Any, name: str, text: str = "") -> None:
        self.seen.append(f"<{name}>")

    def box(self) -> Page:
        return self

    def row(self, align: bool = False) -> Page:
        return self

    def column(self, align: bool = False) -> Page:
        return self

    def separator(self) -> None:
        """Nothing to read."""


@pytest.fixture(autouse=True)
def forgotten() -> None:
    checks.last = None


def own_environment(monkeypatch: pytest.MonkeyPatch, status: Status) -> None:
    own = SimpleNamespace(status=status, tensorflow="2.21.0", python=PYTHON, has_keras_2=False, folder=Path())
    for module in (settings, preferences):
        monkeypatch.setattr(module, "environment", lambda: own)


def choose(monkeypatch: pytest.MonkeyPatch, python: Path) -> None:
    for module in (settings, preferences):
        monkeypatch.setattr(module, "chosen_python", lambda: python)


def read() -> list[str]:
    page = Page()
    preferences.NN_AP_preferences.draw(SimpleNamespace(layout=page), bpy.context)  # type: ignore[arg-type]
    return page.seen


def test_without_tensorflow_the_first_thing_is_the_button_that_sets_it_up(monkeypatch: pytest.MonkeyPatch) -> None:
    own_environment(monkeypatch, Status.ABSENT)
    seen = read()
    assert seen[:2] == ["TensorFlow is not set up.", "[set_up_tensorflow]"]
    assert seen.count("[set_up_tensorflow]") == 1


def test_an_environment_is_told_with_version_place_and_last_check(monkeypatch: pytest.MonkeyPatch) -> None:
    own_environment(monkeypatch, Status.READY)
    assert read()[:3] == [
        "TensorFlow 2.21.0 is set up.",
        f"Python: {PYTHON}",
        "Not checked since Blender was started.",
    ]
    checks.last = Check(PYTHON, "All is ready.", "15:20")
    assert read()[2:4] == ["All is ready. Checked at 15:20.", "[check_python]"]


def test_an_existing_python_counts_and_not_that_nothing_was_set_up(monkeypatch: pytest.MonkeyPatch) -> None:
    own_environment(monkeypatch, Status.ABSENT)
    choose(monkeypatch, PYTHON)
    seen = read()
    assert seen[0] == "An existing Python with TensorFlow is used."
    assert not any("not set up" in text for text in seen)
    checks.last = Check(Path("/another"), "All is ready.", "15:20")
    assert read()[2] == "Not checked since Blender was started."


def test_a_python_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    own_environment(monkeypatch, Status.READY)
    choose(monkeypatch, tmp_path / "python")
    assert " ".join(read()).startswith(f"! There is no Python at {tmp_path / 'python'}. Choose another one")


@pytest.mark.parametrize("status", [Status.INCOMPLETE, Status.DAMAGED])
def test_a_broken_environment_offers_its_repair_at_once(monkeypatch: pytest.MonkeyPatch, status: Status) -> None:
    own_environment(monkeypatch, status)
    seen = read()
    assert "Repair" in seen[0]
    assert seen[1] == "[set_up_tensorflow]"
