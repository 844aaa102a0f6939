"""Books of closed blocks: covers show maps or neurons of the sample, pages their layers' mean activation."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import bpy
import numpy as np
import pytest
from made import made_atlas, made_contents, made_recording, with_ranges
from realized import realized

from nn_blender.core.blocks.books import BookSizes
from nn_blender.core.blocks.graph import LayerGraph
from nn_blender.core.blocks.hierarchy import NETWORK, Part, make_leaf, make_part
from nn_blender.core.blocks.opening import Opening
from nn_blender.core.inputs import decide_inputs
from nn_blender.core.interventions.intervention import Intervention
from nn_blender.core.layout.picture import UNIT
from nn_blender.core.network import Layer, Network, TensorSpec
from nn_blender.core.outputs import decide_outputs
from nn_blender.scene.base import contract, meshes
from nn_blender.scene.base.find import network_modifier, objects
from nn_blender.scene.base.versions import get_modifier_input
from nn_blender.scene.blocks.books import add_books, fill_books
from nn_blender.scene.build import build_network, update_network
from nn_blender.scene.network.contents import Contents
from nn_blender.scene.network.parts import network_parts
from nn_blender.scene.nodes.cards import CELL, CELL_NEXT, CELLS
from nn_blender.scene.show_intervention import Change, show_change, show_intact

SAMPLES = 4
MAPS, NUMBERS = 20, 60
IMAGE = ("height", "width", "channel")


@pytest.fixture
def contents(tmp_path: Path) -> Contents:
    """A network with more feature maps, and more numbers, than covers have room for."""
    return _contents(tmp_path)


def _contents(folder: Path, seed: int = 0) -> Contents:
    layers = (
        Layer("conv", "Conv2D", (8, 8, MAPS), IMAGE, 60, ("picture",), "relu"),
        Layer("norm", "BatchNormalization", (8, 8, MAPS), IMAGE, 80, ("conv",)),
        Layer("mean", "GlobalAveragePooling2D", (MAPS,), ("unit",), 0, ("norm",)),
        Layer("hidden", "Dense", (NUMBERS,), ("unit",), 1260, ("mean",), "relu"),
        Layer("few", "Dense", (5,), ("unit",), 305, ("hidden",)),
        Layer("output", "Dense", (3,), ("unit",), 18, ("few",), "softmax"),
    )
    network = Network("books", "/m.keras", "0" * 64, layers, (TensorSpec("picture", (8, 8, 1)),), ("output",), 1723, "")
    pictures = (("", 1), ("conv", MAPS), ("norm", MAPS))
    atlases = [made_atlas(folder, path, count, 8, SAMPLES) for path, count in pictures]
    random = np.random.default_rng(seed)
    for number, maps in enumerate(atlases[1:], 1):
        low = random.normal(0, 1, (SAMPLES, MAPS)).astype(np.float32)
        atlases[number] = with_ranges(maps, np.stack([low, low + random.uniform(0.5, 2, low.shape).astype(np.float32)]))
    return Contents(
        network, made_recording(network, SAMPLES, seed), atlases=tuple(atlases), inputs=decide_inputs(network),
        outputs=decide_outputs(network),
    )  # fmt: skip


def hierarchy(network: Network) -> Part:
    graph = LayerGraph(network)

    def block(name: str, *paths: str, repeats: int = 1) -> Part:
        return make_part(graph, f"block {name}", name, [make_leaf(graph, path, path) for path in paths], repeats)

    maps, numbers = block("maps", "conv", "norm", repeats=2), block("numbers", "mean", "hidden")
    body = make_part(graph, "block body", "body", [maps, numbers])
    first = make_leaf(graph, "picture", "picture")
    return make_part(graph, "", "books", [first, body, block("last", "few", "output")], 1, NETWORK)


@pytest.fixture
def root(contents: Contents, build_once: Callable[..., bpy.types.Collection]) -> bpy.types.Collection:
    return build_once(_build, contents)


def _build(scene: bpy.types.Scene, contents: Contents) -> bpy.types.Collection:
    root = build_network(scene, contents, "id-1")
    add_books(network_parts(scene, contents.network, "id-1", root), contents.network, hierarchy(contents.network))
    return root


def book(root: bpy.types.Collection, name: str) -> bpy.types.Object:
    (found,) = (obj for obj in objects(root, "book") if obj[contract.BLOCK] == f"block {name}")
    return found


def refill(root: bpy.types.Collection, network: Network) -> None:
    fill_books(network_parts(bpy.context.scene, network, "id-1", root), network, hierarchy(network))


def shown(root: bpy.types.Collection, name: str) -> bpy.types.Object:
    obj = book(root, name)
    obj.hide_viewport = obj.hide_render = False
    return obj


def strongest(values: np.ndarray, count: int) -> list[list[int]]:
    return [sorted(np.argsort(-np.abs(row), kind="stable")[:count].tolist()) for row in values]


def graded(values: np.ndarray, count: int) -> list[list[int]]:
    steps = np.round(np.arange(count) * (values.shape[1] - 1) / (count - 1)).astype(int)
    return [sorted(np.argsort(-np.abs(row), kind="stable")[steps].tolist()) for row in values]


def cells(obj: bpy.types.Object, quantity: str, count: int) -> np.ndarray:
    return meshes.read_samples(obj.data, quantity)[:, :count]


def page_values(obj: bpy.types.Object) -> np.ndarray:
    """Float32 (samples, pages), all corners of a page agreeing."""
    pages, glow = meshes.read_integers(obj.data, contract.PAGE), meshes.read_samples(obj.data, contract.GLOW)
    of_pages = [glow[:, pages == number] for number in range(pages.max() + 1)]
    assert all((values == values[:, :1]).all() for values in of_pages)
    return np.stack([values[:, 0] for values in of_pages], axis=1)


def expected_pages(contents: Contents, activations: np.ndarray, layers: list[str]) -> np.ndarray:
    """By the formula, the range being that of the intact network."""
    slices = contents.network.neuron_slices()

    def logarithm(values: np.ndarray, path: str) -> np.ndarray:
        return np.log10(np.abs(values[:, slices[path]]).mean(axis=1))

    intact = np.concatenate([logarithm(contents.recording.activations, path) for path in slices])
    low, high = np.percentile(intact, [8, 95])
    own = np.stack([logarithm(activations, path) for path in layers], axis=1)
    return 0.14 + 0.62 * np.clip((own - low) / (high - low), 0, 1)


def instances(obj: bpy.types.Object) -> int:
    depsgraph = bpy.context.evaluated_depsgraph_get()
    return sum(one.is_instance and one.parent.original == obj for one in depsgraph.object_instances)


def test_every_block_has_one_object_that_is_hidden_at_first(root: bpy.types.Collection, contents: Contents) -> None:
    books = {obj[contract.BLOCK]: obj for obj in objects(root, "book")}
    blocks = {part.id: part for part in hierarchy(contents.network).walk() if part.is_block and part.id}
    assert len(list(objects(root, "book"))) == len(books) == 4
    assert books.keys() == blocks.keys()
    sizes = BookSizes(LayerGraph(contents.network), hierarchy(contents.network), 0.0)
    for id_, obj in books.items():
        part, closed = blocks[id_], sizes.closed(blocks[id_], 1.0)
        assert contract.LAYER not in obj
        assert obj.hide_viewport
        assert obj.hide_render
        assert obj.parent[contract.ROLE] == "anchor"
        assert [obj[name] for name in (contract.LAYERS, contract.REPEATS, contract.PARAMETERS)] == [
            part.layers, part.repeats, part.parameters
        ]  # fmt: skip
        assert list(obj[contract.COVER]) == pytest.approx([UNIT * side for side in (*closed.cover, closed.thickness)])
        places = np.array([vertex.co for vertex in obj.data.vertices])
        width, height, thickness = obj[contract.COVER]
        np.testing.assert_allclose(places.max(axis=0), (thickness, width / 2, height), atol=1e-5)
        np.testing.assert_allclose(places.min(axis=0), (0, -width / 2, 0), atol=0.02)


def test_cover_shows_the_strongest_maps_of_every_sample(root: bpy.types.Collection, contents: Contents) -> None:
    activations = contents.recording.activations[:, contents.network.neuron_slices()["norm"]]
    obj = book(root, "maps")
    wanted = strongest(activations, 15)
    assert cells(obj, contract.NEURON, 15).astype(int).tolist() == wanted
    ranges = contents.atlas("norm").ranges
    own = meshes.read_pairs(obj.data, contract.MAP_RANGE)
    np.testing.assert_array_equal(own[:, :15], np.take_along_axis(ranges, np.array(wanted)[..., np.newaxis], 1))
    # Everything else stands for the layer, so that its range decides on colours and not that of the cover's maps.
    of_layer = np.stack([ranges[..., 0].min(axis=1), ranges[..., 1].max(axis=1)], axis=1)
    np.testing.assert_array_equal(own[:, 15:], np.repeat(of_layer[:, np.newaxis], own.shape[1] - 15, axis=1))


def test_cover_uses_the_picture_and_the_material_of_its_layers_cards(root: bpy.types.Collection) -> None:
    shown(root, "maps")
    (cards,) = objects(root, "card", "norm")
    modifiers = network_modifier(cards), network_modifier(book(root, "maps"))
    for name in ("Material", "Low", "High", "Columns", "Rows", "Blocks Across", "Planes"):
        one, other = (get_modifier_input(modifier, name) for modifier in modifiers)
        assert one == other
    assert len([image for image in bpy.data.images if image.get(contract.LAYER) == "norm"]) == 1


@pytest.mark.parametrize("sample", range(SAMPLES))
def test_cells_of_the_atlas_follow_the_frame(root: bpy.types.Collection, contents: Contents, sample: int) -> None:
    obj = shown(root, "maps")
    bpy.context.scene.frame_set(1 + sample * root[contract.FRAMES_PER_SAMPLE])
    activations = contents.recording.activations[:, contents.network.neuron_slices()["norm"]]
    atlas = contents.atlas("norm").atlas
    wanted = []
    for neuron in strongest(activations, 15)[sample]:
        rows, columns = atlas.cell(sample, neuron)
        wanted.append([columns.start / atlas.cell_width, rows.start / atlas.cell_height])
    assert evaluated_cells(obj) == wanted


def test_while_samples_fade_a_cell_shows_the_next_samples_map_too(
    root: bpy.types.Collection, contents: Contents
) -> None:
    obj = shown(root, "maps")
    root[contract.FADE_FRAMES] = 8
    root.update_tag()
    bpy.context.scene.frame_set(root[contract.FRAMES_PER_SAMPLE] - 3)
    activations = contents.recording.activations[:, contents.network.neuron_slices()["norm"]]
    atlas = contents.atlas("norm").atlas
    for sample, attribute in ((0, CELL), (1, CELL_NEXT)):
        columns = [neuron % atlas.columns for neuron in strongest(activations, 15)[sample]]
        assert [column for column, _ in evaluated_cells(obj, attribute)] == columns
    mesh = obj.evaluated_get(bpy.context.evaluated_depsgraph_get()).data
    first, second = page_values(obj)[:2, 0]
    glow = meshes.read_floats(mesh, contract.GLOW)[meshes.read_integers(mesh, contract.PAGE) == 0][0]
    assert min(first, second) < glow < max(first, second)


def evaluated_cells(obj: bpy.types.Object, attribute: str = CELL) -> list[list[float]]:
    """Column and row of every card's cell in the atlas, read from the corners of the cards as a mesh."""
    with realized(obj) as mesh:
        of_cards = meshes.read_vectors(mesh, CELLS)[:, 0] > 0
        cells: list[list[float]] = meshes.read_vectors(mesh, attribute)[of_cards][::4, :2].tolist()
    return cells


