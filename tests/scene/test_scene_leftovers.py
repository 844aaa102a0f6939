"""What users delete by Blender's own means leaves nothing of a network behind, and undo brings all of it back."""

from __future__ import annotations

from pathlib import Path

import bpy
import pytest
from made import made_contents

from nn_blender.actions.network.remove_network import remove_leftovers
from nn_blender.core.blocks.opening import Opening
from nn_blender.scene.base import contract
from nn_blender.scene.base.find import data_blocks, networks, objects
from nn_blender.scene.build import build_network
from nn_blender.scene.samples.timeline import sample_count


@pytest.fixture
def root(tmp_path: Path) -> bpy.types.Collection:
    scene = bpy.context.scene
    scene.world = bpy.data.worlds.new("Mine")
    contents = made_contents(tmp_path)
    opening = Opening.fresh(contents.network, contents.inputs, contents.outputs, contents.classes, contents.answer_name)
    root = build_network(scene, contents, "id-1", opening=opening)
    bpy.ops.ed.undo_push(message="Import")
    return root


def left() -> list[bpy.types.ID]:
    return list(data_blocks("id-1"))


@pytest.mark.usefixtures("root")
def test_deleting_all_that_is_selected_leaves_nothing() -> None:
    bpy.ops.object.select_all(action="SELECT")
    bpy.ops.object.delete()
    assert left()
    remove_leftovers()
    assert not networks(bpy.context.scene)
    assert not left()
    assert bpy.context.scene.world.name == "Mine"


def test_deleting_the_collection_leaves_nothing(root: bpy.types.Collection) -> None:
    bpy.data.collections.remove(root)
    remove_leftovers()
    assert not left()
    assert bpy.context.scene.world.name == "Mine"


def test_deleting_a_slab_takes_what_it_carried_along(root: bpy.types.Collection) -> None:
    slab = next(slab for slab in objects(root, "slab") if slab.visible_get() and slab[contract.NEURONS])
    layer = slab[contract.LAYER]
    assert len(list(objects(root, "neurons", layer))) == 1
    bpy.data.objects.remove(slab)
    remove_leftovers()
    for role in ("neurons", "card", "cover"):
        assert not list(objects(root, role, layer))
    assert networks(bpy.context.scene) == [root]


def test_a_network_of_which_something_is_left_stays(root: bpy.types.Collection) -> None:
    before = set(left())
    remove_leftovers()
    assert set(left()) == before
    bpy.data.objects.remove(next(objects(root, "anchor")))
    remove_leftovers()
    assert networks(bpy.context.scene) == [root]


@pytest.mark.usefixtures("root")
def test_undo_brings_back_what_went_with_a_deletion_and_redo_deletes_it_again() -> None:
    before = sorted((type(block).__name__, block.name) for block in left())
    bpy.ops.object.select_all(action="SELECT")
    bpy.ops.ed.undo_push(message="Select")
    bpy.ops.object.delete()
    bpy.ops.ed.undo_push(message="Delete")
    remove_leftovers()
    bpy.ops.ed.undo()
    remove_leftovers()
    (root,) = networks(bpy.context.scene)
    assert sorted((type(block).__name__, block.name) for block in left()) == before
    assert sample_count(root) == 3
    bpy.ops.ed.redo()
    remove_leftovers()
    assert not left()
