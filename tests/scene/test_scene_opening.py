"""Opening and closing blocks in the scene: what stands where, what is hidden, and that values stay."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import bpy
import numpy as np
import pytest
from made import build_in_blocks, made_contents, made_hierarchy

from nn_blender.core.blocks.answers import answers_of
from nn_blender.core.blocks.arranging import arrange
from nn_blender.core.errors import UserError
from nn_blender.core.layout.picture import UNIT, world_point
from nn_blender.scene.base import meshes
from nn_blender.scene.base.curves import find_curve
from nn_blender.scene.base.find import is_closed, objects
from nn_blender.scene.blocks.trays import heights_on_trays
from nn_blender.scene.build import build_network, update_network
from nn_blender.scene.looks.hiding import hidden, key_hidden, set_hidden
from nn_blender.scene.network.contents import Contents
from nn_blender.scene.network.description import read_description
from nn_blender.scene.opening.film import bake_opening, clear_opening_keys, key_opening
from nn_blender.scene.opening.keys import are_keys_baked, is_keyed
from nn_blender.scene.opening.opening import OpeningChange, open_blocks, opened, require_opening
from nn_blender.scene.stage.part_labels import fill_labels


@pytest.fixture
def contents(tmp_path: Path) -> Contents:
    return made_contents(tmp_path, samples=2)


@pytest.fixture
def root(contents: Contents, build_once: Callable[..., bpy.types.Collection]) -> bpy.types.Collection:
    return build_once(build_in_blocks, contents, "id-1")


def scene() -> bpy.types.Scene:
    return bpy.context.scene


def places(root: bpy.types.Collection) -> dict[str, np.ndarray]:
    return {stand.name: np.array(stand.matrix_basis) for stand in objects(root, "stand")}


def seen(root: bpy.types.Collection) -> set[str]:
    """Layers whose slabs are seen in renders."""
    return {slab["nn_layer"] for slab in objects(root, "slab") if not slab.hide_render}


def test_blocks_open_where_the_picture_has_them(root, contents):
    assert opened(root) == {}
    assert seen(root) == {"output"}
    open_blocks(scene(), root, {"front": 1.0})
    assert opened(root) == {"front": 1.0}
    assert seen(root) == {"pool", "output"}
    hierarchy = made_hierarchy(contents)
    answers = answers_of(contents.network, contents.outputs, contents.classes)
    picture = arrange(contents.network, hierarchy, {"front": 1.0}, answers=answers, inputs=contents.inputs)
    heights = heights_on_trays(hierarchy, picture.trays)
    feet = {book.part: UNIT * np.array(world_point(book.foot, heights.get(book.part, 0.0))) for book in picture.books}
    for layer in ("pool", "output"):
        (stand,) = objects(root, "stand", layer)
        np.testing.assert_allclose(stand.location, feet[layer], rtol=1e-5, atol=1e-5)


def test_opening_and_closing_brings_everything_back_to_its_place(root):
    before, values = places(root), activations(root)
    open_blocks(scene(), root, {"front": 1.0, "pair": 1.0, "back": 1.0})
    assert seen(root) == {"conv", "norm", "pool", "flat", "odd", "hidden", "output"}
    open_blocks(scene(), root, {})
    assert seen(root) == {"output"}
    after = places(root)
    output = next(objects(root, "stand", "output")).name
    np.testing.assert_allclose(after[output], before[output], rtol=1e-5, atol=1e-5)
    for layer, own in activations(root).items():
        np.testing.assert_array_equal(own, values[layer])


def activations(root: bpy.types.Collection) -> dict[str, np.ndarray]:
    return {obj["nn_layer"]: meshes.read_samples(obj.data, "activation") for obj in objects(root, "neurons")}


def test_what_a_block_has_inside_stays_open_while_it_is_closed(root):
    open_blocks(scene(), root, {"front": 1.0, "pair": 1.0})
    open_blocks(scene(), root, {"pair": 1.0})
    assert seen(root) == {"output"}
    assert opened(root) == {"pair": 1.0}


def test_a_step_on_the_way_shows_what_is_inside_and_writes_nothing(root):
    change = OpeningChange(scene(), root, {"front": 1.0})
    text = root["nn_text"].as_string()
    change.show(0.5)
    assert "pool" in seen(root)
    assert root["nn_text"].as_string() == text
    change.show(1.0)
    shown = places(root)
    change.finish()
    for name, place in places(root).items():
        np.testing.assert_array_equal(place, shown[name])
    assert read_description(root).opening == change.end


def test_blocks_that_are_not_there_cannot_be_opened(root):
    with pytest.raises(UserError) as caught:
        open_blocks(scene(), root, {"middle": 1.0})
    assert caught.value.code == "opening.unknown_block"
    assert opened(root) == {}


def test_the_way_to_a_part_leads_through_the_blocks_around_it(contents):
    hierarchy = made_hierarchy(contents)
    ways = {id_: [part.id for part in hierarchy.way_to(id_)] for id_ in ("conv", "pair", "front", "nobody")}
    assert ways == {"conv": ["front", "pair", "conv"], "pair": ["front", "pair"], "front": ["front"], "nobody": []}


def test_blocks_of_a_row_cannot_be_opened(root, contents):
    row = build_network(scene(), contents, "id-2")
    with pytest.raises(UserError) as caught:
        open_blocks(scene(), row, {})
    assert caught.value.code == "opening.none"


def film_places(root: bpy.types.Collection) -> dict[str, list[float]]:
    """Where stands and books are at the current frame, of what is seen."""
    slabs = {slab["nn_layer"]: slab for slab in objects(root, "slab")}
    shown = {stand.name: slabs.get(stand.get("nn_layer"), stand) for stand in objects(root, "stand")}
    shown |= {book.name: book for book in objects(root, "book")}
    for obj in shown.values():
        assert obj.hide_viewport == obj.hide_render
    return {
        name: [*bpy.data.objects[name].location, *bpy.data.objects[name].scale]
        for name, obj in shown.items()
        if not obj.hide_render
    }


def check_places(found: dict[str, list[float]], expected: dict[str, list[float]]) -> None:
    assert found.keys() == expected.keys()
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, rtol=1e-4, atol=1e-4, err_msg=name)


FRAMES = (1, 5, 10, 14, 20, 24)


@pytest.fixture
def filmed(root) -> dict[int, dict[str, list[float]]]:
    """A network whose blocks open by keys, and what its state of opening asks for at some frames."""
    key_opening(scene(), root, "front", 0.0, 1)
    key_opening(scene(), root, "front", 1.0, 10)
    key_opening(scene(), root, "back", 0.0, 10)
    key_opening(scene(), root, "back", 1.0, 20)
    curves = {book["nn_block"]: find_curve(book, '["nn_open"]') for book in objects(root, "book")}
    change = OpeningChange(scene(), root, {"front": 1.0, "back": 1.0})
    values = {frame: {id_: curves[id_].evaluate(frame) for id_ in ("front", "back")} for frame in FRAMES}
    assert 0 < values[5]["front"] < 1 == values[14]["front"]
    expected = {}
    for frame, states in values.items():
        change.show_picture(change.picture_of(states))
        expected[frame] = film_places(root)
    bake_opening(scene(), root)
    return expected


def test_a_film_shows_at_every_frame_what_its_keys_ask_for(root, filmed):
    assert is_keyed(root)
    for frame in reversed(FRAMES):
        scene().frame_set(frame)
        check_places(film_places(root), filmed[frame])


def test_a_film_plays_without_the_extension(root, filmed, tmp_path):
    file = tmp_path / "film.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(file), copy=True)
    script = f"""
