"""Estimating, sweeping and exporting influence from the sidebar; undo takes back one action at a time."""

from __future__ import annotations

import csv
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import MagicMock

import bpy
import numpy as np
import pytest
from drawn import drawn_by

from nn_blender.scene.base import contract, meshes
from nn_blender.scene.base.find import networks, objects
from nn_blender.scene.network.description import read_description
from nn_blender.scene.neurons.influence import Losses, Measured, layer_facts, read_influence, state_key, write_losses
from nn_blender.scene.neurons.selection import select
from nn_blender.scene.samples.timeline import show_sample
from nn_blender.ui.neurons import influence

DIGITS = Path(__file__).resolve().parents[2] / "sample_scenes" / "digits"


@pytest.fixture
def imported(with_tensorflow: None) -> None:
    bpy.context.preferences.edit.use_global_undo = True
    bpy.ops.ed.undo_push(message="start")
    bpy.ops.nn.import_network(filepath=str(DIGITS / "digits.keras"), max_samples=5, shown=3)


def root() -> bpy.types.Collection:
    return networks(bpy.context.scene)[0]


def choose(layer: str, neuron: int = 0) -> None:
    assert bpy.ops.nn.choose_neuron("EXEC_DEFAULT", True, layer=layer, neuron=neuron) == {"FINISHED"}


def test_every_job_is_one_step_of_undo(imported: None) -> None:
    with pytest.raises(RuntimeError, match="Estimate the influence"):
        bpy.ops.nn.export_influence(filepath="x.csv")
    bpy.ops.nn.estimate_influence("EXEC_DEFAULT", True)
    estimate = read_influence(root(), "dense_1")
    assert layer_facts(root(), "dense_1").kind == "estimate"
    choose("dense_1", 7)
    bpy.ops.nn.sweep_layer("EXEC_DEFAULT", True)
    exact = read_influence(root(), "dense_1")
    assert layer_facts(root(), "dense_1").kind == "exact"
    assert np.abs(exact - estimate).max() > 0
    bpy.ops.ed.undo()
    np.testing.assert_array_equal(read_influence(root(), "dense_1"), estimate)
    assert layer_facts(root(), "dense_1").kind == "estimate"
    bpy.ops.ed.undo()
    assert read_influence(root(), "dense_1") is None
    assert layer_facts(root(), "dense_1") is None
    # Choosing was no step.
    assert root().nn.neurons.neuron == 7
    for _ in range(2):
        bpy.ops.ed.redo()
    np.testing.assert_array_equal(read_influence(root(), "dense_1"), exact)


def test_selected_neurons_of_several_layers_are_swept(imported: None) -> None:
    bpy.ops.nn.estimate_influence()
    estimate = read_influence(root(), "conv_1")
    select(root(), "dense_1", [4, 40])
    select(root(), "digit", [7], extend=True)
    assert bpy.ops.nn.sweep_selection() == {"FINISHED"}
    for layer, neurons in (("dense_1", [4, 40]), ("digit", [7])):
        assert np.flatnonzero(~np.isnan(read_influence(root(), layer))).tolist() == neurons
        assert (layer_facts(root(), layer).kind, layer_facts(root(), layer).swept) == ("partial", len(neurons))
    np.testing.assert_array_equal(read_influence(root(), "conv_1"), estimate)


def test_neurons_stand_by_their_influence(imported: None) -> None:
    choose("dense_1")
    bpy.ops.nn.estimate_influence()
    bpy.ops.nn.sort_neurons(by="influence")
    (obj,) = objects(root(), "neurons", "dense_1")
    slots = meshes.read_integers(obj.data, contract.SLOT)
    values = read_influence(root(), "dense_1")
    assert (np.diff(values[np.argsort(slots)]) <= 0).all()


def test_the_choice_of_images_is_kept_and_used(imported: None) -> None:
    choose("digit")
    bpy.ops.nn.sweep_layer(samples="all")
    assert layer_facts(root(), "digit").samples == 5
    bpy.ops.nn.sweep_layer(samples="shown")
    assert layer_facts(root(), "digit").samples == 3
    root().nn.input.shown = 2
    bpy.ops.nn.measure_again()
    facts = layer_facts(root(), "digit")
    assert not facts.is_current
    assert "Out of date" in drawn()


def test_colours_and_sizes_are_chosen_in_the_scene(imported: None) -> None:
    settings = root().nn.influence
    settings.colour_by, settings.size_by = "influence", "influence"
    assert (root()[contract.COLOUR_BY], root()[contract.SIZE_BY]) == (1, 2)
    root()[contract.SIZE_BY] = 1
    assert settings.size_by == "activation"


