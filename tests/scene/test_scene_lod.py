"""Level of detail: what is drawn follows from how large it appears, the same for the same picture."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import bpy
import numpy as np
import pytest
from made import made_atlas, made_contents, made_recording
from mathutils import Matrix

from nn_blender.core.blocks.blocks import block_of
from nn_blender.core.blocks.placing import place_blocks
from nn_blender.core.layout.row import lay_out
from nn_blender.core.network import Layer, Network, TensorSpec
from nn_blender.scene.base import contract, meshes
from nn_blender.scene.base.find import network_modifier, objects
from nn_blender.scene.base.versions import get_modifier_input
from nn_blender.scene.blocks.blocks import add_blocks, read_blocks
from nn_blender.scene.blocks.lod_mesh import shown_tier
from nn_blender.scene.build import build_network
from nn_blender.scene.looks import level_of_detail
from nn_blender.scene.network.contents import Contents
from nn_blender.scene.network.parts import network_parts

IMAGE = ("height", "width", "channel")
STAGES, PER_STAGE, CHANNELS = 3, 4, 5


def deep_network() -> Network:
    """Stages of convolutions whose names tell the stage, and a small head."""
    layers, before = [], "picture"
    for stage in range(1, STAGES + 1):
        for k in range(1, PER_STAGE + 1):
            side = 32 >> stage
            name = f"conv{stage}_block{k}_conv"
            layers.append(Layer(name, "Conv2D", (side, side, CHANNELS), IMAGE, 100, (before,), "relu"))
            before = name
    layers.append(Layer("pool", "GlobalAveragePooling2D", (CHANNELS,), ("unit",), 0, (before,)))
    layers.append(Layer("output", "Dense", (4,), ("unit",), 24, ("pool",), "softmax"))
    parameters = sum(layer.parameters for layer in layers)
    inputs = (TensorSpec("picture", (32, 32, 1)),)
    return Network("deep", "/models/deep.keras", "0" * 64, tuple(layers), inputs, ("output",), parameters, "3.15.1")


@pytest.fixture
def contents(tmp_path: Path) -> Contents:
    network = deep_network()
    atlases = tuple(
        made_atlas(tmp_path, layer.path, CHANNELS, layer.map_shape[0], 2)
        for layer in network.layers
        if layer.map_shape is not None
    )
    return Contents(network, made_recording(network, samples=2), ("a", "b", "c", "d"), atlases=atlases)


@pytest.fixture
def root(contents: Contents, build_once: Callable[..., bpy.types.Collection]) -> bpy.types.Collection:
    root = build_once(build_network, contents, "id-1")
    level_of_detail.set_follows(anchor(root), "camera")
    return root


def anchor(root: bpy.types.Collection) -> bpy.types.Object:
    return next(objects(root, "anchor"))


def look_from(distance: float) -> None:
    """Put the camera before the middle of the network, as far away as that; it looks at it across the data."""
    camera = bpy.context.scene.camera
    camera.location = (LENGTH / 2, -distance, 1.0)
    camera.rotation_euler = (math.pi / 2, 0.0, 0.0)
    bpy.context.view_layer.update()


LENGTH = lay_out(deep_network()).length


def drawn(root: bpy.types.Collection) -> Counter[str]:
    """How many visible pieces there are by role: instances, and objects with faces of their own."""
    depsgraph = bpy.context.evaluated_depsgraph_get()
    pieces: Counter[str] = Counter()
    for shown in depsgraph.object_instances:
        if shown.is_instance:
            parent = shown.parent.original
            role = parent.get(contract.ROLE, "")
            pieces[parent.get(contract.PART, "") if role == "label" else role] += 1
        elif shown.object.type == "MESH" and len(shown.object.data.polygons):
            pieces[shown.object.original.get(contract.ROLE, "")] += 1
    return pieces


def evaluated(obj: bpy.types.Object) -> bpy.types.Mesh:
    return obj.evaluated_get(bpy.context.evaluated_depsgraph_get()).data


def test_far_away_a_block_is_one_box_and_nothing_else(root: bpy.types.Collection, contents: Contents) -> None:
    look_from(100 * LENGTH)
    pieces = drawn(root)
    blocks = read_blocks(root, contents.network)
    assert pieces["block"] == len(blocks) < len(contents.network.layers) / 2
    assert {pieces[role] for role in ("slab", "neurons", "card", "names", "facts", "composite", "answer")} == {0}
    # Values can be read at any distance.
    slices = contents.network.neuron_slices()
    for obj in objects(root, "neurons"):
        mesh, columns = evaluated(obj), slices[obj["nn_layer"]]
        assert len(mesh.polygons) == 0
        np.testing.assert_array_equal(
            meshes.read_floats(mesh, "activation"), contents.recording.activations[0, columns]
        )


def test_walking_in_shows_ever_more(root: bpy.types.Collection, contents: Contents) -> None:
    counts = []
    for distance in np.geomspace(60 * LENGTH, 0.05 * LENGTH, 24):
        look_from(distance)
        pieces = drawn(root)
        counts.append(sum(pieces[role] for role in ("block", "slab", "neurons", "card")))
    assert counts == sorted(counts)
    assert counts[-1] > 10 * counts[0]
    assert pieces["card"] == pieces["neurons"] - CHANNELS - 4 == STAGES * PER_STAGE * CHANNELS
    assert pieces["block"] == 0


def block_letters(root: bpy.types.Collection) -> list[tuple[str, np.ndarray]]:
    """Every line of the blocks' labels with where its letters begin, float (letters, 3) in world space."""
    (store,) = (obj for obj in objects(root, "texts") if obj["nn_part"] == "names")
    (shown,) = (obj for obj in objects(root, "label") if obj["nn_part"] == "names")
    lines = get_modifier_input(network_modifier(store), "Texts").split("\n")
    of_blocks = shown.data.attributes["of_block"].data
    lines = [line for line, of_block in zip(lines, of_blocks, strict=True) if of_block.value]
    letters = np.array([
        letter.matrix_world.translation[:]
        for letter in bpy.context.evaluated_depsgraph_get().object_instances
        if letter.is_instance and letter.parent.original == shown
    ])  # fmt: skip
    ends = np.cumsum([len(line.replace(" ", "")) for line in lines])
    own = letters[len(letters) - ends[-1] :]
    return list(zip(lines, np.split(own, ends[:-1]), strict=True))


