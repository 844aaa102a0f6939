"""A network whose layers stand in lanes and in two rows: everything stands where its layout says."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path

import bpy
import numpy as np
import pytest
from bpy_extras.object_utils import world_to_camera_view
from made import made_atlas, made_composite, made_contents, made_recording
from mathutils import Vector

from nn_blender.core.blocks.blocks import Block, block_of
from nn_blender.core.blocks.placing import place_blocks
from nn_blender.core.layout.layout import Layout, Place, Slab
from nn_blender.core.layout.row import lay_out
from nn_blender.core.network import Layer, Network, TensorSpec
from nn_blender.core.outputs import decide_outputs
from nn_blender.scene.base import contract, meshes
from nn_blender.scene.base.find import is_geometry, objects
from nn_blender.scene.blocks.blocks import read_blocks, set_blocks
from nn_blender.scene.build import CLEARANCE, build_network, update_network
from nn_blender.scene.looks import level_of_detail
from nn_blender.scene.maps.closeups import GAP, SIDE, add_closeup
from nn_blender.scene.network.contents import Contents
from nn_blender.scene.network.description import change_description, read_layout
from nn_blender.scene.nodes import lod_of_layers
from nn_blender.scene.stage.labels import show_measures

IMAGE = ("height", "width", "channel")
CHANNELS = 6
ATOL = 1e-4


def branched() -> Network:
    """Two branches of two layers each that alternate in the list, joined; then a second row with two outputs."""
    maps = {"stem": "picture", "left_1": "stem", "right_1": "stem", "left_2": "left_1", "right_2": "right_1"}
    layers = [Layer(path, "Conv2D", (12, 12, CHANNELS), IMAGE, 60, (read,), "relu") for path, read in maps.items()]
    layers += [
        Layer("join", "Concatenate", (12, 12, 12), IMAGE, 0, ("left_2", "right_2")),
        Layer("pool", "GlobalAveragePooling2D", (12,), ("unit",), 0, ("join",)),
        Layer("age", "Dense", (1,), ("unit",), 13, ("pool",)),
        Layer("output", "Dense", (10,), ("unit",), 130, ("pool",), "softmax"),
    ]
    inputs = (TensorSpec("picture", (12, 12, 1)), TensorSpec("measures", (7,)))
    return Network("branched", "/b.keras", "0" * 64, tuple(layers), inputs, ("output", "age"), 443, "3.15.1")


X_Y_Z = {
    "stem": (6.0, 0.0, 0.0),
    "left_1": (10.0, 5.0, 0.0),
    "right_1": (10.0, -5.0, 1.0),
    "left_2": (14.0, 5.0, 0.0),
    "right_2": (15.0, -5.0, 1.0),
    "join": (20.0, 0.0, 0.0),
    "pool": (2.0, -20.0, -3.0),
    "age": (8.0, -17.0, -3.0),
    "output": (8.0, -23.0, -3.0),
}
CLOSED = Place(12.0, 0.0, 0.5, 4.0, 3.0, 2.0)
"""Of the block of the right branch, far from its slabs."""


def folded(network: Network) -> Layout:
    """Lanes beside each other along y, one a step higher, and a second row in front of the first, and lower."""
    row = lay_out(network)
    layers = {path: _moved(slab, *X_Y_Z[path]) for path, slab in row.layers.items()}
    inputs = {name: _moved(slab, 0.0, y, 0.0) for (name, slab), y in zip(row.inputs.items(), (0.0, 8.0), strict=True)}
    outputs = {path: Place(11.0, layers[path].y - 2.0, -3.0, 4.0, 5.4, 3.0) for path in row.outputs}
    return Layout(inputs, layers, outputs, {"right": CLOSED})


def _moved(slab: Slab, x: float, y: float, z: float) -> Slab:
    return dataclasses.replace(slab, x=x, y=y, z=z)


def branches(network: Network) -> tuple[Block, ...]:
    """Blocks of which two alternate in the list of layers."""
    sets = {"stem": ("stem",), "left": ("left_1", "left_2"), "right": ("right_1", "right_2")}
    sets["rest"] = ("join", "pool", "age", "output")
    return tuple(block_of(name, [network.layer(path) for path in paths]) for name, paths in sets.items())


@pytest.fixture
def contents(tmp_path: Path) -> Contents:
    network = branched()
    pictured = [layer for layer in network.layers if layer.map_shape is not None]
    atlases = [made_atlas(tmp_path, layer.path, layer.neurons, 12, 2) for layer in pictured]
    summary = made_composite(tmp_path, "right_1", 12, 2)
    return Contents(
        network=network,
        recording=made_recording(network, samples=2),
        classes=tuple("0123456789"),
        atlases=(made_atlas(tmp_path, "", 1, 12, 2), *atlases),
        composites=(summary,),
        outputs=decide_outputs(network),
    )


@pytest.fixture
def layout(contents: Contents) -> Layout:
    return folded(contents.network)


@pytest.fixture
def root(contents: Contents, layout: Layout, build_once: Callable[..., bpy.types.Collection]) -> bpy.types.Collection:
    root = build_once(build_network, contents, "id-1", True, layout)
    set_blocks(bpy.context.scene, root, branches(contents.network))
    follow(root, "off")
    return root


def follow(root: bpy.types.Collection, what: str) -> None:
    level_of_detail.set_follows(anchor(root), what)
    bpy.context.view_layer.update()


def anchor(root: bpy.types.Collection) -> bpy.types.Object:
    return next(objects(root, "anchor"))


def one(root: bpy.types.Collection, role: str, layer: str | None = None, part: str = "") -> bpy.types.Object:
    return next(obj for obj in objects(root, role, layer) if obj.get(contract.PART, "") == part)


def in_network(root: bpy.types.Collection, points: np.ndarray) -> np.ndarray:
    """Points of the world, float (count, 3), in the network's own space."""
    return points - np.array(anchor(root).matrix_world.translation)


