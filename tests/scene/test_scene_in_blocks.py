"""What holds of a row of layers holds of blocks that open: tiers, marks, facts, measurements, themes, removal."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import bpy
import numpy as np
import pytest
from made import made_contents, made_network
from mathutils import Matrix, Vector
from network_zoo import chain, input_passed_on, single_layer, without_neurons
from test_scene_connections import anchor_of
from test_scene_lod import drawn
from test_scene_stands import ALL, flags, opening
from test_scene_zoo import made_contents as contents_of

from nn_blender.core.blocks.at_first import blocks_for
from nn_blender.core.blocks.dividing import find_hierarchy
from nn_blender.core.blocks.opening import Opening
from nn_blender.core.inputs import decide_inputs
from nn_blender.core.layout.budgets import Budget
from nn_blender.core.network import Network
from nn_blender.core.outputs import decide_outputs
from nn_blender.scene.base import contract, meshes
from nn_blender.scene.base.find import data_blocks, network_modifier, networks, objects
from nn_blender.scene.base.versions import get_modifier_input
from nn_blender.scene.build import build_network, update_network
from nn_blender.scene.costs import scene_costs
from nn_blender.scene.looks.level_of_detail import set_fixed, set_follows
from nn_blender.scene.network.contents import Contents
from nn_blender.scene.network.description import read_description
from nn_blender.scene.neurons.neuron_facts import drawn_count, neuron_facts
from nn_blender.scene.neurons.selection import MARKED, select, selected
from nn_blender.scene.opening.opening import open_blocks, opened
from nn_blender.scene.remove import remove_network
from nn_blender.scene.set_theme import set_theme

ROLES = ("slab", "neurons", "card")


@pytest.fixture
def root(tmp_path: Path, build_once: Callable[..., bpy.types.Collection]) -> bpy.types.Collection:
    return build_once(build_network, made_contents(tmp_path), "id-1", True, None, None, opening(ALL))


def open_to(root: bpy.types.Collection, states: dict[str, float]) -> None:
    open_blocks(bpy.context.scene, root, states)
    bpy.context.view_layer.update()


def seen_roles(root: bpy.types.Collection) -> set[str]:
    pieces = drawn(root)
    return {role for role in ROLES if pieces[role]}


@pytest.mark.parametrize(
    ("tier", "roles"),
    [
        ("blocks", {"slab"}),
        ("layers", {"slab"}),
        ("neurons", {"slab", "neurons"}),
        ("maps", {"slab", "neurons", "card"}),
    ],
)
def test_fixed_tiers_show_the_layers_of_open_blocks(root: bpy.types.Collection, tier: str, roles: set[str]) -> None:
    set_fixed(anchor_of(root), tier)
    bpy.context.view_layer.update()
    assert seen_roles(root) == roles
    open_to(root, {})
    books = [obj for obj in objects(root, "book") if obj.visible_get()]
    assert len(books) == 2
    # The answer's layer is in no block.
    assert drawn(root)["slab"] == 1


def look_from(distance: float) -> None:
    """A perspective camera that looks at the anchor as the network's own does, from that far away."""
    scene = bpy.context.scene
    eye = bpy.data.objects.new("eye", bpy.data.cameras.new("eye"))
    scene.collection.objects.link(eye)
    scene.camera = eye
    eye.data.clip_end = 1e6
    turned = Matrix.Rotation(math.radians(63), 4, "X")
    middle = Vector(next(objects(networks(scene)[0], "stand", "pool")).matrix_world.translation)
    eye.matrix_world = Matrix.Translation(middle) @ turned @ Matrix.Translation((0, 0, distance))
    bpy.context.view_layer.update()


def test_in_perspective_more_is_shown_the_closer_one_is(root: bpy.types.Collection) -> None:
    set_follows(anchor_of(root), "camera")
    look_from(3.0)
    assert seen_roles(root) == {"slab", "neurons", "card"}
    counts = []
    for distance in (30.0, 300.0, 3000.0, 30000.0):
        look_from(distance)
        counts.append((drawn(root)["neurons"], drawn(root)["card"]))
    assert counts == sorted(counts, reverse=True)
    assert counts[-1] == (0, 0)
    assert seen_roles(root) == {"slab"}
    assert drawn(root)["slab"] == 7


