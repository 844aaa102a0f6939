"""Switches of neurons in the scene: values under an intervention beside the intact ones, and back again."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import bpy
import numpy as np
import pytest
from made import made_atlas, made_contents, made_recording, with_ranges

from nn_blender.core.errors import UserError
from nn_blender.core.interventions.intervention import Intervention
from nn_blender.scene.base import contract, meshes
from nn_blender.scene.base.find import data_blocks, networks, objects
from nn_blender.scene.blocks.blocks import read_blocks
from nn_blender.scene.build import build_network, show_whole_timeline
from nn_blender.scene.interventions.switches import (
    read_intervention,
    set_compare,
    set_neurons,
    write_intervention,
    write_toggled,
)
from nn_blender.scene.layers.neuron_values import intact_samples
from nn_blender.scene.maps.closeups import add_closeup
from nn_blender.scene.network.contents import Contents
from nn_blender.scene.network.description import read_description
from nn_blender.scene.remove import remove_network
from nn_blender.scene.show_intervention import Change, show_change, show_intact


@pytest.fixture
def contents(tmp_path: Path) -> Contents:
    return made_contents(tmp_path, samples=2)


@pytest.fixture
def root(contents: Contents, build_once: Callable[..., bpy.types.Collection]) -> bpy.types.Collection:
    root = build_once(build_network, contents, "id-1")
    show_whole_timeline(bpy.context.scene, root)
    return root


@pytest.fixture
def change(contents: Contents, tmp_path: Path) -> Change:
    """Made-up values of the network without some neurons of the layer ``pool``, and a map of its own."""
    folder = tmp_path / "changed"
    folder.mkdir()
    intervention = Intervention.from_texts(contents.network, ["pool:1,4"], ["hidden:3=0.5"])
    recording = made_recording(contents.network, samples=2, seed=7)
    recording = dataclasses.replace(recording, samples=contents.recording.samples)
    return Change(intervention, recording, (made_atlas(folder, "pool", 6, 6, 2),))


def evaluated(obj: bpy.types.Object, attribute: str) -> np.ndarray:
    return meshes.read_floats(obj.evaluated_get(bpy.context.evaluated_depsgraph_get()).data, attribute)


def test_switches_are_read_as_they_were_set(root: bpy.types.Collection, contents: Contents) -> None:
    set_neurons(root, "conv", [0, 5], enabled=False)
    set_neurons(root, "conv", [5], replace=True)
    set_neurons(root, "hidden", [7], gain=1.5)
    intervention = read_intervention(root, contents.network)
    assert intervention.to_dict() == {
        "layers": {"conv": {"off": [0, 5], "replace": [5]}, "hidden": {"gain": {"7": 1.5}}}
    }
    write_intervention(root, Intervention())
    assert read_intervention(root, contents.network).is_empty
    write_intervention(root, intervention)
    assert read_intervention(root, contents.network) == intervention


def test_nothing_of_a_toggle_is_written_while_one_of_its_layers_is_in_edit_mode(
    root: bpy.types.Collection, contents: Contents
) -> None:
    intervention = Intervention.from_texts(contents.network, ["pool:1"])
    activations = {path: np.full(contents.network.layer(path).neurons, 9, np.float32) for path in ("pool", "hidden")}
    (pool,), (hidden,) = (objects(root, "neurons", path) for path in activations)
    before = meshes.read_floats(pool.data, "activation.0")
    recorded = root.get(contract.RECORDED)
    bpy.context.view_layer.objects.active = hidden
    bpy.ops.object.mode_set(mode="EDIT")
    try:
        with pytest.raises(UserError, match="Edit Mode"):
            write_toggled(root, contents.network, intervention, 0, activations)
    finally:
        bpy.ops.object.mode_set(mode="OBJECT")
    assert np.array_equal(meshes.read_floats(pool.data, "activation.0"), before)
    assert root.get(contract.RECORDED) == recorded


def test_changed_values_stand_beside_the_intact_ones(
    root: bpy.types.Collection, contents: Contents, change: Change
) -> None:
    scene = bpy.context.scene
    write_intervention(root, change.intervention)
    show_change(scene, root, contents.network, change)
    slices = contents.network.neuron_slices()
    scene.frame_set(25)
    shown = change.recording.activations.copy()
    for layer in ("conv", "norm"):
        shown[:, slices[layer]] = contents.recording.activations[:, slices[layer]]
    for block in read_blocks(root, contents.network):
        columns = np.concatenate([np.r_[slices[layer]] for layer in block.layers])
        (box,) = (obj for obj in objects(root, "block") if obj["nn_part"] == block.name)
        for samples, values in (("activation", shown), ("intact", contents.recording.activations)):
            expected = values[:, columns].mean(axis=1)
            np.testing.assert_allclose(meshes.read_samples(box.data, samples)[:, 0], expected, rtol=1e-5)
    for obj in objects(root, "neurons"):
        layer = obj["nn_layer"]
        before = contents.recording.activations[:, slices[layer]]
        np.testing.assert_array_equal(intact_samples(obj), before)
        is_reached = layer not in ("conv", "norm")
        assert bool(meshes.sampled_names(obj.data, "intact")) == is_reached
        now = change.recording.activations[:, slices[layer]] if is_reached else before
        np.testing.assert_array_equal(meshes.read_samples(obj.data, "activation"), now)
        np.testing.assert_array_equal(evaluated(obj, "activation"), now[1])
    about = read_description(root)
    assert about.intervention.intervention == change.intervention
    best = int(change.recording.outputs[0].argmax())
    assert about.intervention.answers[0].best == str(best)
    assert about.samples[0].answer.best == str(int(contents.recording.outputs[0].argmax()))


def test_neurons_that_are_off_are_dark_and_crossed(
    root: bpy.types.Collection, contents: Contents, change: Change
) -> None:
    write_intervention(root, change.intervention)
    show_change(bpy.context.scene, root, contents.network, change)
    pool = next(objects(root, "neurons", "pool"))
    np.testing.assert_array_equal(evaluated(pool, "tone") == 3.0, [0, 1, 0, 0, 1, 0])
    assert not evaluated(pool, "glow")[[1, 4]].any()
    depsgraph = bpy.context.evaluated_depsgraph_get()
    parents = [shown.parent.original for shown in depsgraph.object_instances if shown.is_instance]
    # Six spheres and two crosses.
    assert parents.count(pool) == 8


def test_comparing_glows_with_the_change(root: bpy.types.Collection, contents: Contents, change: Change) -> None:
    write_intervention(root, change.intervention)
    show_change(bpy.context.scene, root, contents.network, change)
    set_compare(root, True)
    bpy.context.scene.frame_set(1)
    hidden = next(objects(root, "neurons", "hidden"))
    columns = contents.network.neuron_slices()["hidden"]
    before, now = (one.activations[:, columns] for one in (contents.recording, change.recording))
    expected = np.clip((now[0] - before[0]) / np.abs(before).max(), -1, 1)
    np.testing.assert_allclose(evaluated(hidden, "tone") - 7, expected, atol=3e-6)
    # What the intervention does not reach has not changed.
    conv = next(objects(root, "neurons", "conv"))
    assert (evaluated(conv, "tone") == 7).all()
    write_intervention(root, Intervention())
    show_intact(bpy.context.scene, root)
    assert (np.abs(evaluated(conv, "tone")) <= 1).all()


def test_the_intact_network_comes_back_whole(root: bpy.types.Collection, contents: Contents, change: Change) -> None:
    scene = bpy.context.scene
    before = {kind: len(getattr(bpy.data, kind)) for kind in ("images", "meshes", "objects", "materials")}
    packed = next(image for image in bpy.data.images if image.get("nn_layer") == "pool").packed_file.size
    text = read_description(root)
    write_intervention(root, change.intervention)
    show_change(scene, root, contents.network, change)
    show_change(scene, root, contents.network, change)
    write_intervention(root, Intervention())
    show_intact(scene, root)
    slices = contents.network.neuron_slices()
    for box in objects(root, "block"):
        assert not meshes.sampled_names(box.data, "intact")
    for obj in objects(root, "neurons"):
        measured = contents.recording.activations[:, slices[obj["nn_layer"]]]
        np.testing.assert_array_equal(meshes.read_samples(obj.data, "activation"), measured)
        assert not meshes.sampled_names(obj.data, "intact")
    assert read_description(root) == text
    assert {kind: len(getattr(bpy.data, kind)) for kind in before} == before
    pool = next(image for image in bpy.data.images if image.get("nn_layer") == "pool")
    assert (pool["nn_role"], pool.packed_file.size) == ("atlas", packed)
    remove_network(scene, root)
    assert list(data_blocks("id-1")) == []


def test_the_intact_network_comes_back_from_a_saved_file(
    root: bpy.types.Collection, contents: Contents, change: Change, tmp_path: Path
) -> None:
    before = {image.name: image.packed_file.data for image in bpy.data.images if image.get("nn_layer")}
    write_intervention(root, change.intervention)
    for _ in range(2):
        show_change(bpy.context.scene, root, contents.network, change)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "switched.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "switched.blend"))
    (root,) = networks(bpy.context.scene)
    write_intervention(root, Intervention())
    show_intact(bpy.context.scene, root)
    assert {image.name: image.packed_file.data for image in bpy.data.images if image.get("nn_layer")} == before
    assert not [image for image in bpy.data.images if image.use_fake_user]


def test_a_network_is_removed_with_all_that_was_kept(
    root: bpy.types.Collection, contents: Contents, change: Change
) -> None:
    write_intervention(root, change.intervention)
    show_change(bpy.context.scene, root, contents.network, change)
    remove_network(bpy.context.scene, root)
    assert list(data_blocks("id-1")) == []


def with_differences(change: Change, folder: Path) -> Change:
    """The change with a made-up difference of -1 to 3 in the maps of the layer ``pool``."""
    (folder / "difference").mkdir()
    ranges = np.stack([np.full((2, 6), -1), np.full((2, 6), 3)]).astype(np.float32)
    maps = with_ranges(made_atlas(folder / "difference", "pool", 6, 6, 2), ranges)
    return dataclasses.replace(change, differences=(maps,))


def shown_materials(cards: bpy.types.Object) -> set[str]:
    """The parts of the materials that the cards really have at the moment."""
    found = set()
    for shown in bpy.context.evaluated_depsgraph_get().object_instances:
        if shown.is_instance and shown.parent.original == cards:
            found |= {material.original["nn_part"] for material in shown.object.data.materials if material}
    return found


def test_maps_show_the_change_while_comparing(
    root: bpy.types.Collection, contents: Contents, change: Change, tmp_path: Path
) -> None:
    scene = bpy.context.scene
    before = {kind: len(getattr(bpy.data, kind)) for kind in ("images", "meshes", "objects", "materials")}
    write_intervention(root, change.intervention)
    show_change(scene, root, contents.network, with_differences(change, tmp_path))
    pool, conv = (next(objects(root, "card", layer)) for layer in ("pool", "conv"))
    assert (shown_materials(pool), shown_materials(conv)) == ({"Cards pool"}, {"Cards conv"})
    set_compare(root, True)
    assert (shown_materials(pool), shown_materials(conv)) == ({"Change pool"}, {"No Change"})
    legend = {obj["nn_part"]: obj.data.body for obj in objects(root, "legend") if obj.type == "FONT"}
    assert (legend["low"], legend["high"]) == ("less", "more")
    assert legend["rule"].startswith("change against the intact network")
    set_compare(root, False)
    assert shown_materials(pool) == {"Cards pool"}
    set_compare(root, True)
    show_change(scene, root, contents.network, change)
    assert (shown_materials(pool), shown_materials(conv)) == ({"Cards pool"}, {"Cards conv"})
    show_change(scene, root, contents.network, with_differences(change, make_folder(tmp_path / "again")))
    write_intervention(root, Intervention())
    show_intact(scene, root)
    assert shown_materials(pool) == {"Cards pool"}
    assert not meshes.sampled_names(pool.data, "change_range")
    assert {kind: len(getattr(bpy.data, kind)) for kind in before} == before
    legend = {obj["nn_part"]: obj.data.body for obj in objects(root, "legend") if obj.type == "FONT"}
    assert legend["rule"].startswith("activation")


def make_folder(folder: Path) -> Path:
    (folder / "changed").mkdir(parents=True)
    return folder


def test_a_large_map_shows_the_change_too(
    root: bpy.types.Collection, contents: Contents, change: Change, tmp_path: Path
) -> None:
    scene = bpy.context.scene
    add_closeup(scene, root, "pool", 2)
    write_intervention(root, change.intervention)
    show_change(scene, root, contents.network, with_differences(change, tmp_path))
    set_compare(root, True)
    (large,) = objects(root, "closeup")
    assert shown_materials(large) == {"Change pool"}
    np.testing.assert_array_equal(meshes.read_pairs(large.data, "change_range"), [[[-1, 3]]] * 2)
