"""Boards of outputs say what each kind of output gives, for every sample, and stand apart."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import bpy
import numpy as np
import pytest
from made import made_atlas, made_contents

from nn_blender.core.interventions.intervention import Intervention, LayerIntervention
from nn_blender.core.maps.packing import PackedMaps
from nn_blender.core.network import Layer
from nn_blender.core.outputs import NetworkOutput
from nn_blender.core.recording import OutputResult, Sample
from nn_blender.scene.base import contract
from nn_blender.scene.base.find import network_modifier, objects
from nn_blender.scene.base.versions import get_modifier_input
from nn_blender.scene.build import build_network, update_network
from nn_blender.scene.network.contents import Contents
from nn_blender.scene.show_intervention import Change, show_change, show_intact


def contents_of(folder: Path, *outputs: tuple[NetworkOutput, np.ndarray, tuple[str, ...]]) -> Contents:
    """Made-up contents with such outputs, their values and a label per sample for the first of them."""
    contents = made_contents(folder, samples=2)
    *layers, _ = contents.network.layers
    gives = [
        Layer(output.name, "Dense", values.shape[1:], ("unit",) * (values.ndim - 1), 4, ("hidden",), output.activation)
        for output, values, _ in outputs
    ]
    network = dataclasses.replace(
        contents.network, layers=(*layers, *gives), outputs=tuple(output.name for output, _, _ in outputs)
    )
    results = tuple(
        OutputResult.of(values) if values.ndim == 2 else OutputResult(None, summary(values)) for _, values, _ in outputs
    )
    samples = tuple(
        Sample(one.name, one.values, label)
        for one, label in zip(contents.recording.samples, outputs[0][2], strict=True)
    )
    recording = dataclasses.replace(
        contents.recording,
        samples=samples,
        activations=np.zeros((2, network.neurons), np.float32),
        outputs=results[0].values,
        kind=outputs[0][0],
        results=results,
    )
    return dataclasses.replace(
        contents,
        network=network,
        recording=recording,
        outputs=tuple(one for one, _, _ in outputs),
        classes=("cat", "dog"),
    )


def summary(values: np.ndarray) -> np.ndarray:
    flat = values.reshape(len(values), -1)
    return np.stack([flat.min(axis=1), flat.mean(axis=1), flat.max(axis=1)], axis=1).astype(np.float32)


def texts(root: bpy.types.Collection, part: str) -> list[str]:
    """The lines of all samples."""
    (store,) = [one for one in objects(root, "texts") if one.get(contract.PART) == part]
    return get_modifier_input(network_modifier(store), "Texts").split("\n")


def build(contents: Contents) -> bpy.types.Collection:
    return build_network(bpy.context.scene, contents, "id-1")


def of(kind: str, activation: str = "", name: str = "out", **more: object) -> NetworkOutput:
    return NetworkOutput(name, kind, "", activation, **more)


def test_a_logit_answers_both_classes_by_its_sign(tmp_path: Path) -> None:
    values = np.array([[-2.0], [1.0]], np.float32)
    root = build(contents_of(tmp_path, (of("binary"), values, ("cat", "cat"))))
    assert texts(root, "classes") == ["cat", "dog"] * 2
    assert texts(root, "values") == ["88.1 %", "11.9 %", "26.9 %", "73.1 %"]
    assert texts(root, "answer") == ["cat  88.1 %", "dog  73.1 %"]
    assert texts(root, "right") == ["right", ""]
    assert texts(root, "wrong") == ["", "wrong, true class cat"]
    assert texts(root, "derived") == ["derived: sigmoid of the logit -2", "derived: sigmoid of the logit 1"]


def test_a_value_stands_with_its_name_and_its_error(tmp_path: Path) -> None:
    values = np.array([[13.6852], [2.0]], np.float32)
    root = build(contents_of(tmp_path, (of("values", name="price"), values, ("16.28", ""))))
    assert texts(root, "answer") == ["13.69", "2"]
    assert texts(root, "name") == ["price", "price"]
    assert texts(root, "error") == ["true 16.28, off by 2.595", ""]
    assert not list(objects(root, "bars"))
    captions = texts(root, "caption")
    assert captions == ["picture-0.png", "true value 16.28", "picture-1.png", ""]


def test_several_labels_have_bars_and_a_threshold(tmp_path: Path) -> None:
    values = np.array([[0.75, 0.25], [0.9, 0.8]], np.float32)
    root = build(contents_of(tmp_path, (of("multi-label", "sigmoid"), values, ("cat", "cat"))))
    assert texts(root, "answer") == ["cat", "cat, dog"]
    assert texts(root, "right") == ["right", ""]
    assert texts(root, "wrong") == ["", "wrong, true labels cat"]
    (bars,), (line,) = objects(root, "bars"), objects(root, "threshold")
    assert line.location.x == pytest.approx(bars.data.vertices[0].co.x + 2.4 * 0.5)


def test_an_array_is_told_by_what_it_reaches(tmp_path: Path) -> None:
    values = np.stack([np.full((2, 3), 0.5), np.arange(6).reshape(2, 3)]).astype(np.float32)
    root = build(contents_of(tmp_path, (of("array"), values, ("", ""))))
    assert texts(root, "values") == ["0.5", "0.5", "0.5", "0", "2.5", "5"]


def picture(folder: Path, output: str) -> PackedMaps:
    maps = made_atlas(folder, "", 1, 12, 2)
    return dataclasses.replace(maps, atlas=dataclasses.replace(maps.atlas, input="", output=output))


def three(folder: Path) -> Contents:
    pictures = of(
        "image", "softmax", name="mask", shape=(12, 12, 3), axes=("height", "width", "channel"), of_classes=True
    )
    contents = contents_of(
        folder,
        (of("classes", "softmax", "animal"), np.array([[0.25, 0.75], [1, 0]], np.float32), ("dog", "dog")),
        (of("values", name="price"), np.array([[1.5], [2.5]], np.float32), ("", "")),
        (pictures, np.zeros((2, 12, 12, 3), np.float32), ("", "")),
    )
    return dataclasses.replace(contents, atlases=(*contents.atlases, picture(folder, "mask")))


def test_every_output_has_a_board_that_names_it(tmp_path: Path) -> None:
    root = build(three(tmp_path))
    boards = list(objects(root, "output"))
    assert len({tuple(np.round(board.location, 3)) for board in boards}) == 3
    assert texts(root, "answer") == ["dog  75.0 %", "cat  100.0 %"]
    assert texts(root, "name") == ["animal", "animal"]
    assert texts(root, "answer of price") == ["1.5", "2.5"]
    assert texts(root, "swatches of mask")[:3] == ["0", "1", "2"]
    (card,) = objects(root, "picture")
    image = get_modifier_input(network_modifier(card), "Material").node_tree.nodes["Image Texture"].image
    assert image.packed_file is not None
    assert image.colorspace_settings.name == "sRGB"


def test_a_board_of_another_kind_leaves_nothing_of_the_one_before(tmp_path: Path) -> None:
    values = np.array([[-2.0], [1.0]], np.float32)
    before, after = (contents_of(tmp_path, (of(kind), values, ("1", "0"))) for kind in ("binary", "values"))
    root = build(before)
    assert list(objects(root, "bars"))
    update_network(bpy.context.scene, root, after)
    assert not list(objects(root, "bars"))
    assert [one for one in objects(root, "texts") if one.get(contract.PART) == "classes"] == []
    assert texts(root, "answer") == ["-2", "1"]


def test_under_an_intervention_every_board_says_what_it_was_before(tmp_path: Path) -> None:
    contents = three(tmp_path)
    root = build(contents)
    changed = [
        OutputResult.of(np.array([[1, 0], [1, 0]], np.float32)),
        OutputResult.of(np.array([[7], [8]], np.float32)),
    ]
    recording = dataclasses.replace(
        contents.recording,
        outputs=changed[0].values,
        results=(*changed, OutputResult(None, contents.recording.results[2].summary)),
    )
    off = Intervention({"hidden": LayerIntervention.of({0: 0.0})})
    show_change(bpy.context.scene, root, contents.network, Change(off, recording))
    assert texts(root, "answer of price") == ["7   before  1.5", "8   before  2.5"]
    assert texts(root, "answer") == ["cat  100.0 %   before  dog  75.0 %", "cat  100.0 %   before  cat  100.0 %"]
    assert texts(root, "swatches of mask")[:3] == ["0", "1", "2"]
    assert len(list(objects(root, "picture"))) == 1
    show_intact(bpy.context.scene, root)
    assert texts(root, "answer of price") == ["1.5", "2.5"]
    assert texts(root, "answer") == ["dog  75.0 %", "cat  100.0 %"]