import bpy, json
bpy.ops.wm.open_mainfile(filepath={str(file)!r})
found = {{}}
for frame in {FRAMES}:
    bpy.context.scene.frame_set(frame)
    objs = bpy.data.objects
    slabs = {{o["nn_layer"]: o for o in objs if o.get("nn_role") == "slab"}}
    moving = [o for o in objs if o.get("nn_role") in ("stand", "book")]
    moving = [o for o in moving if not slabs.get(o.get("nn_layer"), o).hide_render]
    found[frame] = {{o.name: [*o.location, *o.scale] for o in moving}}
print("FOUND", json.dumps(found))
"""
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    found = json.loads(next(line for line in out.splitlines() if line.startswith("FOUND"))[6:])
    for frame in FRAMES:
        check_places(found[str(frame)], filmed[frame])


def test_keys_that_were_edited_are_told_and_baked_again(root, filmed):
    assert are_keys_baked(root)
    curve = find_curve(next(book for book in objects(root, "book") if book["nn_block"] == "front"), '["nn_open"]')
    curve.keyframe_points[1].co.y = 0.0
    curve.update()
    assert not are_keys_baked(root)
    bake_opening(scene(), root)
    assert are_keys_baked(root)
    scene().frame_set(10)
    assert seen(root) == {"output"}


def test_clearing_keys_leaves_what_is_open_by_hand(root, filmed, contents):
    values = activations(root)
    clear_opening_keys(scene(), root)
    assert not is_keyed(root)
    assert not [action for action in bpy.data.actions if action.get("nn_role") == "film"]
    for frame in (1, 20):
        scene().frame_set(frame)
        assert seen(root) == {"output"}
    for layer, own in activations(root).items():
        np.testing.assert_array_equal(own, values[layer])


def test_the_camera_follows_after_a_film_was_baked_again_or_cleared(root, filmed):
    camera = scene().camera
    widths = {}
    for frame in FRAMES:
        scene().frame_set(frame)
        widths[frame] = camera.data.ortho_scale
    assert len(set(widths.values())) > 2
    scene().frame_set(5)
    bake_opening(scene(), root)
    for frame in FRAMES:
        scene().frame_set(frame)
        assert camera.data.ortho_scale == pytest.approx(widths[frame])
    scene().frame_set(5)
    clear_opening_keys(scene(), root)
    for states in ({}, {"front": 1.0}):
        open_blocks(scene(), root, states)
        frame = require_opening(root)[1].picture.frame
        assert camera.data.ortho_scale == pytest.approx(UNIT * frame.width)


def test_a_film_goes_on_after_other_measurements_are_shown(root, filmed, contents):
    update_network(scene(), root, contents)
    for frame in FRAMES:
        scene().frame_set(frame)
        check_places(film_places(root), filmed[frame])


def test_labels_of_a_film_are_where_the_pictures_have_them(root, filmed):
    (labels,) = (obj for obj in objects(root, "label") if obj.get("nn_part") == "parts")
    change = OpeningChange(scene(), root, {"front": 1.0, "back": 1.0})
    front = find_curve(next(book for book in objects(root, "book") if book["nn_block"] == "front"), '["nn_open"]')
    for frame in (1, 5, 10):
        picture = change.picture_of({"front": front.evaluate(frame)})
        scene().frame_set(frame)
        moment = next(obj for obj in root.all_objects if "nn_moment" in obj)["nn_moment"]
        assert moment == int(moment)
        sizes = meshes.read_floats(labels.data, f"size.{int(moment)}")
        found = np.empty(3 * len(sizes), np.float32)
        labels.data.attributes[f"at.{int(moment)}"].data.foreach_get("vector", found)
        places = sorted(map(tuple, found.reshape(-1, 3)[sizes > 0].round(3).tolist()))
        _, (expected,) = fill_labels(change.parts, [picture])
        shown = expected.values["size"] > 0
        assert places == sorted(map(tuple, expected.positions[shown].round(3).tolist()))


def slab_of(root: bpy.types.Collection, layer: str) -> bpy.types.Object:
    return next(objects(root, "slab", layer))


def key_flag(obj: bpy.types.Object, frame: int, is_hidden: bool) -> None:
    obj.hide_render = is_hidden
    obj.keyframe_insert("hide_render", frame=frame)


def test_keys_of_users_go_on_to_hide_what_a_film_opens(root):
    open_blocks(scene(), root, {"front": 1.0})
    pool = slab_of(root, "pool")
    for frame, is_hidden in ((1, False), (12, True), (16, False)):
        key_flag(pool, frame, is_hidden)
    for point in find_curve(pool, "hide_render").keyframe_points:
        point.interpolation = "CONSTANT"
    open_blocks(scene(), root, {})
    for frame, value in ((1, 0.0), (10, 1.0), (30, 0.0)):
        key_opening(scene(), root, "front", value, frame)
    seen_at = {}
    # The block's own book shows its cover until it is half open.
    for frame in (1, 8, 10, 12, 14, 16, 18, 26, 30, 40):
        scene().frame_set(frame)
        seen_at[frame] = not pool.hide_render
        assert pool.hide_viewport == (frame in (1, 26, 30, 40))
    assert [frame for frame, is_seen in seen_at.items() if is_seen] == [8, 10, 16, 18]
    clear_opening_keys(scene(), root)
    open_blocks(scene(), root, {"front": 1.0})
    for frame, is_seen in ((1, True), (12, False), (14, False), (16, True)):
        scene().frame_set(frame)
        assert pool.hide_render != is_seen


def test_what_is_hidden_for_its_own_sake_is_told_at_every_frame_of_a_film(root, filmed):
    pool, conv = slab_of(root, "pool"), slab_of(root, "conv")
    for frame, is_seen in ((1, False), (10, True), (1, False)):
        scene().frame_set(frame)
        assert hidden(pool) == (False, False)
        assert is_closed(pool) != is_seen
        # Another block is around it, which no key opens.
        assert is_closed(conv)
    scene().frame_set(10)
    set_hidden(pool, viewport=True, render=True)
    for frame in (1, 10, 24):
        scene().frame_set(frame)
        assert pool.hide_render
        assert hidden(pool) == (True, True)
    set_hidden(pool, viewport=False, render=False)
    scene().frame_set(24)
    assert not pool.hide_render
    clear_opening_keys(scene(), root)
    assert "nn_closed" not in pool
    assert hidden(pool) == (False, False)


def test_flags_keyed_in_a_film_hide_at_their_frames(root, filmed):
    pool = slab_of(root, "pool")
    for frame, is_hidden in ((10, False), (14, True), (18, False)):
        scene().frame_set(frame)
        set_hidden(pool, is_hidden, is_hidden)
        key_hidden(pool)
    for frame, is_seen in ((1, False), (12, True), (14, False), (16, False), (18, True), (24, True)):
        scene().frame_set(frame)
        assert pool.hide_render != is_seen


def test_what_has_no_animation_any_more_is_hidden_by_hand_and_by_keys(root, filmed):
    pool = slab_of(root, "pool")
    scene().frame_set(10)
    pool.animation_data_clear()
    for is_hidden in (True, False):
        set_hidden(pool, is_hidden, is_hidden)
        scene().frame_set(24)
        assert pool.hide_render == is_hidden
    for frame, is_hidden in ((10, False), (14, True)):
        scene().frame_set(frame)
        set_hidden(pool, is_hidden, is_hidden)
        key_hidden(pool)
    for frame, is_hidden in ((1, False), (12, False), (14, True), (24, True)):
        scene().frame_set(frame)
        assert pool.hide_render == is_hidden
    clear_opening_keys(scene(), root)
    assert "nn_closed" not in pool


def detail(root: bpy.types.Collection, quantity: str) -> np.ndarray:
    (obj,) = objects(root, "detail")
    return meshes.read_floats(obj.evaluated_get(bpy.context.evaluated_depsgraph_get()).data, quantity)


def test_spheres_of_a_film_are_large_enough_to_be_seen_at_the_frames_at_which_they_are(root, filmed):
    """What is told of the sizes on stands changes with the stands."""
    (anchor,) = objects(root, "anchor")
    anchor["nn_lod_maps"] = 0.02
    anchor.update_tag()
    found = {}
    for frame in (7, 10):
        scene().frame_set(frame)
        found[frame] = detail(root, "maps")
    front = find_curve(next(book for book in objects(root, "book") if book["nn_block"] == "front"), '["nn_open"]')
    values = {frame: front.evaluate(frame) for frame in found}
    clear_opening_keys(scene(), root)
    change = OpeningChange(scene(), root, {"front": 1.0, "back": 1.0})
    for frame, value in values.items():
        change.show_picture(change.picture_of({"front": value}))
        bpy.context.view_layer.update()
        np.testing.assert_allclose(found[frame], detail(root, "maps"), atol=1e-3)
    assert not np.allclose(found[7], found[10])