def test_cover_without_maps_shows_neurons_from_the_strongest_to_the_weakest(
    root: bpy.types.Collection, contents: Contents
) -> None:
    activations = contents.recording.activations[:, contents.network.neuron_slices()["hidden"]]
    obj = shown(root, "numbers")
    count = get_modifier_input(network_modifier(obj), "Cells")
    assert 32 <= count < NUMBERS
    wanted = graded(activations, count)
    assert cells(obj, contract.NEURON, count).astype(int).tolist() == wanted
    np.testing.assert_array_equal(
        cells(obj, contract.ACTIVATION, count), np.take_along_axis(activations, np.array(wanted), 1)
    )
    assert instances(obj) == count
    few = book(root, "last")
    np.testing.assert_array_equal(
        cells(few, contract.ACTIVATION, 3),
        contents.recording.activations[:, contents.network.neuron_slices()["output"]],
    )


def test_pages_glow_with_the_mean_activation_of_their_layers(root: bpy.types.Collection, contents: Contents) -> None:
    activations = contents.recording.activations
    for name, layers in (("maps", ["conv", "norm"]), ("body", ["conv", "norm", "mean", "hidden"])):
        np.testing.assert_allclose(
            page_values(book(root, name)), expected_pages(contents, activations, layers), rtol=1e-5
        )
    obj = shown(root, "body")
    frames = root[contract.FRAMES_PER_SAMPLE]
    for sample in range(SAMPLES):
        bpy.context.scene.frame_set(1 + sample * frames)
        mesh = obj.evaluated_get(bpy.context.evaluated_depsgraph_get()).data
        pages, glow = meshes.read_integers(mesh, contract.PAGE), meshes.read_floats(mesh, contract.GLOW)
        own = [glow[pages == number][0] for number in range(4)]
        np.testing.assert_allclose(own, page_values(obj)[sample], rtol=1e-6)


