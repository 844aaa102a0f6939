"""Measuring a network again from the panel, through a real worker."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import bpy
import numpy as np
import pytest

from nn_blender.actions.samples.preview import Preview, preview_sample
from nn_blender.engine.jobs import Job
from nn_blender.scene.base import contract
from nn_blender.scene.base.find import networks, objects
from nn_blender.scene.base.meshes import read_samples
from nn_blender.scene.network.description import read_description
from nn_blender.ui.maps.thumbnails import thumbnails
from nn_blender.ui.samples import input_operators
from nn_blender.ui.samples.input_settings import edited_options, edited_preprocessing, is_edited

DIGITS = Path(__file__).resolve().parents[2] / "sample_scenes" / "digits"


@pytest.fixture
def images(tmp_path: Path) -> Path:
    folder = tmp_path / "digits"
    folder.mkdir()
    shutil.copy(DIGITS / "labels.csv", folder)
    for number in range(2):
        shutil.copy(DIGITS / "images" / f"digit-00{number}.png", folder)
    return folder


def the_network() -> bpy.types.Collection:
    return networks(bpy.context.scene)[0]


def activations(root: bpy.types.Collection) -> dict[str, np.ndarray]:
    """Float32 (samples, neurons) by layer."""
    return {obj[contract.LAYER]: read_samples(obj.data, contract.ACTIVATION) for obj in objects(root, "neurons")}


def atlas_levels(root: bpy.types.Collection, layer: str) -> np.ndarray:
    """The pixels of the picture that the layer's cards show."""
    (card,) = objects(root, "card", layer)
    material = next(
        obj
        for obj in bpy.data.materials
        if obj.get(contract.NETWORK) == root[contract.NETWORK] and obj.get(contract.PART) == f"Cards {layer}"
    )
    assert card.modifiers[0].type == "NODES"
    (image,) = {node.image for node in material.node_tree.nodes if node.type == "TEX_IMAGE"}
    pixels = np.empty(image.size[0] * image.size[1] * 4, np.float32)
    image.pixels.foreach_get(pixels)
    return pixels


def picture_levels(name: str) -> np.ndarray:
    """Float32 (height, width) of a grey picture file, 0 to 255, the lowest row first."""
    image = bpy.data.images.load(str(DIGITS / "images" / name))
    pixels = np.empty(image.size[0] * image.size[1] * 4, np.float32)
    image.pixels.foreach_get(pixels)
    levels = np.rint(pixels.reshape(image.size[1], image.size[0], 4)[..., 0] * 255)
    bpy.data.images.remove(image)
    return levels


def preview(root: bpy.types.Collection, sample: int) -> Preview:
    about = read_description(root)
    asked, spec = about.shown_samples[sample], about.network.inputs[0]
    entering = replace(about.inputs[0], preprocessing=edited_preprocessing(root))
    job = preview_sample(input_operators.worker_python(), root[contract.NETWORK], asked, entering, spec)
    return Job(job, "Preview").wait()


@pytest.mark.usefixtures("with_tensorflow")
def test_one_more_image_is_measured_and_it_is_one_step_of_undo(images: Path) -> None:
    bpy.ops.nn.import_network(filepath=str(DIGITS / "digits.keras"), samples=str(images))
    root = the_network()
    before, levels = activations(root), atlas_levels(root, "conv_1")
    assert np.array_equal(np.rint(thumbnails.cell(root, 1)[..., 0] * 255), picture_levels("digit-001.png"))
    with pytest.raises(RuntimeError, match="already shows these settings"):
        bpy.ops.nn.measure_again()
    bpy.ops.nn.add_test_images(directory=str(DIGITS / "images"), files=[{"name": "digit-002.png"}])
    bpy.ops.ed.undo_push(message="Add Files")
    assert edited_options(root).samples == (images, DIGITS / "images" / "digit-002.png")
    assert is_edited(root)
    bpy.ops.nn.measure_again()
    root = the_network()
    assert not is_edited(root)
    after, new_levels = activations(root), atlas_levels(root, "conv_1")
    assert [sample.name for sample in read_description(root).shown_samples] == [f"digit-00{k}.png" for k in range(3)]
    for layer, values in after.items():
        assert np.array_equal(values[:2], before[layer])
        assert len(values) == 3
    bpy.ops.ed.undo()
    root = the_network()
    assert is_edited(root)
    assert bpy.ops.nn.measure_again.poll()
    assert len(root.nn.input.samples) == 2
    assert np.array_equal(atlas_levels(root, "conv_1"), levels)
    assert all(np.array_equal(values, before[layer]) for layer, values in activations(root).items())
    bpy.ops.ed.redo()
    root = the_network()
    assert np.array_equal(atlas_levels(root, "conv_1"), new_levels)
    assert not is_edited(root)

    shutil.copy(DIGITS / "images" / "digit-002.png", images)
    bpy.ops.nn.import_network(filepath=str(DIGITS / "digits.keras"), samples=str(images))
    fresh = activations(networks(bpy.context.scene)[1])
    for layer, values in activations(the_network()).items():
        difference = np.abs(values - fresh[layer]).max() / max(np.abs(fresh[layer]).max(), 1e-30)
        assert difference <= 1e-5, layer


