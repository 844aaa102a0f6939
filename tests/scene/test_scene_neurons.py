"""Order, marks, sizes and influence of neurons: what is seen follows attributes of the mesh."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import bpy
import numpy as np
import pytest
from made import made_contents

from nn_blender.scene.base import contract, meshes
from nn_blender.scene.base.find import network_modifier, objects
from nn_blender.scene.base.versions import set_modifier_input
from nn_blender.scene.build import build_network
from nn_blender.scene.interventions.switches import set_neurons
from nn_blender.scene.network.contents import Contents
from nn_blender.scene.neurons.placing import is_sorted, shown_positions, sort_layer, unsort_layer


@pytest.fixture
def contents(tmp_path: Path) -> Contents:
    return made_contents(tmp_path, samples=2)


@pytest.fixture
def root(contents: Contents, build_once: Callable[..., bpy.types.Collection]) -> bpy.types.Collection:
    return build_once(build_network, contents, "id-1")


def neurons(root: bpy.types.Collection, layer: str) -> bpy.types.Object:
    return next(objects(root, "neurons", layer))


def evaluated_mesh(obj: bpy.types.Object) -> bpy.types.Mesh:
    return obj.evaluated_get(bpy.context.evaluated_depsgraph_get()).data


def drawn_positions(obj: bpy.types.Object) -> np.ndarray:
    mesh = evaluated_mesh(obj)
    positions = np.empty(len(mesh.vertices) * 3, np.float32)
    mesh.vertices.foreach_get("co", positions)
    return positions.reshape(-1, 3) + np.array(obj.matrix_world.translation, np.float32)


def instances(obj: bpy.types.Object) -> list[tuple[np.ndarray, np.ndarray]]:
    """Place and scale of every instance that an object draws."""
    depsgraph = bpy.context.evaluated_depsgraph_get()
    matrices = [
        np.array(shown.matrix_world)
        for shown in depsgraph.object_instances
        if shown.is_instance and shown.parent.original == obj
    ]
    return [(matrix[:3, 3], np.linalg.norm(matrix[:3, :3], axis=0)) for matrix in matrices]


def test_neurons_and_maps_take_the_places_of_their_order(root: bpy.types.Collection) -> None:
    conv, cards = neurons(root, "conv"), next(objects(root, "card", "conv"))
    at_rest, cards_at_rest = shown_positions(conv), np.array([place for place, _ in instances(cards)])
    order = np.array([3, 0, 5, 1, 4, 2])
    sort_layer(root, "conv", order)
    assert is_sorted(root, "conv")
    # Neuron 3 stands first, neuron 0 second, and so on.
    np.testing.assert_allclose(shown_positions(conv)[order], at_rest, atol=1e-6)
    np.testing.assert_allclose(drawn_positions(conv), shown_positions(conv), atol=1e-5)
    moved = np.array([place for place, _ in instances(cards)])
    np.testing.assert_allclose(moved[order], cards_at_rest, atol=1e-5)
    np.testing.assert_allclose(moved, shown_positions(cards), atol=1e-5)
    np.testing.assert_array_equal(meshes.read_integers(conv.data, "slot")[order], np.arange(6))
    anchor = next(objects(root, "anchor"))
    anchor[contract.SORTED] = 0.25
    anchor.update_tag()
    half_way = at_rest + 0.25 * (at_rest[meshes.read_integers(conv.data, "slot")] - at_rest)
    np.testing.assert_allclose(drawn_positions(conv), half_way, atol=1e-5)
    np.testing.assert_allclose(shown_positions(conv), half_way, atol=1e-5)
    unsort_layer(root, "conv")
    assert not is_sorted(root, "conv")
    np.testing.assert_allclose(drawn_positions(conv), at_rest, atol=1e-5)


def test_order_moves_on_the_timeline(root: bpy.types.Collection) -> None:
    hidden = neurons(root, "hidden")
    at_rest = shown_positions(hidden)
    sort_layer(root, "hidden", np.arange(40)[::-1])
    for frame, share in ((1, 0.0), (25, 1.0)):
        anchor = next(objects(root, "anchor"))
        anchor[contract.SORTED] = share
        anchor.keyframe_insert(f'["{contract.SORTED}"]', frame=frame)
    for frame, expected in ((1, at_rest), (25, at_rest[::-1])):
        bpy.context.scene.frame_set(frame)
        np.testing.assert_allclose(drawn_positions(hidden), expected, atol=1e-5)


@pytest.mark.parametrize("layer", ["conv", "hidden"])
def test_selected_neurons_are_framed(root: bpy.types.Collection, layer: str) -> None:
    obj = neurons(root, layer)
    before = len(instances(obj))
    selected = np.zeros(len(obj.data.vertices), bool)
    selected[[1, 4]] = True
    meshes.write_booleans(obj.data, contract.SELECTED, selected)
    set_modifier_input(network_modifier(obj), "Marked", True)
    obj.update_tag()
    places = np.array([place for place, _ in instances(obj)])
    assert len(places) == before + 2
    # A sphere and a mark.
    distances = np.linalg.norm(places[:, np.newaxis] - shown_positions(obj), axis=2)
    np.testing.assert_array_equal((distances < 1e-5).sum(axis=0), 1 + selected)


def test_a_neuron_that_is_off_is_seen_before_the_network_ran(root: bpy.types.Collection) -> None:
    hidden = neurons(root, "hidden")
    before = len(instances(hidden))
    set_neurons(root, "hidden", [7], enabled=False)
    tone = meshes.read_floats(evaluated_mesh(hidden), "tone")
    np.testing.assert_array_equal(np.flatnonzero(tone == 3), [7])
    assert len(instances(hidden)) == before + 1
    set_neurons(root, "hidden", [7], enabled=True)
    assert len(instances(hidden)) == before


def test_influence_colours_and_sizes_neurons(root: bpy.types.Collection) -> None:
    hidden, output = neurons(root, "hidden"), neurons(root, "output")
    influence = np.linspace(-0.5, 2.0, 40, dtype=np.float32)
    influence[3] = np.nan
    meshes.write_floats(hidden.data, contract.INFLUENCE, influence)
    set_modifier_input(network_modifier(hidden), "Influence Highest", 2.0)
    root[contract.COLOUR_BY] = 1
    root.update_tag()
    hidden.update_tag()
    mesh = evaluated_mesh(hidden)
    tone, expected = meshes.read_floats(mesh, "tone"), influence / 2
    known = np.arange(40) != 3
    np.testing.assert_allclose(tone[known] - 7, expected[known], atol=2e-6)
    assert tone[3] == 4
    assert meshes.read_floats(mesh, "glow")[3] == 0
    # Nothing was measured of this layer.
    assert (meshes.read_floats(evaluated_mesh(output), "tone") == 4).all()
    root[contract.SIZE_BY] = 2
    root.update_tag()
    scales = np.array([scale for _, scale in instances(hidden)])[:40, 0]
    full = scales.max()
    wanted = 0.35 + 0.65 * np.abs(np.nan_to_num(expected))
    np.testing.assert_allclose(scales / full, wanted, atol=1e-4)


def test_size_follows_glow(root: bpy.types.Collection) -> None:
    hidden = neurons(root, "hidden")
    full = instances(hidden)[0][1][0]
    root[contract.SIZE_BY] = 1
    root.update_tag()
    bpy.context.view_layer.update()
    glow = meshes.read_floats(evaluated_mesh(hidden), "glow")
    scales = np.array([scale for _, scale in instances(hidden)])[:40, 0]
    np.testing.assert_allclose(scales / full, 0.35 + 0.65 * glow, atol=1e-4)