def drawn_corners(root: bpy.types.Collection, obj: bpy.types.Object) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest x, y, z of what is drawn of an object, with its instances, in the network's own space."""
    depsgraph = bpy.context.evaluated_depsgraph_get()
    points = [
        shown.matrix_world @ Vector(corner)
        for shown in depsgraph.object_instances
        if (shown.parent if shown.is_instance else shown.object).original == obj
        if shown.object.type == "MESH" and len(shown.object.data.polygons)
        for corner in shown.object.bound_box
    ]
    found = in_network(root, np.array(points))
    return found.min(axis=0), found.max(axis=0)


def local_points(obj: bpy.types.Object) -> np.ndarray:
    """The vertices of an object's mesh, which is where the network is."""
    return np.array([vertex.co for vertex in obj.data.vertices])


def assert_is_at(found: tuple[np.ndarray, np.ndarray], place: Place, atol: float = ATOL) -> None:
    np.testing.assert_allclose(found[0], place.low, atol=atol)
    np.testing.assert_allclose(found[1], place.high, atol=atol)


def test_slabs_neurons_and_cards_stand_where_the_layout_says(root: bpy.types.Collection, layout: Layout) -> None:
    for path, place in layout.layers.items():
        assert_is_at(drawn_corners(root, one(root, "slab", path)), place)
        on_slab = [obj for role in ("neurons", "card") for obj in objects(root, role, path)]
        assert len(on_slab) == (2 if place.grid.card else 1)
        for obj in on_slab:
            low, high = drawn_corners(root, obj)
            assert place.front - 2 * place.grid.radius - 0.1 < low[0] <= high[0] < place.front + ATOL
            assert (low[1:] >= np.array(place.low[1:]) - ATOL).all()
            assert (high[1:] <= np.array(place.high[1:]) + ATOL).all()
    np.testing.assert_allclose(local_points(one(root, "neurons", "left_2")), layout.layers["left_2"].sphere_positions())


