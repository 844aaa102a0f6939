"""Models that need code: the window shows their structure, asks, remembers, and forgets where it is told to."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from unittest.mock import MagicMock, patch

import bpy
import numpy as np
import pytest

from nn_blender.core.errors import UserError
from nn_blender.engine.consents import consents
from nn_blender.scene.base.find import networks
from nn_blender.scene.network.description import read_description
from nn_blender.ui.common.jobs import jobs

DIGITS = Path(__file__).resolve().parents[2] / "sample_scenes" / "digits"
CLASSES = """
import keras

class Scaled(keras.layers.Layer):
    def call(self, x):
        return x * 2.5
"""
MAKE = """
import sys
from pathlib import Path
import keras
folder = Path(sys.argv[1])
sys.path.insert(0, str(folder))
from layers import Scaled
numbers = keras.Input((3,), name="numbers")
x = Scaled(name="scaled")(numbers)
keras.Model(numbers, keras.layers.Dense(2, name="dense")(x)).save(folder / "own.keras")
"""

pytestmark = pytest.mark.usefixtures("with_tensorflow", "remembered")


@pytest.fixture
def remembered(tmp_path: Path) -> Path:
    file = tmp_path / "user" / "consents.json"
    consents.keep_in(file)
    return file


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("own")
    (folder / "layers.py").write_text(CLASSES)
    subprocess.run([os.environ["NN_BLENDER_WORKER_PYTHON"], "-c", MAKE, folder], check=True, capture_output=True)
    np.save(folder / "samples.npy", np.ones((4, 3), np.float32))
    return folder


def import_own(folder: Path, **options: object) -> None:
    given = {"samples": str(folder / "samples.npy"), "prepare_viewport": False, **options}
    bpy.ops.nn.import_network(filepath=str(folder / "own.keras"), **given)


def agreed(folder: Path) -> dict[str, object]:
    return {"classes_code": str(folder / "layers.py"), "allow_code": True}


def the_descriptions() -> list[object]:
    return [read_description(root) for root in networks(bpy.context.scene)]


def test_the_structure_is_shown_while_a_class_is_missing(folder: Path) -> None:
    with pytest.raises(RuntimeError, match=r"own\.keras needs Scaled \(layer scaled\).*“Python Classes”"):
        import_own(folder)
    (about,) = the_descriptions()
    assert [layer.path for layer in about.network.layers] == ["scaled", "dense"]
    assert about.samples == ()
    assert "own.keras needs Scaled (layer scaled)" in about.notes[0]


def test_consent_is_asked_for_once_and_can_be_taken_back(folder: Path, remembered: Path) -> None:
    classes = str(folder / "layers.py")
    with pytest.raises(RuntimeError, match=r"layers\.py is Python code that would run"):
        import_own(folder, classes_code=classes)
    assert not remembered.exists()
    import_own(folder, classes_code=classes, allow_code=True)
    assert len(the_descriptions()[-1].samples) == 4
    assert [entry.name for entry in consents.entries] == ["own.keras with layers.py"]
    import_own(folder, classes_code=classes)
    assert [len(about.samples) for about in the_descriptions()] == [0, 4, 4]
    bpy.ops.nn.withdraw_consent(number=0)
    assert consents.entries == ()
    with pytest.raises(RuntimeError, match=r"layers\.py is Python code that would run"):
        import_own(folder, classes_code=classes)
    with pytest.raises(RuntimeError, match="No code was allowed to run"):
        bpy.ops.nn.withdraw_consent()


def test_import_again_is_for_the_file_that_was_refused_and_replaces_its_structure(folder: Path, tmp_path: Path) -> None:
    for file in (folder / "own.keras", DIGITS / "digits.keras"):
        shutil.copy(file, tmp_path)
    names = [{"name": "own.keras"}, {"name": "digits.keras"}]
    with pytest.raises(RuntimeError, match="needs Scaled"):
        bpy.ops.nn.import_network(directory=str(tmp_path), files=names, prepare_viewport=False)
    assert {Path(about.network.file).name for about in the_descriptions()} == {"own.keras", "digits.keras"}
    layout = MagicMock()
    with patch.object(jobs, "error", UserError("model.custom_object", "It needs a class.")):
        jobs.draw_error(layout)
    again = layout.box().operator.return_value
    assert Path(again.filepath) == tmp_path / "own.keras"
    import_own(tmp_path, samples=str(folder / "samples.npy"), replaces=again.replaces, **agreed(folder))
    assert sorted((Path(about.network.file).name, len(about.samples)) for about in the_descriptions()) == [
        ("digits.keras", 0),
        ("own.keras", 4),
    ]


def test_a_scene_cannot_allow_code_by_itself(folder: Path) -> None:
    import_own(folder, **agreed(folder))
    bpy.ops.nn.withdraw_consent()
    root = networks(bpy.context.scene)[0]
    assert read_description(root).source.allow_code
    root.nn.input.max_samples = 2
    with pytest.raises(RuntimeError, match=r"layers\.py is Python code that would run"):
        bpy.ops.nn.measure_again()
    assert len(read_description(root).samples) == 4
