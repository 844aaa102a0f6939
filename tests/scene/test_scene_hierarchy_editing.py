"""Blocks that get other names, are joined or taken apart in a scene: what is seen then, and that values stay."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import bpy
import numpy as np
import pytest
from made import build_in_blocks, made_contents

from nn_blender.core.blocks.opening import Opening
from nn_blender.core.errors import UserError
from nn_blender.scene.base import meshes
from nn_blender.scene.base.find import objects
from nn_blender.scene.build import update_network
from nn_blender.scene.flow.ribbons import drawn_ends, hidden_edges, hide_edge, light_routes, lit_part
from nn_blender.scene.looks.visibility import show_part
from nn_blender.scene.network.contents import Contents
from nn_blender.scene.network.description import read_description
from nn_blender.scene.opening.editing import find_again, join_parts, rename_part, take_apart
from nn_blender.scene.opening.film import key_opening
from nn_blender.scene.opening.keys import are_keys_baked, is_keyed
from nn_blender.scene.opening.opening import open_blocks, opened, require_opening


@pytest.fixture
def contents(tmp_path: Path) -> Contents:
    return made_contents(tmp_path, samples=2)


@pytest.fixture
def root(contents: Contents, build_once: Callable[..., bpy.types.Collection]) -> bpy.types.Collection:
    return build_once(build_in_blocks, contents, "id-1")


def scene() -> bpy.types.Scene:
    return bpy.context.scene


def books(root: bpy.types.Collection) -> dict[str, bpy.types.Object]:
    return {book["nn_block"]: book for book in objects(root, "book")}


def seen(root: bpy.types.Collection) -> set[str]:
    """Blocks and layers that are seen."""
    layers = {slab["nn_layer"] for slab in objects(root, "slab") if not slab.hide_render}
    return layers | {id_ for id_, book in books(root).items() if not book.hide_render}


def names(root: bpy.types.Collection) -> list[str]:
    """What the labels say of books, trays and layers, first lines only."""
    return [label.lines[0].text for label in read_description(root).opening.picture.labels]


def activations(root: bpy.types.Collection) -> dict[str, np.ndarray]:
    return {obj["nn_layer"]: meshes.read_samples(obj.data, "activation") for obj in objects(root, "neurons")}


def cover(book: bpy.types.Object) -> tuple[np.ndarray, np.ndarray]:
    """Which neurons a book's cover shows, and how its pages glow."""
    return meshes.read_samples(book.data, "neuron"), meshes.read_samples(book.data, "glow")


def test_a_block_gets_another_name_in_the_picture_and_keeps_its_id(root):
    open_blocks(scene(), root, {"front": 1.0})
    before = activations(root)
    rename_part(scene(), root, "pair", "Entrance")
    rename_part(scene(), root, "output", "Digits")
    assert {"Entrance", "Digits", "front"} <= set(names(root))
    assert "pair" not in names(root)
    assert books(root)["pair"].name == "Entrance book"
    assert opened(root) == {"front": 1.0}
    assert seen(root) == {"pair", "pool", "back", "output"}
    for layer, own in activations(root).items():
        np.testing.assert_array_equal(own, before[layer])


def test_a_name_of_a_part_beside_it_is_refused(root):
    with pytest.raises(UserError) as refused:
        rename_part(scene(), root, "front", "back")
    assert refused.value.code == "hierarchy.bad_name"
    assert "front" in names(root)


def test_an_object_that_somebody_renamed_keeps_that_name(root):
    books(root)["front"].name = "Mine"
    rename_part(scene(), root, "front", "Entrance")
    assert books(root)["front"].name == "Mine"


def test_blocks_that_are_joined_are_one_book_with_all_their_pages(root):
    joined = join_parts(scene(), root, ["front", "back"])
    assert seen(root) == {joined, "output"}
    book = books(root)[joined]
    assert (book["nn_layers"], book["nn_parameters"]) == (6, 60 + 24 + 8680)
    hidden = activations(root)["hidden"]
    shown, _glow = cover(book)
    assert shown[:, :40].astype(int).tolist() == [list(range(40))] * 2
    np.testing.assert_array_equal(meshes.read_samples(book.data, "activation")[:, :40], hidden)
    assert set(meshes.read_integers(book.data, "page").tolist()) == {-1, *range(6)}
    open_blocks(scene(), root, {joined: 1.0})
    assert seen(root) == {"front", "back", "output"}