@pytest.mark.parametrize("further", [1.0, 2.0])
def test_labels_of_blocks_stand_before_their_boxes_and_together(
    root: bpy.types.Collection, contents: Contents, further: float
) -> None:
    level_of_detail.set_thresholds(anchor(root), level_of_detail.Thresholds(labels=1e-6))
    level_of_detail.set_fixed(anchor(root), "blocks")
    camera = bpy.context.scene.camera
    camera.location *= further
    bpy.context.view_layer.update()
    layout = lay_out(contents.network)
    blocks = read_blocks(root, contents.network)
    both = zip(blocks, place_blocks(blocks, layout), strict=True)
    places = [place for block, place in both if len(block.layers) > 1]
    lines = block_letters(root)
    assert len(lines) == 2 * len(places) > 4
    for place, (name, letters), (facts, below) in zip(places, lines[::2], lines[1::2], strict=True):
        assert facts.endswith("parameters")
        assert not name.endswith("parameters")
        assert max(letters[:, 1].max(), below[:, 1].max()) < place.closed.low[1]
        # The line of facts is as far below as its letters are wide, about, however small they are.
        width = np.linalg.norm(below[-1] - below[0]) / len(facts)
        assert 1.0 < (letters[0, 2] - below[0, 2]) / width < 6.0


@pytest.mark.parametrize(("role", "tier"), [("block", "blocks"), ("slab", "layers"), ("neurons", "neurons")])
def test_what_a_block_says_it_shows_is_what_is_drawn(root: bpy.types.Collection, role: str, tier: str) -> None:
    level_of_detail.set_fixed(anchor(root), tier)
    look_from(LENGTH)
    depsgraph = bpy.context.evaluated_depsgraph_get()
    assert {shown_tier(root, box, depsgraph) for box in objects(root, "block")} == {tier}
    assert drawn(root)[role] > 0


def test_the_view_leads_in_the_viewport_once_there_is_one(root: bpy.types.Collection) -> None:
    level_of_detail.set_follows(anchor(root), "view")
    look_from(100 * LENGTH)
    assert drawn(root)["card"] == 0
    viewer = next(objects(root, "viewer"))
    level_of_detail.place_viewer(viewer, Matrix.Translation((LENGTH / 2, -0.1 * LENGTH, 1.0)), 0.7, 0.0)
    bpy.context.view_layer.update()
    assert drawn(root)["card"] > 0
    # An orthographic view is as near as it is narrow.
    level_of_detail.place_viewer(viewer, Matrix.Translation((LENGTH / 2, -0.1 * LENGTH, 1.0)), 0.0, 100 * LENGTH)
    bpy.context.view_layer.update()
    assert drawn(root)["card"] == 0


