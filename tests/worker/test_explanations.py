"""Explanations of scores are what plain Keras and TensorFlow's own tape compute."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from by_calls import by_calls
from explained import explain, folder_of
from recordings import inputs

from nn_blender.worker.running.loading import load_model
from nn_blender.worker.running.recorders import recorder_of
from nn_blender.worker.running.recorders.slopes import Question

L = keras.layers


def picture_and_numbers():
    pixels, numbers = keras.Input((10, 8, 3), name="pixels"), keras.Input((4,), name="numbers")
    x = L.Conv2D(6, 3, activation="relu", name="conv")(pixels)
    x = L.Concatenate(name="both")([L.GlobalAveragePooling2D(name="mean")(x), L.Dense(5, name="dense")(numbers)])
    return keras.Model([pixels, numbers], L.Dense(3, activation="softmax", name="classes")(x)), [(10, 8, 3), (4,)]


def binary():
    pixels = keras.Input((9, 9, 1), name="pixels")
    x = L.Flatten(name="flat")(L.Conv2D(4, 3, activation="tanh", name="conv")(pixels))
    return keras.Model(pixels, L.Dense(1, activation="sigmoid", name="yes")(x)), [(9, 9, 1)]


def regression():
    numbers = keras.Input((6,), name="numbers")
    x = L.Dense(8, activation="gelu", name="hidden")(numbers)
    return keras.Model(numbers, L.Dense(2, name="values")(x)), [(6,)]


def series():
    steps = keras.Input((12, 2), name="steps")
    x = L.LSTM(5, return_sequences=True, name="lstm")(steps)
    x = L.GlobalMaxPooling1D(name="top")(L.Conv1D(4, 3, padding="same", activation="relu", name="conv")(x))
    return keras.Model(steps, L.Dense(3, activation="softmax", name="classes")(x)), [(12, 2)]


MODELS = {"picture and numbers": picture_and_numbers, "binary": binary, "regression": regression, "series": series}


@pytest.fixture(params=MODELS)
def built(request):
    keras.utils.set_random_seed(3)
    model, shapes = MODELS[request.param]()
    rng = np.random.default_rng(1)
    return model, [rng.normal(size=(3, *shape)).astype("float32") for shape in shapes]


@pytest.fixture(params=["functional", "calls"])
def make(request):
    return {"functional": recorder_of, "calls": by_calls}[request.param]


def plain_gradients(model, arrays, index):
    """Scores before softmax or sigmoid and their gradients at the inputs, by a clone and a tape."""
    last = model.layers[-1]
    activation, last.activation = last.activation, keras.activations.linear
    try:
        with tf.GradientTape() as tape:
            tensors = [tf.convert_to_tensor(array) for array in arrays]
            tape.watch(tensors)
            given = model(tensors if len(tensors) > 1 else tensors[0], training=False)
            score = given[:, index] if given.shape[1] > 1 else (given[:, 0] if index else -given[:, 0])
        return score.numpy(), [slope.numpy() for slope in tape.gradient(score, tensors)]
    finally:
        last.activation = activation


def assert_close(measured, expected):
    assert measured.shape == expected.shape
    assert np.abs(measured - expected).max() <= 1e-5 * max(np.abs(expected).max(), 1e-30)


def test_slopes_at_inputs_are_those_of_a_tape(make, built, tmp_path):
    model, arrays = built
    model.save(tmp_path / "model.keras")
    recorder = make(load_model(tmp_path / "model.keras"))
    for index in (0, 1):
        found = recorder.slopes(inputs(*arrays), Question(at_inputs=True), np.full(3, index, np.int32), recorder.intact)
        scores, slopes = plain_gradients(model, arrays, index)
        assert_close(found.scores, scores)
        for slope, expected, array in zip(found.inputs, slopes, arrays, strict=True):
            assert_close(slope.gradients, expected)
            assert (slope.values == array).all()


def test_a_picture_is_explained_per_pixel_by_every_method(tmp_path):
    keras.utils.set_random_seed(3)
    model, shapes = picture_and_numbers()
    arrays = [np.random.default_rng(1).normal(size=(3, *shape)).astype("float32") for shape in shapes]
    found = explain(folder_of(tmp_path, model, arrays), ["gradient", "gradient-x-input", "grad-cam"])
    predicted = model.predict(arrays, verbose=0)
    assert (found.indices[0] == predicted.argmax(1)).all()
    assert_close(found.outputs[0], predicted.max(1))
    for k in range(3):
        one = [array[k : k + 1] for array in arrays]
        scores, (pixels, numbers) = plain_gradients(model, one, int(found.indices[0, k]))
        assert_close(found.scores[0, k : k + 1], scores)
        assert_close(found.map("gradient", "pixels")[k : k + 1], np.abs(pixels).max(-1))
        assert_close(found.map("gradient", "numbers")[k : k + 1], np.abs(numbers))
        assert_close(found.map("gradient-x-input", "pixels")[k : k + 1], (pixels * one[0]).sum(-1))
        assert_close(found.map("gradient-x-input", "numbers")[k : k + 1], numbers * one[1])
    conv = keras.Model(model.inputs, model.get_layer("conv").output).predict(arrays, verbose=0)
    weights = model.get_layer("classes").kernel.numpy()[:6, found.indices[0]].T / conv[0, ..., 0].size
    cam = np.maximum(np.einsum("bhwc,bc->bhw", conv, weights), 0)
    expected = tf.image.resize(cam[..., None], (10, 8), "bilinear").numpy()[..., 0]
    assert_close(found.map("grad-cam", "pixels"), expected)
    assert ("grad-cam", 0, "numbers") not in found.maps
    assert found.answer["layer"] == "conv"