def test_marks_of_selected_neurons_wait_for_their_block(root: bpy.types.Collection) -> None:
    (neurons,) = objects(root, "neurons", "hidden")
    open_to(root, {})
    select(root, "hidden", [3, 5])
    assert {layer: list(found) for layer, found in selected(root).items()} == {"hidden": [3, 5]}
    assert get_modifier_input(network_modifier(neurons), MARKED)
    assert flags(neurons) == (True, True)
    hidden = drawn(root)["neurons"]
    open_to(root, {"middle": 1.0})
    assert flags(neurons) == (False, False)
    assert {layer: list(found) for layer, found in selected(root).items()} == {"hidden": [3, 5]}
    assert drawn(root)["neurons"] > hidden + 40


def test_facts_of_neurons_are_known_inside_closed_blocks(root: bpy.types.Collection, tmp_path: Path) -> None:
    open_to(root, {})
    recording = made_contents(tmp_path).recording
    values = recording.activations[:, made_network().neuron_slices()["hidden"]]
    for sample, neuron in ((0, 0), (2, 39)):
        facts = neuron_facts(root, "hidden", neuron, sample)
        assert facts.activation == pytest.approx(values[sample, neuron])
        assert facts.rank == 1 + (values[sample] > values[sample, neuron]).sum()
        assert facts.count == 40


def test_objects_may_be_renamed(root: bpy.types.Collection, tmp_path: Path) -> None:
    scene = bpy.context.scene
    for number, block in enumerate(data_blocks(root[contract.NETWORK])):
        block.name = f"mine {number}"
    count = len(bpy.data.objects)
    for states in ({}, ALL, {"front": 0.5}):
        open_to(root, states)
    update_network(scene, root, made_contents(tmp_path, samples=2))
    open_to(root, ALL)
    assert not [obj for role in ROLES for obj in objects(root, role) if flags(obj) != (False, False)]
    assert len(bpy.data.objects) == count
    remove_network(scene, root)
    assert not list(data_blocks("id-1"))


@pytest.mark.parametrize("samples", [1, 2, 5])
def test_other_measurements_leave_open_what_is_open(root: bpy.types.Collection, tmp_path: Path, samples: int) -> None:
    scene = bpy.context.scene
    states = {"front": 1.0}
    open_to(root, states)
    before = {obj.name: (obj.matrix_world.copy(), flags(obj)) for obj in root.all_objects}
    contents = made_contents(tmp_path, samples)
    update_network(scene, root, contents)
    bpy.context.view_layer.update()
    assert opened(root) == states
    assert {obj.name: flags(obj) for obj in root.all_objects} == {name: shown for name, (_, shown) in before.items()}
    for obj in objects(root, "stand"):
        np.testing.assert_allclose(obj.matrix_world, before[obj.name][0], atol=1e-5)
    slices = contents.network.neuron_slices()
    for obj in objects(root, "neurons"):
        names = meshes.sampled_names(obj.data, contract.ACTIVATION)
        assert len(names) == samples
        for sample, name in enumerate(names):
            values = contents.recording.activations[sample, slices[obj[contract.LAYER]]]
            np.testing.assert_array_equal(meshes.read_floats(obj.data, name), values)
    for book in objects(root, "book"):
        glows = meshes.sampled_names(book.data, "glow")
        assert len(glows) == samples


def test_neurons_beyond_the_budget_are_counted(tmp_path: Path, empty_scene: bpy.types.Scene) -> None:
    contents = made_contents(tmp_path, budget=Budget(layer_neurons=16))
    root = build_network(empty_scene, contents, "id-1", opening=opening({}))
    for states in ({}, ALL):
        open_to(root, states)
        assert drawn_count(root, "hidden") == 16
        assert scene_costs(root).more == sum(max(layer.neurons - 16, 0) for layer in contents.network.layers)


