"""Other blocks of a network in the scene: boxes, slabs, labels and values follow without building anew."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import bpy
import numpy as np
import pytest
from made import made_atlas, made_contents, made_recording
from mathutils import Matrix

from nn_blender.core.blocks.blocks import Block, merge_blocks, rename_block, split_block
from nn_blender.core.blocks.placing import place_blocks
from nn_blender.core.interventions.intervention import Intervention
from nn_blender.core.layout.row import lay_out
from nn_blender.scene.base import meshes
from nn_blender.scene.base.find import network_modifier, objects
from nn_blender.scene.base.versions import get_modifier_input
from nn_blender.scene.blocks.blocks import read_blocks, set_blocks
from nn_blender.scene.build import build_network
from nn_blender.scene.interventions.switches import write_intervention
from nn_blender.scene.looks import level_of_detail
from nn_blender.scene.network.contents import Contents
from nn_blender.scene.nodes.lod_of_layers import BLOCK_LOW
from nn_blender.scene.show_intervention import Change, show_change, show_intact


@pytest.fixture
def contents(tmp_path: Path) -> Contents:
    return made_contents(tmp_path, samples=2)


@pytest.fixture
def root(contents: Contents, build_once: Callable[..., bpy.types.Collection]) -> bpy.types.Collection:
    return build_once(build_network, contents, "id-1")


def one_block(root: bpy.types.Collection, contents: Contents) -> tuple[Block, ...]:
    """All layers as a block called whole."""
    blocks = read_blocks(root, contents.network)
    if len(blocks) > 1:
        blocks = merge_blocks(blocks, contents.network, 0, len(blocks) - 1)
    return rename_block(blocks, 0, "whole")


def boxes(root: bpy.types.Collection) -> dict[str, bpy.types.Object]:
    return {box["nn_part"]: box for box in objects(root, "block")}


def names(root: bpy.types.Collection) -> list[str]:
    (store,) = (obj for obj in objects(root, "texts") if obj["nn_part"] == "names")
    return get_modifier_input(network_modifier(store), "Texts").split("\n")


def check_values(root: bpy.types.Collection, contents: Contents, quantity: str, activations: np.ndarray) -> None:
    slices = contents.network.neuron_slices()
    for block in read_blocks(root, contents.network):
        expected = np.concatenate([activations[:, slices[layer]] for layer in block.layers], axis=1).mean(axis=1)
        found = meshes.read_samples(boxes(root)[block.name].data, quantity)[:, 0]
        np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_boxes_slabs_labels_and_values_follow(root: bpy.types.Collection, contents: Contents) -> None:
    set_blocks(bpy.context.scene, root, one_block(root, contents))
    assert set(boxes(root)) == {"whole"}
    assert boxes(root)["whole"]["nn_layers"] == len(contents.network.layers)
    assert boxes(root)["whole"]["nn_neurons"] == contents.network.neurons
    assert "whole" in names(root)
    check_values(root, contents, "activation", contents.recording.activations)
    blocks = split_block(read_blocks(root, contents.network), contents.network, "flat")
    set_blocks(bpy.context.scene, root, blocks)
    assert read_blocks(root, contents.network) == blocks
    assert set(boxes(root)) == {"whole", "flat"}
    assert {"whole", "flat"} <= set(names(root))
    assert f"{len(blocks[1].layers)} layers  9.09 k parameters" in names(root)
    check_values(root, contents, "activation", contents.recording.activations)
    layout = lay_out(contents.network)
    for block, place in zip(blocks, place_blocks(blocks, layout), strict=True):
        np.testing.assert_allclose(boxes(root)[block.name].location, place.closed.middle, rtol=1e-6)
        lows = np.empty(len(contents.network.layers) * 3, np.float32)
        next(objects(root, "detail")).data.attributes[BLOCK_LOW].data.foreach_get("vector", lows)
        numbers = [number for number, layer in enumerate(contents.network.layers) if layer.path in block.layers]
        np.testing.assert_allclose(lows.reshape(-1, 3)[numbers], [place.closed.low] * len(numbers), rtol=1e-6)


def test_blocks_changed_under_an_intervention_know_the_intact_network(
    root: bpy.types.Collection, contents: Contents, tmp_path: Path
) -> None:
    intervention = Intervention.from_texts(contents.network, ["conv:1,4"])
    recording = dataclasses.replace(made_recording(contents.network, 2, seed=7), samples=contents.recording.samples)
    write_intervention(root, intervention)
    change = Change(intervention, recording, (made_atlas(tmp_path, "pool", 6, 6, 2),))
    show_change(bpy.context.scene, root, contents.network, change)
    set_blocks(bpy.context.scene, root, one_block(root, contents))
    check_values(root, contents, "activation", recording.activations)
    check_values(root, contents, "intact", contents.recording.activations)
    write_intervention(root, Intervention())
    show_intact(bpy.context.scene, root)
    check_values(root, contents, "activation", contents.recording.activations)


def test_blocks_of_a_structure_without_samples_can_be_changed(contents: Contents) -> None:
    root = build_network(bpy.context.scene, Contents(contents.network), "id-2")
    set_blocks(bpy.context.scene, root, one_block(root, contents))
    assert set(boxes(root)) == {"whole"}


def shown_roles() -> set[str]:
    bpy.context.view_layer.update()
    instances = bpy.context.evaluated_depsgraph_get().object_instances
    return {shown.parent.original.get("nn_role", "") for shown in instances if shown.is_instance}


def test_the_viewer_decides_in_the_viewport_and_moves_only_where_the_view_did(
    root: bpy.types.Collection, contents: Contents
) -> None:
    (viewer,) = level_of_detail.following_viewers(bpy.context.scene)
    assert level_of_detail.place_viewer(viewer, Matrix.Translation((0, 0, 1e4)), 1.0, 0.0)
    assert not level_of_detail.place_viewer(viewer, Matrix.Translation((0, 0, 1e4 + 0.01)), 1.0, 0.0)
    assert "block" in shown_roles()
    assert "neurons" not in shown_roles()
    assert level_of_detail.place_viewer(viewer, Matrix.Translation((2, 0, 1)), 1.0, 0.0)
    assert {"neurons", "card"} <= shown_roles()
    # In an orthographic view its width counts, not where it is.
    assert level_of_detail.place_viewer(viewer, Matrix.Translation((2, 0, 1)), 0.0, 1e4)
    assert "block" in shown_roles()
    level_of_detail.set_follows(next(objects(root, "anchor")), "camera")
    assert not list(level_of_detail.following_viewers(bpy.context.scene))


def test_an_object_can_be_followed(root: bpy.types.Collection) -> None:
    probe = bpy.data.objects.new("Probe", None)
    bpy.context.scene.collection.objects.link(probe)
    level_of_detail.object_socket(root).default_value = probe
    level_of_detail.set_follows(next(objects(root, "anchor")), "object")
    probe.location = (0, 0, 1e4)
    assert "block" in shown_roles()
    probe.location = (2, 0, 1)
    assert {"neurons", "card"} <= shown_roles()
    assert level_of_detail.object_socket(root).default_value == probe
