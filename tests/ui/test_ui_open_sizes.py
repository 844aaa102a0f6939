"""The size of an input that the network leaves open: chosen before the import, and changed in the panel afterwards."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import bpy
import numpy as np
import pytest

from nn_blender.actions.network.import_network import give_up, inspect_file
from nn_blender.engine.jobs import Job
from nn_blender.scene.base import contract
from nn_blender.scene.base.find import all_objects, networks, objects
from nn_blender.scene.base.meshes import read_floats
from nn_blender.scene.interventions.switches import read_intervention, set_neurons
from nn_blender.scene.network.description import read_description
from nn_blender.ui.common.input_sizes import usual_sizes
from nn_blender.ui.samples.input_settings import edited_options, is_edited

PYTHON = Path(os.environ["NN_BLENDER_WORKER_PYTHON"])
MAKE = """
import sys
from pathlib import Path
import keras, numpy as np
L = keras.layers
folder = Path(sys.argv[1])
look = L.Conv2D(4, 3, strides=2, activation="relu", name="look")
layers = [look, L.GlobalAveragePooling2D(name="seen"), L.Dense(3, name="out")]
model = keras.Sequential([keras.Input((None, None, 3), name="photo"), *layers])
model.save(folder / "photo.keras")
values = np.random.default_rng(0).uniform(size=(2, 20, 30, 3)).astype("float32")
np.save(folder / "values.npy", values)
padded = np.zeros((2, 30, 30, 3), "float32")
padded[:, 5:25] = values
seen = {f"at_{k}": np.asarray(look(part)).mean(axis=(1, 2)) for k, part in enumerate((values, padded))}
np.savez(folder / "seen.npz", **seen)
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("open")
    subprocess.run([PYTHON, "-c", MAKE, folder], check=True)
    return folder


def the_network() -> bpy.types.Collection:
    """Undo makes all data-blocks anew, so it is asked for again and again."""
    (root,) = networks(bpy.context.scene)
    return root


def measured() -> np.ndarray:
    """Of the layer look in the intact network, (samples, neurons)."""
    (neurons,) = objects(the_network(), "neurons", "look")
    names = [f"{contract.INTACT}.{k}" for k in range(2)]
    kept = names[0] in neurons.data.attributes
    return np.stack([read_floats(neurons.data, name if kept else f"activation.{k}") for k, name in enumerate(names)])


def facts() -> tuple[object, ...]:
    """What a scene says of sizes, and how many objects of every role there are."""
    root = the_network()
    about = read_description(root)
    (slab,) = objects(root, "slab", "look")
    roles = sorted(str(obj.get(contract.ROLE)) for obj in all_objects(root))
    return about.inputs[0].size.chosen, about.network.layers[0].output_shape, tuple(slab[contract.OUTPUT_SHAPE]), roles


def test_another_size_is_measured_in_place_as_one_step_of_undo(with_tensorflow: None, made: Path) -> None:
    expected = np.load(made / "seen.npz")
    bpy.ops.nn.import_network(filepath=str(made / "photo.keras"), samples=str(made / "values.npy"))
    size, shape, written, roles = facts()
    assert (size, shape, written) == ((20, 30), (9, 14, 4), (9, 14, 4))
    np.testing.assert_allclose(measured(), expected["at_0"], rtol=1e-4, atol=1e-6)
    (entry,) = the_network().nn.input.sizes
    assert (entry.name, entry.axes, tuple(entry.size[:2]), entry.is_chosen) == ("photo", 2, (20, 30), False)
    assert not is_edited(the_network())
    set_neurons(the_network(), "look", [1], enabled=False)
    bpy.ops.ed.undo_push(message="Switch Off")

    entry = the_network().nn.input.sizes[0]
    entry.is_chosen, entry.size = True, (30, 30, 1, 1)
    bpy.ops.ed.undo_push(message="Size")
    assert edited_options(the_network()).sizes == {"photo": (30, 30)}
    assert is_edited(the_network())
    bpy.ops.nn.measure_again()
    assert facts() == ((30, 30), (14, 14, 4), (14, 14, 4), roles)
    np.testing.assert_allclose(measured(), expected["at_1"], rtol=1e-4, atol=1e-6)
    assert not is_edited(the_network())
    about = read_description(the_network())
    assert about.inputs[0].size.title == "Size 30 × 30, open, as it was chosen"
    assert "values.npy: 20 × 30, resized to 30 × 30 (fit)." in about.notes
    assert list(read_intervention(the_network(), about.network).layers) == ["look"]
    (card,) = objects(the_network(), "card", "look")
    assert [card.parent.get(contract.ROLE), card.parent.parent.get(contract.ROLE)] == ["slab", "stand"]

    bpy.ops.ed.undo()
    assert facts() == ((20, 30), (9, 14, 4), (9, 14, 4), roles)
    np.testing.assert_allclose(measured(), expected["at_0"], rtol=1e-4, atol=1e-6)
    assert is_edited(the_network())
    bpy.ops.ed.redo()
    assert facts() == ((30, 30), (14, 14, 4), (14, 14, 4), roles)
    the_network().nn.input.sizes[0].is_chosen = False
    bpy.ops.nn.measure_again()
    assert facts()[0] == (20, 30)


def test_a_size_is_chosen_before_the_import(with_tensorflow: None, made: Path) -> None:
    inspected = Job(inspect_file(PYTHON, made / "photo.keras"), "Read").wait()
    (entry,) = usual_sizes(inspected.network)
    assert entry == {"name": "photo", "axes": 2, "size": (128, 128, 1, 1), "usual": "From the samples, else 128 × 128"}
    give_up(inspected)
    chosen = {**entry, "size": (30, 30, 1, 1), "is_chosen": True}
    bpy.ops.nn.import_network(
        filepath=str(made / "photo.keras"), samples=str(made / "values.npy"), input_sizes=[chosen]
    )
    assert facts()[0] == (30, 30)
    assert the_network().nn.input.sizes[0].is_chosen
    np.testing.assert_allclose(measured(), np.load(made / "seen.npz")["at_1"], rtol=1e-4, atol=1e-6)


@pytest.mark.usefixtures("with_tensorflow")
def test_a_size_that_the_network_refuses_changes_nothing(made: Path) -> None:
    bpy.ops.nn.import_network(filepath=str(made / "photo.keras"), samples=str(made / "values.npy"))
    before = facts()
    entry = the_network().nn.input.sizes[0]
    entry.is_chosen, entry.size = True, (2, 2, 1, 1)
    with pytest.raises(RuntimeError, match="the nearest that works is 3 × 3"):
        bpy.ops.nn.measure_again()
    assert facts() == before