def test_the_first_input_stands_where_the_layout_says(root: bpy.types.Collection, layout: Layout) -> None:
    assert_is_at(drawn_corners(root, one(root, "input frame")), layout.input)
    low, high = drawn_corners(root, one(root, "input"))
    assert (low[1:] >= np.array(layout.input.low[1:])).all()
    assert (high[1:] <= np.array(layout.input.high[1:])).all()
    caption = one(root, "caption").location
    assert caption.y == pytest.approx(layout.input.high[1])
    assert caption.z > layout.input.high[2]


def test_the_answer_of_the_first_output_stands_on_its_board(root: bpy.types.Collection, layout: Layout) -> None:
    board, place = one(root, "output").location, layout.outputs["output"]
    assert board[:2] == pytest.approx((place.low[0], place.high[1]))
    assert place.z < board.z < place.high[2]


def test_labels_and_measures_stand_below_their_slabs(
    root: bpy.types.Collection, contents: Contents, layout: Layout
) -> None:
    show_measures(bpy.context.scene, root, True)
    names = one(root, "label", part="names")
    layers = meshes.read_integers(names.data, "layer")
    of_block = np.array([value.value for value in names.data.attributes["of_block"].data])
    points = local_points(names)
    for number, layer in enumerate(contents.network.layers):
        place = layout.layers[layer.path]
        (label,) = points[(layers == number) & ~of_block]
        assert label[:2] == pytest.approx((place.x, place.low[1]))
        assert place.z - 0.9 < label[2] < place.z
        measures = one(root, "measures", layer.path).location
        assert measures[:2] == pytest.approx((place.x, place.low[1]))
        assert measures.z < label[2]


def test_labels_of_blocks_stand_before_their_closed_boxes(root: bpy.types.Collection, contents: Contents) -> None:
    names = one(root, "label", part="names")
    layers = meshes.read_integers(names.data, "layer")
    of_block = np.array([value.value for value in names.data.attributes["of_block"].data])
    order = [layer.path for layer in contents.network.layers]
    layout, blocks = read_layout(root, contents.network), branches(contents.network)
    for block, place in zip(blocks, place_blocks(blocks, layout), strict=True):
        lines = local_points(names)[of_block & (layers == order.index(block.layers[0]))]
        assert len(lines) == (2 if len(block.layers) > 1 else 0)
        for x, y, z in lines:
            assert place.closed.low[0] < x < place.closed.high[0]
            assert y < place.closed.low[1]
            assert place.closed.z < z < place.closed.high[2]


def test_a_label_has_the_room_to_the_next_slab_of_its_own_lane(root: bpy.types.Collection, contents: Contents) -> None:
    names = one(root, "label", part="names")
    inputs = [spec.name for spec in contents.network.inputs]
    fits = dict(zip([*inputs, *X_Y_Z], meshes.read_floats(names.data, "fit"), strict=False))
    # The lanes' layers are 4 and 5 units from the next in their lane; the same letters, but one is another digit.
    assert fits["right_1"] * 7 / (fits["left_1"] * 6) == pytest.approx(5 / 4, rel=0.1)


def test_large_maps_stand_above_all_slabs_side_by_side(root: bpy.types.Collection, layout: Layout) -> None:
    shown = [("left_1", 0), ("right_1", 0), ("left_1", 2), ("join", 1)]
    for layer, neuron in shown:
        add_closeup(bpy.context.scene, root, layer, neuron)
    across = np.array([math.sin(layout.view_angle), -math.cos(layout.view_angle), 0.0])
    places = {(layer, neuron): one(root, "closeup holder", layer, str(neuron)).location for layer, neuron in shown}
    for layer, neuron in shown:
        place = places[layer, neuron]
        assert place.y == pytest.approx(layout.layers[layer].y)
        assert place.z - SIDE / 2 > layout.bounds.high[2]
    seen = [float(across @ np.array(place)) for place in places.values()]
    assert all(abs(one - other) > SIDE + GAP - ATOL for one, other in combinations(seen, 2))


