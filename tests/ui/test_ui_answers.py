"""One truth for answers: whatever shows answers shows the current ones, and no share stands without its whole."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import bpy
import pytest
from drawn import drawn_by, inspected

from nn_blender.scene.base.find import networks, objects
from nn_blender.scene.network.description import change_description, read_description
from nn_blender.ui.common.wanted_interventions import wanted_interventions
from nn_blender.ui.network import main_panel
from nn_blender.ui.samples import sample_panel

DIGITS = Path(__file__).resolve().parents[2] / "sample_scenes" / "digits"
pytestmark = pytest.mark.usefixtures("with_tensorflow")


def import_digits(shown: int) -> None:
    bpy.ops.nn.import_network(filepath=str(DIGITS / "digits.keras"), max_samples=100, shown=shown)


def root() -> bpy.types.Collection:
    return networks(bpy.context.scene)[0]


def choose(layer: str, neuron: int) -> None:
    bpy.ops.nn.choose_layer(layer=layer)
    root().nn.neurons.neuron = neuron


def test_samples_and_their_filter_follow_the_switched_network() -> None:
    import_digits(shown=6)
    root().nn.samples.verdict = "WRONG"
    before = sample_panel.chosen_samples(root())
    choose("conv_2", 0)
    bpy.ops.nn.switch_layer(enable=False)
    about = read_description(root())
    now = [number for number, answer in enumerate(about.intervention.answers) if answer.right is False]
    assert now != before
    assert sample_panel.chosen_samples(root()) == now
    shown, was = about.intervention.answers[0], about.samples[0].answer
    drawn = inspected("SAMPLE") + drawn_by(sample_panel.NN_PT_samples)
    assert f"{shown.best}   {shown.predictions[0].probability * 100:.1f} %" in drawn
    assert f"Before: {was.best} {was.predictions[0].probability * 100:.1f} %" in drawn
    (counts,) = (text for text in drawn if text.startswith("6 in the scene"))
    assert counts.endswith(f", {6 - len(now)} of 6 correct now")
    assert "100 measured, 96 of 100 correct before" in drawn
    bpy.ops.nn.enable_all()
    assert sample_panel.chosen_samples(root()) == before
    assert not any(text.startswith("Before") for text in inspected("SAMPLE"))


def test_what_is_switched_stands_at_the_top() -> None:
    import_digits(shown=2)
    assert "The network is intact" in drawn_by(main_panel.NN_PT_main)
    choose("conv_1", 2)
    bpy.ops.nn.switch_neuron(gain=0.0)
    assert "1 neuron off · conv_1" in drawn_by(main_panel.NN_PT_main)
    choose("dense_1", 3)
    bpy.ops.nn.switch_neuron(gain=0.0)
    choose("dense_1", 4)
    bpy.ops.nn.switch_neuron(gain=0.5)
    drawn = drawn_by(main_panel.NN_PT_main)
    assert {"2 neurons off, 1 scaled · 2 layers", "Enable All"} <= set(drawn)
    bpy.ops.nn.enable_all()
    assert "The network is intact" in drawn_by(main_panel.NN_PT_main)


def test_what_is_switched_but_has_not_run_yet_is_told_of() -> None:
    import_digits(shown=2)
    bpy.context.scene.nn.reruns = False
    choose("conv_1", 2)
    bpy.ops.nn.switch_neuron(gain=0.0)
    assert "1 neuron off · conv_1, not run yet" in drawn_by(main_panel.NN_PT_main)
    bpy.ops.nn.rerun()
    assert "1 neuron off · conv_1" in drawn_by(main_panel.NN_PT_main)
    bpy.ops.nn.enable_all()
    assert "The network is intact, not run yet" in drawn_by(main_panel.NN_PT_main)
    bpy.ops.nn.rerun()
    assert "The network is intact" in drawn_by(main_panel.NN_PT_main)


def test_in_edit_mode_and_after_it_the_network_is_said_to_be_as_it_is_switched() -> None:
    import_digits(shown=2)
    choose("conv_1", 2)
    bpy.ops.nn.switch_neuron(gain=0.0)
    neurons = next(objects(root(), "neurons", "conv_1"))
    bpy.context.view_layer.objects.active = neurons
    bpy.ops.object.mode_set(mode="EDIT")
    assert "1 neuron off · conv_1" in drawn_by(main_panel.NN_PT_main)
    wanted_interventions.forget()
    assert not any("intact" in text for text in drawn_by(main_panel.NN_PT_main))
    bpy.ops.object.mode_set(mode="OBJECT")
    assert "1 neuron off · conv_1" in drawn_by(main_panel.NN_PT_main)


def test_without_its_model_file_wrong_samples_are_not_asked_for_and_settings_stay() -> None:
    import_digits(shown=5)
    about = read_description(root())
    change_description(root(), network=replace(about.network, file="/gone/digits.keras"))
    settings = root().nn.input
    before = settings.order, settings.shown
    with pytest.raises(RuntimeError, match="The model file is missing"):
        bpy.ops.nn.bring_wrong()
    assert (settings.order, settings.shown) == before


def test_every_measured_sample_that_is_wrong_is_told_of_and_brought_into_the_scene() -> None:
    import_digits(shown=5)
    about = read_description(root())
    wrong = about.labelled - round(about.accuracy * about.labelled)
    shown_wrong = sum(shown.answer.right is False for shown in about.samples)
    missing = wrong - shown_wrong
    assert missing > 1
    assert f"{missing} wrong samples are not in the scene" in " ".join(drawn_by(sample_panel.NN_PT_samples))
    bpy.ops.nn.bring_wrong()
    about = read_description(root())
    assert sum(shown.answer.right is False for shown in about.samples) == wrong
    assert not any("not in the scene" in text for text in drawn_by(sample_panel.NN_PT_samples))
    with pytest.raises(RuntimeError, match="All samples that the network gets wrong are in the scene"):
        bpy.ops.nn.bring_wrong()


def test_the_models_accuracy_stands_with_its_whole() -> None:
    import_digits(shown=5)
    about = read_description(root())
    right = round(about.accuracy * 100)
    assert f"{about.accuracy:.1%}, {right} of 100 correct" in inspected("NETWORK")
