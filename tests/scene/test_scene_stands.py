"""What is on stands in every state of opening: where lines end, what is picked, and whose flags come back."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import bpy
import numpy as np
import pytest
from bpy_extras.object_utils import world_to_camera_view
from made import made_contents, made_network
from mathutils import Matrix, Vector
from test_scene_connections import anchor_of, assert_drawn, drawn, everything, made_connections
from test_scene_picking import HEIGHT, WIDTH, under

from nn_blender.actions.network.remove_network import remove_network as remove_from_scene
from nn_blender.core.blocks.graph import LayerGraph
from nn_blender.core.blocks.hierarchy import NETWORK, Part, make_leaf, make_part
from nn_blender.core.blocks.opening import Opening
from nn_blender.core.layout.picture import ELEVATION, UNIT, Rect, floor_point
from nn_blender.core.network import Network
from nn_blender.scene.base import contract
from nn_blender.scene.base.curves import curves_of
from nn_blender.scene.base.find import data_blocks, network_modifier, objects
from nn_blender.scene.base.parts import Parts
from nn_blender.scene.base.sizes import LETTERS
from nn_blender.scene.base.versions import get_modifier_input
from nn_blender.scene.build import build_network, update_network
from nn_blender.scene.looks.hiding import set_hidden
from nn_blender.scene.looks.level_of_detail import set_follows
from nn_blender.scene.looks.visibility import show_part
from nn_blender.scene.maps.closeup_places import SIDE as CLOSEUP_SIDE
from nn_blender.scene.maps.closeups import add_closeup
from nn_blender.scene.network.description import change_description, read_layout, require_description
from nn_blender.scene.network.parts import network_parts
from nn_blender.scene.neurons.connections import set_of_all, show_connections
from nn_blender.scene.neurons.placing import positions_on, shown_positions, sort_layer
from nn_blender.scene.nodes.connections import THICKEST
from nn_blender.scene.opening.film import key_opening
from nn_blender.scene.opening.keys import is_keyed
from nn_blender.scene.opening.opening import OpeningChange, open_blocks, require_opening
from nn_blender.scene.opening.showing import show_picture
from nn_blender.scene.opening.together import fit_together, join_picture
from nn_blender.scene.remove import remove_network
from nn_blender.scene.resize_network import resize_network
from nn_blender.scene.stage.frame import share_frame
from nn_blender.scene.stage.frames_seen import frames_seen
from nn_blender.scene.stage.labels import show_measures

ALL = {"front": 1.0, "middle": 1.0}
STATES = [
    pytest.param(ALL, {"pool", "hidden", "output"}, id="open"),
    pytest.param({"front": 0.6, "middle": 1.0}, {"pool", "hidden", "output"}, id="more than half"),
    # The cover of a block that is less than half open still is in the place of its layer.
    pytest.param({"front": 1.0, "middle": 0.25}, {"pool", "output"}, id="quarter"),
    pytest.param({"middle": 1.0}, {"hidden", "output"}, id="one closed"),
]


def hierarchy(network: Network) -> Part:
    """Two blocks, and the layer that answers."""
    graph = LayerGraph(network)

    def block(name: str, *paths: str) -> Part:
        return make_part(graph, name, name, [make_leaf(graph, path, path) for path in paths])

    children = [
        make_leaf(graph, "picture", "picture"),
        block("front", "conv", "norm", "pool"),
        block("middle", "flat", "odd", "hidden"),
        make_leaf(graph, "output", "output"),
    ]
    return make_part(graph, "", network.name, children, kind=NETWORK)


def opening(opened: dict[str, float]) -> Opening:
    network = made_network()
    return Opening.of(network, root=hierarchy(network)).with_opened(network, opened)


def open_to(root: bpy.types.Collection, opened: dict[str, float]) -> Parts:
    network = require_description(root).network
    parts = network_parts(bpy.context.scene, network, root[contract.NETWORK], root)
    state = opening(opened)
    show_picture(parts, network, state.root, state.picture, read_layout(root, network))
    bpy.context.view_layer.update()
    return parts


def flags(obj: bpy.types.Object) -> tuple[bool, bool]:
    return obj.hide_viewport, obj.hide_render


@pytest.fixture
def root(tmp_path: Path, build_once: Callable[..., bpy.types.Collection]) -> bpy.types.Collection:
    root = build_once(build_network, made_contents(tmp_path), "id-1", True, None, None, opening(ALL))
    set_follows(anchor_of(root), "off")
    return root


@pytest.mark.parametrize(("opened", "seen"), STATES)
def test_lines_end_at_neurons_wherever_their_stands_are(
    root: bpy.types.Collection, opened: dict[str, float], seen: set[str]
) -> None:
    show_connections(bpy.context.scene, root, made_connections())
    set_of_all(root, True)
    open_to(root, opened)
    for one in made_connections().layers:
        if one.layer in seen and one.source in seen:
            assert_drawn(root, one, everything(one))
        else:
            assert not drawn(root, one.layer)


def test_lines_are_as_thick_as_the_smaller_neurons_they_join_look(root: bpy.types.Collection) -> None:
    show_connections(bpy.context.scene, root, made_connections())
    set_of_all(root, True)
    open_to(root, {"middle": 1.0})
    radii = []
    for layer in ("hidden", "output"):
        (obj,) = objects(root, "neurons", layer)
        radii.append(get_modifier_input(network_modifier(obj), "Radius") * obj.matrix_world.to_scale().z)
    assert max(radius for _, _, radius in drawn(root, "output")) == pytest.approx(THICKEST * min(radii), rel=1e-4)


def test_lines_into_a_closed_block_are_hidden_and_come_back(root: bpy.types.Collection) -> None:
    open_to(root, {"front": 1.0})
    show_connections(bpy.context.scene, root, made_connections())
    set_of_all(root, True)
    bpy.context.view_layer.update()
    assert all(obj.hide_viewport and obj.hide_render for obj in objects(root, "connections"))
    open_to(root, ALL)
    assert not any(obj.hide_viewport or obj.hide_render for obj in objects(root, "connections"))
    for one in made_connections().layers:
        assert_drawn(root, one, everything(one))


def test_sorting_reads_how_far_neurons_are_on_their_way(root: bpy.types.Collection) -> None:
    (obj,) = objects(root, "neurons", "hidden")
    before = shown_positions(obj)
    sort_layer(root, "hidden", np.arange(40)[::-1])
    anchor_of(root)["nn_sorted"] = 0.5
    np.testing.assert_allclose(shown_positions(obj), (before + before[::-1]) / 2, atol=1e-4)


def test_what_users_hid_is_hidden_again_when_its_block_opens(root: bpy.types.Collection) -> None:
    (cards,), (slab,) = objects(root, "card", "conv"), objects(root, "slab", "norm")
    set_hidden(cards, True, False)
    open_to(root, {})
    show_part(root, "neurons", False)
    assert flags(cards) == flags(slab) == (True, True)
    open_to(root, {"front": 1.0})
    assert flags(cards) == (True, False)
    assert flags(slab) == (False, False)
    (neurons,) = objects(root, "neurons", "conv")
    assert flags(neurons) == (True, True)


def test_what_is_made_inside_a_closed_block_is_seen_from_when_it_opens(
    root: bpy.types.Collection, tmp_path: Path
) -> None:
    open_to(root, {})
    gone = list(objects(root, "card", "conv"))
    bpy.data.batch_remove([*gone, *(obj.data for obj in gone)])
    update_network(bpy.context.scene, root, made_contents(tmp_path))
    open_to(root, {})
    (cards,) = objects(root, "card", "conv")
    assert flags(cards) == (True, True)
    open_to(root, {"front": 1.0})
    assert flags(cards) == (False, False)


def seen_at(point: Vector) -> tuple[float, float]:
    """Where in the picture a point of the anchor's space is seen."""
    return point.x / UNIT, -(point.y * math.sin(ELEVATION) + point.z * math.cos(ELEVATION)) / UNIT


