"""Scores are those before softmax and sigmoid, wherever these are and however they are written."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from by_calls import by_calls
from explained import assert_close, explain, folder_of
from recordings import inputs

from nn_blender.core.explanations import Target
from nn_blender.core.outputs import NetworkOutput
from nn_blender.worker.running.loading import load_model
from nn_blender.worker.running.recorders import recorder_of
from nn_blender.worker.running.recorders.slopes import Question

L = keras.layers
RNG = np.random.default_rng(4)


@pytest.fixture(autouse=True)
def seeded():
    keras.utils.set_random_seed(11)


def test_each_of_two_outputs_has_its_own_score(tmp_path):
    pixels, numbers = keras.Input((12, 12, 1), name="pixels"), keras.Input((4,), name="numbers")
    flat = L.Flatten()(L.Conv2D(3, 3, activation="relu", name="conv")(pixels))
    kind = L.Dense(2, activation="softmax", name="kind")(flat)
    size = L.Dense(3, name="size")(L.Concatenate()([flat, numbers]))
    model = keras.Model([pixels, numbers], [kind, size])
    arrays = [RNG.uniform(size=(3, 12, 12, 1)).astype("float32"), RNG.normal(size=(3, 4)).astype("float32")]
    found = explain(folder_of(tmp_path, model, arrays), ["gradient"], [Target(output=0), Target(index=2, output=1)])
    given = model.predict(arrays, verbose=0)
    assert (found.indices[0] == given[0].argmax(1)).all()
    assert_close(found.outputs[0], given[0].max(1))
    assert_close(found.scores[1], given[1][:, 2])
    assert (found.map("gradient", "numbers", 0) == 0).all()
    kernel = np.abs(model.get_layer("size").kernel.numpy()[-4:, 2])
    assert_close(found.map("gradient", "numbers", 1), np.broadcast_to(kernel, (3, 4)))


def softmax_by_hand(x):
    return keras.ops.exp(x) / keras.ops.sum(keras.ops.exp(x), axis=-1, keepdims=True)


def stable_softmax_by_hand(x):
    x = keras.ops.exp(x - keras.ops.max(x, axis=-1, keepdims=True))
    return x / keras.ops.sum(x, axis=1, keepdims=True)


def sigmoid_by_hand(x):
    return 1 / (1 + keras.ops.exp(-x))


ENDS = {
    "softmax by hand": [softmax_by_hand],
    "stable softmax by hand": [stable_softmax_by_hand],
    "log-softmax and its power": [keras.ops.log_softmax, keras.ops.exp],
    "sigmoid by hand": [sigmoid_by_hand],
    "dropout behind": [L.Softmax(), L.Dropout(0.5)],
    "another type behind": [L.Activation("softmax", dtype="float64"), L.Activation("linear", dtype="float32")],
    "another shape behind": [L.Activation("softmax"), L.Reshape((1, 3)), L.Reshape((3,))],
    "an operation": [keras.ops.sigmoid],
    "read by another layer": [L.Dense(3, activation="softmax"), L.Identity()],
}
LIKE_ENDS = {
    "of something else": lambda x: keras.ops.exp(x) / keras.ops.sum(keras.ops.exp(2 * x), axis=-1, keepdims=True),
    "steeper": lambda x: 1 / (2 + keras.ops.exp(-x)),
}


@pytest.mark.parametrize("end", LIKE_ENDS)
def test_what_only_looks_like_softmax_or_sigmoid_is_a_part_of_the_score(end, tmp_path):
    x = pixels = keras.Input((6,), name="pixels")
    model = keras.Model(pixels, LIKE_ENDS[end](L.Dense(3)(x)))
    model.save(tmp_path / "model.keras")
    array = np.random.default_rng(8).normal(size=(3, 6)).astype("float32")
    recorder = recorder_of(load_model(tmp_path / "model.keras"))
    found = recorder.slopes(inputs(array), Question(at_inputs=True), np.full(3, 1, np.int32), recorder.intact)
    assert_close(found.scores, model(array)[:, 1])


@pytest.mark.parametrize("recorder", [recorder_of, by_calls])
@pytest.mark.parametrize("end", ENDS)
def test_scores_are_before_softmax_or_sigmoid_wherever_these_are(end, recorder, tmp_path):
    x = pixels = keras.Input((6, 6, 1), name="pixels")
    for layer in (L.Flatten(), L.Dense(3, name="logits"), *ENDS[end]):
        x = layer(x)
    model, array = keras.Model(pixels, x), np.random.default_rng(8).normal(size=(3, 6, 6, 1)).astype("float32")
    model.save(tmp_path / "model.keras")
    if end == "read by another layer":
        model.layers[-2].activation = keras.activations.linear
    inner = model if end == "read by another layer" else keras.Model(pixels, model.get_layer("logits").output)
    pixels = tf.constant(array)
    with tf.GradientTape() as tape:
        tape.watch(pixels)
        score = tf.reduce_max(inner(pixels), axis=1)
    running = recorder(load_model(tmp_path / "model.keras"))
    found = running.slopes(inputs(array), Question(at_inputs=True), np.full(3, -1, np.int32), running.intact)
    assert_close(found.scores, score)
    assert_close(found.inputs[0].gradients, tape.gradient(score, pixels))
    assert found.count == 3


@pytest.mark.parametrize("activation", ["", "tanh", "sigmoid"])
def test_one_value_of_two_cases_speaks_for_yes_and_its_negative_for_no(activation, tmp_path):
    pixels = keras.Input((8, 8, 1), name="pixels")
    mean = L.GlobalAveragePooling2D()(L.Conv2D(3, 3, activation="relu", name="conv")(pixels))
    last = L.Dense(1, activation=activation or None, name="case")
    model = keras.Model(pixels, last(mean))
    array = np.random.default_rng(5).normal(size=(6, 8, 8, 1)).astype("float32")
    means = keras.Model(pixels, mean).predict(array, verbose=0)
    last.bias.assign(-np.median(means @ last.kernel.numpy(), axis=0))
    asked, targets = folder_of(tmp_path, model, [array]), [Target(), Target(index=0), Target(index=1)]
    read = (NetworkOutput("case", "binary", "", activation),)
    found = explain(asked, ["gradient", "gradient-x-input", "cam"], targets, outputs=read)
    given = model.predict(array, verbose=0)[:, 0]
    is_yes = given > (0.5 if activation == "sigmoid" else 0)
    assert 0 < is_yes.sum() < 6
    assert (found.indices[0] == is_yes).all()
    yes = {"tanh": given, "sigmoid": given, "": 1 / (1 + np.exp(-given))}[activation]
    no = -yes if activation == "tanh" else 1 - yes
    assert_close(found.outputs, np.stack([np.where(is_yes, yes, no), no, yes]))
    if activation == "sigmoid":
        last.activation = keras.activations.linear
    pixels = tf.constant(array)
    with tf.GradientTape() as tape:
        tape.watch(pixels)
        score = model(pixels)[:, 0]
    slopes = np.asarray(tape.gradient(score, pixels))
    assert_close(found.scores, np.stack([np.where(is_yes, score, -score), -score, score]))
    assert_close(found.map("gradient", "pixels", 1), np.abs(slopes[..., 0]))
    assert_close(found.map("gradient-x-input", "pixels", 1), -(slopes * array)[..., 0])
    assert_close(found.map("gradient-x-input", "pixels", 2), (slopes * array)[..., 0])
    if activation != "tanh":
        assert (found.map("cam", "pixels", 1) != found.map("cam", "pixels", 2)).any()


def test_one_value_after_sigmoid_may_be_a_value(tmp_path):
    model = keras.Sequential([keras.Input((4,), name="facts"), L.Dense(1, activation="sigmoid", name="share")])
    array = np.random.default_rng(6).normal(size=(3, 4)).astype("float32")
    found = explain(
        folder_of(tmp_path, model, [array]), ["gradient-x-input"], [Target(index=0)],
        outputs=(NetworkOutput("share", "values", "", "sigmoid"),),
    )  # fmt: skip
    kernel = model.layers[-1].kernel.numpy()[:, 0]
    assert_close(found.map("gradient-x-input", "facts"), kernel * array)
    assert_close(found.outputs[0], model.predict(array, verbose=0)[:, 0])
