"""Networks whose blocks the distance opens: what is seen from where, that nothing moves, and that it can be undone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from mathutils import Vector
from nested_by_distance import built, depsgraph, hierarchy, see, shapes
from test_scene_zoo import made_contents

from nn_blender.core.blocks.hierarchy import Part
from nn_blender.core.errors import UserError
from nn_blender.core.layout.projection import View
from nn_blender.scene.base import contract, meshes
from nn_blender.scene.base.find import networks, objects
from nn_blender.scene.blocks.distances import is_seen_at_distance, open_at_distance
from nn_blender.scene.build import update_network
from nn_blender.scene.looks.level_of_detail import set_fixed
from nn_blender.scene.network.description import require_description
from nn_blender.scene.neurons.picking import pick
from nn_blender.scene.opening.by_distance import is_by_distance, set_by_distance
from nn_blender.scene.opening.film import clear_opening_keys, key_opening
from nn_blender.scene.opening.opening import open_blocks, opened
from nn_blender.scene.stage.labels import show_measures

WIDTHS = [40.0 * 1.25**step for step in range(24)]
"""Of orthographic views, in Blender units, from near to far."""


@pytest.fixture
def root(build_once: Callable[..., bpy.types.Collection]) -> bpy.types.Collection:
    return build_once(lambda _scene: built())


def drawn() -> set[str]:
    return {name for name, shape in shapes().items() if any(shape)}


def books_seen(root: bpy.types.Collection) -> set[str]:
    names = drawn()
    return {book[contract.BLOCK] for book in objects(root, "book") if book.name in names}


def layers_seen(root: bpy.types.Collection) -> set[str]:
    names = drawn()
    return {slab[contract.LAYER] for slab in objects(root, "slab") if slab.name in names}


def covering(root: bpy.types.Collection) -> Counter[str]:
    """How many things show each layer: its slab, or a book of a block that it is in."""
    shown = Counter(layers_seen(root))
    books = books_seen(root)
    for block in hierarchy(root).blocks:
        if block.id in books:
            shown.update(leaf.cover for leaf in block.leaves)
    return shown


def test_from_afar_each_block_of_the_top_level_is_one_book(root: bpy.types.Collection) -> None:
    set_by_distance(bpy.context.scene, root, True)
    see(1e4)
    top = {part.id for part in hierarchy(root).children if part.is_block}
    assert books_seen(root) == top
    assert layers_seen(root) == {part.cover for part in hierarchy(root).children if part.kind == "layer"}
    (trays,) = objects(root, "tray")
    assert shapes()[trays.name][0] == 0


def test_close_by_all_layers_are_seen_and_no_book(root: bpy.types.Collection) -> None:
    set_by_distance(bpy.context.scene, root, True)
    see(1.0)
    assert books_seen(root) == set()
    assert layers_seen(root) == {layer.path for layer in require_description(root).network.layers}


@pytest.mark.parametrize("lens", ["orthographic", "perspective"])
def test_every_layer_is_shown_once_and_more_opens_the_nearer_one_is(root: bpy.types.Collection, lens: str) -> None:
    set_by_distance(bpy.context.scene, root, True)
    layers = [layer.path for layer in require_description(root).network.layers]
    before: set[str] = set()
    steps = 0
    for _ in views(lens):
        assert covering(root) == Counter(layers)
        opens = {id_ for id_, is_open in open_at_distance(root, depsgraph()).items() if is_open}
        assert before <= opens
        steps += opens > before
        before = opens
    assert steps >= 4


def views(lens: str) -> Iterator[None]:
    """From far to near."""
    camera: Any = bpy.context.scene.camera
    ahead = camera.matrix_world.to_quaternion() @ Vector((0.0, 0.0, -1.0))
    seen = camera.location - ahead * camera.location.z / ahead.z
    for width in reversed(WIDTHS):
        if lens == "perspective":
            camera.data.type = "PERSP"
            camera.location = seen - ahead * width
        else:
            camera.data.ortho_scale = width
        depsgraph()
        yield


def test_zooming_out_closes_one_block_after_another(root: bpy.types.Collection) -> None:
    set_by_distance(bpy.context.scene, root, True)
    closed: list[int] = []
    width = 10.0
    while not closed or closed[-1] < len(hierarchy(root).blocks):
        see(width)
        closed.append(sum(not is_open for is_open in open_at_distance(root, depsgraph()).values()))
        width *= 1.01
    assert max(np.diff(closed)) <= 1
    assert min(np.diff(closed)) >= 0


def test_the_same_view_shows_the_same_wherever_one_was_before(root: bpy.types.Collection) -> None:
    set_by_distance(bpy.context.scene, root, True)
    found: dict[float, dict[str, tuple[int, int]]] = {}
    for width in WIDTHS[::3]:
        see(width)
        found[width] = shapes()
    assert len({str(one) for one in found.values()}) >= 4
    for width in reversed(WIDTHS[::3]):
        see(width)
        assert shapes() == found[width]


def test_nothing_moves(root: bpy.types.Collection) -> None:
    set_by_distance(bpy.context.scene, root, True)
    see(WIDTHS[0])
    places = {obj.name: obj.matrix_world.copy() for obj in root.all_objects if obj.type != "CAMERA"}
    for width in WIDTHS[5::6]:
        see(width)
        assert {obj.name: obj.matrix_world for obj in root.all_objects if obj.type != "CAMERA"} == places


def test_ribbons_and_labels_belong_to_what_is_seen(root: bpy.types.Collection) -> None:
    set_by_distance(bpy.context.scene, root, True)
    (ribbons,), (trays,) = objects(root, "ribbon"), objects(root, "tray")
    (labels,) = (obj for obj in objects(root, "label") if obj.get(contract.PART) == "parts")
    counts = []
    for width in (1.0, 100.0, 1e4):
        see(width)
        counts.append(shapes()[trays.name][0])
        assert shapes()[ribbons.name][0] > 0
    assert counts[0] > counts[1] > counts[2] == 0
    # From afar no line but those of what stands on the floor can be seen.
    mesh: Any = labels.data
    inside = meshes.read_integers(mesh, "inside")
    assert (inside < 0).any()
    assert (inside >= 0).any()
    see(1e4)
    named = {part.name for part in hierarchy(root).children if part.is_block}
    assert shapes()[labels.name][1] >= sum(len(name) for name in named)


def test_by_hand_all_is_as_before(root: bpy.types.Collection) -> None:
    some = [hierarchy(root).blocks[0].id]
    open_blocks(bpy.context.scene, root, dict.fromkeys(some, 1.0))
    camera: Any = bpy.context.scene.camera
    before = state(root)
    wide, written = camera.data.ortho_scale, dict(opened(root))
    set_by_distance(bpy.context.scene, root, True)
    assert is_by_distance(root)
    assert opened(root) == written
    assert state(root) != before
    set_by_distance(bpy.context.scene, root, False)
    assert not is_by_distance(root)
    assert opened(root) == written
    assert state(root) == before
    assert camera.data.ortho_scale == pytest.approx(wide)


def state(root: bpy.types.Collection) -> dict[str, object]:
    shown = shapes()
    return {
        obj.name: (
            None if obj.hide_viewport else [round(value, 4) for row in obj.matrix_world for value in row],
            obj.hide_viewport,
            obj.hide_render,
            [modifier.name for modifier in obj.modifiers],
            # The object that holds texts keeps those that were shown before.
            None if obj.get("nn_part") == "parts" else shown.get(obj.name),
        )
        for obj in root.all_objects
    }


def test_a_saved_file_shows_the_same(root: bpy.types.Collection, tmp_path: Path) -> None:
    set_by_distance(bpy.context.scene, root, True)
    see(100.0)
    before, books = shapes(), books_seen(root)
    file = str(tmp_path / "saved.blend")
    bpy.ops.wm.save_as_mainfile(filepath=file)
    bpy.ops.wm.open_mainfile(filepath=file)
    (again,) = networks(bpy.context.scene)
    see(100.0)
    assert is_by_distance(again)
    assert books_seen(again) == books
    assert shapes() == before


def test_new_measurements_keep_it(root: bpy.types.Collection) -> None:
    set_by_distance(bpy.context.scene, root, True)
    see(100.0)
    before, books = state(root), books_seen(root)
    update_network(bpy.context.scene, root, made_contents(require_description(root).network))
    see(100.0)
    assert books_seen(root) == books
    assert state(root) == before


def test_what_is_opened_meanwhile_is_open_by_hand_afterwards(root: bpy.types.Collection) -> None:
    block = hierarchy(root).blocks[0].id
    set_by_distance(bpy.context.scene, root, True)
    before = books_seen(root)
    open_blocks(bpy.context.scene, root, {block: 1.0})
    assert books_seen(root) == before
    set_by_distance(bpy.context.scene, root, False)
    assert block not in books_seen(root)
    assert len(books_seen(root)) == len([part for part in hierarchy(root).blocks if is_next(root, part, block)])


def is_next(root: bpy.types.Collection, part: Part, opened_block: str) -> bool:
    """Whether a block is seen as a book while only one of the top level is open."""
    way = [one.id for one in hierarchy(root).way_to(part.id)]
    return len(way) == 1 + (way[0] == opened_block) and part.id != opened_block


def test_keys_and_distance_do_not_mix(root: bpy.types.Collection) -> None:
    block = hierarchy(root).blocks[0].id
    key_opening(bpy.context.scene, root, block, 1.0, 1)
    with pytest.raises(UserError) as caught:
        set_by_distance(bpy.context.scene, root, True)
    assert caught.value.code == "opening.keyed"
    clear_opening_keys(bpy.context.scene, root)
    set_by_distance(bpy.context.scene, root, True)
    with pytest.raises(UserError) as caught:
        key_opening(bpy.context.scene, root, block, 1.0, 1)
    assert caught.value.code == "opening.by_distance"


def test_what_is_in_a_closed_book_is_not_picked(root: bpy.types.Collection) -> None:
    set_by_distance(bpy.context.scene, root, True)
    see(1e4)
    opened_now = list(open_at_distance(root, depsgraph()).values())
    inside = {leaf.cover for block in hierarchy(root).blocks for leaf in block.leaves}
    for obj in objects(root, "neurons"):
        assert is_seen_at_distance(obj, opened_now) == (obj[contract.LAYER] not in inside)
    see(1.0)
    opened_now = list(open_at_distance(root, depsgraph()).values())
    assert all(is_seen_at_distance(obj, opened_now) for obj in objects(root, "neurons"))


def test_nothing_is_known_of_a_network_that_is_not_in_the_view_layer(root: bpy.types.Collection) -> None:
    set_by_distance(bpy.context.scene, root, True)
    see(1.0)
    assert all(open_at_distance(root, depsgraph()).values())
    bpy.context.view_layer.layer_collection.children[root.name].exclude = True
    assert open_at_distance(root, depsgraph()) == dict.fromkeys((block.id for block in hierarchy(root).blocks), False)
    view = View(np.array(bpy.context.scene.camera.matrix_world.inverted()), 100, 100)
    assert pick(bpy.context, view, 50.0, 50.0) is None


def test_what_is_picked_is_what_is_seen_where_somebody_removed_the_blocks_places(root: bpy.types.Collection) -> None:
    set_by_distance(bpy.context.scene, root, True)
    (distances,) = objects(root, "distance")
    bpy.data.objects.remove(distances)
    see(1.0)
    assert open_at_distance(root, depsgraph()) == {}
    seen = layers_seen(root)
    for obj in objects(root, "neurons"):
        assert is_seen_at_distance(obj, []) == (obj[contract.LAYER] in seen)


def test_what_is_made_meanwhile_is_seen_with_its_layer(root: bpy.types.Collection) -> None:
    set_by_distance(bpy.context.scene, root, True)
    show_measures(bpy.context.scene, root, show=True)
    inside = {leaf.cover for block in hierarchy(root).blocks for leaf in block.leaves}
    for width in (1e4, 1.0):
        see(width)
        told = [obj for obj in root.all_objects if obj.get("nn_part") == "measures" and obj.type == "MESH"]
        assert told
        opened_now = list(open_at_distance(root, depsgraph()).values())
        for obj in told:
            assert is_seen_at_distance(obj, opened_now) == (width == 1.0 or obj.parent["nn_layer"] not in inside)


def test_books_show_from_afar_what_they_show_closed_by_hand(root: bpy.types.Collection) -> None:
    open_blocks(bpy.context.scene, root, {})
    before = {book.name: evaluated(book) for book in objects(root, "book") if book.name in drawn()}
    set_by_distance(bpy.context.scene, root, True)
    see(1e4)
    after = {book.name: evaluated(book) for book in objects(root, "book") if book.name in drawn()}
    assert after.keys() == before.keys()
    for name, (shape, glow) in before.items():
        assert after[name][0] == shape
        np.testing.assert_array_equal(after[name][1], glow)


def evaluated(book: Any) -> tuple[tuple[int, int], np.ndarray]:
    return shapes()[book.name], meshes.read_floats(book.evaluated_get(depsgraph()).data, "glow")


def test_tiers_inside_what_is_open_by_hand_depend_on_the_view_alone(root: bpy.types.Collection) -> None:
    open_blocks(bpy.context.scene, root, dict.fromkeys((block.id for block in hierarchy(root).blocks), 1.0))
    found = []
    for width in (10.0, 1e3, 1e5):
        see(width)
        found.append(shapes())
    assert found[0] != found[1]
    for width, before in ((1e3, found[1]), (10.0, found[0]), (1e5, found[2])):
        see(width)
        assert shapes() == before
    open_blocks(bpy.context.scene, root, {})
    see(10.0)
    open_blocks(bpy.context.scene, root, dict.fromkeys((block.id for block in hierarchy(root).blocks), 1.0))
    see(1e3)
    labels = {obj.name for obj in root.all_objects if obj.get("nn_part") == "parts"}
    assert {name: shape for name, shape in shapes().items() if name not in labels} == {
        name: shape for name, shape in found[1].items() if name not in labels
    }


def test_a_tier_may_be_the_same_at_any_distance(root: bpy.types.Collection) -> None:
    set_by_distance(bpy.context.scene, root, True)
    (anchor,) = objects(root, "anchor")
    see(1.0)
    set_fixed(anchor, "blocks")
    assert books_seen(root) == {part.id for part in hierarchy(root).children if part.is_block}
    set_fixed(anchor, "layers")
    see(1e4)
    assert books_seen(root) == set()
