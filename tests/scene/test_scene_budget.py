"""A layer that is wider than the budget: a part of it is drawn, all of it is counted, nothing is mixed up."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import bpy
import numpy as np
import pytest
from made import IMAGE, made_atlas, made_recording

from nn_blender.core.blocks.opening import Opening
from nn_blender.core.errors import UserError
from nn_blender.core.interventions.intervention import Intervention
from nn_blender.core.layout.budgets import Budget
from nn_blender.core.layout.lettering import text_width
from nn_blender.core.layout.picture import UNIT
from nn_blender.core.network import Layer, Network, TensorSpec
from nn_blender.core.outputs import decide_outputs
from nn_blender.scene.base import meshes
from nn_blender.scene.base.find import network_modifier, objects
from nn_blender.scene.base.versions import get_modifier_input
from nn_blender.scene.build import build_network, update_network
from nn_blender.scene.costs import scene_costs
from nn_blender.scene.interventions.switches import read_intervention, set_neurons, write_intervention
from nn_blender.scene.layers.neuron_values import intact_samples
from nn_blender.scene.layers.statistics import neuron_statistics
from nn_blender.scene.network.contents import Contents
from nn_blender.scene.network.description import read_description
from nn_blender.scene.neurons.influence import Measured, read_estimate, write_estimates
from nn_blender.scene.neurons.neuron_facts import neuron_facts
from nn_blender.scene.neurons.orders import set_order
from nn_blender.scene.neurons.selection import select, selected
from nn_blender.scene.show_intervention import Change, show_change, show_intact

WIDE, DRAWN, CHANNELS = 3000, 1000, 6


def network() -> Network:
    layers = (
        Layer("conv", "Conv2D", (6, 6, CHANNELS), IMAGE, 60, ("picture",), "relu"),
        Layer("wide", "Dense", (WIDE,), ("unit",), 100, ("conv",), "relu"),
        Layer("output", "Dense", (4,), ("unit",), 12_004, ("wide",), "softmax"),
    )
    inputs = (TensorSpec("picture", (6, 6, 1)),)
    return Network("wide", "/models/wide.keras", "0" * 64, layers, inputs, ("output",), 12_164, "3.15.1")


@pytest.fixture
def contents(tmp_path: Path) -> Contents:
    recording = made_recording(network(), samples=2)
    atlases = (made_atlas(tmp_path, "conv", CHANNELS, 6, 2),)
    return Contents(network(), recording, ("a", "b", "c", "d"), atlases=atlases,
                    budget=Budget(layer_neurons=DRAWN), outputs=decide_outputs(network()))  # fmt: skip


@pytest.fixture
def root(contents: Contents, build_once: Callable[..., bpy.types.Collection]) -> bpy.types.Collection:
    return build_once(build_network, contents, "id-1")


def wide(root: bpy.types.Collection) -> bpy.types.Object:
    return next(objects(root, "neurons", "wide"))


def test_below_a_layer_on_a_stand_it_is_said_how_many_neurons_are_not_drawn(contents: Contents) -> None:
    root = build_network(bpy.context.scene, contents, "id-2", opening=Opening.of(contents.network))
    store = next(obj for obj in objects(root, "texts") if obj.get("nn_part") == "parts")
    texts = get_modifier_input(network_modifier(store), "Texts").split("\n")
    assert "3,000 · +2,000 more" in texts
    assert sum("more" in text for text in texts) == 1
    labels = next(obj for obj in objects(root, "label") if obj.get("nn_part") == "parts")
    sizes = meshes.read_floats(labels.data, "size")
    (said,) = (label for label in read_description(root).opening.picture.labels if label.shown == "wide")
    size = sizes[texts.index("3,000 · +2,000 more")] / UNIT
    assert 0 < text_width("3,000 · +2,000 more", size) <= 1.001 * said.rect.width


def test_the_first_neurons_are_drawn_and_all_are_counted(root: bpy.types.Collection, contents: Contents) -> None:
    columns = contents.network.neuron_slices()["wide"]
    assert len(wide(root).data.vertices) == DRAWN
    assert wide(root)["nn_neurons"] == next(objects(root, "slab", "wide"))["nn_neurons"] == WIDE
    expected = contents.recording.activations[:, columns][:, :DRAWN]
    np.testing.assert_array_equal(meshes.read_samples(wide(root).data, "activation"), expected)
    output = meshes.read_samples(next(objects(root, "neurons", "output")).data, "activation")
    np.testing.assert_array_equal(output, contents.recording.activations[:, -4:])
    (store,) = (obj for obj in objects(root, "texts") if obj.get("nn_part") == "facts")
    assert "3,000 units  +2,000 more" in get_modifier_input(network_modifier(store), "Texts").split("\n")
    held = scene_costs(root)
    assert (held.neurons, held.more) == (CHANNELS + DRAWN + 4, WIDE - DRAWN)
    assert held.card_pixels > 0
    assert neuron_statistics(root, "wide", WIDE - 1)["mean"] == pytest.approx(
        contents.recording.activations[:, columns][:, -1].mean(), rel=1e-5
    )


def test_layers_with_maps_are_cut_alike(contents: Contents) -> None:
    fewer = dataclasses.replace(contents, budget=Budget(layer_neurons=4))
    root = build_network(bpy.context.scene, fewer, "id-2")
    cards = next(objects(root, "card", "conv")).data
    assert len(cards.vertices) == len(next(objects(root, "neurons", "conv")).data.vertices) == 4
    np.testing.assert_array_equal(meshes.read_pairs(cards, "map_range"), fewer.atlases[0].ranges[:, :4])


def test_an_update_keeps_what_is_drawn(root: bpy.types.Collection, contents: Contents) -> None:
    other = made_recording(contents.network, samples=3, seed=5)
    later = dataclasses.replace(contents, recording=other, atlases=(), budget=Budget())
    update_network(bpy.context.scene, root, later)
    columns = contents.network.neuron_slices()["wide"]
    np.testing.assert_array_equal(
        meshes.read_samples(wide(root).data, "activation"), other.activations[:, columns][:, :DRAWN]
    )
    update_network(bpy.context.scene, root, contents)
    assert len(wide(root).data.vertices) == DRAWN


def test_an_intervention_reaches_them(root: bpy.types.Collection, contents: Contents) -> None:
    set_neurons(root, "wide", [3, WIDE - 1], enabled=False)
    wanted = read_intervention(root, contents.network)
    assert wanted.to_dict()["layers"].keys() == {"wide"}
    assert np.flatnonzero(wanted.factors("wide", WIDE) == 0).tolist() == [3]
    recording = dataclasses.replace(made_recording(contents.network, 2, seed=7), samples=contents.recording.samples)
    show_change(bpy.context.scene, root, contents.network, Change(wanted, recording))
    columns = contents.network.neuron_slices()["wide"]
    before, now = (one.activations[:, columns][:, :DRAWN] for one in (contents.recording, recording))
    np.testing.assert_array_equal(meshes.read_samples(wide(root).data, "activation"), now)
    np.testing.assert_array_equal(intact_samples(wide(root)), before)
    write_intervention(root, Intervention())
    show_intact(bpy.context.scene, root)
    np.testing.assert_array_equal(meshes.read_samples(wide(root).data, "activation"), before)


def test_a_neuron_that_is_not_drawn_cannot_be_switched_in_secret(
    root: bpy.types.Collection, contents: Contents
) -> None:
    with pytest.raises(UserError, match="Neuron 2500 of wide is not in the scene"):
        write_intervention(root, Intervention.from_texts(contents.network, ["wide:1,2500"]))
    assert read_intervention(root, contents.network).is_empty


def test_sorting_selecting_and_influence_stay_within(root: bpy.types.Collection, contents: Contents) -> None:
    columns = contents.network.neuron_slices()["wide"]
    assert set_order(bpy.context.scene, root, "wide", "mean")
    slots = meshes.read_integers(wide(root).data, "slot")
    assert sorted(slots) == list(range(DRAWN))
    means = contents.recording.activations[:, columns].mean(axis=0)[:DRAWN]
    assert (np.diff(means[np.argsort(slots)]) <= 1e-6).all()
    select(root, "wide", [7, WIDE - 1])
    assert selected(root)["wide"].tolist() == [7]
    assert neuron_facts(root, "wide", WIDE - 1, 0) is None
    assert neuron_facts(root, "wide", DRAWN - 1, 0).count == DRAWN
    estimates = {layer.path: np.arange(layer.neurons, dtype=np.float32) for layer in contents.network.layers}
    write_estimates(root, estimates, Measured("shown", 2, "", "key"))
    np.testing.assert_array_equal(read_estimate(root, "wide"), np.arange(DRAWN))
