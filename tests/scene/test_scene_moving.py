"""A layer is one thing: what moves with its slab, what cannot be moved alone, and what follows where it was moved."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import bpy
import numpy as np
import pytest
from made import made_contents, made_hierarchy
from mathutils import Vector

from nn_blender.core.blocks.answers import answers_of
from nn_blender.core.blocks.opening import Opening
from nn_blender.core.layout.moving import move_parts, seen_move
from nn_blender.core.layout.picture import UNIT, Picture, floor_point
from nn_blender.scene.base import contract, meshes
from nn_blender.scene.base.find import all_objects, objects
from nn_blender.scene.base.moving import LOCKED, UNSELECTABLE
from nn_blender.scene.build import build_network, update_network
from nn_blender.scene.moved_layers import follow_moves, put_all_back
from nn_blender.scene.network.contents import Contents
from nn_blender.scene.opening.film import clear_opening_keys, key_opening
from nn_blender.scene.opening.keys import are_keys_baked
from nn_blender.scene.opening.opening import open_blocks, require_opening

MOVE = Vector((2.0, 3.0, 1.5))
ALL = {"front": 1.0, "pair": 1.0, "back": 1.0}


@pytest.fixture
def contents(tmp_path: Path) -> Contents:
    return made_contents(tmp_path, samples=2)


@pytest.fixture
def root(contents: Contents, build_once: Callable[..., bpy.types.Collection]) -> bpy.types.Collection:
    def build(scene: bpy.types.Scene, contents: Contents, network_id: str) -> bpy.types.Collection:
        answers = answers_of(contents.network, contents.outputs, contents.classes)
        hierarchy = made_hierarchy(contents)
        opening = Opening.of(contents.network, answers=answers, root=hierarchy, inputs=contents.inputs)
        root = build_network(scene, contents, network_id, opening=opening)
        open_blocks(scene, root, {"front": 1.0, "pair": 1.0})
        return root

    return build_once(build, contents, "id-1")


def scene() -> bpy.types.Scene:
    return bpy.context.scene


def only(root: bpy.types.Collection, role: str, layer: str | None = None) -> bpy.types.Object:
    return next(objects(root, role, layer))


def book(root: bpy.types.Collection, block: str) -> bpy.types.Object:
    return next(obj for obj in objects(root, "book") if obj[contract.BLOCK] == block)


def places(root: bpy.types.Collection) -> dict[bpy.types.Object, Vector]:
    bpy.context.view_layer.update()
    return {obj: obj.matrix_world.translation.copy() for obj in all_objects(root)}


def drag(obj: bpy.types.Object, move: Vector = MOVE) -> None:
    """What Blender's *Move* does to an object: so far in the world."""
    bpy.context.view_layer.update()
    obj.matrix_world.translation += move
    bpy.context.view_layer.update()


def moved(root: bpy.types.Collection, before: dict[bpy.types.Object, Vector]) -> set[tuple[str, str]]:
    """Role and layer of what is as far from where it was as was dragged; all else must be where it was."""
    found = set()
    for obj, now in places(root).items():
        if (now - before[obj]).length > 1e-4:
            assert (now - before[obj] - MOVE).length < 1e-4, obj.name
            found.add((obj[contract.ROLE], obj.get(contract.LAYER, "")))
    return found


def lines(root: bpy.types.Collection, picture: Picture) -> dict[str, Vector]:
    """Where the first line of every label of a picture is, in the anchor's space, by the label's part."""
    mesh = next(obj for obj in objects(root, "label") if obj.get(contract.PART) == "parts").data
    places = meshes.read_vectors(mesh, "position")
    found = {}
    for label in picture.labels:
        if not label.is_title:
            x, y, _ = floor_point((label.rect.x + label.rect.width / 2, label.rect.v))
            found[label.part] = Vector(min(places.tolist(), key=lambda one: abs(one[0] - x) + abs(one[1] - y)))
    return found


def ends(root: bpy.types.Collection) -> dict[tuple[str, str], tuple[Vector, Vector]]:
    """First and last point of every ribbon, by its source and target."""
    obj = only(root, "ribbon")
    numbers = meshes.read_integers(obj.data, contract.ROUTE)
    points = meshes.read_vectors(obj.data, "position")
    return {
        (source, target): (Vector(points[numbers == k][0]), Vector(points[numbers == k][-1]))
        for k, (source, target, _) in enumerate(json.loads(obj[contract.ROUTES]))
    }


def test_all_that_is_of_a_layer_moves_with_its_slab(root: bpy.types.Collection) -> None:
    before = places(root)
    drag(only(root, "slab", "conv"))
    assert moved(root, before) == {(role, "conv") for role in ("slab", "neurons", "card", "cover")}


def test_what_an_input_shows_moves_with_its_slab(root: bpy.types.Collection) -> None:
    before = places(root)
    drag(only(root, "input frame"))
    assert {role for role, _ in moved(root, before)} >= {"input frame", "input", "caption"}


def test_nothing_of_a_layer_can_be_moved_alone(root: bpy.types.Collection) -> None:
    for obj in all_objects(root):
        role = obj[contract.ROLE]
        if role in ("slab", "book", "input frame", "anchor"):
            assert not obj.hide_select, obj.name
            assert not any(obj.lock_location), obj.name
        elif role in UNSELECTABLE:
            assert obj.hide_select, obj.name
        elif role in LOCKED:
            assert all((*obj.lock_location, *obj.lock_rotation, *obj.lock_scale)), obj.name
    bpy.ops.object.select_all(action="SELECT")
    alone = {"neurons", "card", "cover", "label", "stand", "input", "tray", "ribbon"}
    assert {obj[contract.ROLE] for obj in bpy.context.selected_objects} & alone <= set(LOCKED)


