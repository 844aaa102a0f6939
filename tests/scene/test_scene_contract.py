"""The scene contract: what other tools rely on."""

from __future__ import annotations

import dataclasses
import itertools
import json
import math
from collections.abc import Generator
from pathlib import Path

import bpy
import numpy as np
import pytest
from bpy_extras.object_utils import world_to_camera_view
from made import made_contents, made_recording
from mathutils import Matrix, Vector

from nn_blender.actions.interventions.rerun import rerun
from nn_blender.actions.interventions.side_by_side import show_side_by_side
from nn_blender.actions.neurons.connections import show_connections
from nn_blender.core.errors import UserError
from nn_blender.core.interventions.intervention import Intervention
from nn_blender.core.network import Layer, Network, TensorSpec
from nn_blender.core.recording import Statistics
from nn_blender.scene.base import contract, meshes
from nn_blender.scene.base.find import network_modifier, objects
from nn_blender.scene.base.versions import get_modifier_input
from nn_blender.scene.build import build_network, show_whole_timeline
from nn_blender.scene.layers.statistics import layer_statistic
from nn_blender.scene.looks import level_of_detail
from nn_blender.scene.network.contents import Contents
from nn_blender.scene.upgrade import STEPS, upgrade_network


@pytest.fixture
def contents(tmp_path: Path) -> Contents:
    return made_contents(tmp_path, samples=3)


@pytest.fixture
def root(contents: Contents) -> bpy.types.Collection:
    root = build_network(bpy.context.scene, contents, "id-1")
    show_whole_timeline(bpy.context.scene, root)
    return root


def evaluated(obj: bpy.types.Object, attribute: str) -> np.ndarray:
    mesh = obj.evaluated_get(bpy.context.evaluated_depsgraph_get()).data
    return meshes.read_floats(mesh, attribute)


def test_root_has_the_collections_of_the_contract(root: bpy.types.Collection) -> None:
    assert root.name == "NN made"
    assert [child.name for child in root.children] == [
        "Layers",
        "Neurons",
        "Feature Maps",
        "Connections",
        "Input",
        "Output",
        "Labels",
        "Stage",
        "Blocks",
    ]


def test_each_layer_has_a_slab_and_where_it_has_neurons_one_mesh_of_them(
    root: bpy.types.Collection, contents: Contents
) -> None:
    for layer in contents.network.layers:
        (slab,) = objects(root, "slab", layer.path)
        found = list(objects(root, "neurons", layer.path))
        assert len(found) == (1 if layer.neurons else 0)
        for obj in (slab, *found):
            assert obj["nn_class"] == layer.class_name
            assert list(obj["nn_output_shape"]) == list(layer.output_shape)
            assert obj["nn_neurons"] == layer.neurons
            assert obj["nn_parameters"] == layer.parameters
        for obj in found:
            assert len(obj.data.vertices) == layer.neurons


def test_slabs_stand_in_the_order_of_the_data(root: bpy.types.Collection, contents: Contents) -> None:
    x = [next(objects(root, "slab", layer.path)).location.x for layer in contents.network.layers]
    assert x == sorted(x)
    assert len(set(x)) == len(x)


def test_every_data_block_of_the_network_is_marked(root: bpy.types.Collection) -> None:
    unmarked = [
        (kind, block.name)
        for kind in ("objects", "meshes", "curves", "materials", "images", "node_groups", "texts", "cameras", "lights")
        for block in getattr(bpy.data, kind)
        if block.get("nn_network") != "id-1" or not block.get("nn_role")
    ]
    assert unmarked == []


def test_stored_activations_are_the_measured_ones(root: bpy.types.Collection, contents: Contents) -> None:
    slices = contents.network.neuron_slices()
    for obj in objects(root, "neurons"):
        for sample in range(contents.sample_count):
            stored = meshes.read_floats(obj.data, f"activation.{sample}")
            measured = contents.recording.activations[sample, slices[obj["nn_layer"]]]
            np.testing.assert_array_equal(stored, measured)
        enabled = np.empty(len(obj.data.vertices), bool)
        obj.data.attributes["enabled"].data.foreach_get("value", enabled)
        assert enabled.all()
        assert (meshes.read_floats(obj.data, "gain") == 1).all()