def test_texts_before_the_network_are_clear_of_both_rows(root: bpy.types.Collection, layout: Layout) -> None:
    for title in objects(root, "title"):
        assert title.location.y < layout.bounds.low[1]
    legend = one(root, "legend").location
    assert legend.x == pytest.approx(layout.input.x)
    assert legend.y < layout.layers["pool"].low[1]


def test_the_detail_mesh_knows_where_slabs_and_blocks_are(
    root: bpy.types.Collection, contents: Contents, layout: Layout
) -> None:
    blocks = branches(contents.network)
    assert read_blocks(root, contents.network) == blocks
    mesh = next(objects(root, "detail")).data
    low, high = (meshes.read_vectors(mesh, name) for name in (lod_of_layers.BLOCK_LOW, lod_of_layers.BLOCK_HIGH))
    slab_low = meshes.read_vectors(mesh, lod_of_layers.SLAB_LOW)
    for block, place in zip(blocks, place_blocks(blocks, layout), strict=True):
        for path in block.layers:
            number = list(layout.layers).index(path)
            np.testing.assert_allclose(low[number], place.closed.low, atol=ATOL)
            np.testing.assert_allclose(high[number], place.closed.high, atol=ATOL)
            np.testing.assert_allclose(slab_low[number], layout.layers[path].low, atol=ATOL)


def test_far_away_blocks_close_to_their_places(root: bpy.types.Collection, contents: Contents, layout: Layout) -> None:
    follow(root, "camera")
    bpy.context.scene.camera.location = (10.0, -5000.0, 10.0)
    bpy.context.view_layer.update()
    blocks = branches(contents.network)
    for block, place in zip(blocks, place_blocks(blocks, layout), strict=True):
        assert_is_at(drawn_corners(root, one(root, "block", part=block.name)), place.closed)
    assert place_blocks(blocks, layout)[2].closed == CLOSED
    assert not any(len(evaluated(slab).vertices) for slab in objects(root, "slab"))


def evaluated(obj: bpy.types.Object) -> bpy.types.Mesh:
    return obj.evaluated_get(bpy.context.evaluated_depsgraph_get()).data


def look_at_opening(root: bpy.types.Collection, closed: Place, pitch: float, share: float) -> None:
    """Put the camera where a block has opened so far, 0 to 1."""
    camera, threshold = bpy.context.scene.camera, anchor(root)[contract.LOD_BLOCKS]
    spread = 2 * math.tan(camera.data.angle_x / 2)
    band = anchor(root)[contract.LOD_BAND]
    distance = pitch / (threshold * (1 + share * band) * spread)
    camera.location = (closed.x, closed.low[1] - distance, closed.middle[2])
    bpy.context.view_layer.update()


@pytest.mark.parametrize("name", ["left", "right", "rest"])
def test_slabs_come_out_of_their_closed_block_wherever_it_is(
    root: bpy.types.Collection, contents: Contents, layout: Layout, name: str
) -> None:
    follow(root, "camera")
    blocks = branches(contents.network)
    block, place = next(
        (block, place) for block, place in zip(blocks, place_blocks(blocks, layout), strict=True) if block.name == name
    )
    look_at_opening(root, place.closed, place.pitch, 0.001)
    for path in block.layers:
        assert_is_at(drawn_corners(root, one(root, "slab", path)), place.parts[path], atol=0.05)
    look_at_opening(root, place.closed, place.pitch, 0.5)
    for path in block.layers:
        own, part = layout.layers[path], place.parts[path]
        halfway = (np.add(own.low, part.low) / 2, np.add(own.high, part.high) / 2)
        low, high = drawn_corners(root, one(root, "slab", path))
        np.testing.assert_allclose((low + high) / 2, (halfway[0] + halfway[1]) / 2, atol=0.05)


