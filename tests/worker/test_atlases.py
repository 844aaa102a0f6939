"""Atlases of feature maps show the maps that Keras computes, to the 8-bit step."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from cells import assert_shows, cell, read
from PIL import Image

from nn_blender.core.maps.packing import Atlas, to_alpha, to_levels
from nn_blender.worker.maps.atlas_layout import LONGEST_SIDE, average_positions, lay_out_atlas

L = keras.layers


@pytest.fixture(scope="module")
def digit_maps(warm_worker, digits, digit_samples, digit_preprocessing):
    value = warm_worker.ask(
        "maps",
        model={"file": str(digits / "digits.keras")},
        samples=digit_samples[:7],
        preprocessing=digit_preprocessing,
        layers=None,
    )
    assert value["skipped_layers"] == []
    assert value["composites"] == []
    return {atlas["layer"]: Atlas.from_dict(atlas) for atlas in value["atlases"]}


def test_there_is_an_atlas_for_each_layer_with_maps_and_one_for_the_input(digit_maps):
    assert list(digit_maps) == ["", "conv_1", "normalize_1", "relu_1", "pool_1", "conv_2", "pool_2", "dropout"]


@pytest.mark.parametrize("layer", ["conv_1", "relu_1", "pool_2"])
def test_cells_equal_kerass_maps_to_the_level(layer, digit_maps, warm_worker, digits, digit_samples):
    atlas = digit_maps[layer]
    batch = np.stack([np.asarray(Image.open(s["file"])) for s in digit_samples[:7]])[..., None] / np.float32(255)
    model = keras.models.load_model(digits / "digits.keras")
    maps = np.asarray(keras.Model(model.inputs, model.get_layer(layer).output)(batch))
    assert atlas.low == pytest.approx(maps.min(), rel=1e-4, abs=1e-5)
    assert atlas.high == pytest.approx(maps.max(), rel=1e-4)
    levels = read(warm_worker, atlas)
    assert levels.dtype == np.uint8
    assert (levels.shape[2], atlas.planes) == (3, 3)
    assert_shows(warm_worker, atlas, maps)


def test_the_input_atlas_shows_what_the_network_sees(digit_maps, warm_worker, digit_samples):
    atlas = digit_maps[""]
    levels = read(warm_worker, atlas)
    assert (atlas.columns, atlas.rows, atlas.low, atlas.high, atlas.channels) == (1, 1, 0.0, 1.0, 1)
    for sample in range(7):
        assert np.array_equal(cell(levels, atlas, sample, 0), np.asarray(Image.open(digit_samples[sample]["file"])))


def ask_for_maps(worker, model, samples, size, layers, **more):
    preprocessing = {"size": size, "channels": 3, "range": [0.0, 1.0], "resize": "fit", "invert": False}
    value = worker.ask(
        "maps", model={"file": str(model)}, samples=samples, preprocessing=preprocessing, layers=layers, **more
    )
    return [Atlas.from_dict(atlas) for atlas in value["atlases"]], value["skipped_layers"]


@pytest.fixture(scope="module")
def colour_file(tmp_path_factory):
    """A layer whose channel 0 is constant, one with channels that are infinite, and one that is constant throughout."""
    pixels = keras.Input((16, 16, 3), name="pixels")
    strange = L.Conv2D(3, 1, name="strange")(pixels)
    flat = L.Conv2D(2, 1, kernel_initializer="zeros", name="constant")(pixels)
    model = keras.Model(pixels, L.Flatten(name="flat")(L.Concatenate(name="join")([strange, flat])))
    kernel = np.zeros((1, 1, 3, 3), "float32")
    kernel[0, 0, 0] = [0.0, 1.0, np.inf]
    model.get_layer("strange").set_weights([kernel, np.zeros(3, "float32")])
    file = tmp_path_factory.mktemp("models") / "colour.keras"
    model.save(file)
    return file


@pytest.fixture(scope="module")
def colour_samples(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    random = np.random.default_rng(1)
    files = [folder / f"{k}.png" for k in range(3)]
    for file in files:
        Image.fromarray(random.integers(1, 256, (16, 16, 3), dtype=np.uint8)).save(file)
    return [{"name": file.name, "file": str(file), "label": ""} for file in files]


def test_pixels_that_are_not_finite_are_transparent_and_others_are_not(warm_worker, colour_file, colour_samples):
    (picture, strange), _ = ask_for_maps(warm_worker, colour_file, colour_samples, [16, 16], ["strange"])
    assert picture.channels == 3
    assert read(warm_worker, picture).shape[2] == 3
    pixels = read(warm_worker, strange)
    assert pixels.shape[2] == 4
    # In its one block all three samples are infinite there.
    for neuron, alpha in ((0, 255), (1, 255), (2, 0)):
        row, column = divmod(neuron, strange.columns)
        assert (pixels[row * 16 : row * 16 + 16, column * 16 : column * 16 + 16, 3] == alpha).all()
    lows, highs = np.load(warm_worker.folder / strange.ranges)
    assert (lows[:, [0, 2]] == 0).all()
    assert (highs[:, [0, 2]] == 0).all()
    first = np.stack([np.asarray(Image.open(sample["file"]))[..., 0] for sample in colour_samples]) / np.float32(255)
    np.testing.assert_allclose(highs[:, 1], first.max(axis=(1, 2)), rtol=1e-6)
    np.testing.assert_allclose(lows[:, 1], first.min(axis=(1, 2)), rtol=1e-6)
    assert (strange.low, strange.high) == (0.0, highs.max())


def test_alpha_tells_which_sample_of_a_block_is_not_finite(warm_worker, tmp_path):
    values = np.zeros((3, 4, 4, 1), "float32")
    values[1, 2, 3], values[2, 0, 1] = np.nan, np.inf
    np.save(tmp_path / "values.npy", values)
    pixels = keras.Input((4, 4, 1), name="pixels")
    keras.Model(pixels, L.Flatten()(L.Activation("linear", name="same")(pixels))).save(tmp_path / "same.keras")
    answer = warm_worker.ask(
        "maps",
        model={"file": str(tmp_path / "same.keras")},
        samples=[{"name": str(k), "file": str(tmp_path / "values.npy"), "label": "", "index": k} for k in range(3)],
        input_kind="array",
        preprocessing=None,
        layers=["same"],
    )
    alpha = read(warm_worker, Atlas.from_dict(answer["atlases"][1]))[..., -1]
    expected = np.full((4, 4), 255)
    expected[2, 3], expected[0, 1] = 255 - round(2 * 255 / 7), 255 - round(4 * 255 / 7)
    assert alpha.tolist() == expected.tolist()


def test_a_constant_layer_has_one_value_and_level_zero(warm_worker, colour_file, colour_samples):
    (_, constant), _ = ask_for_maps(warm_worker, colour_file, colour_samples, [16, 16], ["constant"])
    assert constant.low == constant.high == 0.0
    assert not read(warm_worker, constant).any()


def test_a_small_budget_averages_positions_and_an_impossible_one_names_the_layer(
    warm_worker, colour_file, colour_samples
):
    atlases, skipped = ask_for_maps(warm_worker, colour_file, colour_samples, [16, 16], ["strange", "flat"], pixels=600)
    assert {atlas.layer: atlas.reduction for atlas in atlases} == {"": 1, "strange": 2}
    assert [entry["layer"] for entry in skipped] == ["flat"]
    height, width = read(warm_worker, atlases[1]).shape[:2]
    assert height * width <= 600
    _, skipped = ask_for_maps(warm_worker, colour_file, colour_samples, [16, 16], ["strange"], pixels=3)
    assert [entry["layer"] for entry in skipped] == ["strange"]


def test_an_inverted_input_is_shown_inverted(warm_worker, colour_file, colour_samples):
    preprocessing = {"size": [16, 16], "channels": 3, "range": [-1.0, 1.0], "resize": "fit", "invert": True}
    value = warm_worker.ask(
        "maps", model={"file": str(colour_file)}, samples=colour_samples, preprocessing=preprocessing, layers=[]
    )
    atlas = Atlas.from_dict(value["atlases"][0])
    assert (atlas.low, atlas.high) == (-1.0, 1.0)
    assert np.array_equal(
        cell(read(warm_worker, atlas), atlas, 0, 0), 255 - np.asarray(Image.open(colour_samples[0]["file"]))
    )


@pytest.mark.parametrize(
    "size", [(1, 1, 1), (64, 112, 112), (2048, 7, 7), (3, 500, 40), (1000, 224, 224), (16, 1, 50_000), (300, 1, 20)]
)
@pytest.mark.parametrize("samples", [1, 10, 100])
def test_plans_hold_every_map_and_keep_their_limits(size, samples):
    layout = lay_out_atlas(*size, samples, 4_000_000)
    assert layout is not None
    assert layout.columns * layout.rows >= size[0]
    assert layout.blocks_across * layout.blocks_down >= samples
    assert layout.cell_height * layout.reduction >= size[1]
    assert layout.cell_width * layout.reduction >= size[2]
    assert layout.pixels <= 4_000_000
    assert max(layout.size) <= LONGEST_SIDE


@pytest.mark.parametrize("samples", [1, 3, 4, 100])
def test_three_samples_share_the_pixels_of_a_block(samples):
    layout = lay_out_atlas(16, 28, 28, samples, 4_000_000, planes=3)
    assert layout.blocks_across * layout.blocks_down >= -(-samples // 3)
    for number in range(samples):
        assert layout.block(number) == layout.block(number // 3 * 3)
    places = {str(layout.block(number)) for number in range(samples)}
    assert len(places) == -(-samples // 3)
    rows, columns = layout.block(samples - 1)
    assert rows.stop <= layout.size[0]
    assert columns.stop <= layout.size[1]


def test_alpha_tells_in_which_planes_values_are_missing():
    alpha = to_alpha(np.arange(8, dtype=np.uint8), 3)
    np.testing.assert_array_equal(np.rint((255 - alpha.astype(float)) / 255 * 7), np.arange(8))
    assert to_alpha(np.uint8([0, 1]), 1).tolist() == [255, 0]


def test_positions_left_over_at_the_edge_are_averaged_among_themselves():
    maps = np.arange(15, dtype=np.float32).reshape(1, 3, 5, 1)
    assert average_positions(maps, 2)[0, ..., 0].tolist() == [[3.0, 5.0, 6.5], [10.5, 12.5, 14.0]]


def test_levels_of_extreme_ranges_neither_overflow_nor_vanish():
    values = np.float32([[-3e38, 1e-38, 5.0], [3e38, 3e-38, 5.0], [0.0, 1.5e-38, 5.0]])
    levels = to_levels(values, values.min(axis=0), values.max(axis=0))
    assert levels.tolist() == [[0, 0, 0], [255, 255, 0], [128, 64, 0]]
