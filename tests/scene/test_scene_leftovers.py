"""What users delete by Blender's own means leaves nothing of a network behind, and undo brings all of it back."""

from __future__ import annotations

from pathlib import Path

import bpy
import pytest
from made import made_contents, made_hierarchy

from nn_blender.actions.network.remove_network import remove_leftovers
from nn_blender.core.blocks.answers import answers_of
from nn_blender.core.blocks.opening import Opening
from nn_blender.core.layout.picture import UNIT
from nn_blender.scene.base import contract
from nn_blender.scene.base.find import all_objects, data_blocks, networks, objects
from nn_blender.scene.build import build_network
from nn_blender.scene.looks.visibility import show_part
from nn_blender.scene.network.contents import Contents
from nn_blender.scene.opening.film import key_opening
from nn_blender.scene.opening.opening import require_opening
from nn_blender.scene.opening.together import fit_together
from nn_blender.scene.remove import is_gone, remove_network
from nn_blender.scene.samples.timeline import sample_count
from nn_blender.scene.stage.frame import set_moves_along, share_frame


def in_blocks(contents: Contents) -> Opening:
    answers = answers_of(contents.network, contents.outputs, contents.classes)
    blocks = made_hierarchy(contents)
    return Opening.of(contents.network, ("front",), answers, root=blocks, inputs=contents.inputs)


@pytest.fixture
def root(tmp_path: Path) -> bpy.types.Collection:
    scene = bpy.context.scene
    scene.world = bpy.data.worlds.new("Mine")
    contents = made_contents(tmp_path)
    root = build_network(scene, contents, "id-1", opening=in_blocks(contents))
    bpy.ops.ed.undo_push(message="Import")
    return root


@pytest.fixture
def second(root: bpy.types.Collection, tmp_path: Path) -> bpy.types.Collection:
    """Another network in the picture of the first one."""
    scene, contents = bpy.context.scene, made_contents(tmp_path)
    scene.render.resolution_x, scene.render.resolution_y = 1600, 900
    second = build_network(scene, contents, "id-2", with_stage=False, opening=in_blocks(contents))
    share_frame(scene, root, second)
    fit_together(scene, root)
    return second


def delete(root: bpy.types.Collection, *kept: str) -> None:
    """Delete what can be selected of a network, but for some roles."""
    for obj in root.all_objects[:]:
        is_kept = obj.hide_select or not obj.visible_get() or obj[contract.ROLE] in kept
        obj.select_set(not is_kept) if obj.visible_get() else None
    bpy.ops.object.delete()


def assert_staged(root: bpy.types.Collection) -> None:
    """It has all of a stage, and fills the picture of its camera."""
    (camera,) = objects(root, "camera")
    frame = require_opening(root)[1].picture.frame
    assert frame.width / frame.height == pytest.approx(16 / 9)
    assert camera.data.ortho_scale == pytest.approx(UNIT * frame.width)
    assert bpy.context.scene.camera == camera
    assert len(list(objects(root, "light"))) == 2
    assert len(list(objects(root, "floor"))) == 1
    assert bpy.context.scene.world[contract.NETWORK] == root[contract.NETWORK]


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


@pytest.mark.parametrize("kept", [["camera", "light"], ["camera"], ["light"], []])
@pytest.mark.parametrize("is_along", [False, True])
def test_a_network_has_a_stage_when_all_of_the_one_above_it_was_deleted(
    root: bpy.types.Collection, second: bpy.types.Collection, kept: list[str], is_along: bool
) -> None:
    (camera,), (anchor,) = objects(root, "camera"), objects(root, "anchor")
    mine = bpy.data.objects.new("Mine", bpy.data.cameras.new("Mine"))
    root[contract.PREVIOUS_CAMERA] = mine
    set_moves_along(anchor, camera, is_along)
    delete(root, *kept)
    remove_leftovers()
    scene = bpy.context.scene
    assert networks(scene) == [second]
    assert not left()
    if "camera" not in kept or "light" in kept:
        assert_staged(second)
    bpy.data.collections.remove(second)
    remove_leftovers()
    assert not list(data_blocks("id-2"))
    assert scene.world.name == "Mine"


def test_a_film_of_the_deleted_network_moves_the_camera_no_more(
    root: bpy.types.Collection, second: bpy.types.Collection
) -> None:
    for frame, value in ((1, 0.0), (10, 1.0)):
        key_opening(bpy.context.scene, root, "back", value, frame)
    (camera,) = objects(root, "camera")
    assert contract.FILMED in camera
    delete(root, "camera", "light")
    remove_leftovers()
    assert contract.FILMED not in camera
    assert_staged(second)


def test_a_network_has_a_stage_when_the_collection_of_the_one_above_it_was_deleted(
    root: bpy.types.Collection, second: bpy.types.Collection
) -> None:
    bpy.data.collections.remove(root)
    remove_leftovers()
    assert not left()
    assert_staged(second)


def test_copies_that_users_made_of_objects_stay(root: bpy.types.Collection) -> None:
    scene = bpy.context.scene
    slab = next(objects(root, "slab"))
    copy = slab.copy()
    scene.collection.objects.link(copy)
    remove_network(scene, root)
    remove_leftovers()
    assert copy.name in scene.objects


@pytest.mark.parametrize("flag", ["hide_viewport", "hide_select"])
def test_what_users_hid_or_made_unselectable_is_not_deleted(root: bpy.types.Collection, flag: str) -> None:
    for part in ("slab", "book", "input"):
        show_part(root, part, False)
    for obj in all_objects(root):
        setattr(obj, flag, True)
    assert not is_gone(root)