@pytest.mark.parametrize(
    ("frame", "sample"), [(-5, 0), (1, 0), (24, 0), (25, 1), (48, 1), (49, 2), (72, 2), (73, 2), (900, 2)]
)
def test_evaluated_activation_is_that_of_the_frames_sample(
    root: bpy.types.Collection, contents: Contents, frame: int, sample: int
) -> None:
    bpy.context.scene.frame_set(frame)
    slices = contents.network.neuron_slices()
    for obj in objects(root, "neurons"):
        measured = contents.recording.activations[sample, slices[obj["nn_layer"]]]
        np.testing.assert_array_equal(evaluated(obj, "activation"), measured)


def test_frames_per_sample_can_be_changed_afterwards(root: bpy.types.Collection, contents: Contents) -> None:
    root["nn_frames_per_sample"] = 10
    root.update_tag()
    bpy.context.scene.frame_set(11)
    hidden = next(objects(root, "neurons", "hidden"))
    measured = contents.recording.activations[1, contents.network.neuron_slices()["hidden"]]
    np.testing.assert_array_equal(evaluated(hidden, "activation"), measured)


def test_glow_is_the_share_of_the_layers_largest_magnitude_and_tone_has_the_sign(
    root: bpy.types.Collection, contents: Contents
) -> None:
    hidden = next(objects(root, "neurons", "hidden"))
    values = contents.recording.activations[:, contents.network.neuron_slices()["hidden"]]
    expected = values[0] / np.abs(values).max()
    assert (expected < 0).any()
    np.testing.assert_allclose(evaluated(hidden, "glow"), np.abs(expected), atol=1e-6)
    np.testing.assert_allclose(evaluated(hidden, "tone"), expected, atol=1e-6)


def test_nan_and_infinity_are_shown_as_such(tmp_path: Path) -> None:
    contents = made_contents(tmp_path, samples=1)
    columns = contents.network.neuron_slices()["hidden"]
    contents.recording.activations[0, columns.start : columns.start + 3] = np.nan, np.inf, -np.inf
    root = build_network(bpy.context.scene, contents, "id-1")
    hidden = next(objects(root, "neurons", "hidden"))
    bpy.context.scene.frame_set(1)
    np.testing.assert_array_equal(evaluated(hidden, "tone") == 2.0, [1, 1, 1] + [0] * 37)
    np.testing.assert_array_equal(evaluated(hidden, "glow")[:3], [0, 0, 0])
    np.testing.assert_array_equal(evaluated(hidden, "activation")[:3], np.float32([np.nan, np.inf, -np.inf]))


def test_bars_are_as_long_as_the_probabilities(root: bpy.types.Collection, contents: Contents) -> None:
    bpy.context.scene.frame_set(25)
    bars = next(objects(root, "bars"))
    depsgraph = bpy.context.evaluated_depsgraph_get()
    lengths = [
        instance.matrix_world.to_scale().x
        for instance in depsgraph.object_instances
        if instance.is_instance and instance.parent.original == bars
    ]
    expected = np.maximum(contents.recording.outputs[1] * 2.4, 0.03)
    np.testing.assert_allclose(lengths, expected, rtol=1e-4)


def test_many_classes_show_the_highest_and_say_how_many_more(tmp_path: Path) -> None:
    contents = made_contents(tmp_path, samples=2, classes=50)
    root = build_network(bpy.context.scene, contents, "id-1")
    bars = next(objects(root, "bars"))
    assert len(bars.data.vertices) == 10
    highest = np.sort(contents.recording.outputs[1])[::-1][:10]
    np.testing.assert_array_equal(meshes.read_floats(bars.data, "probability.1"), highest)
    texts = [
        value
        for store in objects(root, "texts")
        for modifier in store.modifiers
        for value in [_input(modifier, "Texts")]
    ]
    assert sum(text.count("+40 more") for text in texts) == 2


