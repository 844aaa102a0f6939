"""Importing twice, removing, undo and redo: nothing is left over and nothing of the user's is lost."""

from __future__ import annotations

from pathlib import Path

import bpy
import pytest
from made import made_contents

from nn_blender.scene.base import contract
from nn_blender.scene.base.find import KINDS, data_blocks, networks, objects
from nn_blender.scene.build import build_network, show_whole_timeline
from nn_blender.scene.network.contents import Contents
from nn_blender.scene.remove import remove_network


@pytest.fixture
def contents(tmp_path: Path) -> Contents:
    return made_contents(tmp_path, samples=2)


def all_names() -> dict[str, list[str]]:
    return {kind: sorted(block.name for block in getattr(bpy.data, kind)) for kind in KINDS}


def span(root: bpy.types.Collection) -> tuple[float, float]:
    """Smallest and largest y of a network's slabs."""
    ys = [
        (slab.matrix_world @ type(slab.location)(corner)).y
        for slab in objects(root, "slab")
        for corner in slab.bound_box
    ]
    return min(ys), max(ys)


def test_removing_leaves_the_file_as_it_was(contents: Contents) -> None:
    bpy.ops.mesh.primitive_cube_add()
    camera = bpy.data.objects.new("Mine", bpy.data.cameras.new("Mine"))
    scene = bpy.context.scene
    scene.collection.objects.link(camera)
    scene.camera = camera
    scene.world = bpy.data.worlds.new("My World")
    before = all_names()
    root = build_network(scene, contents, "id-1")
    assert scene.camera != camera
    remove_network(scene, root)
    assert all_names() == before
    assert scene.camera == camera
    assert scene.world.name == "My World"


def test_two_networks_stand_side_by_side(contents: Contents) -> None:
    scene = bpy.context.scene
    first, second = build_network(scene, contents, "id-1"), build_network(scene, contents, "id-2")
    bpy.context.view_layer.update()
    assert span(second)[1] < span(first)[0]
    assert [root[contract.NETWORK] for root in networks(scene)] == ["id-1", "id-2"]
    (floor,) = [obj for obj in scene.objects if obj.get("nn_role") == "floor"]
    # EEVEE would draw its own shadow as a dark spot below each light.
    assert not floor.visible_shadow


def test_a_network_stands_clear_of_what_is_there(contents: Contents) -> None:
    bpy.ops.mesh.primitive_cube_add(size=2)
    root = build_network(bpy.context.scene, contents, "id-1")
    bpy.context.view_layer.update()
    assert span(root)[1] < -1


@pytest.mark.parametrize("gone", [0, 1])
def test_removing_one_of_two_keeps_the_other_whole(contents: Contents, gone: int) -> None:
    scene = bpy.context.scene
    roots = [build_network(scene, contents, f"id-{k}") for k in range(2)]
    kept_id = roots[1 - gone][contract.NETWORK]
    kept_before = {block.name for block in data_blocks(kept_id)}
    remove_network(scene, roots[gone])
    assert list(data_blocks(f"id-{gone}")) == []
    assert kept_before <= {block.name for block in data_blocks(kept_id)}
    assert scene.camera.get(contract.NETWORK) == kept_id
    assert scene.world.get(contract.NETWORK) == kept_id
    assert sum(obj.get("nn_role") == "floor" for obj in scene.objects) == 1
    remove_network(scene, next(iter(networks(scene))))
    assert all(not names for names in all_names().values())


def test_the_users_material_on_a_floor_stays(contents: Contents) -> None:
    scene = bpy.context.scene
    roots = [build_network(scene, contents, f"id-{k}") for k in range(2)]
    floor = next(obj for obj in scene.objects if obj.get("nn_role") == "floor")
    own = bpy.data.materials.new("Parquet")
    own.use_fake_user = True
    floor.data.materials[0] = own
    floor.data.materials.append(None)
    for root in roots:
        remove_network(scene, root)
    assert "Parquet" in bpy.data.materials
    assert own.use_fake_user


