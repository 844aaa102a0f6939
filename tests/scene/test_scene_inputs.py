"""Networks with several inputs: each stands in the scene as an object of its own, drawn by its kind."""

from __future__ import annotations

import dataclasses
from itertools import combinations, pairwise
from pathlib import Path

import bpy
import numpy as np
import pytest
from bpy_extras.object_utils import world_to_camera_view
from made import made_recording, write_png
from mathutils import Vector

from nn_blender.core.inputs import decide_inputs
from nn_blender.core.maps.packing import Atlas, AtlasLayout, PackedMaps
from nn_blender.core.network import Layer, Network, TensorSpec
from nn_blender.scene.base import contract
from nn_blender.scene.base.find import network_modifier, objects
from nn_blender.scene.base.versions import get_modifier_input
from nn_blender.scene.build import build_network, update_network
from nn_blender.scene.looks.visibility import show_part
from nn_blender.scene.maps.map_pixels import find_atlas
from nn_blender.scene.network.contents import Contents
from nn_blender.scene.network.description import read_description, read_layout

SAMPLES = 3
SPECS = (
    TensorSpec("photo", (12, 12, 3)),
    TensorSpec("facts", (5,)),
    TensorSpec("words", (3, 4), "int32"),
    TensorSpec("signal", (40, 4)),
)
KINDS = {"photo": "image", "facts": "table", "words": "tokens", "signal": "sequence"}
FACTS = np.array([[18 + k, 52000, 0.25, -1.5, np.nan] for k in range(SAMPLES)])
WORDS = np.arange(SAMPLES * 12).reshape(SAMPLES, 12) + 900.0


def four_inputs() -> Network:
    layers = (
        Layer("conv", "Conv2D", (10, 10, 4), ("height", "width", "channel"), 40, ("photo",)),
        Layer("pool", "GlobalMaxPooling2D", (4,), ("unit",), 0, ("conv",)),
        Layer("dense", "Dense", (4,), ("unit",), 24, ("facts",)),
        Layer("embedding", "Embedding", (3, 4, 2), ("height", "width", "channel"), 40, ("words",)),
        Layer("flat", "Flatten", (24,), ("unit",), 0, ("embedding",)),
        Layer("lstm", "LSTM", (4,), ("unit",), 140, ("signal",)),
        Layer("join", "Concatenate", (36,), ("unit",), 0, ("pool", "dense", "flat", "lstm")),
        Layer("output", "Dense", (3,), ("unit",), 111, ("join",), "softmax"),
    )
    return Network("four", "/four.keras", "0" * 64, layers, SPECS, ("output",), 355, "3.15.1")


def picture_of(folder: Path, number: int, spec: TensorSpec) -> PackedMaps:
    """All samples of an input in one level of its own."""
    pixels = np.full((SAMPLES * 6, 6, 4), 40 * (number + 1), np.uint8)
    pixels[..., 3] = 255
    name = f"{spec.name}.png"
    write_png(folder / name, pixels)
    atlas = Atlas.of(AtlasLayout(1, 1, 1, SAMPLES, 6, 6), layer="", file=name, low=0.0, high=1.0, input=spec.name)
    values = {"facts": FACTS, "words": WORDS}.get(spec.name, np.zeros((0, 0)))
    return PackedMaps(atlas, folder / name, values=values)


def contents_of_four(folder: Path) -> Contents:
    network = four_inputs()
    return Contents(
        network=network,
        recording=made_recording(network, SAMPLES),
        inputs=decide_inputs(network),
        atlases=tuple(picture_of(folder, number, spec) for number, spec in enumerate(SPECS)),
    )


@pytest.fixture
def contents(tmp_path: Path) -> Contents:
    return contents_of_four(tmp_path)


@pytest.fixture
def root(contents: Contents) -> bpy.types.Collection:
    return build_network(bpy.context.scene, contents, "id-1")


def by_part(root: bpy.types.Collection, role: str) -> dict[str, bpy.types.Object]:
    return {obj.get(contract.PART, ""): obj for obj in objects(root, role)}


def box(obj: bpy.types.Object) -> tuple[np.ndarray, np.ndarray]:
    bpy.context.view_layer.update()
    corners = np.array([obj.matrix_world @ Vector(corner) for corner in obj.bound_box])
    return corners.min(axis=0), corners.max(axis=0)


def level_of(obj: bpy.types.Object) -> int:
    """The level of the picture that an input's card shows."""
    material = get_modifier_input(network_modifier(obj), "Material")
    (image,) = {node.image for node in material.node_tree.nodes if node.type == "TEX_IMAGE"}
    return round(image.pixels[0] * 255)


def numbers_on(root: bpy.types.Collection, part: str) -> list[list[str]]:
    """Lines of the texts on an input's cells, by column; of all samples."""
    stores = {obj[contract.PART]: obj for obj in objects(root, "texts") if obj[contract.PART].startswith("tiles")}
    columns = [stores[name] for name in sorted(stores) if name.startswith(f"tiles {part} ")]
    return [get_modifier_input(network_modifier(store), "Texts").split("\n") for store in columns]