def test_removing_one_of_two_networks_leaves_the_other_whole(root: bpy.types.Collection, tmp_path: Path) -> None:
    scene = bpy.context.scene
    second = build_network(scene, made_contents(tmp_path), "id-2", False, None, None, opening({}))
    names = {obj.name for obj in second.all_objects}
    remove_network(scene, root)
    assert networks(scene) == [second]
    assert {obj.name for obj in second.all_objects} >= names
    assert not list(data_blocks("id-1"))
    open_to(second, ALL)
    assert {role for role in ROLES if any(not obj.hide_render for obj in objects(second, role))} == set(ROLES)


def test_a_network_without_a_stage_opens_and_has_its_title_and_labels(
    tmp_path: Path, empty_scene: bpy.types.Scene
) -> None:
    root = build_network(empty_scene, made_contents(tmp_path), "id-1", False, opening=opening({}))
    assert not list(objects(root, "camera"))
    assert not list(objects(root, "floor"))
    assert empty_scene.camera is None
    for states in (ALL, {}):
        open_to(root, states)
        assert opened(root) == states
        assert len(list(objects(root, "title"))) == 2


def test_themes_of_closed_and_open_blocks_are_those_they_are_built_with(
    tmp_path: Path, empty_scene: bpy.types.Scene
) -> None:
    root = build_network(empty_scene, made_contents(tmp_path), "id-1", theme="paper", opening=opening({}))
    paper = colours(root)
    set_theme(empty_scene, "studio")
    open_to(root, ALL)
    studio = colours(root)
    assert {block for block in paper if paper[block] != studio[block]} == paper.keys()
    open_to(root, {})
    set_theme(empty_scene, "paper")
    assert colours(root) == paper


def colours(root: bpy.types.Collection) -> dict[str, tuple[float, ...]]:
    return {
        block.name: tuple(block.diffuse_color)
        for block in data_blocks(root[contract.NETWORK])
        if isinstance(block, bpy.types.Material) and block.get(contract.ROLE) in ("slab", "book", "tray", "ribbon")
    }


def shapes() -> Iterator[tuple[str, Network]]:
    yield "one layer", single_layer()
    yield "layer without neurons", without_neurons()
    yield "input as output", input_passed_on()
    yield "500 layers", chain(500)
    second = replace(single_layer(), outputs=("dense", "dense[1]"))
    yield "second output of a layer", second
    layers = made_network().layers
    shared = replace(layers[5], path="hidden#1", inputs=("hidden",), output_shape=(40,))
    last = replace(layers[6], inputs=("hidden#1",))
    yield "shared layer", replace(made_network(), layers=(*layers[:6], shared, last))
    yield "no known input", replace(made_network(), inputs=(), layers=(replace(layers[0], inputs=()), *layers[1:]))


def structure_of(network: Network) -> Contents:
    return Contents(network, inputs=decide_inputs(network), outputs=decide_outputs(network))


@pytest.mark.parametrize("network", [pytest.param(network, id=name) for name, network in shapes()])
def test_networks_of_every_shape_open_and_close(network: Network, empty_scene: bpy.types.Scene) -> None:
    is_measured = bool(network.inputs) and all(layer.neurons for layer in network.layers)
    contents = contents_of(network) if is_measured else structure_of(network)
    part = find_hierarchy(network)
    state = Opening.of(
        network,
        dict.fromkeys(blocks_for(network, part, "auto", inputs=contents.inputs), 1.0),
        root=part,
        inputs=contents.inputs,
    )
    root = build_network(empty_scene, contents, "id-1", opening=state)
    every = {block.id: 1.0 for block in part.blocks}
    for states in ({}, every, dict.fromkeys(every, 0.5), {}):
        open_to(root, states)
        shown = {book.shown for book in read_description(root).opening.picture.books}
        for leaf in part.leaves:
            if leaf.kind != "input":
                (slab,) = objects(root, "slab", leaf.cover)
                assert flags(slab) == ((leaf.id not in shown),) * 2
                assert np.isfinite(slab.matrix_world).all()
    remove_network(empty_scene, root)
    assert not list(data_blocks("id-1"))