def test_books_follow_other_measurements(root: bpy.types.Collection, contents: Contents, tmp_path: Path) -> None:
    folder = tmp_path / "other"
    folder.mkdir()
    other = _contents(folder, seed=5)
    update_network(bpy.context.scene, root, other)
    add_books(network_parts(bpy.context.scene, other.network, "id-1", root), other.network, hierarchy(other.network))
    activations = other.recording.activations[:, other.network.neuron_slices()["norm"]]
    assert cells(book(root, "maps"), contract.NEURON, 15).astype(int).tolist() == strongest(activations, 15)
    np.testing.assert_allclose(
        page_values(book(root, "maps")), expected_pages(other, other.recording.activations, ["conv", "norm"]), rtol=1e-5
    )
    assert len(list(objects(root, "book"))) == 4


def test_books_show_an_intervention_and_the_intact_network_again(
    root: bpy.types.Collection, contents: Contents, tmp_path: Path
) -> None:
    before = {obj.name: everything(obj) for obj in objects(root, "book")}
    folder = tmp_path / "changed"
    folder.mkdir()
    changed = _contents(folder, seed=9)
    intervention = Intervention.from_texts(contents.network, ["conv:1,4"])
    recording = dataclasses.replace(changed.recording, samples=contents.recording.samples)
    atlases = tuple(maps for maps in changed.atlases if maps.layer)
    show_change(bpy.context.scene, root, contents.network, Change(intervention, recording, atlases))
    refill(root, contents.network)
    slices = contents.network.neuron_slices()
    activations = recording.activations
    wanted = strongest(activations[:, slices["norm"]], 15)
    maps = book(root, "maps")
    assert cells(maps, contract.NEURON, 15).astype(int).tolist() == wanted
    np.testing.assert_array_equal(
        meshes.read_pairs(maps.data, contract.MAP_RANGE)[:, :15],
        np.take_along_axis(changed.atlas("norm").ranges, np.array(wanted)[..., np.newaxis], 1),
    )
    numbers = book(root, "numbers")
    count = get_modifier_input(network_modifier(numbers), "Cells")
    chosen = np.array(graded(activations[:, slices["hidden"]], count))
    for quantity, values in ((contract.ACTIVATION, activations), (contract.INTACT, contents.recording.activations)):
        np.testing.assert_array_equal(
            cells(numbers, quantity, count), np.take_along_axis(values[:, slices["hidden"]], chosen, 1)
        )
    np.testing.assert_allclose(page_values(maps), expected_pages(contents, activations, ["conv", "norm"]), rtol=1e-5)
    show_intact(bpy.context.scene, root)
    refill(root, contents.network)
    assert {obj.name: everything(obj) for obj in objects(root, "book")} == before


