"""Switching neurons from the sidebar: the scene follows, also through undo and redo."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import bpy
import numpy as np
import pytest

from nn_blender.actions.interventions.rerun import is_up_to_date
from nn_blender.scene.base import meshes
from nn_blender.scene.base.find import networks, objects
from nn_blender.scene.network.description import read_description
from nn_blender.ui.common import reruns
from nn_blender.ui.common.jobs import jobs
from nn_blender.ui.common.reruns import keep_up_to_date

DIGITS = Path(__file__).resolve().parents[2] / "sample_scenes" / "digits"


@pytest.fixture
def imported(with_tensorflow: None) -> None:
    bpy.context.preferences.edit.use_global_undo = True
    bpy.ops.ed.undo_push(message="start")
    bpy.ops.nn.import_network(filepath=str(DIGITS / "digits.keras"), max_samples=3, shown=3)


def root() -> bpy.types.Collection:
    return networks(bpy.context.scene)[0]


def choose(layer: str, neuron: int) -> None:
    layers = next(child for child in root().children if child["nn_role"] == "layers")
    bpy.context.scene.nn.layer = [slab["nn_layer"] for slab in layers.objects].index(layer)
    root().nn.neurons.neuron = neuron


def values(layer: str) -> np.ndarray:
    return meshes.read_samples(next(objects(root(), "neurons", layer)).data, "activation")


def intervention() -> dict[str, dict]:
    """What the values in the scene are of."""
    result = read_description(root()).intervention
    return result.to_dict()["layers"] if result else {}


def test_a_switch_in_a_copy_of_the_scene_changes_what_follows(imported: None) -> None:
    before = values("digit")
    bpy.ops.scene.new(type="FULL_COPY")
    choose("dense_1", int(values("dense_1").sum(axis=0).argmax()))
    bpy.ops.nn.switch_neuron("EXEC_DEFAULT", True, gain=0.0)
    assert is_up_to_date(root())
    assert np.abs(values("digit") - before).max() > 1e-4


def test_a_switch_changes_what_follows_and_undo_takes_it_back(imported: None) -> None:
    before = {layer: values(layer) for layer in ("conv_1", "conv_2", "dense_1", "digit")}
    neuron = int(before["dense_1"].sum(axis=0).argmax())
    choose("dense_1", neuron)
    bpy.ops.ed.undo_push(message="choose")
    bpy.ops.nn.switch_neuron("EXEC_DEFAULT", True, gain=0.0)
    assert is_up_to_date(root())
    assert not values("dense_1")[:, neuron].any()
    np.testing.assert_array_equal(values("conv_2"), before["conv_2"])
    changed = values("digit")
    assert np.abs(changed - before["digit"]).max() > 1e-4
    assert intervention() == {"dense_1": {"off": [neuron]}}
    bpy.ops.ed.undo()
    assert is_up_to_date(root())
    for layer, expected in before.items():
        np.testing.assert_array_equal(values(layer), expected)
    bpy.ops.ed.redo()
    assert is_up_to_date(root())
    np.testing.assert_allclose(values("digit"), changed, atol=1e-6)
    bpy.ops.nn.enable_all("EXEC_DEFAULT", True)
    np.testing.assert_array_equal(values("digit"), before["digit"])
    assert read_description(root()).intervention is None


def test_half_a_neuron_and_a_whole_layer(imported: None) -> None:
    before = values("dense_1")
    choose("dense_1", 5)
    bpy.ops.nn.switch_neuron(gain=0.5)
    np.testing.assert_allclose(values("dense_1")[:, 5], before[:, 5] / 2, rtol=1e-6)
    bpy.ops.nn.switch_layer(all_but_chosen=True)
    now = values("dense_1")
    assert not np.delete(now, 5, axis=1).any()
    np.testing.assert_allclose(now[:, 5], before[:, 5] / 2, rtol=1e-6)
    choose("dense_1", 64)
    with pytest.raises(RuntimeError, match="Choose a layer and one of its neurons"):
        bpy.ops.nn.switch_neuron()


def test_measuring_again_keeps_the_switches(imported: None) -> None:
    choose("dense_1", 5)
    bpy.ops.nn.switch_neuron(gain=0.0)
    root().nn.input.shown = 2
    bpy.ops.nn.measure_again()
    digit = next(objects(root(), "neurons", "digit"))
    assert len(meshes.sampled_names(digit.data, "activation")) == 2
    assert is_up_to_date(root())
    assert not values("dense_1")[:, 5].any()
    assert len(meshes.sampled_names(digit.data, "intact")) == 2


def test_a_missing_image_is_an_error_and_the_intact_values_stay(imported: None, tmp_path: Path) -> None:
    folder = tmp_path / "images"
    folder.mkdir()
    for k in range(3):
        (folder / f"{k}.png").write_bytes((DIGITS / "images" / f"digit-00{k}.png").read_bytes())
    settings = root().nn.input
    settings.samples.clear()
    settings.samples.add().path = str(folder)
    bpy.ops.nn.measure_again()
    before = values("digit")
    (folder / "0.png").unlink()
    choose("dense_1", 5)
    bpy.ops.nn.switch_neuron(gain=0.0)
    assert "0.png" in jobs.error.message
    np.testing.assert_array_equal(values("digit"), before)
    assert not is_up_to_date(root())
    bpy.ops.nn.enable_all()
    assert is_up_to_date(root())
    np.testing.assert_array_equal(values("digit"), before)


def test_nothing_is_written_in_edit_mode(imported: None) -> None:
    choose("dense_1", 5)
    bpy.ops.nn.switch_neuron(gain=0.0)
    neurons = next(objects(root(), "neurons", "dense_1"))
    intact = meshes.read_samples(neurons.data, "intact")
    bpy.context.view_layer.objects.active = neurons
    bpy.ops.object.mode_set(mode="EDIT")
    assert not bpy.ops.nn.switch_neuron.poll()
    keep_up_to_date("Edit")
    bpy.ops.object.mode_set(mode="OBJECT")
    np.testing.assert_array_equal(meshes.read_samples(neurons.data, "intact"), intact)
    bpy.ops.nn.enable_all()
    np.testing.assert_array_equal(values("dense_1"), intact)


def test_what_is_selected_together_is_switched_together(imported: None) -> None:
    choose("dense_1", 5)
    bpy.ops.nn.select_neurons(layer="dense_1", neurons="5,7-9")
    bpy.ops.nn.select_neurons(layer="conv_2", neurons="3", extend=True)
    bpy.ops.nn.switch_neuron(gain=0.0)
    assert intervention() == {"conv_2": {"off": [3]}, "dense_1": {"off": [5, 7, 8, 9]}}
    # A neuron that is not among them is switched alone.
    choose("dense_1", 20)
    bpy.ops.nn.switch_neuron(gain=0.5)
    assert intervention()["dense_1"] == {"off": [5, 7, 8, 9], "gain": {"20": 0.5}}
    choose("dense_1", 7)
    bpy.ops.nn.toggle_neurons()
    assert intervention() == {"dense_1": {"gain": {"20": 0.5}}}
    bpy.ops.nn.toggle_neurons()
    assert intervention()["conv_2"] == {"off": [3]}
    bpy.ops.nn.restore_neuron(layer="dense_1", neuron=8)
    bpy.ops.nn.restore_neuron(layer="conv_2")
    assert intervention() == {"dense_1": {"off": [5, 7, 9], "gain": {"20": 0.5}}}


@pytest.mark.parametrize("which", ["MOST", "LEAST"])
def test_the_most_or_least_active_neurons_are_switched_off(imported: None, which: str) -> None:
    before = values("dense_1")[0]
    choose("dense_1", 0)
    bpy.ops.nn.disable_extremes(count=3, which=which)
    off = intervention()["dense_1"]["off"]
    assert len(off) == 3
    others = np.delete(before, off)
    assert before[off].min() >= others.max() if which == "MOST" else before[off].max() <= others.min()


def test_the_factor_of_the_window_is_that_of_the_chosen_neurons(imported: None) -> None:
    choose("dense_1", 5)
    window = bpy.context.window_manager.nn.switching
    assert window.factor == 1
    window.factor = 0.25
    assert intervention() == {"dense_1": {"gain": {"5": 0.25}}}
    assert window.factor == 0.25
    choose("dense_1", 6)
    assert window.factor == 1


@pytest.fixture
def waiting(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Lets the network wait, as in a window until some time after a click; what is returned ends that."""
    catch_up = reruns._catch_up
    monkeypatch.setattr(reruns, "_catch_up", lambda: None)
    return lambda: monkeypatch.setattr(reruns, "_catch_up", catch_up)


