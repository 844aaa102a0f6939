"""Files as Keras 1 and 2 wrote them give the numbers that those versions computed.

The files are made from a Keras 3 model by rewriting its settings the way the old versions wrote them; what the old
version computed is written down with numpy, or computed by the Keras 3 model where both define it alike.
"""

from __future__ import annotations

import json
import zipfile

import h5py
import keras
import numpy as np
import pytest
from recordings import record

from nn_blender.worker.models.inspecting import inspect_file
from nn_blender.worker.running.loading import load_model
from nn_blender.worker.running.recorders.functional.recorder import FunctionalRecorder

L = keras.layers


def old_file(model, tmp_path, rewrite, version="2.2.4"):
    """Save a model as HDF5 and rewrite its settings."""
    file = tmp_path / "old.h5"
    model.save(file)
    with h5py.File(file, "r+") as stream:
        settings = rewrite(json.loads(stream.attrs["model_config"]))
        stream.attrs["model_config"] = json.dumps(settings).encode()
        stream.attrs["keras_version"] = version.encode()
    return file


def plain_names(entry):
    """Settings objects of Keras 3 that Keras 2 wrote as plain names."""
    entry.pop("build_config", None)
    entry["config"]["dtype"] = "float32"
    return entry


def old_sequential(settings, shape):
    """The input's shape on the first layer instead of an input layer, and a bare list of layers."""
    layers = [plain_names(entry) for entry in settings["config"]["layers"] if entry["class_name"] != "InputLayer"]
    layers[0]["config"]["batch_input_shape"] = shape
    return {"class_name": "Sequential", "config": layers}


def assert_computes(file, batch, expected):
    loaded = load_model(file)
    last = loaded.network.outputs[0]
    value = np.asarray(record(FunctionalRecorder(loaded), batch)[last])
    assert value.shape == expected.shape
    assert np.abs(value - expected).max() <= 1e-5 * np.abs(expected).max()
    seen = inspect_file(file).network
    assert [layer.path for layer in seen.layers] == [layer.path for layer in loaded.network.layers]
    assert [layer.parameters for layer in seen.layers] == [layer.parameters for layer in loaded.network.layers]
    return loaded


def test_an_old_sequential_without_input_layer_keeps_its_input(tmp_path):
    model = keras.Sequential([keras.Input((6, 4)), L.Reshape((6, 4, 1)), L.Conv2D(3, 3), L.Flatten(), L.Dense(2)])
    file = old_file(model, tmp_path, lambda settings: old_sequential(settings, [None, 6, 4]))
    batch = np.random.default_rng(1).normal(size=(2, 6, 4)).astype("float32")
    loaded = assert_computes(file, batch, model.predict(batch, verbose=0))
    assert loaded.network.inputs[0].shape == (6, 4)
    assert inspect_file(file).network.layers == loaded.network.layers


def old_hard_sigmoid(x):
    return np.clip(0.2 * x + 0.5, 0.0, 1.0)


def test_the_old_hard_sigmoid_is_put_back_in_dense_layers(tmp_path):
    model = keras.Sequential([keras.Input((5,)), L.Dense(4, activation="hard_sigmoid", name="dense")])
    file = old_file(model, tmp_path, lambda settings: settings)
    batch = np.random.default_rng(2).normal(0, 2, size=(8, 5)).astype("float32")
    loaded = assert_computes(file, batch, old_hard_sigmoid(batch @ model.get_weights()[0]))
    assert loaded.network.layers[0].activation == "hard_sigmoid"


def test_the_old_hard_sigmoid_is_put_back_inside_recurrent_layers(tmp_path):
    model = keras.Sequential([keras.Input((4, 3)), L.LSTM(2, recurrent_activation="hard_sigmoid", name="lstm")])

    def rewrite(settings):
        for entry in settings["config"]["layers"]:
            if entry["class_name"] == "LSTM":
                entry["config"]["time_major"] = False
        return settings

    file = old_file(model, tmp_path, rewrite)
    batch = np.random.default_rng(3).normal(0, 2, size=(5, 4, 3)).astype("float32")
    kernel, recurrent, bias = model.get_weights()
    hidden = cell = np.zeros((5, 2), "float32")
    for time in range(4):
        i, f, c, o = np.split(batch[:, time] @ kernel + hidden @ recurrent + bias, 4, axis=1)
        cell = old_hard_sigmoid(f) * cell + old_hard_sigmoid(i) * np.tanh(c)
        hidden = old_hard_sigmoid(o) * np.tanh(cell)
    assert_computes(file, batch, hidden)