@pytest.mark.parametrize("opened", [{}, ALL, {"front": 0.6}])
def test_large_maps_stand_in_the_frame_beside_what_is_seen(
    root: bpy.types.Collection, opened: dict[str, float]
) -> None:
    open_to(root, opened)
    change_description(root, opening=opening(opened))
    for layer, neuron in (("conv", 2), ("conv", 4), ("pool", 0)):
        add_closeup(bpy.context.scene, root, layer, neuron)
    bpy.context.view_layer.update()
    picture = opening(opened).picture
    rects = []
    for card in objects(root, "closeup"):
        (x, v), side = seen_at(card.matrix_world.translation - anchor_of(root).location), card.matrix_world.to_scale().z
        half = side * CLOSEUP_SIDE / UNIT / 2
        rects.append(Rect(x - half, v - half * math.cos(ELEVATION), 2 * half, 2 * half * math.cos(ELEVATION)))
    frame = picture.frame
    for rect in rects:
        assert frame.x <= rect.x
        assert rect.right <= frame.right
        assert frame.v <= rect.v
        assert rect.bottom <= frame.bottom
        # Where there is room, it covers nothing.
        assert sum(overlap(rect, book.rect) for book in picture.books) <= 0.15 * rect.width * rect.height
    assert all(overlap(one, other) == 0 for k, one in enumerate(rects) for other in rects[:k])