def test_a_summary_stays_on_its_slab_while_that_comes_out_of_the_block(
    root: bpy.types.Collection, contents: Contents, layout: Layout
) -> None:
    follow(root, "camera")
    blocks = branches(contents.network)
    place = place_blocks(blocks, layout)[2]
    summary, slab = one(root, "composite", "right_1"), one(root, "slab", "right_1")
    for share in (0.2, 0.5, 0.9):
        look_at_opening(root, place.closed, place.pitch, share)
        low, high = drawn_corners(root, summary)
        slab_low, slab_high = drawn_corners(root, slab)
        assert slab_low[0] - 0.05 < low[0] < slab_low[0] + ATOL
        assert (low[1:] > slab_low[1:]).all()
        assert (high[1:] < slab_high[1:]).all()


def shown_points(root: bpy.types.Collection) -> Iterator[Vector]:
    """Corners in the world of everything that is drawn but the floor."""
    for shown in bpy.context.evaluated_depsgraph_get().object_instances:
        parent = (shown.parent if shown.is_instance else shown.object).original
        is_ours = parent.get(contract.NETWORK) == root[contract.NETWORK]
        if is_ours and is_geometry(shown.object) and parent.get(contract.ROLE) != "floor":
            yield from (shown.matrix_world @ Vector(corner) for corner in shown.object.bound_box)


def test_the_camera_sees_the_whole_network(root: bpy.types.Collection, layout: Layout) -> None:
    scene = bpy.context.scene
    slabs = [Vector(corner) for place in layout.slabs for corner in (place.low, place.high)]
    closed = [Vector(CLOSED.low), Vector(CLOSED.high)]
    board = [Vector((x, y, layout.output.high[2])) for x, y in (layout.output.low[:2], layout.output.high[:2])]
    legend = one(root, "legend").location
    points = [anchor(root).matrix_world @ point for point in (*slabs, *closed, *board, legend)]
    seen = np.array([world_to_camera_view(scene, scene.camera, point) for point in points])
    assert (seen[:, 2] > 0).all()
    assert (seen[:, :2] > 0).all()
    assert (seen[:, :2] < 1).all()


def test_a_network_with_low_rows_stands_on_the_ground(root: bpy.types.Collection, layout: Layout) -> None:
    assert anchor(root).location.z == pytest.approx(-layout.bounds.z)
    lowest = min((one(root, "slab", path).matrix_world @ Vector(corner)).z for path in layout.layers
                 for corner in one(root, "slab", path).bound_box)  # fmt: skip
    assert lowest == pytest.approx(0.0, abs=ATOL)
    (floor,) = objects(root, "floor")
    assert -2.0 < (floor.matrix_world @ Vector(floor.bound_box[1])).z < -1.0


def test_another_network_stands_clear_of_both_rows(
    root: bpy.types.Collection, tmp_path: Path, contents: Contents, layout: Layout
) -> None:
    scene = bpy.context.scene
    nearest = min(point.y for point in shown_points(root))
    other = build_network(scene, made_contents(tmp_path), "id-2", with_stage=False)
    slabs = [obj for role in ("slab", "input frame") for obj in objects(other, role)]
    farthest = max((obj.matrix_world @ Vector(corner)).y for obj in slabs for corner in obj.bound_box)
    assert farthest == pytest.approx(nearest - CLEARANCE, abs=0.05)
    nearest = min(point.y for point in shown_points(other))
    third = build_network(scene, contents, "id-3", with_stage=False, layout=layout)
    slabs = [obj for role in ("slab", "input frame") for obj in objects(third, role)]
    farthest = max((obj.matrix_world @ Vector(corner)).y for obj in slabs for corner in obj.bound_box)
    assert farthest <= nearest - CLEARANCE + 0.05


def test_places_are_kept_in_the_description(
    root: bpy.types.Collection, contents: Contents, layout: Layout, tmp_path: Path
) -> None:
    assert read_layout(root, contents.network) == layout
    update_network(bpy.context.scene, root, contents)
    assert read_layout(root, contents.network) == layout
    for path, place in layout.layers.items():
        assert one(root, "slab", path).location[:] == pytest.approx(place.middle)
    change_description(root, places=None)
    assert read_layout(root, contents.network) == lay_out(contents.network)