def test_a_keras_3_file_keeps_the_new_hard_sigmoid(tmp_path):
    model = keras.Sequential([keras.Input((5,)), L.Dense(4, activation="hard_sigmoid")])
    file = tmp_path / "new.h5"
    model.save(file)
    batch = np.random.default_rng(2).normal(0, 2, size=(8, 5)).astype("float32")
    assert_computes(file, batch, model.predict(batch, verbose=0))


def test_settings_that_keras_3_no_longer_knows_are_dropped(tmp_path):
    pixels = keras.Input((8, 8, 2), name="pixels")
    x = L.DepthwiseConv2D(3, name="depthwise")(pixels)
    x = L.SeparableConv2D(4, 3, name="separable")(x)
    model = keras.Model(pixels, L.Conv2DTranspose(2, 3, name="transpose")(x))

    def rewrite(settings):
        for entry in settings["config"]["layers"]:
            if "conv" in entry["class_name"].lower():
                entry["config"]["groups"] = 1
            if entry["class_name"] in ("DepthwiseConv2D", "SeparableConv2D"):
                entry["config"] |= {"kernel_initializer": None, "kernel_regularizer": None, "kernel_constraint": None}
        return {"class_name": "Model", "config": settings["config"]}

    file = old_file(model, tmp_path, rewrite, "2.3.1")
    batch = np.random.default_rng(4).normal(size=(2, 8, 8, 2)).astype("float32")
    assert_computes(file, batch, model.predict(batch, verbose=0))


def test_calls_of_nested_models_that_keras_2_counted_from_one_are_found(tmp_path):
    inner_in = keras.Input((6, 6, 1), name="inner_in")
    inner = keras.Model(inner_in, L.Conv2D(3, 3, name="conv")(inner_in), name="base")
    first = keras.Input((6, 6, 1), name="first")
    again = L.ZeroPadding2D(1, name="pad")(inner(first))
    model = keras.Model(first, L.Flatten(name="flat")(again))

    def rewrite(settings):
        for config in (settings["config"], settings["config"]["layers"][1]["config"]):
            for entry in config["layers"]:
                plain_names(entry)
                entry["inbound_nodes"] = [[_old_reference(node)] for node in entry["inbound_nodes"]]
            config["input_layers"], config["output_layers"] = [config["input_layers"]], [config["output_layers"]]
        return settings

    def _old_reference(node):
        name, call, tensor = node["args"][0]["config"]["keras_history"]
        return [name, call + 1 if name == "base" else call, tensor, {}]

    file = old_file(model, tmp_path, rewrite)
    batch = np.random.default_rng(5).normal(size=(2, 6, 6, 1)).astype("float32")
    loaded = assert_computes(file, batch, model.predict(batch, verbose=0))
    assert [layer.path for layer in loaded.network.layers] == ["base/conv", "pad", "flat"]


def test_an_output_that_keras_2_took_from_the_first_of_two_calls_stays_that_one(tmp_path):
    inner_in = keras.Input((6, 6, 1), name="inner_in")
    inner = keras.Model(inner_in, L.Conv2D(3, 3, name="conv")(inner_in), name="base")
    pixels = keras.Input((6, 6, 1), name="pixels")
    model = keras.Model(pixels, [inner(pixels), inner(L.ReLU(name="relu")(pixels))])

    def rewrite(settings):
        (base,) = [entry["config"] for entry in settings["config"]["layers"] if entry["config"]["name"] == "base"]
        base["input_layers"], base["output_layers"] = [base["input_layers"]], [base["output_layers"]]
        for config in (settings["config"], base):
            for entry in config["layers"]:
                plain_names(entry)
                histories = [node["args"][0]["config"]["keras_history"] for node in entry["inbound_nodes"]]
                entry["inbound_nodes"] = [[[*history, {}]] for history in histories]
        settings["config"]["input_layers"] = [settings["config"]["input_layers"]]
        return settings

    file = old_file(model, tmp_path, rewrite)
    batch = np.random.default_rng(5).normal(size=(2, 6, 6, 1)).astype("float32")
    loaded = load_model(file)
    assert [layer.path for layer in loaded.network.layers] == ["base/conv", "relu", "base/conv#1"]
    assert loaded.network.outputs == inspect_file(file).network.outputs == ("base/conv", "base/conv#1")
    for value, expected in zip(loaded.keras_model(batch), model(batch), strict=True):
        np.testing.assert_allclose(value, expected, rtol=1e-5)


