"""Networks that read sequences, volumes and arrays of pictures show what Keras computes for them."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from cells import assert_shows, cell, read

from nn_blender.core.inputs import NetworkInput
from nn_blender.core.inputs.preprocessing import Preprocessing
from nn_blender.core.maps.packing import Atlas
from nn_blender.core.network import TensorSpec
from nn_blender.core.recording import SampleValue, Statistics
from nn_blender.worker.samples import arrays
from nn_blender.worker.samples.levels import levels_of
from nn_blender.worker.samples.pictures import SIXTEEN_BITS
from nn_blender.worker.samples.readers import UnreadableSample, make_reader

L = keras.layers


def samples_in(file, count):
    return [{"name": f"{file.name} {k}", "file": str(file), "label": "", "index": k} for k in range(count)]


def outputs_of(model, names, batch):
    outputs = keras.Model(model.inputs, {name: model.get_layer(name).output for name in names})(batch)
    return {name: np.asarray(output) for name, output in outputs.items()}


def ask(worker, method, file, array, **more):
    request = {
        "model": {"file": str(file)},
        "samples": samples_in(array, len(np.load(array))),
        "input_kind": "array",
        "preprocessing": None,
    }
    return worker.ask(method, **request, **more)


def assert_near(measured, expected):
    assert measured.shape == expected.shape
    assert np.abs(measured - expected).max() <= 1e-5 * np.abs(expected).max()


@pytest.fixture(scope="module")
def sequence(tmp_path_factory):
    """A network over 40 steps of 5 features, its file, and a file of samples."""
    folder = tmp_path_factory.mktemp("sequence")
    steps = keras.Input((40, 5), name="steps")
    x = L.Conv1D(6, 3, activation="relu", name="conv")(steps)
    x = L.Permute((2, 1), name="turned")(x)
    x = L.Permute((2, 1), name="back")(x)
    x = L.LSTM(7, return_sequences=True, name="lstm")(x)
    model = keras.Model(steps, L.Dense(3, activation="softmax", name="classes")(L.Flatten(name="flat")(x)))
    model.save(folder / "sequence.keras")
    batch = np.random.default_rng(3).normal(size=(4, 40, 5)).astype("float32")
    np.save(folder / "steps.npy", batch)
    return model, folder / "sequence.keras", folder / "steps.npy", batch


@pytest.fixture(scope="module")
def volume(tmp_path_factory):
    folder = tmp_path_factory.mktemp("volume")
    voxels = keras.Input((6, 8, 10, 1), name="voxels")
    model = keras.Model(voxels, L.GlobalAveragePooling3D(name="all")(L.Conv3D(4, 3, name="conv")(voxels)))
    model.save(folder / "volume.keras")
    batch = np.random.default_rng(4).normal(size=(3, 6, 8, 10)).astype("float32")
    np.savez_compressed(folder / "volumes.npz", x_test=batch, y_test=np.arange(3))
    return model, folder / "volume.keras", folder / "volumes.npz", batch


def test_a_sequence_network_runs_as_keras_runs_it(warm_worker, sequence):
    model, file, array, batch = sequence
    value = ask(warm_worker, "run", file, array, shown=2)
    kept = outputs_of(model, ["conv", "lstm", "flat", "classes"], batch)
    assert_near(np.load(warm_worker.folder / value["outputs"][0]["values"]), kept["classes"])
    activations = np.load(warm_worker.folder / value["activations"])
    assert len(activations) == 2
    assert_near(activations[:, :6], kept["conv"][:2].mean(axis=1))
    assert [sample["values"][0]["index"] for sample in value["samples"]] == [0, 1, 2, 3]


def test_strips_show_neurons_over_time(warm_worker, sequence):
    model, file, array, batch = sequence
    value = ask(warm_worker, "maps", file, array, layers=["conv", "lstm"])
    picture, *atlases = [Atlas.from_dict(atlas) for atlas in value["atlases"]]
    kept = outputs_of(model, ["conv", "lstm"], batch)
    for atlas in atlases:
        assert (atlas.cell_height, atlas.cell_width) == (1, 38)
        assert_shows(warm_worker, atlas, kept[atlas.layer][:, np.newaxis])
    assert (picture.low, picture.high) == (batch.min(), batch.max())
    step = (picture.high - picture.low) / 255
    shown = picture.low + cell(read(warm_worker, picture), picture, 2, 0) * step
    assert np.abs(shown - batch[2]).max() <= step * 0.51


@pytest.mark.parametrize("place", ["maximum", 0.0, 0.5, 1.0])
def test_volumes_show_their_maximum_or_a_slice(place, warm_worker, volume):
    model, file, array, batch = volume
    value = warm_worker.ask(
        "maps", model={"file": str(file)}, samples=samples_in(array, 3), input_kind="array", layers=["conv"],
        volume=place,
    )  # fmt: skip
    maps = outputs_of(model, ["conv"], batch[..., np.newaxis])["conv"]
    expected = maps.max(axis=1) if place == "maximum" else maps[:, round(place * 3)]
    picture, atlas = [Atlas.from_dict(atlas) for atlas in value["atlases"]]
    assert_shows(warm_worker, atlas, expected)
    step = (picture.high - picture.low) / 255
    assert np.abs(picture.low + cell(read(warm_worker, picture), picture, 1, 0) * step - batch[1].max(0)).max() < step


def test_a_place_outside_the_volume_is_refused(warm_worker, volume):
    _, file, array, _ = volume
    error = warm_worker.error_of(
        "maps",
        model={"file": str(file)},
        samples=samples_in(array, 1),
        input_kind="array",
        preprocessing=None,
        volume=1.5,
    )
    assert error["code"] == "volume.unknown"


def test_entries_of_other_shapes_are_skipped_naming_both(warm_worker, sequence, tmp_path):
    file = sequence[1]
    np.save(tmp_path / "short.npy", np.zeros((2, 30, 5), "float32"))
    error = ask_error(warm_worker, file, tmp_path / "short.npy")
    assert error["code"] == "samples.none"
    assert "30 × 5" in error["message"]
    assert "40 × 5" in error["message"]
    np.save(tmp_path / "words.npy", np.array(["a", "b"]))
    assert "is text, but the network reads numbers" in ask_error(warm_worker, file, tmp_path / "words.npy")["message"]
    (tmp_path / "broken.npz").write_bytes(b"PK\x03\x04 no archive")
    error = ask_error(warm_worker, file, tmp_path / "broken.npz", 1)
    assert error["code"] == "samples.none"
    assert "broken.npz" in error["message"]


def ask_error(worker, model, array, count=2):
    return worker.error_of(
        "run", model={"file": str(model)}, samples=samples_in(array, count), input_kind="array", preprocessing=None
    )


def test_an_array_of_pictures_is_treated_as_the_pictures_are(
    warm_worker, digits, digit_samples, digit_preprocessing, tmp_path
):
    from PIL import Image

    pixels = np.stack([np.asarray(Image.open(sample["file"])) for sample in digit_samples[:4]])
    np.savez(tmp_path / "digits.npz", x_test=pixels.astype("int64"), y_test=np.arange(4))
    request = {"model": {"file": str(digits / "digits.keras")}, "preprocessing": digit_preprocessing}
    values = [
        warm_worker.ask("run", samples=samples, **request)
        for samples in (digit_samples[:4], samples_in(tmp_path / "digits.npz", 4))
    ]
    pictures, entries = (np.load(warm_worker.folder / value["activations"]) for value in values)
    assert_near(entries, pictures)
    np.save(tmp_path / "floats.npy", pixels / np.float32(255))
    floats = warm_worker.ask("run", samples=samples_in(tmp_path / "floats.npy", 4), **request)
    assert_near(np.load(warm_worker.folder / floats["activations"]), pictures)


@pytest.mark.parametrize("shape", [(6, 10), (6, 10, 1), (1, 6, 10), (6, 10, 3), (3, 6, 10), (6, 10, 4)])
def test_whole_numbers_of_every_layout_are_pictures(shape, tmp_path):
    np.save(tmp_path / "a.npy", np.full((1, *shape), 255, np.int32))
    reader = make_reader(NetworkInput("in", "image", "", Preprocessing((3, 5), 3)), TensorSpec("in", (3, 5, 3)))
    levels = levels_of(reader.read(SampleValue(str(tmp_path / "a.npy"), 0)))
    assert levels.dtype == np.uint8
    assert levels.tolist() == np.full((3, 5, 3), 255).tolist()


@pytest.mark.parametrize("shape", [(6, 10), (6, 10, 1), (1, 6, 10), (6, 10, 3), (3, 6, 10), (6, 10, 4)])
def test_sixteen_bits_of_every_layout_are_pictures_and_are_not_rounded(shape, tmp_path):
    np.save(tmp_path / "a.npy", np.full((1, *shape), 1000, np.uint16))
    preprocessing = Preprocessing((6, 10), 1, (0.0, 1.0), colour="grey")
    reader = make_reader(NetworkInput("in", "image", "", preprocessing), TensorSpec("in", (6, 10, 1)))
    value = SampleValue(str(tmp_path / "a.npy"), 0)
    given = reader.as_input(reader.read(value)[np.newaxis])
    assert given.shape == (1, 6, 10, 1)
    np.testing.assert_allclose(given, 1000 / 65535, rtol=1e-7)
    assert reader.remarks(value) == (SIXTEEN_BITS,)


@pytest.mark.parametrize("dtype", ["uint16", "int32", "int64"])
def test_how_bright_a_sample_is_does_not_change_how_it_is_read(dtype, tmp_path):
    stored = np.full((5, 6, 10, 1), 7, dtype)
    stored[3] = 1000
    np.save(tmp_path / "a.npy", stored)
    reader = make_reader(NetworkInput("in", "image", "", Preprocessing((6, 10), 1)), TensorSpec("in", (6, 10, 1)))
    for index, number in ((0, 7), (3, 1000)):
        given = reader.as_input(reader.read(SampleValue(str(tmp_path / "a.npy"), index))[np.newaxis])
        np.testing.assert_allclose(given, number / 65535 if dtype == "uint16" else number, rtol=1e-6)


def test_a_sample_that_is_no_picture_among_many_pictures_is_skipped_with_its_number(tmp_path, monkeypatch):
    stored = np.full((9, 6, 10, 1), 200)
    stored[4] = 300
    np.save(tmp_path / "a.npy", stored)
    monkeypatch.setattr(arrays, "LOOKED_AT", 2 * stored[0].nbytes)
    reader = make_reader(NetworkInput("in", "image", "", Preprocessing((6, 10), 1)), TensorSpec("in", (6, 10, 1)))
    assert levels_of(reader.read(SampleValue(str(tmp_path / "a.npy"), 3))).max() == 200
    with pytest.raises(UnreadableSample, match="the number 300"):
        reader.read(SampleValue(str(tmp_path / "a.npy"), 4))


@pytest.mark.parametrize(("number", "dtype"), [(0.3, "float32"), (-7, "int16"), (3000, "int64")])
def test_numbers_that_are_no_levels_of_pixels_enter_as_they_are(number, dtype, tmp_path):
    np.save(tmp_path / "a.npy", np.full((2, 6, 10, 3), number, dtype))
    preprocessing = Preprocessing((6, 10), 3, (-1.0, 1.0))
    reader = make_reader(NetworkInput("in", "image", "", preprocessing), TensorSpec("in", (6, 10, 3)))
    value = SampleValue(str(tmp_path / "a.npy"), 1)
    assert (reader.as_input(reader.read(value)[np.newaxis]) == np.float32(number)).all()
    said = ("its numbers are no levels of pixels and enter the network as they are",)
    assert reader.remarks(value) == (() if dtype == "float32" else said)


def test_large_arrays_are_read_entry_by_entry(tmp_path, monkeypatch):
    monkeypatch.setattr(arrays, "_opened", {})
    np.save(tmp_path / "large.npy", np.zeros((3, 4), "float32"))
    arrays.read_entry(tmp_path / "large.npy", 1)
    assert [type(array) for array in arrays._opened.values()] == [np.memmap]


def test_values_that_are_not_finite_reach_the_network_and_are_transparent_in_the_preview(warm_worker, tmp_path):
    batch = np.float32([[[1, 2], [np.nan, 4]], [[5, np.inf], [7, 9]]])
    np.save(tmp_path / "odd.npy", batch)
    reader = make_reader(NetworkInput("in", "array", ""), TensorSpec("in", (2, 2)))
    for k in range(2):
        entry = reader.read(SampleValue(str(tmp_path / "odd.npy"), k))
        np.testing.assert_array_equal(reader.as_input(entry), batch[k])
    value = warm_worker.ask(
        "preview",
        samples=samples_in(tmp_path / "odd.npy", 2),
        input_kind="array",
        preprocessing=None,
        input_shape=[2, 2],
    )
    assert (value["low"], value["high"]) == (1.0, 9.0)
    atlas = Atlas.from_dict(value["atlas"])
    levels = read(warm_worker, atlas)
    assert cell(levels[..., 1], atlas, 0, 0).tolist() == [[255, 255], [0, 255]]
    assert cell(levels[..., 1], atlas, 1, 0).tolist() == [[255, 0], [255, 255]]
    assert cell(levels[..., 0], atlas, 1, 0).tolist()[1] == [191, 255]


def test_statistics_are_those_of_all_samples(warm_worker, sequence):
    _, file, array, _ = sequence
    value = ask(warm_worker, "run", file, array)
    activations = np.load(warm_worker.folder / value["activations"])
    rows = np.load(warm_worker.folder / value["statistics"])
    np.testing.assert_allclose(rows, Statistics.of(activations).to_array(), rtol=1e-6, atol=1e-9)