def overlap(one: Rect, other: Rect) -> float:
    across = min(one.right, other.right) - max(one.x, other.x)
    down = min(one.bottom, other.bottom) - max(one.v, other.v)
    return max(across, 0.0) * max(down, 0.0)


def test_large_maps_go_along_with_their_layers_while_blocks_open(root: bpy.types.Collection) -> None:
    open_to(root, {})
    change_description(root, opening=opening({}))
    add_closeup(bpy.context.scene, root, "conv", 2)
    (holder,) = objects(root, "closeup holder")
    change = OpeningChange(bpy.context.scene, root, {"front": 1.0})
    places = [seen_at(holder.location)]
    for step in range(1, 20):
        change.show(step / 20)
        places.append(seen_at(holder.location))
    assert max(math.dist(before, after) for before, after in pairwise(places)) < 0.25


def test_measures_stand_below_their_labels_and_close_with_their_blocks(root: bpy.types.Collection) -> None:
    show_measures(bpy.context.scene, root, True)
    bpy.context.view_layer.update()
    picture = opening(ALL).picture
    for holder in objects(root, "measures"):
        label = next(label for label in picture.labels if label.shown == holder[contract.LAYER])
        x, v = seen_at(holder.matrix_world.translation - anchor_of(root).location)
        letters = label.lines[-1].size
        assert x == pytest.approx(label.rect.x + label.rect.width / 2, abs=1e-4)
        assert label.rect.bottom < v < label.rect.bottom + 2 * letters
        assert holder.matrix_world.to_scale().z * LETTERS.measures == pytest.approx(UNIT * letters, rel=1e-4)
    open_to(root, {})
    (text,) = (obj for obj in objects(root, "label", "conv") if obj[contract.PART] == "measures")
    assert flags(text) == (True, True)
    show_measures(bpy.context.scene, root, False)
    show_measures(bpy.context.scene, root, True)
    (text,) = (obj for obj in objects(root, "label", "conv") if obj[contract.PART] == "measures")
    (store,) = (obj for obj in objects(root, "texts", "conv") if obj[contract.PART] == "measures")
    assert flags(text) == flags(store) == (True, True)
    open_to(root, ALL)
    assert flags(text) == (False, False)
    assert flags(store) == (True, True)