def test_undo_and_redo_of_import_and_removal_leave_no_orphans(contents: Contents) -> None:
    bpy.ops.ed.undo_push(message="Start")
    before = all_names()
    build_network(bpy.context.scene, contents, "id-1")
    bpy.ops.ed.undo_push(message="Import")
    imported = all_names()

    bpy.ops.ed.undo()
    assert all_names() == before
    bpy.ops.ed.redo()
    assert all_names() == imported

    remove_network(bpy.context.scene, networks(bpy.context.scene)[0])
    bpy.ops.ed.undo_push(message="Remove")
    assert all_names() == before
    bpy.ops.ed.undo()
    assert all_names() == imported
    bpy.ops.ed.redo()
    assert all_names() == before


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_users_camera_and_background_come_back_whatever_goes_first(
    contents: Contents, order: tuple[int, int]
) -> None:
    scene = bpy.context.scene
    camera = bpy.data.objects.new("Mine", bpy.data.cameras.new("Mine"))
    scene.collection.objects.link(camera)
    scene.camera, scene.world = camera, bpy.data.worlds.new("My World")
    roots = [build_network(scene, contents, f"id-{k}") for k in range(2)]
    for index in order:
        remove_network(scene, roots[index])
    assert scene.camera == camera
    assert scene.world.name == "My World"


def test_a_network_without_stage_inherits_none(contents: Contents) -> None:
    scene = bpy.context.scene
    staged = build_network(scene, contents, "id-1")
    build_network(scene, contents, "id-2", with_stage=False)
    remove_network(scene, staged)
    assert scene.camera is None
    assert scene.world is None
    assert not [obj for obj in scene.objects if obj.get("nn_role") == "floor"]


def test_what_the_user_put_into_our_collections_stays(contents: Contents) -> None:
    scene = bpy.context.scene
    root = build_network(scene, contents, "id-1")
    mine = bpy.data.objects.new("Mine", None)
    root.children[0].objects.link(mine)
    folder = bpy.data.collections.new("My Things")
    root.children.link(folder)
    remove_network(scene, root)
    assert mine.name in scene.collection.objects
    assert folder.name in scene.collection.children


def test_removal_works_after_the_user_deleted_parts(contents: Contents) -> None:
    scene = bpy.context.scene
    first, second = (build_network(scene, contents, f"id-{k}") for k in range(2))
    for root in (first, second):
        bpy.data.collections.remove(next(child for child in root.children if child.get("nn_role") == "stage"))
        bpy.data.texts.remove(root["nn_text"])
    remove_network(scene, first)
    remove_network(scene, second)
    assert all(not names for names in all_names().values())


def test_a_build_that_fails_leaves_nothing(contents: Contents, tmp_path: Path) -> None:
    before = all_names()
    (tmp_path / "pool.png").unlink()
    with pytest.raises(FileNotFoundError):
        build_network(bpy.context.scene, contents, "id-1")
    assert all_names() == before


def test_a_network_is_framed_in_a_scene_that_is_not_looked_at(contents: Contents) -> None:
    here = build_network(bpy.context.scene, contents, "id-1")
    other = bpy.data.scenes.new("Elsewhere")
    there = build_network(other, contents, "id-2")
    cameras = [next(iter(objects(root, "camera"))) for root in (here, there)]
    assert (cameras[0].location - cameras[1].location).length < 1e-3


def test_a_copied_scene_keeps_its_network(contents: Contents) -> None:
    scene = bpy.context.scene
    build_network(scene, contents, "id-1")
    bpy.ops.scene.new(type="FULL_COPY")
    copy = bpy.context.scene
    assert copy != scene
    slabs = len([obj for obj in copy.objects if obj.get("nn_role") == "slab"])
    remove_network(scene, networks(scene)[0])
    assert networks(scene) == []
    assert len([obj for obj in copy.objects if obj.get("nn_role") == "slab"]) == slabs == 7
    remove_network(copy, networks(copy)[0])
    assert list(data_blocks("id-1")) == []


def test_the_frame_range_covers_all_networks_and_comes_back(tmp_path: Path) -> None:
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 10, 300
    for network_id, samples in (("id-1", 3), ("id-2", 1)):
        contents = made_contents(tmp_path, samples)
        show_whole_timeline(scene, build_network(scene, contents, network_id))
        assert (scene.frame_start, scene.frame_end) == (1, 72)
    for root in networks(scene):
        remove_network(scene, root)
    assert (scene.frame_start, scene.frame_end) == (10, 300)
