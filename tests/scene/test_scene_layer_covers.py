"""Covers of single layers stand in for neurons and feature maps that are too small to be seen."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import bpy
import numpy as np
import pytest
from made import made_atlas, made_composite, made_recording

from nn_blender.core.blocks.opening import Opening
from nn_blender.core.inputs import decide_inputs
from nn_blender.core.interventions.intervention import Intervention
from nn_blender.core.network import Layer, Network, TensorSpec
from nn_blender.core.outputs import decide_outputs
from nn_blender.scene.base import contract, meshes
from nn_blender.scene.base.find import network_modifier, objects
from nn_blender.scene.base.versions import get_modifier_input
from nn_blender.scene.build import build_network
from nn_blender.scene.looks import level_of_detail
from nn_blender.scene.looks.hiding import hidden
from nn_blender.scene.maps.summaries import show_faces
from nn_blender.scene.network.contents import Contents
from nn_blender.scene.show_intervention import Change, show_change, show_intact

SAMPLES = 3
MAPS, NUMBERS = 20, 60


@pytest.fixture
def contents(tmp_path: Path) -> Contents:
    image = ("height", "width", "channel")
    layers = (
        Layer("conv", "Conv2D", (8, 8, MAPS), image, 60, ("picture",), "relu"),
        Layer("mean", "GlobalAveragePooling2D", (MAPS,), ("unit",), 0, ("conv",)),
        Layer("hidden", "Dense", (NUMBERS,), ("unit",), 1260, ("mean",), "relu"),
        Layer("output", "Dense", (3,), ("unit",), 18, ("hidden",), "softmax"),
    )
    network = Network("few", "/m.keras", "0" * 64, layers, (TensorSpec("picture", (8, 8, 1)),), ("output",), 1338, "")
    atlases = tuple(made_atlas(tmp_path, path, count, 8, SAMPLES) for path, count in (("", 1), ("conv", MAPS)))
    return Contents(
        network, made_recording(network, SAMPLES), atlases=atlases, inputs=decide_inputs(network),
        outputs=decide_outputs(network), composites=(made_composite(tmp_path, "conv", 8, SAMPLES),),
    )  # fmt: skip


@pytest.fixture
def root(contents: Contents, build_once: Callable[..., bpy.types.Collection]) -> bpy.types.Collection:
    return build_once(_build, contents)


def _build(scene: bpy.types.Scene, contents: Contents) -> bpy.types.Collection:
    return build_network(scene, contents, "id-1", opening=Opening.of(contents.network))


def cover(root: bpy.types.Collection, layer: str) -> bpy.types.Object:
    (found,) = objects(root, "cover", layer)
    return found


def strongest(contents: Contents, layer: str, count: int) -> np.ndarray:
    values = contents.recording.activations[:, contents.network.neuron_slices()[layer]]
    return np.sort(np.argsort(-np.abs(values), axis=1, kind="stable")[:, :count], axis=1)


def graded(contents: Contents, layer: str, count: int) -> np.ndarray:
    values = contents.recording.activations[:, contents.network.neuron_slices()[layer]]
    steps = np.round(np.linspace(0, values.shape[1] - 1, count)).astype(int)
    return np.sort(np.argsort(-np.abs(values), axis=1, kind="stable")[:, steps], axis=1)


def instances(obj: bpy.types.Object) -> int:
    depsgraph = bpy.context.evaluated_depsgraph_get()
    return sum(one.is_instance and one.parent.original == obj for one in depsgraph.object_instances)


def test_every_layer_has_some_of_its_neurons_on_its_stand(root: bpy.types.Collection, contents: Contents) -> None:
    for layer in contents.network.layers:
        obj = cover(root, layer.path)
        assert obj.parent[contract.ROLE] == "slab"
        assert obj.parent[contract.LAYER] == layer.path
        count = get_modifier_input(network_modifier(obj), "Cells")
        shown = meshes.read_samples(obj.data, contract.NEURON)[:, :count].astype(int)
        chosen = strongest if len(layer.output_shape) > 1 else graded
        np.testing.assert_array_equal(shown, chosen(contents, layer.path, count))
    ranges = meshes.read_pairs(cover(root, "conv").data, contract.MAP_RANGE)[:, :15]
    maps = strongest(contents, "conv", 15)[..., np.newaxis]
    np.testing.assert_array_equal(ranges, np.take_along_axis(contents.atlas("conv").ranges, maps, 1))


@pytest.mark.parametrize(
    ("tier", "there"),
    [
        ("layers", {"conv", "mean", "hidden", "output"}),
        ("neurons", {"conv"}),
        ("maps", set()),
    ],
)
def test_a_cover_is_there_as_long_as_nothing_better_is(
    root: bpy.types.Collection, contents: Contents, tier: str, there: set[str]
) -> None:
    (anchor,) = objects(root, "anchor")
    level_of_detail.set_fixed(anchor, tier)
    bpy.context.view_layer.update()
    seen = {layer.path for layer in contents.network.layers if instances(cover(root, layer.path))}
    assert seen == there


def test_no_slab_is_blank_however_far_away_it_is(root: bpy.types.Collection, contents: Contents) -> None:
    camera = bpy.context.scene.camera
    for factor in (0.01, 0.1, 1.0, 3.0, 10.0, 100.0, 1000.0):
        wide = camera.data.ortho_scale
        camera.data.ortho_scale = wide * factor
        bpy.context.view_layer.update()
        for layer in contents.network.layers:
            drawn = [cover(root, layer.path), *objects(root, "neurons", layer.path), *objects(root, "card", layer.path)]
            assert any(instances(obj) for obj in drawn), (layer.path, factor)
        camera.data.ortho_scale = wide


def test_summaries_are_seen_only_once_they_are_chosen(root: bpy.types.Collection) -> None:
    (summary,) = objects(root, "composite", "conv")
    for face, of_maps, of_all in (("card", True, False), ("composite", False, True), ("", False, False)):
        if face != "card":
            show_faces(root, face)
        assert hidden(cover(root, "conv")) == (not of_maps,) * 2
        assert hidden(summary) == (not of_all,) * 2
        assert hidden(cover(root, "hidden")) == (False, False)


def test_covers_show_an_intervention_and_the_intact_network_again(
    root: bpy.types.Collection, contents: Contents
) -> None:
    def held() -> np.ndarray:
        return meshes.read_samples(cover(root, "hidden").data, contract.ACTIVATION)

    before = held()
    changed = made_recording(contents.network, SAMPLES, 9)
    intervention = Intervention.from_texts(contents.network, ["conv:1,4"])
    recording = dataclasses.replace(changed, samples=contents.recording.samples)
    show_change(bpy.context.scene, root, contents.network, Change(intervention, recording))
    count = get_modifier_input(network_modifier(cover(root, "hidden")), "Cells")
    values = recording.activations[:, contents.network.neuron_slices()["hidden"]]
    chosen = graded(dataclasses.replace(contents, recording=recording), "hidden", count)
    np.testing.assert_array_equal(held()[:, :count], np.take_along_axis(values, chosen, 1))
    show_intact(bpy.context.scene, root)
    np.testing.assert_array_equal(held(), before)