def test_a_joined_block_that_is_dissolved_leaves_all_as_it_was(root):
    open_blocks(scene(), root, {"front": 1.0})
    before = {obj.name: tuple(obj.matrix_basis.translation) for obj in objects(root, "stand")}
    hierarchy = read_description(root).opening.root
    joined = join_parts(scene(), root, ["front", "back"])
    assert opened(root) == {"front": 1.0}
    take_apart(scene(), root, joined)
    about = read_description(root)
    assert about.opening.root == hierarchy
    assert joined not in books(root)
    assert seen(root) == {"pair", "pool", "back", "output"}
    for obj in objects(root, "stand"):
        assert tuple(obj.matrix_basis.translation) == pytest.approx(before[obj.name], abs=1e-5)


def test_an_open_block_that_is_dissolved_leaves_what_was_inside_open(root):
    open_blocks(scene(), root, {"front": 1.0, "pair": 1.0})
    light_routes(root, "front")
    take_apart(scene(), root, "front")
    assert opened(root) == {"pair": 1.0}
    assert seen(root) == {"conv", "norm", "pool", "back", "output"}
    assert lit_part(root) == ""
    assert "front" not in {end for ends in drawn_ends(root) for end in ends}


def test_edges_of_blocks_that_are_gone_are_not_hidden_any_more(root):
    hide_edge(root, "front", "back", hide=True)
    hide_edge(root, "back", "output", hide=True)
    take_apart(scene(), root, "front")
    assert hidden_edges(root) == [("back", "output")]


def test_a_new_book_is_hidden_where_closed_blocks_are(root):
    show_part(root, "book", show=False)
    join_parts(scene(), root, ["front", "back"])
    assert seen(root) == {"output"}


def test_changed_blocks_stay_when_other_measurements_are_shown_and_when_the_file_is_opened_again(
    root, contents, tmp_path
):
    joined = join_parts(scene(), root, ["front", "back"])
    rename_part(scene(), root, joined, "All")
    update_network(scene(), root, contents)
    assert seen(root) == {joined, "output"}
    file = tmp_path / "joined.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(file))
    bpy.ops.wm.open_mainfile(filepath=str(file))
    again = next(one for one in bpy.data.collections if one.get("nn_role") == "network")
    assert "All" in names(again)
    assert seen(again) == {joined, "output"}
    open_blocks(scene(), again, {joined: 1.0})
    assert seen(again) == {"front", "back", "output"}


def test_blocks_that_are_found_again_are_those_of_a_fresh_import(root, contents):
    rename_part(scene(), root, "front", "Entrance")
    find_again(scene(), root)
    assert read_description(root).opening.root == Opening.of(contents.network).root
    assert set(books(root)) == {block.id for block in Opening.of(contents.network).root.blocks}


def test_places_are_kept_of_parts_that_there_are_where_keys_are_not_baked_yet(root):
    front = books(root)["front"]
    front["nn_open"] = 0.5
    front.keyframe_insert('["nn_open"]', frame=1)
    take_apart(scene(), root, "back")
    _, opening = require_opening(root)
    there = {part.id for part in opening.root.walk()}
    assert "back" not in there
    assert {label.shown for label in opening.picture.labels} <= there
    assert are_keys_baked(root)


def test_a_film_follows_the_blocks_that_are_left(root):
    for frame, value in ((1, 0.0), (5, 1.0)):
        key_opening(scene(), root, "front", value, frame)
        key_opening(scene(), root, "back", value, frame)
    take_apart(scene(), root, "back")
    scene().frame_set(1)
    assert seen(root) == {"front", "flat", "odd", "hidden", "output"}
    scene().frame_set(5)
    assert seen(root) == {"pair", "pool", "flat", "odd", "hidden", "output"}
    take_apart(scene(), root, "front")
    assert not is_keyed(root)
    for frame in (1, 5):
        scene().frame_set(frame)
        assert seen(root) == {"pair", "pool", "flat", "odd", "hidden", "output"}