def look_at_picture(opened: dict[str, float], root: bpy.types.Collection) -> None:
    """A camera of the scene's own that sees the frame."""
    frame = opening(opened).picture.frame
    scene = bpy.context.scene
    scene.render.resolution_x, scene.render.resolution_y = WIDTH, HEIGHT
    camera = bpy.data.objects.new("eye", bpy.data.cameras.new("eye"))
    scene.collection.objects.link(camera)
    scene.camera = camera
    camera.data.type, camera.data.ortho_scale, camera.data.clip_end = "ORTHO", frame.width * UNIT, 1000.0
    turned = Matrix.Rotation(math.pi / 2 - ELEVATION, 4, "X")
    middle = Vector(floor_point((frame.x + frame.width / 2, frame.v + frame.height / 2)))
    camera.matrix_world = (
        Matrix.Translation(anchor_of(root).location + middle) @ turned @ Matrix.Translation((0, 0, 200))
    )
    bpy.context.view_layer.update()


@pytest.mark.parametrize("opened", [ALL, {"front": 0.7, "middle": 1.0}, {"middle": 1.0}, {"front": 1.0}])
def test_what_is_picked_is_what_is_seen_there(root: bpy.types.Collection, opened: dict[str, float]) -> None:
    open_to(root, opened)
    look_at_picture(opened, root)
    inside = {"front": ("conv", "norm", "pool"), "middle": ("flat", "odd", "hidden")}
    seen = ["output", *(layer for block in opened for layer in inside[block])]
    for layer in seen:
        for role in ("neurons", "card"):
            for obj in objects(root, role, layer):
                places = shown_positions(obj)
                for neuron in {0, len(places) // 2, len(places) - 1}:
                    picked = under(Vector(places[neuron]))
                    assert picked is not None
                    assert (picked.layer, picked.neuron) == (layer, neuron)
    # Of closed blocks nothing is met but what is seen of them.
    for block in inside.keys() - opened.keys():
        for layer in inside[block]:
            for neurons in objects(root, "neurons", layer):
                for place in positions_on(neurons, anchor_of(root)):
                    picked = under(anchor_of(root).matrix_world @ Vector(place))
                    assert picked is None or picked.layer not in inside[block]


def test_the_camera_sees_two_networks_that_are_turned_to_it(root: bpy.types.Collection, tmp_path: Path) -> None:
    scene = bpy.context.scene
    (camera,) = objects(root, "camera")
    second = build_network(scene, made_contents(tmp_path), "id-2", False, None, None, opening(ALL))
    share_frame(scene, root, second)
    scene.render.resolution_x, scene.render.resolution_y = WIDTH, HEIGHT
    bpy.context.view_layer.update()
    for one in (root, second):
        for slab in objects(one, "slab"):
            for corner in slab.bound_box:
                seen = world_to_camera_view(scene, camera, slab.matrix_world @ Vector(corner))
                assert 0 < seen.x < 1
                assert 0 < seen.y < 1
    (before,), (after,) = ([obj.matrix_world.translation for obj in objects(one, "anchor")] for one in (root, second))
    assert after.y < before.y
    remove_network(scene, second)
    open_blocks(scene, root, ALL)
    assert camera.data.ortho_scale == pytest.approx(opening(ALL).picture.frame.width * UNIT, rel=0.05)


def test_two_networks_below_each_other_fill_the_picture_and_one_alone_fills_it_again(
    root: bpy.types.Collection, tmp_path: Path
) -> None:
    scene = bpy.context.scene
    scene.render.resolution_x, scene.render.resolution_y = 1600, 900
    (camera,) = objects(root, "camera")
    second = build_network(scene, made_contents(tmp_path), "id-2", False, None, None, opening(ALL))
    open_blocks(scene, root, ALL)
    share_frame(scene, root, second)
    fit_together(scene, root)
    open_blocks(scene, second, {"front": 1.0})
    open_blocks(scene, second, ALL)
    pictures = [require_opening(one)[1].picture for one in (root, second)]
    for picture in pictures:
        assert picture.frame.width / picture.frame.height == pytest.approx(32 / 9)
        assert picture.frame.width * UNIT == pytest.approx(camera.data.ortho_scale, rel=0.01)
    frames = frames_seen(network_parts(scene, require_description(root).network, "id-1", root), camera)
    first, below = sorted(frames, key=lambda frame: frame.v)
    assert below.v == pytest.approx(first.bottom, rel=0.01)
    remove_from_scene(scene, second)
    picture = require_opening(root)[1].picture
    assert picture.frame.width / picture.frame.height == pytest.approx(16 / 9)
    assert picture.frame.width * UNIT == pytest.approx(camera.data.ortho_scale, rel=0.01)
    assert {tray.part for tray in picture.trays} == set(ALL)


@pytest.mark.parametrize("is_moved", [False, True])
def test_a_network_gets_the_stage_whose_picture_it_shared_when_that_ones_owner_goes(
    root: bpy.types.Collection, tmp_path: Path, is_moved: bool
) -> None:
    scene = bpy.context.scene
    scene.render.resolution_x, scene.render.resolution_y = 1600, 900
    (camera,) = objects(root, "camera")
    before = bpy.data.objects.new("Mine", bpy.data.cameras.new("Mine"))
    root[contract.PREVIOUS_CAMERA] = before
    second = build_network(scene, made_contents(tmp_path), "id-2", False, None, None, opening(ALL))
    share_frame(scene, root, second)
    fit_together(scene, root)
    if is_moved:
        camera.location.z += 1.0
    bpy.context.view_layer.update()
    place = camera.matrix_world.translation.copy()
    remove_from_scene(scene, root)
    assert list(data_blocks("id-1")) == []
    assert scene.camera == camera == next(objects(second, "camera"))
    assert len(list(objects(second, "light"))) == 2
    assert scene.world[contract.NETWORK] == "id-2"
    bpy.context.view_layer.update()
    if is_moved:
        assert (camera.matrix_world.translation - place).length < 1e-4
    else:
        frame = require_opening(second)[1].picture.frame
        assert frame.width / frame.height == pytest.approx(16 / 9)
        assert camera.data.ortho_scale == pytest.approx(UNIT * frame.width)
        (slab, *_) = objects(second, "slab")
        seen = world_to_camera_view(scene, camera, slab.matrix_world @ Vector(slab.bound_box[0]))
        assert 0 < seen.x < 1
        assert 0 < seen.y < 1
        (ground,) = objects(second, "floor")
        middle = world_to_camera_view(scene, camera, ground.matrix_world.translation)
        assert (middle.x, middle.y) == pytest.approx((0.5, 0.5), abs=0.01)
    remove_from_scene(scene, second)
    assert scene.camera == before


@pytest.fixture
def stacked(root: bpy.types.Collection, tmp_path: Path) -> list[bpy.types.Collection]:
    """Two networks below each other in a narrow picture, both closed, from the top."""
    scene = bpy.context.scene
    scene.render.resolution_x, scene.render.resolution_y = 450, 900
    second = build_network(scene, made_contents(tmp_path), "id-2", False, None, None, opening(ALL))
    share_frame(scene, root, second)
    for one in (root, second):
        open_blocks(scene, one, {})
    fit_together(scene, root)
    return [root, second]


def frames_below_each_other(stacked: list[bpy.types.Collection]) -> list[Rect]:
    """As one camera sees them; from the top."""
    (camera,) = objects(stacked[0], "camera")
    parts = network_parts(bpy.context.scene, require_description(stacked[0]).network, "id-1", stacked[0])
    return frames_seen(parts, camera)


def test_a_network_that_was_moved_aside_stays_there_when_another_comes_and_goes(
    stacked: list[bpy.types.Collection], tmp_path: Path
) -> None:
    scene, (upper, aside) = bpy.context.scene, stacked
    anchor = anchor_of(aside)
    anchor.location.x += 50.0
    place = anchor.location.copy()
    anchor_of(upper).location.x = 3.0
    third = build_network(scene, made_contents(tmp_path), "id-3", False, None, None, opening(ALL))
    join_picture(scene, upper, third)
    assert anchor.location == place
    assert anchor_of(third).location.x == 3.0
    for one in (upper, third):
        assert ratio(one) == pytest.approx(2 * 0.5)
    remove_from_scene(scene, third)
    assert anchor.location == place
    assert ratio(upper) == pytest.approx(0.5)


def ratio(root: bpy.types.Collection) -> float:
    frame = require_opening(root)[1].picture.frame
    return frame.width / frame.height


def test_layers_of_other_sizes_have_their_share_of_the_picture(
    stacked: list[bpy.types.Collection], tmp_path: Path
) -> None:
    upper = stacked[0]
    resize_network(bpy.context.scene, upper, made_contents(tmp_path))
    assert ratio(upper) == pytest.approx(2 * 0.5)
    first, below = frames_below_each_other(stacked)
    assert below.v == pytest.approx(first.bottom, abs=1e-4)


def test_nothing_of_a_film_stays_when_layers_get_other_sizes(root: bpy.types.Collection, tmp_path: Path) -> None:
    scene = bpy.context.scene
    for frame, value in ((1, 0.0), (10, 1.0)):
        key_opening(scene, root, "front", value, frame)
    resize_network(scene, root, made_contents(tmp_path))
    assert not is_keyed(root)
    assert contract.FILMED not in root
    for obj in (anchor_of(root), next(objects(root, "camera"))):
        assert not len(curves_of(obj)), obj.name
        assert contract.FILMED not in obj


def test_networks_below_each_other_stay_apart_while_the_upper_one_opens(stacked: list[bpy.types.Collection]) -> None:
    scene, (upper, lower) = bpy.context.scene, stacked
    (camera,) = objects(upper, "camera")
    small = frames_below_each_other(stacked)[0]
    change = OpeningChange(scene, upper, ALL)
    for share in (0.3, 0.7, 1.0):
        change.show(share)
        first, below = frames_below_each_other(stacked)
        assert below.v == pytest.approx(first.bottom, abs=1e-4)
    change.finish()
    first, below = frames_below_each_other(stacked)
    assert first.height > 1.2 * small.height
    assert below.v == pytest.approx(first.bottom, abs=1e-4)
    assert camera.data.ortho_scale >= UNIT * max(first.width, (first.height + below.height) / 2) - 1e-3
    open_blocks(scene, lower, {"front": 1.0})
    open_blocks(scene, upper, {})
    first, below = frames_below_each_other(stacked)
    assert below.v == pytest.approx(first.bottom, abs=1e-4)


def test_a_network_that_was_moved_aside_stays_there(stacked: list[bpy.types.Collection]) -> None:
    anchor = anchor_of(stacked[1])
    anchor.location.x += 100.0
    before = anchor.location.copy()
    open_blocks(bpy.context.scene, stacked[0], ALL)
    assert anchor.location == before


def test_keys_made_inside_a_closed_block_count_from_when_it_opens(root: bpy.types.Collection) -> None:
    scene = bpy.context.scene
    (slab,), (other,) = objects(root, "slab", "conv"), objects(root, "slab", "output")
    open_to(root, {})
    scene.tool_settings.use_keyframe_insert_auto = True
    scene.frame_set(1)
    show_part(root, "slab", False)
    scene.frame_set(10)
    show_part(root, "slab", True)
    scene.tool_settings.use_keyframe_insert_auto = False
    for frame in (1, 5, 10, 12):
        scene.frame_set(frame)
        assert flags(slab) == (True, True)
        assert flags(other) == (frame < 10, frame < 10)
    open_to(root, ALL)
    for frame in (1, 5, 10, 12):
        scene.frame_set(frame)
        assert flags(slab) == (frame < 10, frame < 10)
    open_to(root, {})
    for frame in (1, 10):
        scene.frame_set(frame)
        assert flags(slab) == (True, True)
