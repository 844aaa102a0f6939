"""Networks that read the channels of a picture first are given pictures, and compute what they compute of arrays."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from PIL import Image
from recordings import record

from nn_blender.core.inputs import INPUT_KINDS, decide_inputs
from nn_blender.core.inputs.preprocessing import guess_preprocessing
from nn_blender.core.network import Layer, Network, TensorSpec
from nn_blender.worker.running.loading import load_model
from nn_blender.worker.running.recorders import recorder_of

L = keras.layers
FIRST = "channels_first"
RNG = np.random.default_rng(6)
PIXELS = RNG.integers(0, 256, (3, 20, 24, 3), dtype=np.uint8)


def network():
    keras.utils.set_random_seed(12)
    picture = keras.Input((3, 20, 24), name="picture")
    x = L.Conv2D(8, 3, data_format=FIRST, activation="relu", name="conv")(L.Rescaling(1.0, name="scale")(picture))
    x = L.BatchNormalization(axis=1, name="norm")(L.MaxPooling2D(2, data_format=FIRST, name="pool")(x))
    x = L.GlobalAveragePooling2D(data_format=FIRST, name="mean")(x)
    return keras.Model(picture, L.Dense(3, activation="softmax", name="out")(x))


def with_pictures(folder):
    for k, pixels in enumerate(PIXELS):
        Image.fromarray(pixels).save(folder / f"{k}.png")
    return [{"file": str(folder / f"{k}.png")} for k in range(3)]


def with_bytes_last(folder):
    np.save(folder / "x.npy", PIXELS)
    return [{"file": str(folder / "x.npy"), "index": k} for k in range(3)]


def with_bytes_first(folder):
    np.save(folder / "x.npy", PIXELS.transpose(0, 3, 1, 2))
    return [{"file": str(folder / "x.npy"), "index": k} for k in range(3)]


def with_numbers(folder):
    np.save(folder / "x.npy", PIXELS.transpose(0, 3, 1, 2).astype(np.float32) / 255)
    return [{"file": str(folder / "x.npy"), "index": k} for k in range(3)]


@pytest.mark.parametrize("store", [with_pictures, with_bytes_last, with_bytes_first, with_numbers])
def test_pictures_give_what_keras_computes_of_them(store, warm_worker, tmp_path):
    model, file = network(), tmp_path / "model.keras"
    model.save(file)
    loaded = Network.from_dict(warm_worker.ask("load", file=str(file))["network"])
    (about,) = decide_inputs(loaded)
    assert about.kind == "image"
    assert "channels × height × width" in about.reason
    preprocessing = guess_preprocessing(loaded, loaded.inputs[0]).preprocessing
    assert (preprocessing.size, preprocessing.channels) == ((20, 24), 3)
    assert INPUT_KINDS.find("image").proportions((3, 20, 24)) == (20, 24)
    inputs = [about.to_dict() | {"preprocessing": preprocessing.to_dict()}]
    samples = [{"name": str(k), "values": [value]} for k, value in enumerate(store(tmp_path))]
    asked = {"model": {"file": str(file)}, "samples": samples, "inputs": inputs}
    answer = warm_worker.ask("run", **asked)
    batch = PIXELS.transpose(0, 3, 1, 2).astype(np.float32) / 255
    outputs = np.load(warm_worker.folder / answer["outputs"][0]["values"])
    np.testing.assert_allclose(outputs, model(batch), rtol=1e-5)
    columns = loaded.neuron_slices()["conv"]
    maps = np.asarray(keras.Model(model.input, model.get_layer("conv").output)(batch))
    measured = np.load(warm_worker.folder / answer["activations"])[:, columns]
    np.testing.assert_allclose(measured, maps.mean((2, 3), dtype=np.float64), rtol=1e-5)

    atlas = warm_worker.ask("maps", **asked, layers=[], pixels=1_000_000)["atlases"][0]
    shown = np.asarray(Image.open(warm_worker.folder / atlas["file"]))
    assert (atlas["cell_height"], atlas["cell_width"], atlas["channels"]) == (20, 24, 3)
    np.testing.assert_array_equal(shown[:20, :24, :3], PIXELS[0])


def test_planes_that_are_read_last_are_no_channels():
    planes = keras.Input((3, 40, 40), name="planes")
    model = keras.Model(planes, L.Conv2D(2, 3, padding="same", name="conv")(planes))
    assert [one.kind for one in decide_inputs(network_of(model))] == ["array"]


def network_of(model):
    shape = model.get_layer("conv").output.shape[1:]
    layers = (Layer("conv", "Conv2D", shape, ("height", "width", "channel"), 0, ("planes",)),)
    return Network("planes", "", "", layers, (TensorSpec("planes", (3, 40, 40)),), ("conv",), 0)


RANKS = {
    1: RNG.normal(size=(2, 3, 12)), 2: RNG.normal(size=(2, 3, 12, 10)), 3: RNG.normal(size=(2, 3, 8, 8, 8))
}  # fmt: skip
SETTINGS = {
    "Conv": {"filters": 6, "kernel_size": 3, "groups": 3},
    "ConvTranspose": {"filters": 4, "kernel_size": 3, "strides": 2},
    "DepthwiseConv": {"kernel_size": 3, "strides": 2},
    "SeparableConv": {"filters": 4, "kernel_size": 3},
    "MaxPooling": {"pool_size": 2},
    "AveragePooling": {"pool_size": 2, "padding": "same"},
    "GlobalAveragePooling": {},
    "UpSampling": {"size": 2},
    "ZeroPadding": {"padding": 1},
}


NOT_IN_KERAS = ("DepthwiseConv3D", "SeparableConv3D")
LAST_ONLY = ("UpSampling1D",)
CASES = {
    f"Conv{rank}DTranspose" if kind == "ConvTranspose" else f"{kind}{rank}D": (rank, settings)
    for kind, settings in SETTINGS.items()
    for rank in RANKS
}


@pytest.mark.parametrize("name", [name for name in CASES if name not in (*NOT_IN_KERAS, *LAST_ONLY)])
def test_layers_with_channels_first_give_what_they_give_with_channels_last(name, tmp_path):
    rank, settings = CASES[name]
    batch = RANKS[rank].astype(np.float32)
    first = getattr(L, name)(**settings, data_format=FIRST, name="layer")
    last = getattr(L, name)(**settings, data_format="channels_last")
    expected = np.asarray(last(np.moveaxis(batch, 1, -1)))
    tensor = keras.Input(batch.shape[1:])
    model = keras.Model(tensor, first(tensor))
    first.set_weights(last.get_weights())
    model.save(tmp_path / "model.keras")
    given = record(recorder_of(load_model(tmp_path / "model.keras")), batch)["layer"]
    np.testing.assert_allclose(given, np.moveaxis(expected, -1, 1), rtol=1e-4, atol=1e-5)
