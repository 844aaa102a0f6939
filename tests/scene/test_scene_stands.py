"""What is on stands in every state of opening: where lines end, what is picked, and whose flags come back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import bpy
import numpy as np
import pytest
from made import made_contents, made_network
from test_scene_connections import anchor_of, assert_drawn, drawn, everything, made_connections

from nn_blender.core.blocks.graph import LayerGraph
from nn_blender.core.blocks.hierarchy import NETWORK, Part, make_leaf, make_part
from nn_blender.core.blocks.opening import Opening
from nn_blender.core.network import Network
from nn_blender.scene.base import contract
from nn_blender.scene.base.find import network_modifier, objects
from nn_blender.scene.base.parts import Parts
from nn_blender.scene.base.versions import get_modifier_input
from nn_blender.scene.build import build_network, update_network
from nn_blender.scene.looks.hiding import set_hidden
from nn_blender.scene.looks.level_of_detail import set_follows
from nn_blender.scene.looks.visibility import show_part
from nn_blender.scene.network.description import read_layout, require_description
from nn_blender.scene.network.parts import network_parts
from nn_blender.scene.neurons.connections import set_of_all, show_connections
from nn_blender.scene.neurons.placing import shown_positions, sort_layer
from nn_blender.scene.nodes.connections import THICKEST
from nn_blender.scene.opening.showing import show_picture

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