def test_every_input_has_a_slab_and_shows_its_own_picture(root: bpy.types.Collection) -> None:
    frames, pictures = by_part(root, "input frame"), by_part(root, "input")
    # The first one's part is empty, as in scenes with a single input.
    assert set(frames) == set(pictures) == {"", "facts", "words", "signal"}
    assert [level_of(pictures[part]) for part in ("", "facts", "words", "signal")] == [40, 80, 120, 160]
    assert {find_atlas(root, "atlas", "", part) for part in frames} == {
        image for image in bpy.data.images if image.get(contract.ROLE) == "atlas" and not image[contract.LAYER]
    }
    layout = read_layout(root, read_description(root).network)
    for spec in SPECS:
        place = layout.inputs[spec.name]
        low, high = box(frames[spec.name if spec.name != "photo" else ""])
        assert low == pytest.approx(place.low, abs=0.02)
        assert high == pytest.approx(place.high, abs=0.02)


def test_no_input_overlaps_another_slab_and_the_camera_sees_all(root: bpy.types.Collection) -> None:
    slabs = [*objects(root, "input frame"), *objects(root, "slab")]
    boxes = [box(slab) for slab in slabs]
    assert not any((a[0] < b[1]).all() and (b[0] < a[1]).all() for a, b in combinations(boxes, 2))
    scene = bpy.context.scene
    for frame in objects(root, "input frame"):
        for corner in frame.bound_box:
            seen = world_to_camera_view(scene, scene.camera, frame.matrix_world @ Vector(corner))
            assert 0 < seen.x < 1
            assert 0 < seen.y < 1


def test_inputs_do_not_cover_each_other_in_the_cameras_picture(root: bpy.types.Collection) -> None:
    scene = bpy.context.scene
    bpy.context.view_layer.update()
    spans = []
    for frame in objects(root, "input frame"):
        seen = [world_to_camera_view(scene, scene.camera, frame.matrix_world @ Vector(c)).x for c in frame.bound_box]
        spans.append((min(seen), max(seen)))
    spans.sort()
    assert all(before[1] < after[0] for before, after in pairwise(spans))


def test_labels_say_name_shape_and_kind_of_every_input(root: bpy.types.Collection) -> None:
    stores = {obj["nn_part"]: obj for obj in objects(root, "texts")}
    names, facts = (
        get_modifier_input(network_modifier(stores[part]), "Texts").split("\n") for part in ("names", "facts")
    )
    assert names[:4] == ["photo", "facts", "words", "signal"]
    assert facts[:4] == ["12 × 12 × 3  image", "5  table", "3 × 4  tokens", "40 × 4  sequence"]
    # Only the colours of a sequence need a scale: features and tokens have their numbers.
    assert facts[4 + len(four_inputs().layers) :] == ["0 to 1"]


def test_numbers_stand_on_the_cells_of_features_and_tokens(root: bpy.types.Collection) -> None:
    (column,) = numbers_on(root, "facts")
    assert column[:5] == ["18", "52000", "0.25", "-1.5", "NaN"]
    assert column[5:10] == ["19", "52000", "0.25", "-1.5", "NaN"]
    columns = numbers_on(root, "words")
    assert [lines[:3] for lines in columns] == [[str(900 + row * 4 + k) for row in range(3)] for k in range(4)]
    assert numbers_on(root, "signal") == []


def test_numbers_are_hidden_with_the_inputs(root: bpy.types.Collection) -> None:
    texts = [obj for obj in objects(root, "label") if obj[contract.PART].startswith("tiles")]
    assert len(texts) == 5
    show_part(root, "input", show=False)
    shown = [*texts, *objects(root, "input"), *objects(root, "input frame")]
    assert all(obj.hide_render for obj in shown)


def test_an_input_of_another_kind_is_drawn_anew(root: bpy.types.Collection, contents: Contents) -> None:
    count = len(bpy.data.objects)
    other = tuple(
        dataclasses.replace(one, kind="array") if one.name in ("words", "signal") else one for one in contents.inputs
    )
    update_network(bpy.context.scene, root, dataclasses.replace(contents, inputs=other))
    assert numbers_on(root, "words") == []
    assert len(numbers_on(root, "facts")) == 1
    pictures = by_part(root, "input")
    assert {part: obj[contract.KIND] for part, obj in pictures.items()} == {
        "": "image", "facts": "table", "words": "array", "signal": "array",
    }  # fmt: skip
    # Squares as they are in the picture, where sequences fill their place.
    modifier = network_modifier(pictures["signal"])
    assert get_modifier_input(modifier, "Width") == pytest.approx(get_modifier_input(modifier, "Height"))
    update_network(bpy.context.scene, root, contents)
    assert len(numbers_on(root, "words")) == 4
    assert len(bpy.data.objects) == count


def test_without_samples_every_input_is_an_empty_slab_with_its_label(contents: Contents) -> None:
    bare = Contents(contents.network, inputs=contents.inputs)
    root = build_network(bpy.context.scene, bare, "id-2")
    assert set(by_part(root, "input frame")) == {"", "facts", "words", "signal"}
    assert list(objects(root, "input")) == []
    store = next(obj for obj in objects(root, "texts") if obj["nn_part"] == "facts")
    assert get_modifier_input(network_modifier(store), "Texts").startswith("12 × 12 × 3  image\n5  table")


def test_proportions_follow_the_kind_that_was_decided(contents: Contents) -> None:
    """Samples may tell more than the network: letters as a picture would be higher than wide."""
    inputs = tuple(dataclasses.replace(one, kind="array") if one.name == "signal" else one for one in contents.inputs)
    root = build_network(bpy.context.scene, dataclasses.replace(contents, inputs=inputs), "id-3")
    place = read_layout(root, contents.network).inputs["signal"]
    assert place.height > place.width
