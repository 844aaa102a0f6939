"""Connections: which lines are drawn, where they end, how thick and in what colour, and that nothing of them stays."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from made import made_contents
from mathutils import Vector
from test_scene_picking import look_along_data, neuron_place, under

from nn_blender.core.neurons.connections import Connections, LayerConnections
from nn_blender.scene.base import contract, meshes
from nn_blender.scene.base.find import KINDS, data_blocks, network_modifier, networks, objects
from nn_blender.scene.base.versions import get_modifier_input
from nn_blender.scene.build import build_network
from nn_blender.scene.looks.level_of_detail import set_fixed, set_follows
from nn_blender.scene.looks.visibility import is_shown, objects_of, show_part
from nn_blender.scene.neurons import picking, selection
from nn_blender.scene.neurons.connections import (
    are_of_all,
    connections_shown,
    remove_connections,
    set_of_all,
    show_connections,
)
from nn_blender.scene.neurons.placing import shown_positions, sort_layer, unsort_layer
from nn_blender.scene.nodes.connections import THICKEST, THINNEST
from nn_blender.scene.remove import remove_network

Line = tuple[np.ndarray, np.ndarray, float]


def made_connections(seed: int = 3) -> Connections:
    """Two of the neurons before each neuron, with random weights."""
    random = np.random.default_rng(seed)
    layers = []
    for layer, source, before, neurons in (("hidden", "pool", 6, 40), ("output", "hidden", 40, 10)):
        starts = np.concatenate([random.choice(before, 2, replace=False) for _ in range(neurons)])
        ends = np.column_stack([starts, np.repeat(np.arange(neurons), 2)]).astype(np.int32)
        weights = random.normal(0, 1, len(ends)).astype(np.float32)
        layers.append(LayerConnections(layer, source, ends, weights, neurons * (before - 2)))
    return Connections(tuple(layers), 2, ("conv",))


@pytest.fixture
def root(tmp_path: Path, build_once: Callable[..., bpy.types.Collection]) -> bpy.types.Collection:
    root = build_once(build_network, made_contents(tmp_path), "id-1")
    set_follows(anchor_of(root), "off")
    return root


def anchor_of(root: bpy.types.Collection) -> Any:
    return next(objects(root, "anchor"))


@pytest.fixture
def connected(root: bpy.types.Collection) -> bpy.types.Collection:
    show_connections(bpy.context.scene, root, made_connections())
    return root


def drawn(root: bpy.types.Collection, layer: str) -> list[Line]:
    """Where the lines into a layer begin and end in the world, and their radius."""
    (obj,) = objects(root, "connections", layer)
    lines = []
    for instance in bpy.context.evaluated_depsgraph_get().object_instances:
        if instance.is_instance and instance.parent.original == obj:
            matrix = np.array(instance.matrix_world)
            lines.append((matrix[:3, 3], matrix[:3, 3] + matrix[:3, 2], float(np.linalg.norm(matrix[:3, 0]))))
    return lines


def expected_ends(root: bpy.types.Collection, one: LayerConnections, are_drawn: np.ndarray) -> np.ndarray:
    """Float (drawn connections, 2, 3)."""
    bpy.context.view_layer.update()
    ends = [
        shown_positions(next(objects(root, "neurons", layer)))[one.neurons[are_drawn, end]]
        for end, layer in enumerate((one.source, one.layer))
    ]
    return np.stack(ends, axis=1)


def assert_drawn(root: bpy.types.Collection, one: LayerConnections, are_drawn: np.ndarray) -> None:
    expected = expected_ends(root, one, are_drawn)
    found = drawn(root, one.layer)
    assert len(found) == len(expected)
    for (start, end, _), (wanted_start, wanted_end) in zip(found, expected, strict=True):
        np.testing.assert_allclose(start, wanted_start, atol=2e-4)
        np.testing.assert_allclose(end, wanted_end, atol=2e-4)


def everything(one: LayerConnections) -> np.ndarray:
    return np.ones(len(one.weights), bool)


def test_a_vertex_is_a_connection_with_its_weight_and_its_neurons(connected: bpy.types.Collection) -> None:
    for one in made_connections().layers:
        (obj,) = objects(connected, "connections", one.layer)
        assert [owner.name for owner in obj.users_collection] == ["Connections"]
        np.testing.assert_array_equal(meshes.read_floats(obj.data, "weight"), one.weights)
        np.testing.assert_array_equal(meshes.read_integers(obj.data, "source"), one.neurons[:, 0])
        np.testing.assert_array_equal(meshes.read_integers(obj.data, "target"), one.neurons[:, 1])
        assert obj["nn_more"] == one.more
        assert obj["nn_network"] == obj.data["nn_network"] == "id-1"
    shown = connections_shown(connected)
    assert (shown.count, shown.more, shown.most, shown.left_out) == (100, 160 + 380, 2, ("conv",))


def test_lines_of_selected_neurons_are_drawn(connected: bpy.types.Collection) -> None:
    into_hidden, into_output = made_connections().layers
    assert not are_of_all(connected)
    assert drawn(connected, "hidden") == drawn(connected, "output") == []
    selection.select(connected, "hidden", [3, 39])
    assert_drawn(connected, into_hidden, np.isin(into_hidden.neurons[:, 1], [3, 39]))
    assert_drawn(connected, into_output, np.isin(into_output.neurons[:, 0], [3, 39]))
    selection.select(connected, "pool", [2], extend=True)
    are_drawn = np.isin(into_hidden.neurons[:, 1], [3, 39]) | (into_hidden.neurons[:, 0] == 2)
    assert_drawn(connected, into_hidden, are_drawn)
    selection.deselect_all(connected)
    assert drawn(connected, "hidden") == []


def test_lines_end_where_the_neurons_stand(connected: bpy.types.Collection) -> None:
    set_of_all(connected, True)
    into_hidden, into_output = made_connections().layers
    for one in (into_hidden, into_output):
        assert_drawn(connected, one, everything(one))
    before = expected_ends(connected, into_hidden, everything(into_hidden))
    sort_layer(connected, "hidden", np.random.default_rng(1).permutation(40))
    sort_layer(connected, "pool", np.arange(6)[::-1])
    assert np.abs(expected_ends(connected, into_hidden, everything(into_hidden)) - before).max() > 0.3
    for one in (into_hidden, into_output):
        assert_drawn(connected, one, everything(one))
    anchor: Any = next(objects(connected, "anchor"))
    anchor["nn_sorted"] = 0.4
    anchor.update_tag()
    for one in (into_hidden, into_output):
        assert_drawn(connected, one, everything(one))
    unsort_layer(connected, "pool")
    anchor.location, anchor.rotation_euler, anchor.scale = (3, -2, 1), (0.2, 0.5, 1.0), (1.5, 1.5, 1.5)
    next(objects(connected, "neurons", "hidden")).location = (0.3, 0.5, -0.2)
    for one in (into_hidden, into_output):
        assert_drawn(connected, one, everything(one))


def look_from(root: bpy.types.Collection, layer: str, distance: float) -> None:
    """Put the camera before the middle of a layer, as far away as that."""
    camera = bpy.context.scene.camera
    camera.constraints.clear()
    camera.parent = None
    (slab,) = objects(root, "slab", layer)
    camera.location = slab.location - Vector((distance, 0.0, 0.0))
    bpy.context.view_layer.update()


def test_lines_come_as_the_viewer_comes_nearer(connected: bpy.types.Collection) -> None:
    set_follows(anchor_of(connected), "camera")
    set_of_all(connected, True)
    selection.select(connected, "output", [4])
    counts, radii = [], []
    for distance in (2000.0, 100.0, 30.0, 10.0, 3.0, 1.0):
        look_from(connected, "output", distance)
        lines = drawn(connected, "output")
        counts.append(len(lines))
        radii.append(max((line[2] for line in lines), default=0.0))
    assert counts == sorted(counts)
    assert radii == sorted(radii)
    assert (counts[0], counts[-1]) == (0, 20)
    # From afar only those of the selected neuron.
    assert 2 in counts
    set_follows(anchor_of(connected), "view")
    for tier, count in (("blocks", 0), ("layers", 0), ("neurons", 2), ("maps", 20)):
        set_fixed(anchor_of(connected), tier)
        assert len(drawn(connected, "output")) == count, tier


def test_a_closed_block_has_no_lines(connected: bpy.types.Collection) -> None:
    set_of_all(connected, True)
    hidden: Any = next(objects(connected, "neurons", "hidden"))
    hidden.modifiers.new("Nothing", "NODES").node_group = nothing = bpy.data.node_groups.new("n", "GeometryNodeTree")
    nothing.interface.new_socket("Geometry", in_out="OUTPUT", socket_type="NodeSocketGeometry")
    nothing.nodes.new("NodeGroupOutput")
    assert drawn(connected, "hidden") == drawn(connected, "output") == []


def test_thickness_is_the_weight_compared_with_the_layers_largest(connected: bpy.types.Collection) -> None:
    set_of_all(connected, True)
    anchor: Any = next(objects(connected, "anchor"))
    for thickness in (1.0, 2.5):
        anchor["nn_connections_thickness"] = thickness
        anchor.update_tag()
        for one in made_connections().layers:
            shares = np.abs(one.weights) / np.abs(one.weights).max()
            ends = (next(objects(connected, "neurons", layer)) for layer in (one.source, one.layer))
            radius = min(get_modifier_input(network_modifier(end), "Radius") for end in ends)
            expected = (THINNEST + (THICKEST - THINNEST) * shares) * radius * thickness
            np.testing.assert_allclose([line[2] for line in drawn(connected, one.layer)], expected, rtol=1e-4)


def test_lines_follow_neurons_that_are_hidden(connected: bpy.types.Collection) -> None:
    show_part(connected, "neurons", False)
    selection.select(connected, "hidden", [7])
    into_hidden = made_connections().layers[0]
    assert_drawn(connected, into_hidden, into_hidden.neurons[:, 1] == 7)


@pytest.mark.parametrize("gone", [range(30, 40), range(40)])
def test_neurons_that_are_not_drawn_have_no_lines_but_are_counted(root: bpy.types.Collection, gone: range) -> None:
    hidden: Any = next(objects(root, "neurons", "hidden"))
    hidden.data = meshes.point_mesh("fewer", np.zeros((40 - len(gone), 3), np.float32))
    contract.tag(hidden.data, "id-1", "neurons")
    connections = made_connections()
    show_connections(bpy.context.scene, root, connections)
    for one, end in zip(connections.layers, (1, 0), strict=True):
        are_missing = np.isin(one.neurons[:, end], gone)
        (obj,) = objects(root, "connections", one.layer)
        assert len(obj.data.vertices) == (~are_missing).sum()
        assert obj["nn_more"] == one.more + are_missing.sum()


def test_the_legend_says_what_the_colours_mean(connected: bpy.types.Collection) -> None:
    (text,) = (obj for obj in objects(connected, "legend") if obj.get("nn_part") == "connections")
    assert "orange above 0, blue below" in text.data.body
    assert text in list(objects_of(connected, "legend"))


def test_they_are_shown_and_hidden_like_other_parts(connected: bpy.types.Collection) -> None:
    set_of_all(connected, True)
    assert is_shown(connected, "connections")
    show_part(connected, "connections", False)
    assert not is_shown(connected, "connections")
    assert drawn(connected, "hidden") == []


def test_lines_do_not_stand_before_the_neurons_that_are_clicked(
    connected: bpy.types.Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_of_all(connected, True)
    next(objects(connected, "anchor"))["nn_connections_thickness"] = 4.0
    bpy.context.scene.render.resolution_x, bpy.context.scene.render.resolution_y = 1600, 900
    look_along_data(connected, "output", distance=1.5)
    bpy.context.scene.camera.data.lens = 12

    def found() -> list[int | None]:
        picked = [under(neuron_place(connected, "output", neuron)) for neuron in range(10)]
        return [one.neuron if one is not None else None for one in picked]

    assert found() == list(range(10))
    monkeypatch.setattr(picking, "THIN", ())
    assert found() != list(range(10))


def test_showing_again_replaces_them_and_keeps_what_was_chosen(connected: bpy.types.Collection) -> None:
    set_of_all(connected, True)
    show_part(connected, "legend", True)
    names = {kind: len(getattr(bpy.data, kind)) for kind in KINDS}
    other = made_connections(seed=4)
    show_connections(bpy.context.scene, connected, other)
    assert {kind: len(getattr(bpy.data, kind)) for kind in KINDS} == names
    assert are_of_all(connected)
    for one in other.layers:
        assert_drawn(connected, one, everything(one))


def test_removing_them_leaves_the_network_as_it_was(root: bpy.types.Collection) -> None:
    def state() -> Any:
        names = {kind: sorted(block.name for block in getattr(bpy.data, kind)) for kind in KINDS}
        return names, sorted(root.keys()), sorted(next(objects(root, "anchor")).keys())

    before = state()
    show_connections(bpy.context.scene, root, made_connections())
    assert state() != before
    remove_connections(root)
    assert state() == before
    assert connections_shown(root) is None


def test_removing_the_network_removes_them(connected: bpy.types.Collection) -> None:
    remove_network(bpy.context.scene, connected)
    assert list(data_blocks("id-1")) == []
    assert len(bpy.data.meshes) == len(bpy.data.node_groups) == len(bpy.data.materials) == len(bpy.data.curves) == 0


def test_the_file_draws_them(connected: bpy.types.Collection, tmp_path: Path) -> None:
    selection.select(connected, "hidden", [3])
    path = str(tmp_path / "scene.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.ops.wm.open_mainfile(filepath=path)
    root = networks(bpy.context.scene)[0]
    into_hidden = made_connections().layers[0]
    assert_drawn(root, into_hidden, into_hidden.neurons[:, 1] == 3)
    set_of_all(root, True)
    assert_drawn(root, into_hidden, everything(into_hidden))


def colours_of(root: bpy.types.Collection, weights: list[float], folder: Path) -> np.ndarray:
    """Float (pixels, 3): what is neither black nor background in a picture of lines with these weights alone."""
    ends = np.array([[k, k] for k in range(len(weights))], np.int32)
    one = LayerConnections("output", "hidden", ends, np.array(weights, np.float32), 0)
    scene = bpy.context.scene
    show_connections(scene, root, Connections((one,), 1))
    set_of_all(root, True)
    next(objects(root, "anchor"))["nn_connections_thickness"] = 6.0
    for obj in tuple(root.all_objects):
        obj.hide_render = obj.get("nn_role") not in ("connections", "camera")
    scene.world.node_tree.nodes["Background"].inputs["Strength"].default_value = 0.0
    scene.render.engine, scene.view_settings.view_transform = "CYCLES", "Standard"
    scene.cycles.samples, scene.cycles.use_denoising = 1, False
    scene.render.resolution_x, scene.render.resolution_y, scene.render.resolution_percentage = 320, 180, 100
    scene.render.filepath = str(folder / "lines.png")
    bpy.ops.render.render(write_still=True)
    image = bpy.data.images.load(scene.render.filepath)
    pixels = np.empty(len(image.pixels), np.float32)
    image.pixels.foreach_get(pixels)
    pixels = pixels.reshape(-1, 4)[:, :3]
    return pixels[pixels.max(axis=1) > 0.2]


@pytest.mark.parametrize(
    ("weight", "order"), [(1.5, (0, 1, 2)), (-1.5, (2, 1, 0)), (np.nan, (0, 2, 1)), (-np.inf, (0, 2, 1))]
)
def test_colours_tell_the_sign(
    root: bpy.types.Collection, tmp_path: Path, weight: float, order: tuple[int, ...]
) -> None:
    pixels = colours_of(root, [weight, weight], tmp_path)
    assert len(pixels) > 10
    middle = np.median(pixels, axis=0)
    assert tuple(np.argsort(-middle)) == order