def test_undo_before_the_network_has_run_takes_back_the_switch_alone(
    imported: None, waiting: Callable[[], None]
) -> None:
    before, neuron = values("digit"), int(values("dense_1").sum(axis=0).argmax())
    choose("dense_1", neuron)
    bpy.ops.ed.undo_push(message="choose")
    bpy.ops.nn.switch_neuron(gain=0.0)
    bpy.ops.ed.undo()
    assert root().nn.neurons.neuron == neuron
    assert is_up_to_date(root())
    waiting()
    bpy.ops.ed.redo()
    assert intervention() == {"dense_1": {"off": [neuron]}}
    assert is_up_to_date(root())
    assert np.abs(values("digit") - before).max() > 0


def test_a_step_that_waits_for_the_network_is_known_by_that(imported: None, waiting: Callable[[], None]) -> None:
    choose("dense_1", 5)
    bpy.ops.nn.switch_neuron(gain=0.0)
    assert root()["nn_pending"]
    waiting()
    keep_up_to_date("Switch Neurons")
    assert "nn_pending" not in root()
    assert intervention() == {"dense_1": {"off": [5]}}


def test_the_change_and_its_maps_are_one_step(imported: None) -> None:
    def maps() -> list[str]:
        return [image["nn_layer"] for image in bpy.data.images if image.get("nn_role") == "change atlas"]

    choose("conv_2", 5)
    bpy.ops.nn.switch_neuron(gain=0.0)
    bpy.context.window_manager.nn.switching.compare = True
    shown = maps()
    assert "conv_2" in shown
    bpy.ops.ed.undo()
    assert not maps()
    assert not bpy.context.window_manager.nn.switching.compare
    assert intervention() == {"conv_2": {"off": [5]}}
    bpy.ops.ed.redo()
    assert maps() == shown
    assert bpy.context.window_manager.nn.switching.compare


def test_several_switches_wait_for_the_run_where_it_is_not_by_itself(imported: None) -> None:
    before = values("digit")
    bpy.context.scene.nn.reruns = False
    choose("dense_1", 5)
    bpy.ops.nn.switch_neuron(gain=0.0)
    bpy.ops.nn.switch_layer(all_but_chosen=True)
    np.testing.assert_array_equal(values("digit"), before)
    assert not is_up_to_date(root())
    bpy.ops.nn.rerun()
    assert is_up_to_date(root())
    assert not values("dense_1").any()