def test_operators_say_why_they_cannot_run(imported: None) -> None:
    bpy.context.scene.nn.layer = [slab.get("nn_layer") for slab in slabs()].index("dense_1")
    obj = next(obj for obj in root().all_objects if obj.get("nn_role") == "neurons")
    bpy.context.view_layer.objects.active = obj
    bpy.ops.object.mode_set(mode="EDIT")
    for operator in (bpy.ops.nn.estimate_influence, bpy.ops.nn.sweep_layer):
        with pytest.raises(RuntimeError, match="Leave Edit Mode"):
            operator()
    bpy.ops.object.mode_set(mode="OBJECT")
    bpy.context.scene.nn.layer = 999
    with pytest.raises(RuntimeError, match="Choose a layer"):
        bpy.ops.nn.sweep_layer()
    with pytest.raises(RuntimeError, match="Select neurons first"):
        bpy.ops.nn.sweep_selection()


def test_a_table_is_written_where_the_user_says(imported: None, tmp_path: Path) -> None:
    bpy.ops.nn.estimate_influence()
    file = tmp_path / "influence.csv"
    bpy.ops.nn.export_influence(filepath=str(file))
    with file.open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["layer"] == "dense_1"]
    values = np.array([row["influence"] for row in rows], np.float32)
    np.testing.assert_array_equal(values, read_influence(root(), "dense_1"))
    with pytest.raises(RuntimeError, match=r"does not end in \.csv"):
        bpy.ops.nn.export_influence(filepath=str(tmp_path / "influence.txt"))
    with pytest.raises(RuntimeError, match="cannot be written"):
        bpy.ops.nn.export_influence(filepath=str(tmp_path / "nowhere" / "influence.csv"))


def test_the_panel_lists_the_most_influential_neurons(imported: None) -> None:
    choose("dense_1")
    assert "not measured yet" in drawn()
    bpy.ops.nn.estimate_influence()
    values = read_influence(root(), "dense_1")
    odd = next(neuron for neuron in range(1, 64, 2) if values[neuron])
    choose("dense_1", odd)
    text = drawn()
    best = np.argsort(-np.abs(values))[:8]
    assert all(f"Neuron {neuron}" in text and f"{values[neuron]:+.3g}" in text for neuron in best)
    assert "+56 more" in text
    assert f"{-values[odd]:+.3g}, estimated" in text
    write_half("dense_1")
    text = drawn()
    assert "measured for 32 of 64" in text
    assert "-10.0 points" in text
    assert "8, +25.0 %" in text
    assert "+24 more" in text


def test_values_that_are_no_numbers_are_shown_as_such() -> None:
    values = np.array([1.0, np.nan, -np.inf, 0.5], np.float32)
    assert influence.most_influential(values).tolist() == [2, 0, 3]


def write_half(layer: str) -> None:
    """Every second neuron loses 10 % of accuracy and moves class 8 by a quarter."""
    about = read_description(root())
    losses = Losses.none(64)
    losses.add(np.arange(1, 64, 2), np.array([[0.1], [-2.0], [-0.3], [8], [0.25]]) * np.ones(32))
    write_losses(root(), layer, losses, Measured("shown", 3, "", state_key(about, "shown")))


def slabs() -> list[bpy.types.Object]:
    return list(next(child for child in root().children if child["nn_role"] == "layers").objects)


def drawn() -> str:
    """All words that the panel shows."""
    words: list[str] = []
    layout = MagicMock()
    for name in ("box", "row", "column", "split", "column_flow"):
        getattr(layout, name).return_value = layout
    layout.label.side_effect = lambda text="", **_more: words.append(text)
    layout.operator.side_effect = lambda _name, text="", **_more: words.append(text) or MagicMock()
    influence.NN_PT_influence.draw(SimpleNamespace(layout=layout), bpy.context)
    return " | ".join(words)


def test_influence_is_offered_on_any_class_and_for_the_sample_that_is_shown(imported: None) -> None:
    settings = root().nn.influence
    settings.target, settings.class_number, settings.samples = "class", 3, "one"
    show_sample(bpy.context.scene, root(), 1)
    choose("dense_1")
    assert "Class" in drawn_by(influence.NN_PT_influence)
    bpy.ops.nn.estimate_influence(samples="one", target="class", class_number=3)
    facts = layer_facts(root(), "dense_1")
    name = read_description(root()).samples[1].sample.name
    assert (facts.subject, facts.sample, facts.is_current) == ("3", name, True)
    texts = drawn_by(influence.NN_PT_influence)
    assert texts[texts.index("For") + 1] == "3"
    assert texts[texts.index("Samples") + 1] == name
    bpy.ops.nn.estimate_influence(target="predicted")
    texts = drawn_by(influence.NN_PT_influence)
    assert texts[texts.index("For") + 1] == "the predicted class"
    assert texts[texts.index("Samples") + 1] == "3"