def everything(obj: bpy.types.Object) -> dict[str, bytes]:
    """All values that a book holds."""
    quantities = (contract.NEURON, contract.ACTIVATION, contract.INTACT, contract.PEAK, contract.GLOW)
    values = {name: meshes.read_samples(obj.data, name).tobytes() for name in quantities}
    pairs = (contract.MAP_RANGE, contract.CHANGE_RANGE)
    return values | {name: meshes.read_pairs(obj.data, name).tobytes() for name in pairs}


def test_structure_alone_has_plain_covers(empty_scene: bpy.types.Scene, tmp_path: Path) -> None:
    contents = dataclasses.replace(_contents(tmp_path), recording=None, atlases=())
    root = _build(empty_scene, contents)
    for obj in objects(root, "book"):
        shown(root, obj[contract.BLOCK].removeprefix("block "))
    empty_scene.frame_set(1)
    for obj in objects(root, "book"):
        assert instances(obj) == 0
        assert get_modifier_input(network_modifier(obj), "Shows") == 0
        assert not meshes.sampled_names(obj.data, contract.GLOW)


def test_cover_that_is_an_input_shows_its_picture(empty_scene: bpy.types.Scene, tmp_path: Path) -> None:
    contents = made_contents(tmp_path)
    graph = LayerGraph(contents.network)
    leaves = {path: make_leaf(graph, path, path) for path in graph.names}
    start = dataclasses.replace(
        make_part(graph, "start", "start", [leaves["picture"], leaves["conv"]]), cover="picture"
    )
    others = [leaf for path, leaf in leaves.items() if path not in ("picture", "conv")]
    root = build_network(empty_scene, contents, "id-1")
    parts = network_parts(empty_scene, contents.network, "id-1", root)
    add_books(parts, contents.network, make_part(graph, "", "made", [start, *others], 1, NETWORK))
    (obj,) = objects(root, "book")
    obj.hide_viewport = obj.hide_render = False
    (picture,) = objects(root, "input")
    material = get_modifier_input(network_modifier(obj), "Material")
    assert material == get_modifier_input(network_modifier(picture), "Material") is not None
    for sample in range(3):
        empty_scene.frame_set(1 + sample * root[contract.FRAMES_PER_SAMPLE])
        assert evaluated_cells(obj) == [[0, sample]]