@pytest.mark.usefixtures("with_tensorflow")
def test_the_preview_is_what_the_network_would_be_given(images: Path) -> None:
    bpy.ops.nn.import_network(filepath=str(DIGITS / "digits.keras"), samples=str(images))
    root, levels = the_network(), picture_levels("digit-001.png")
    settings = root.nn.input
    settings.invert = True
    seen = preview(root, 1)
    assert np.array_equal(np.rint(seen.pixels[..., 0] * 255), 255 - levels)
    assert (seen.low, seen.high) == (0.0, 1.0)
    settings.preset = "signed"
    settings.preset = "CUSTOM"
    assert (settings.black, settings.white) == (-1.0, 1.0)
    settings.mean[0], settings.std[0], settings.invert = 0.1, 0.3, False
    seen = preview(root, 1)
    fed = (levels / 255 * 2 - 1 - 0.1) / 0.3
    assert np.allclose([seen.low, seen.high], [fed.min(), fed.max()], rtol=1e-6)
    assert edited_preprocessing(root).mean == (0.1,)
    settings.std[0] = 0
    with pytest.raises(RuntimeError, match="standard deviation of 0"):
        bpy.ops.nn.measure_again()
    bpy.ops.nn.reset_input()
    assert not is_edited(root)
    assert bpy.data.images.get("preview") is None


@pytest.mark.usefixtures("with_tensorflow")
def test_where_the_range_came_from_is_kept_while_another_one_is_chosen(images: Path) -> None:
    bpy.ops.nn.import_network(filepath=str(DIGITS / "digits.keras"), samples=str(images))
    root = the_network()
    guess = read_description(root).inputs[0].guess
    assert guess.preprocessing == read_description(root).preprocessing
    assert guess.reason.endswith("most networks are trained on 0 to 1")
    assert [(one.title, one.tried) for one in guess.alternatives] == [("0 to 1", 2), ("-1 to 1", 2), ("0 to 255", 2)]
    root.nn.input.preset = "byte"
    bpy.ops.nn.measure_again()
    root = the_network()
    assert read_description(root).preprocessing.range == (0.0, 255.0)
    assert read_description(root).inputs[0].guess == replace(guess, alternatives=())
    root.nn.input.preset = "GUESS"
    assert edited_preprocessing(root) == guess.preprocessing


def test_an_input_is_measured_again_as_the_kind_that_is_chosen(with_tensorflow: None, tmp_path: Path) -> None:
    levels = np.stack([picture_levels(f"digit-00{number}.png") for number in range(2)])
    np.save(tmp_path / "whole.npy", levels.astype(np.int64))
    bpy.ops.nn.import_network(filepath=str(DIGITS / "digits.keras"), samples=str(tmp_path / "whole.npy"))
    root = the_network()
    about, (entry,) = read_description(root), root.nn.input.kinds
    assert (entry.name, entry.kind, about.inputs[0].kind) == ("image", "AUTO", "image")
    scaled = activations(root)["conv_1"]
    entry.kind = "array"
    assert edited_options(root).kinds == {"image": "array"}
    assert is_edited(root)
    bpy.ops.nn.measure_again()
    root = the_network()
    (one,), (entry,) = read_description(root).inputs, root.nn.input.kinds
    assert (one.kind, one.reason, one.preprocessing, entry.kind) == ("array", "it was chosen", None, "array")
    assert edited_preprocessing(root) is None
    # Whole numbers enter as they are now, 255 times as high.
    assert np.abs(activations(root)["conv_1"]).mean() > 20 * np.abs(scaled).mean()
    entry.kind = "AUTO"
    bpy.ops.nn.measure_again()
    root = the_network()
    assert read_description(root).inputs[0].kind == "image"
    assert np.array_equal(activations(root)["conv_1"], scaled)
    with pytest.raises(TypeError, match="enum"):
        root.nn.input.kinds[0].kind = "sequence"


@pytest.mark.usefixtures("with_tensorflow")
def test_the_background_of_transparent_parts_is_chosen_in_the_panel(tmp_path: Path) -> None:
    clear = bpy.data.images.new("clear", 28, 28, alpha=True)
    clear.pixels.foreach_set(np.zeros(28 * 28 * 4, np.float32))
    clear.save(filepath=str(tmp_path / "clear.png"))
    bpy.ops.nn.import_network(filepath=str(DIGITS / "digits.keras"), samples=str(tmp_path), orientation="upright")
    root = the_network()
    settings = root.nn.input
    assert (settings.background, settings.orientation) == ("hidden", "upright")
    assert preview(root, 0).high == 0.0
    settings.background = "white"
    seen = preview(root, 0)
    assert (seen.low, seen.high) == (1.0, 1.0)
    assert is_edited(root)
    bpy.ops.nn.measure_again()
    about = read_description(the_network())
    assert (about.preprocessing.background, about.preprocessing.orientation) == ("white", "upright")
    assert "clear.png: transparent parts are white." in about.notes
    assert not is_edited(the_network())


def test_a_moved_model_is_found_where_the_user_says(with_tensorflow: None, images: Path, tmp_path: Path) -> None:
    model = tmp_path / "digits.keras"
    shutil.copy(DIGITS / "digits.keras", model)
    bpy.ops.nn.import_network(filepath=str(model), samples=str(images))
    before = activations(the_network())
    moved = tmp_path / "moved.keras"
    model.rename(moved)
    assert not bpy.ops.nn.measure_again.poll()
    the_network().nn.input.model = str(moved)
    bpy.ops.nn.measure_again()
    assert read_description(the_network()).network.file == str(moved)
    for layer, values in activations(the_network()).items():
        np.testing.assert_array_equal(values, before[layer])
    other = tmp_path / "other.keras"
    shutil.copy(DIGITS / "digits.h5", other)
    moved.unlink()
    the_network().nn.input.model = str(other)
    with pytest.raises(RuntimeError, match=r"not the file|other\.keras"):
        bpy.ops.nn.measure_again()
