"""Showing and removing connections from the panel, through a real worker."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest

from nn_blender.scene.base import contract, meshes
from nn_blender.scene.base.find import networks, objects
from nn_blender.scene.looks.level_of_detail import set_follows
from nn_blender.scene.neurons import selection
from nn_blender.scene.neurons.connections import are_of_all, connections_shown
from nn_blender.ui.common import needs

DIGITS = Path(__file__).resolve().parents[2] / "sample_scenes" / "digits"
KERNELS = """
import sys, keras, numpy as np
model = keras.models.load_model(sys.argv[1], compile=False)
for layer in model.layers:
    if layer.name in ("conv_2", "digit"):
        np.save(f"{sys.argv[2]}/{layer.name}.npy", layer.get_weights()[0])
"""


def the_network() -> Any:
    return networks(bpy.context.scene)[0]


def drawn() -> int:
    return sum(
        instance.is_instance and instance.parent.original.get("nn_role") == "connections"
        for instance in bpy.context.evaluated_depsgraph_get().object_instances
    )


@pytest.fixture
def imported(with_tensorflow: None) -> None:
    bpy.context.preferences.edit.use_global_undo = True
    bpy.ops.nn.import_network(filepath=str(DIGITS / "digits.keras"), max_samples=2)
    set_follows(next(objects(the_network(), "anchor")), "off")
    bpy.ops.ed.undo_push(message="Import")


def choose(layer: str, neuron: int) -> None:
    bpy.ops.nn.choose_neuron(layer=layer, neuron=neuron)
    bpy.ops.ed.undo_push(message="Choose")


@pytest.mark.usefixtures("imported")
def test_the_chosen_neurons_lines_are_shown_and_it_is_one_step_of_undo() -> None:
    with pytest.raises(RuntimeError, match="There are no connections in the scene"):
        bpy.ops.nn.remove_connections()
    choose("dense_1", 20)
    bpy.ops.nn.show_connections()
    assert connections_shown(the_network()).count == 32 * 3 + 64 * 3 + 10 * 3
    assert {layer: own.tolist() for layer, own in selection.selected(the_network()).items()} == {"dense_1": [20]}
    into_digit = meshes.read_integers(next(objects(the_network(), "connections", "digit")).data, "source")
    assert drawn() == 3 + (into_digit == 20).sum()
    bpy.ops.ed.undo()
    assert connections_shown(the_network()) is None
    # It was chosen, and so marked, before.
    assert {layer: own.tolist() for layer, own in selection.selected(the_network()).items()} == {"dense_1": [20]}
    bpy.ops.ed.redo()
    assert drawn() == 3 + (into_digit == 20).sum()


@pytest.mark.usefixtures("imported")
def test_what_is_selected_stays_selected_and_the_whole_network_can_be_shown() -> None:
    choose("dense_1", 20)
    selection.select(the_network(), "conv_2", [1, 4])
    the_network().nn.connections.most = 5
    bpy.ops.nn.show_connections()
    root = the_network()
    assert list(selection.selected(root)) == ["conv_2"]
    assert connections_shown(root).most == 5
    assert drawn() == 10
    root.nn.connections.shown = "ALL"
    assert are_of_all(root)
    assert drawn() == connections_shown(root).count == 32 * 5 + 64 * 5 + 10 * 5
    root.nn.connections.shown = "SELECTED"
    assert drawn() == 10
    bpy.ops.nn.remove_connections("EXEC_DEFAULT", True)
    assert connections_shown(the_network()) is None
    bpy.ops.ed.undo()
    assert drawn() == 10


@pytest.mark.usefixtures("imported")
def test_weights_are_those_of_keras(tmp_path: Path) -> None:
    bpy.ops.nn.show_connections()
    python = os.environ["NN_BLENDER_WORKER_PYTHON"]
    subprocess.run([python, "-c", KERNELS, DIGITS / "digits.keras", tmp_path], check=True)
    digit, conv = np.load(tmp_path / "digit.npy"), np.load(tmp_path / "conv_2.npy").astype(np.float64)
    norms = np.sqrt((conv**2).sum(axis=(0, 1))) * np.where(conv.sum(axis=(0, 1)) < 0, -1, 1)
    for layer, expected in (("digit", digit), ("conv_2", norms)):
        mesh = next(objects(the_network(), "connections", layer)).data
        weights, starts, ends = (
            meshes.read_floats(mesh, contract.WEIGHT),
            meshes.read_integers(mesh, contract.SOURCE),
            meshes.read_integers(mesh, contract.TARGET),
        )
        np.testing.assert_allclose(weights, expected[starts, ends], rtol=1e-6)
        strongest = -np.sort(-np.abs(expected), axis=0)[:3]
        np.testing.assert_allclose(np.abs(weights).reshape(-1, 3).T, strongest, rtol=1e-6)


@pytest.mark.usefixtures("imported")
def test_it_says_why_it_cannot_run(monkeypatch: pytest.MonkeyPatch) -> None:
    bpy.context.view_layer.objects.active = next(objects(the_network(), "neurons", "digit"))
    bpy.ops.object.mode_set(mode="EDIT")
    with pytest.raises(RuntimeError, match="Leave Edit Mode first"):
        bpy.ops.nn.show_connections()
    bpy.ops.object.mode_set(mode="OBJECT")
    monkeypatch.setattr(needs, "worker_python", lambda: None)
    with pytest.raises(RuntimeError, match="Set up TensorFlow first"):
        bpy.ops.nn.show_connections()


def test_without_a_network_there_is_nothing_to_show() -> None:
    with pytest.raises(RuntimeError, match="Import a network first"):
        bpy.ops.nn.show_connections()