@pytest.mark.parametrize("place", ["keras.src.engine.functional", "keras.engine.functional"])
def test_a_keras_archive_of_keras_2_names_its_modules_differently_and_loads(place, tmp_path):
    pixels = keras.Input((6, 6, 1), name="pixels")
    model = keras.Model(pixels, L.Dense(3, activation="relu", name="dense")(L.Flatten(name="flat")(pixels)))
    model.save(tmp_path / "new.keras")
    file = tmp_path / "old.keras"
    with zipfile.ZipFile(tmp_path / "new.keras") as new, zipfile.ZipFile(file, "w") as old:
        for name in new.namelist():
            content = new.read(name)
            if name == "config.json":
                settings = json.loads(content)
                settings["module"] = place
                first = settings["config"]["layers"][0]["config"]
                first["batch_input_shape"] = first.pop("batch_shape")
                content = json.dumps(settings)
            if name == "metadata.json":
                content = json.dumps({"keras_version": "2.13.1"})
            old.writestr(name, content)
    batch = np.random.default_rng(6).normal(size=(2, 6, 6, 1)).astype("float32")
    assert_computes(file, batch, model.predict(batch, verbose=0))


def test_kernels_that_were_trained_with_theano_are_turned_round(tmp_path):
    pixels = keras.Input((6, 7, 2), name="pixels")
    model = keras.Model(pixels, L.Conv2D(3, (2, 3), use_bias=False, name="conv")(pixels))
    file = old_file(model, tmp_path, lambda settings: settings, version="2.0.8")
    with h5py.File(file, "r+") as stream:
        stream["model_weights"].attrs["backend"] = b"theano"
    batch = np.random.default_rng(4).normal(size=(2, 6, 7, 2)).astype("float32")
    (kernel,), expected = model.get_weights(), np.zeros((2, 5, 5, 3), "float32")
    for row in range(5):
        for column in range(5):  # A convolution as the books have it: the kernel's last place meets the first pixel.
            part = batch[:, row : row + 2, column : column + 3]
            expected[:, row, column] = np.einsum("bijc,ijcf->bf", part, kernel[::-1, ::-1])
    assert_computes(file, batch, expected)


def test_old_sequentials_inside_other_layers_are_found(tmp_path):
    within = keras.Sequential([keras.Input((6, 6, 1)), L.Conv2D(3, 3), L.Flatten(), L.Dense(4)], name="within")
    film, still = keras.Input((5, 6, 6, 1), name="film"), keras.Input((6, 6, 1), name="still")
    x = L.TimeDistributed(within, name="each")(film)
    model = keras.Model([film, still], L.Concatenate(name="both")([L.Flatten(name="flat")(x), within(still)]))

    def rewrite(settings):
        for entry in settings["config"]["layers"]:
            inner = entry["config"]["layer"] if entry["name"] == "each" else entry
            if inner["class_name"] == "Sequential":
                inner["config"] = old_sequential(inner, [None, 6, 6, 1])["config"]
        return settings

    file = old_file(model, tmp_path, rewrite, version="2.1.6")
    random = np.random.default_rng(5)
    batch = [random.normal(size=(2, *shape)).astype("float32") for shape in ((5, 6, 6, 1), (6, 6, 1))]
    recorder = FunctionalRecorder(load_model(file))
    assert np.allclose(record(recorder, *batch)["both"], model.predict(batch, verbose=0), rtol=0, atol=1e-6)