def test_the_lens_counts_as_much_as_the_distance(root: bpy.types.Collection) -> None:
    look_from(30 * LENGTH)
    before = drawn(root)
    bpy.context.scene.camera.data.lens *= 30
    bpy.context.view_layer.update()
    assert drawn(root)["card"] > before["card"] == 0


@pytest.mark.parametrize(("tier", "roles"), [
    ("blocks", {"block", "names"}),
    ("layers", {"slab", "names"}),
    ("neurons", {"slab", "names", "neurons"}),
    ("maps", {"slab", "names", "neurons", "card"}),
])  # fmt: skip
def test_fixed_tiers_do_not_ask_for_the_distance(root: bpy.types.Collection, tier: str, roles: set[str]) -> None:
    level_of_detail.set_fixed(anchor(root), tier)
    for distance in (0.1 * LENGTH, 100 * LENGTH):
        look_from(distance)
        pieces = drawn(root)
        assert {role for role in ("block", "slab", "names", "neurons", "card") if pieces[role]} == roles


def test_switched_off_it_shows_everything_from_anywhere(root: bpy.types.Collection) -> None:
    level_of_detail.set_follows(anchor(root), "off")
    look_from(100 * LENGTH)
    pieces = drawn(root)
    assert pieces["card"] == STAGES * PER_STAGE * CHANNELS
    assert pieces["block"] == 0


def test_slabs_fill_their_closed_block_without_a_gap(root: bpy.types.Collection, contents: Contents) -> None:
    blocks = read_blocks(root, contents.network)
    places = place_blocks(blocks, lay_out(contents.network))
    threshold = anchor(root)[contract.LOD_BLOCKS]
    # Just open: the block's nearest point makes its layers' distance appear a little larger than the threshold.
    block, place = next((b, p) for b, p in zip(blocks, places, strict=True) if len(b.layers) > 2)
    spread = 2 * math.tan(bpy.context.scene.camera.data.angle_x / 2)
    camera = bpy.context.scene.camera
    camera.location = (place.closed.x, place.closed.low[1] - place.pitch / (threshold * 1.001 * spread), 1.0)
    bpy.context.view_layer.update()
    corners = []
    for layer in block.layers:
        slab = next(objects(root, "slab", layer))
        mesh = evaluated(slab)
        assert len(mesh.vertices)
        positions = np.empty(len(mesh.vertices) * 3, np.float32)
        mesh.vertices.foreach_get("co", positions)
        positions = positions.reshape(-1, 3) + np.array(slab.matrix_world.translation)
        corners.append((positions.min(axis=0), positions.max(axis=0)))
    for (_, before), (after, _) in pairwise(corners):
        assert before[0] == pytest.approx(after[0], abs=0.02)
    np.testing.assert_allclose(corners[0][0], place.closed.low, atol=0.03)
    np.testing.assert_allclose(corners[-1][1], place.closed.high, atol=0.03)


def test_a_block_carries_the_mean_of_its_neurons(root: bpy.types.Collection, contents: Contents) -> None:
    slices = contents.network.neuron_slices()
    look_from(100 * LENGTH)
    blocks = read_blocks(root, contents.network)
    for sample, frame in ((0, 1), (1, 25)):
        bpy.context.scene.frame_set(frame)
        for block in blocks:
            box = next(obj for obj in objects(root, "block") if obj["nn_part"] == block.name)
            columns = np.concatenate([np.arange(slices[layer].start, slices[layer].stop) for layer in block.layers])
            expected = contents.recording.activations[sample, columns].mean()
            assert meshes.read_floats(evaluated(box), "activation")[0] == pytest.approx(expected, rel=1e-5)


def test_other_blocks_take_the_place_of_the_former(root: bpy.types.Collection, contents: Contents) -> None:
    parts = network_parts(bpy.context.scene, contents.network, "id-1", root)
    layers = contents.network.layers
    blocks = (block_of("first", layers[:5]), block_of("second", layers[5:]))
    add_blocks(parts, lay_out(contents.network), blocks)
    look_from(100 * LENGTH)
    assert drawn(root)["block"] == 2
    assert sorted(obj["nn_part"] for obj in objects(root, "block")) == ["first", "second"]


def test_the_camera_that_was_made_sees_small_networks_whole(tmp_path: Path) -> None:
    contents = made_contents(tmp_path)
    root = build_network(bpy.context.scene, contents, "id-2")
    bpy.context.view_layer.update()
    level_of_detail.set_follows(anchor(root), "camera")
    bpy.context.view_layer.update()
    pieces = drawn(root)
    assert pieces["block"] == 0
    assert pieces["card"] == 18
    assert pieces["slab"] == len(contents.network.layers)