def test_books_of_another_hierarchy_take_the_place_of_former_ones(
    root: bpy.types.Collection, contents: Contents
) -> None:
    whole = hierarchy(contents.network)
    other = dataclasses.replace(whole, children=(whole.children[0], *whole.children[1].children, *whole.children[2:]))
    add_books(network_parts(bpy.context.scene, contents.network, "id-1", root), contents.network, other)
    assert {obj[contract.BLOCK] for obj in objects(root, "book")} == {"block maps", "block numbers", "block last"}


def test_in_a_network_of_blocks_books_follow_interventions_by_themselves(
    empty_scene: bpy.types.Scene, contents: Contents, tmp_path: Path
) -> None:
    network = contents.network
    opening = Opening.of(network, root=hierarchy(network))
    root = build_network(empty_scene, contents, "id-1", with_stage=False, opening=opening)
    visible = {obj[contract.BLOCK] for obj in objects(root, "book") if not obj.hide_render}
    assert visible == {"block body", "block last"}
    folder = tmp_path / "changed"
    folder.mkdir()
    changed = _contents(folder, seed=9)
    atlases = tuple(maps for maps in changed.atlases if maps.layer)
    change = Change(Intervention.from_texts(network, ["conv:1"]), changed.recording, atlases, differences=atlases)
    before = {obj.name: everything(obj) for obj in objects(root, "book")}
    show_change(empty_scene, root, network, change)
    slices = network.neuron_slices()
    obj = book(root, "maps")
    wanted = strongest(changed.recording.activations[:, slices["norm"]], 15)
    assert cells(obj, contract.NEURON, 15).astype(int).tolist() == wanted
    changes = meshes.read_pairs(obj.data, contract.CHANGE_RANGE)[:, :15]
    np.testing.assert_array_equal(
        changes, np.take_along_axis(changed.atlas("norm").ranges, np.array(wanted)[..., np.newaxis], 1)
    )
    (cards,) = objects(root, "card", "norm")
    for name in ("Changed", "Change Material", "Largest Change"):
        one, other = (get_modifier_input(network_modifier(holder), name) for holder in (obj, cards))
        assert one == other
    show_intact(empty_scene, root)
    assert {obj.name: everything(obj) for obj in objects(root, "book")} == before
