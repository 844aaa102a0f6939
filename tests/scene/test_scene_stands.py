"""What is on stands in every state of opening: where lines end, what is picked, and whose flags come back."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import bpy
import numpy as np
import pytest
from made import made_contents, made_network
from mathutils import Matrix, Vector
from test_scene_connections import anchor_of, assert_drawn, drawn, everything, made_connections
from test_scene_picking import HEIGHT, WIDTH, under

from nn_blender.core.blocks.graph import LayerGraph
from nn_blender.core.blocks.hierarchy import NETWORK, Part, make_leaf, make_part
from nn_blender.core.blocks.opening import Opening
from nn_blender.core.layout.picture import ELEVATION, UNIT, Rect, floor_point
from nn_blender.core.network import Network
from nn_blender.scene.base import contract
from nn_blender.scene.base.find import network_modifier, objects
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
from nn_blender.scene.opening.opening import OpeningChange
from nn_blender.scene.opening.showing import show_picture
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