def test_everything_of_a_row_moves_with_its_slab_too(contents: Contents) -> None:
    row = build_network(scene(), contents, "id-2")
    before = places(row)
    drag(only(row, "slab", "conv"))
    assert moved(row, before) == {(role, "conv") for role in ("slab", "neurons", "card")}


def test_labels_and_ribbons_follow_a_moved_layer(root: bpy.types.Collection) -> None:
    picture = require_opening(root)[1].picture
    label, way = lines(root, picture), ends(root)
    assert not follow_moves(scene(), root)
    drag(only(root, "slab", "norm"))
    assert follow_moves(scene(), root)
    assert not follow_moves(scene(), root)
    x, v = seen_move(MOVE)
    on_floor = Vector(floor_point((x, v)))
    now = lines(root, move_parts(picture, {"norm": (x, v)}))
    assert (now["norm"] - label["norm"] - on_floor).length < 1e-3
    assert all((now[part] - label[part]).length < 1e-4 for part in label if part != "norm")
    for key, (start, end) in ends(root).items():
        for part, here, before in zip(key, (start, end), way[key], strict=True):
            assert (here - before - (on_floor if part == "norm" else Vector())).length < 1e-3, key


def test_a_moved_layer_and_a_moved_block_stay_so_far_from_their_places(root: bpy.types.Collection) -> None:
    slab, closed = only(root, "slab", "conv"), book(root, "back")
    bpy.context.view_layer.update()
    drag(slab)
    drag(closed)
    local = slab.location - Vector(slab[contract.HOME])
    for states in ({}, ALL, {"front": 1.0, "pair": 1.0}):
        open_blocks(scene(), root, states)
        assert (slab.location - Vector(slab[contract.HOME]) - local).length < 1e-5
        assert (closed.location - Vector(closed[contract.HOME]) - MOVE).length < 1e-4
    picture = require_opening(root)[1].picture
    foot = next(one for one in picture.books if one.shown == "back").foot
    assert closed.location.x == pytest.approx(UNIT * foot[0] + MOVE.x, abs=1e-4)


def test_moved_parts_are_put_back(root: bpy.types.Collection) -> None:
    before, label = places(root), lines(root, require_opening(root)[1].picture)
    for obj in (only(root, "slab", "conv"), book(root, "back"), only(root, "output")):
        drag(obj)
    follow_moves(scene(), root)
    put_all_back(scene(), root)
    assert all((now - before[obj]).length < 1e-4 for obj, now in places(root).items())
    now = lines(root, require_opening(root)[1].picture)
    assert all((now[part] - label[part]).length < 1e-4 for part in label)


def test_other_measurements_leave_a_moved_layer_where_it_is(root: bpy.types.Collection, contents: Contents) -> None:
    drag(only(root, "slab", "conv"))
    before = places(root)
    update_network(scene(), root, contents)
    for role in ("slab", "neurons", "card", "cover"):
        assert (places(root)[only(root, role, "conv")] - before[only(root, role, "conv")]).length < 1e-4


def film(root: bpy.types.Collection) -> dict[int, Vector]:
    """Where the closed block is at some frames of a film in which the other one opens."""
    key_opening(scene(), root, "front", 0.0, 1)
    key_opening(scene(), root, "front", 1.0, 20)
    found = {}
    for frame in (1, 10, 20):
        scene().frame_set(frame)
        found[frame] = book(root, "back").location.copy()
    return found


def test_a_film_has_moved_parts_where_they_are_and_gives_them_back(root: bpy.types.Collection) -> None:
    closed = book(root, "back")
    before = film(root)
    clear_opening_keys(scene(), root)
    drag(closed)
    follow_moves(scene(), root)
    after = film(root)
    assert len({tuple(place) for place in after.values()}) > 1
    assert all((after[frame] - before[frame] - MOVE).length < 1e-4 for frame in before)
    assert are_keys_baked(root)
    drag(only(root, "slab", "output"))
    assert not are_keys_baked(root)
    scene().frame_set(10)
    clear_opening_keys(scene(), root)
    assert (closed.location - Vector(closed[contract.HOME]) - MOVE).length < 1e-4


def test_slabs_of_older_scenes_carry_their_layers_from_when_blocks_open(root: bpy.types.Collection) -> None:
    for obj in all_objects(root):
        obj.pop(contract.HOME, None)
        if obj[contract.ROLE] in ("neurons", "card", "cover"):
            obj.parent = obj.parent.parent
            obj.matrix_parent_inverse.identity()
            obj.hide_select = False
    before = places(root)
    open_blocks(scene(), root, {"front": 1.0, "pair": 1.0})
    assert all((now - before[obj]).length < 1e-4 for obj, now in places(root).items())
    drag(only(root, "slab", "conv"))
    assert moved(root, before) == {(role, "conv") for role in ("slab", "neurons", "card", "cover")}
    assert only(root, "card", "conv").hide_select


def test_a_move_on_the_floor_is_as_long_in_the_picture() -> None:
    assert np.allclose(seen_move(floor_point((0.5, 0.25))), (0.5, 0.25))
