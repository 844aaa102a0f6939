"""What the options of an import say and do before anything is imported."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import bpy
import numpy as np
import pytest

from nn_blender.actions.network import import_network
from nn_blender.actions.network.import_network import ImportOptions, inspect_file
from nn_blender.actions.network.survey import Survey, places_of, survey
from nn_blender.core.network import Inspection
from nn_blender.engine.consents import Consent, consents
from nn_blender.engine.jobs import Job
from nn_blender.scene.base.find import networks
from nn_blender.scene.network.description import require_description
from nn_blender.scene.stage.startup import find_startup_cube
from nn_blender.ui.network import import_operator
from nn_blender.ui.network.import_drawing import chosen, fill_places, without_folder

PYTHON = Path(os.environ["NN_BLENDER_WORKER_PYTHON"])
DIGITS = Path(__file__).resolve().parents[2] / "sample_scenes" / "digits"
MAKE = """
import sys
from pathlib import Path
import keras
folder = Path(sys.argv[1])
layers = keras.layers
a, b = keras.Input((3,), name="a"), keras.Input((4,), name="b")
keras.Model([a, b], layers.Dense(1, name="price")(layers.Concatenate()([a, b]))).save(folder / "two.keras")
x = keras.Input((3,), name="x")
keras.Model(x, layers.Dense(2)(layers.Lambda(lambda v: v * 2, name="twice")(x))).save(folder / "code.keras")
class Own(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(2)
    def call(self, x):
        return self.dense(x)
own = Own()
own(keras.ops.zeros((1, 3)))
own.save(folder / "own.keras")
"""

pytestmark = pytest.mark.usefixtures("with_tensorflow")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    subprocess.run([PYTHON, "-c", MAKE, folder], check=True, capture_output=True)
    return folder


def looked_into(file: Path) -> Inspection:
    inspected = Job(inspect_file(PYTHON, file), "Read").wait(timeout=60)
    import_network.give_up(inspected)
    return inspected.inspection


def said(file: Path, **options: object) -> Survey:
    return survey(looked_into(file), ImportOptions(file=file, **options))


def test_a_file_and_what_lies_beside_it_are_told() -> None:
    found = said(DIGITS / "digits.keras")
    assert found.facts == (
        ("Model", "10 layers, 79,290 parameters"),
        ("Made With", "Keras 3.15.1"),
        ("Input", "image: image, 28 × 28 × 1"),
        ("Output", "digit: classes, 10 units"),
        ("Samples", "100 found"),
        ("Labels", "100 of 100 samples"),
        ("Classes", "10 by number"),
    )
    assert (found.cautions, found.code) == ((), ())


def test_several_inputs_without_samples_are_told_before_the_import(models: Path) -> None:
    found = said(models / "two.keras")
    facts = dict(found.facts)
    assert facts["Inputs"].startswith("a: table")
    assert facts["Samples"] == "none"
    assert "Classes" not in facts
    (caution,) = found.cautions
    assert "2 inputs (a, b)" in caution
    assert "without activations" in caution


def test_samples_that_do_not_fit_are_told_before_the_import(models: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "one.npy", np.zeros((5, 3), np.float32))
    (caution,) = said(models / "two.keras", samples=(tmp_path / "one.npy",)).cautions
    assert "2 inputs (a, b)" in caution


def test_samples_of_a_model_of_python_code_are_counted_before_its_inputs_are_known(
    models: Path, tmp_path: Path
) -> None:
    (tmp_path / "samples").mkdir()
    np.save(tmp_path / "samples" / "rows.npy", np.zeros((5, 3), np.float32))
    found = said(Path(shutil.copy(models / "own.keras", tmp_path)))
    facts = dict(found.facts)
    assert facts["Model"] == "Python code; its layers are found when it is loaded"
    assert facts["Samples"] == "5 found"
    assert found.cautions == ()


def test_a_damaged_file_of_samples_is_told_before_the_import(models: Path, tmp_path: Path) -> None:
    file = tmp_path / "rows.npz"
    np.savez(file, a=np.ones((50, 3), np.float32), b=np.ones((50, 4), np.float32))
    damaged = bytearray(file.read_bytes())
    start = damaged.index(b"NUMPY", damaged.index(b"b.npy"))
    damaged[start + 300 : start + 310] = b"\0" * 10
    file.write_bytes(damaged)
    found = said(models / "two.keras", samples=(file,))
    (caution,) = found.cautions
    assert "rows.npz" in caution
    assert "without activations" in caution
    assert dict(found.facts)["Samples"] == "none"


def test_code_inside_is_told_with_what_allowing_it_does(models: Path, tmp_path: Path) -> None:
    consents.keep_in(tmp_path / "consents.json")
    inspection = looked_into(models / "code.keras")
    found = survey(inspection, ImportOptions(file=models / "code.keras"))
    assert found.code == ("Layer twice runs Python code that is stored in the file.",)
    assert not found.is_code_allowed
    consents.allow(Consent(inspection.network.sha256, "", "code.keras"))
    assert survey(inspection, ImportOptions(file=models / "code.keras")).is_code_allowed


def test_choosers_open_beside_the_model_and_what_is_there_counts_as_not_chosen(tmp_path: Path) -> None:
    model = DIGITS / "digits.keras"
    places = fill_places(model, {"labels": "/mine.csv"})
    assert places == {
        "samples": str(DIGITS / "images"),
        "classes": str(DIGITS / "classes.txt"),
        "classes_code": f"{DIGITS}{os.sep}",
    }
    assert without_folder(model, places["classes_code"]) == ""
    assert without_folder(model, "my_layers") == "my_layers"
    assert chosen(places_of(model), places["samples"]) is None
    assert chosen(places_of(model), "") is None
    assert chosen(places_of(model), str(tmp_path)) == tmp_path
    alone = tmp_path / "alone.keras"
    assert places_of(alone).samples == tmp_path / "images"
    (tmp_path / "samples").mkdir()
    shutil.copy(DIGITS / "images" / "digit-000.png", tmp_path / "samples")
    assert places_of(alone).samples == tmp_path / "samples"


def test_an_import_with_the_places_that_the_options_show_is_one_with_none() -> None:
    model = DIGITS / "digits.keras"
    bpy.ops.nn.import_network(filepath=str(model), **fill_places(model, {}), max_samples=4, prepare_viewport=False)
    about = require_description(networks(bpy.context.scene)[0])
    assert about.source.options.samples == ()
    assert about.source.classes_code == ""
    assert (len(about.samples), about.labelled) == (4, 4)


def import_digits(**options: object) -> bpy.types.Collection:
    bpy.ops.nn.import_network(filepath=str(DIGITS / "digits.keras"), max_samples=2, **options)
    return networks(bpy.context.scene)[0]


@pytest.fixture
def startup() -> bpy.types.Object:
    bpy.ops.wm.read_homefile(use_factory_startup=True)
    return bpy.data.objects["Cube"]


def test_the_startup_cube_is_hidden_where_asked_and_comes_back_with_removal(startup: bpy.types.Object) -> None:
    assert find_startup_cube(bpy.context.scene) == startup
    import_digits(hide_cube=True)
    cube = bpy.data.objects["Cube"]
    assert (cube.hide_get(), cube.hide_render) == (True, True)
    bpy.ops.nn.remove_network()
    cube = bpy.data.objects["Cube"]
    assert (cube.hide_get(), cube.hide_render) == (False, False)


@pytest.mark.parametrize("change", ["moved", "edited", "another", "renamed"])
def test_a_scene_that_somebody_worked_on_is_left_alone(startup: bpy.types.Object, change: str) -> None:
    if change == "moved":
        startup.location.x = 1
    elif change == "edited":
        startup.data.vertices[0].co.x = -2
    elif change == "another":
        bpy.context.scene.collection.objects.link(bpy.data.objects.new("Mine", None))
    else:
        startup.name = "Mine"
    bpy.context.view_layer.update()
    assert find_startup_cube(bpy.context.scene) is None


def test_what_was_read_of_files_is_given_up_where_they_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    given_up: list[object] = []
    read = object()
    monkeypatch.setattr(import_operator, "give_up", given_up.append)
    monkeypatch.setitem(import_operator._inspected, DIGITS / "digits.keras", read)
    files = [{"name": "digits.keras"}, {"name": "other.keras"}]
    with pytest.raises(RuntimeError, match="one file at a time"):
        bpy.ops.nn.import_network(directory=str(DIGITS), files=files, allow_code=True)
    assert given_up == [read]
    assert not import_operator._inspected