def test_text_describes_network_samples_and_predictions(root: bpy.types.Collection, contents: Contents) -> None:
    text = root["nn_text"]
    assert text.name == "NN made.json"
    # One long line would be slow in Blender's text editor and in undo.
    assert max(len(line.body) for line in text.lines) < 1500
    about = json.loads(text.as_string())
    assert [layer["path"] for layer in about["network"]["layers"]] == [layer.path for layer in contents.network.layers]
    assert [sample["name"] for sample in about["samples"]] == ["picture-0.png", "picture-1.png", "picture-2.png"]
    best = int(contents.recording.outputs[2].argmax())
    prediction = about["samples"][2]["predictions"][0]
    assert prediction["label"] == str(best)
    assert prediction["probability"] == pytest.approx(float(contents.recording.outputs[2].max()))
    assert about["normalisation"]["rule"] == "layer"


def test_statistics_are_over_all_samples_not_only_those_shown(tmp_path: Path) -> None:
    contents = made_contents(tmp_path, samples=2)
    everything = made_recording(contents.network, samples=30, seed=5)
    recording = dataclasses.replace(contents.recording, statistics=Statistics.of(everything.activations))
    root = build_network(bpy.context.scene, dataclasses.replace(contents, recording=recording), "id-1")
    columns = contents.network.neuron_slices()["hidden"]
    values = everything.activations[:, columns].astype(np.float64)
    mean, spread, active = (layer_statistic(root, "hidden", name) for name in ("mean", "spread", "active"))
    np.testing.assert_allclose(mean, values.mean(axis=0), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(spread, values.std(axis=0), rtol=1e-5)
    np.testing.assert_allclose(active, (values > 0).mean(axis=0), rtol=1e-6)
    peaks = meshes.read_floats(next(objects(root, "neurons", "hidden")).data, "peak")
    np.testing.assert_allclose(peaks, np.abs(values).max(axis=0), rtol=1e-6)


def test_nan_in_the_output_stays_valid_json(tmp_path: Path) -> None:
    contents = made_contents(tmp_path, samples=1)
    contents.recording.outputs[0, 3] = np.nan
    root = build_network(bpy.context.scene, contents, "id-1")
    about = json.loads(root["nn_text"].as_string(), parse_constant=pytest.fail)
    assert about["samples"][0]["predictions"][-1] == {"label": "3", "probability": None, "index": 3}


def test_the_board_stands_at_the_output_that_it_shows(tmp_path: Path) -> None:
    contents = made_contents(tmp_path)
    network = dataclasses.replace(contents.network, outputs=("hidden", "output"))
    root = build_network(bpy.context.scene, dataclasses.replace(contents, network=network), "id-1")
    (board,) = objects(root, "output")
    assert board.location.x == pytest.approx(next(objects(root, "slab", "hidden")).location.x + 0.3)


def test_labels_say_name_and_shape_of_every_layer(root: bpy.types.Collection, contents: Contents) -> None:
    stores = {obj["nn_part"]: obj for obj in objects(root, "texts")}
    names, facts = (
        get_modifier_input(network_modifier(stores[part]), "Texts").split("\n") for part in ("names", "facts")
    )
    layers, (spec,) = contents.network.layers, contents.network.inputs
    assert names[: len(layers) + 1] == [spec.name, *(layer.path for layer in layers)]
    assert facts[names.index("conv")] == "12 × 12 × 6"
    # Every line has its place, and its letters stand there.
    shown = next(obj for obj in objects(root, "label") if obj["nn_part"] == "names")
    assert len(shown.data.vertices) == len(names)
    depsgraph = bpy.context.evaluated_depsgraph_get()
    letters = [
        letter.matrix_world.translation.copy()
        for letter in depsgraph.object_instances
        if letter.is_instance and letter.parent.original == shown
    ]
    assert len(letters) >= sum(len(name) for name in names[: len(layers) + 1])
    for vertex in shown.data.vertices[: len(layers) + 1]:
        assert min((letter - (shown.matrix_world @ vertex.co)).length for letter in letters) < 1.0


@pytest.mark.parametrize(("turn", "lens"), [(0.0, 65.0), (0.5, 65.0), (1.0, 65.0), (0.0, 18.0), (0.5, 18.0)])
@pytest.mark.parametrize("follows", ["camera", "object"])
def test_labels_leave_their_neighbours_room_from_wherever_they_are_seen(turn: float, lens: float, follows: str) -> None:
    names = [f"a_layer_with_a_long_name_{number}" for number in range(8)]
    layers = tuple(
        Layer(name, "Dense", (9,), ("unit",), 9, (before,)) for before, name in itertools.pairwise(["in", *names])
    )
    network = Network("chain", "/chain.keras", "0" * 64, layers, (TensorSpec("in", (9,)),), (names[-1],), 0)
    root = build_network(bpy.context.scene, Contents(network), "id-1")
    anchor, camera = next(objects(root, "anchor")), bpy.context.scene.camera
    level_of_detail.set_fixed(anchor, "maps")
    level_of_detail.set_thresholds(anchor, level_of_detail.Thresholds(labels=1e-6))
    level_of_detail.set_follows(anchor, follows)
    somewhere = bpy.data.objects.new("Somewhere", None)
    somewhere.location = (100.0, -100.0, 0.0)
    bpy.context.scene.collection.objects.link(somewhere)
    level_of_detail.object_socket(root).default_value = somewhere
    # From where it is, around the middle of the network, to where layers are nearly behind each other.
    middle = Vector((next(objects(root, "slab", names[4])).location.x, 0.0, 0.0))
    away = math.atan2(-camera.location.y, middle.x - camera.location.x)
    moved = Matrix.Translation(middle) @ Matrix.Rotation(-0.9 * turn * away, 4, "Z") @ Matrix.Translation(-middle)
    # A wide lens comes nearer, so that the picture holds as much as before.
    nearer = Matrix.LocRotScale(None, None, Vector((lens / 65.0,) * 3))
    camera.matrix_world = (
        moved @ Matrix.Translation(middle) @ nearer @ Matrix.Translation(-middle) @ camera.matrix_world
    )
    camera.scale = (1.0, 1.0, 1.0)
    camera.data.lens = lens
    bpy.context.view_layer.update()
    shown = next(obj for obj in objects(root, "label") if obj["nn_part"] == "names")
    letters = [
        world_to_camera_view(bpy.context.scene, camera, letter.matrix_world.translation).x
        for letter in bpy.context.evaluated_depsgraph_get().object_instances
        if letter.is_instance and letter.parent.original == shown
    ][len("in") :]
    assert len(letters) == len("".join(names))
    spans = np.array(letters).reshape(len(names), -1)
    assert (np.diff(spans, axis=1) > 0).all()
    assert (spans[:-1, -1] < spans[1:, 0]).all()


def test_groups_of_modifiers_give_geometry_first_and_have_every_input_once(root: bpy.types.Collection) -> None:
    """By their names inputs are set, and the first output is what a modifier makes of its object."""
    groups = {network_modifier(obj).node_group for obj in root.all_objects if network_modifier(obj)}
    assert {"Neurons", "Maps", "Slabs"} <= {group["nn_part"] for group in groups}
    for group in groups:
        sockets = [(socket.name, socket.in_out, socket.socket_type) for socket in group.interface.items_tree]
        assert next(socket for socket in sockets if socket[1] == "OUTPUT")[::2] == ("Geometry", "NodeSocketGeometry")
        inputs = [name for name, direction, _ in sockets if direction == "INPUT" and name != "Geometry"]
        assert [group.interface.items_tree[name].in_out for name in inputs] == ["INPUT"] * len(inputs)


def test_a_network_without_layers_can_be_shown() -> None:
    network = Network("copy", "/copy.keras", "0" * 64, (), (TensorSpec("in", (9,)),), ("in",), 0)
    root = build_network(bpy.context.scene, Contents(network), "id-1")
    assert list(objects(root, "slab")) == []
    (names,) = (obj for obj in objects(root, "label") if obj["nn_part"] == "names")
    assert len(names.data.vertices) == 1


def test_structure_alone_needs_no_samples(contents: Contents) -> None:
    root = build_network(bpy.context.scene, Contents(contents.network), "id-1")
    assert len(list(objects(root, "slab"))) == len(contents.network.layers)
    assert list(objects(root, "bars")) == []


def test_the_file_alone_shows_the_same(root: bpy.types.Collection, contents: Contents, tmp_path: Path) -> None:
    file = tmp_path / "saved.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(file))
    for picture in tmp_path.glob("*.png"):
        picture.unlink()
    bpy.ops.wm.open_mainfile(filepath=str(file))
    assert all(image.packed_file for image in bpy.data.images)
    (root,) = [child for child in bpy.context.scene.collection.children if contract.NETWORK in child]
    slices = contents.network.neuron_slices()
    for sample in range(contents.sample_count):
        bpy.context.scene.frame_set(1 + 24 * sample)
        for obj in objects(root, "neurons"):
            measured = contents.recording.activations[sample, slices[obj["nn_layer"]]]
            np.testing.assert_array_equal(evaluated(obj, "activation"), measured)


def test_atlas_levels_survive_packing(root: bpy.types.Collection) -> None:
    image = next(image for image in bpy.data.images if image.name == "conv maps")
    pixels = np.empty(len(image.pixels), np.float32)
    image.pixels.foreach_get(pixels)
    width, height = image.size
    levels = np.rint(pixels.reshape(height, width, 4)[::-1] * 255)
    # Two rows of three cells, 12 pixels each, of three samples; see made_atlas.
    cells = levels[9::12, 3::12, :3].transpose(2, 0, 1)
    np.testing.assert_array_equal(
        cells, [[[1, 2, 3], [4, 5, 6]], [[11, 12, 13], [14, 15, 16]], [[21, 22, 23], [24, 25, 26]]]
    )


def jobs_that_change(root: bpy.types.Collection) -> tuple[Generator, ...]:
    return rerun(None, root), show_side_by_side(None, root, Intervention()), show_connections(None, root, 3)


def test_a_network_of_a_newer_format_is_left_as_it_is(root: bpy.types.Collection) -> None:
    assert root["nn_format"] == 1
    upgrade_network(bpy.context.scene, root)
    root["nn_format"] = 2
    for job in jobs_that_change(root):
        with pytest.raises(UserError, match="newer version") as refused:
            next(job)
        assert refused.value.code == "scene.format"
    assert root["nn_format"] == 2


def test_a_network_of_an_older_format_is_upgraded_when_it_is_changed(
    root: bpy.types.Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[tuple[str, int]] = []
    monkeypatch.setattr(contract, "FORMAT_NOW", 3)
    for number in (1, 2):
        monkeypatch.setitem(STEPS, number, lambda scene, root: steps.append((root.name, root["nn_format"])))
    upgrade_network(bpy.context.scene, root)
    assert steps == [(root.name, 1), (root.name, 2)]
    assert root["nn_format"] == 3
    upgrade_network(bpy.context.scene, root)
    assert len(steps) == 2


def test_a_network_from_before_the_first_format_is_left_as_it_is(root: bpy.types.Collection) -> None:
    del root["nn_format"]
    for job in jobs_that_change(root):
        with pytest.raises(UserError, match="before networks could be upgraded"):
            next(job)
    assert "nn_format" not in root


def _input(modifier: bpy.types.NodesModifier, name: str) -> str:
    from nn_blender.scene.base.versions import get_modifier_input

    return get_modifier_input(modifier, name)
