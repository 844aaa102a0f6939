"""Gradients of networks of every kind are those of a tape around plain Keras, wherever samples enter them."""

from __future__ import annotations

from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf
from explained import assert_close, explain, folder_of
from own_models import ResNet
from recordings import inputs
from test_models_of_code import loaded_from

from nn_blender.core.explanations import Target
from nn_blender.core.inputs import decide_inputs
from nn_blender.worker.explanations.forms import forms_of
from nn_blender.worker.explanations.weighted_layers import as_weighted
from nn_blender.worker.running.loading import load_model
from nn_blender.worker.running.recorders import recorder_of
from nn_blender.worker.running.recorders.slopes import Question

L = keras.layers
RNG = np.random.default_rng(4)


@pytest.fixture(autouse=True)
def seeded():
    keras.utils.set_random_seed(11)


def slopes_behind(model, layer, array, index):
    """Values at a layer's output and the gradients of a class's score there, by two models and a tape."""
    at = keras.Model(model.inputs, layer.output)(array)
    rest = keras.Model(layer.output, model.outputs[0])
    last = model.layers[-1]
    activation, last.activation = last.activation, keras.activations.linear
    try:
        with tf.GradientTape() as tape:
            tape.watch(at)
            score = rest(at, training=False)[:, index]
        return np.asarray(at), np.asarray(tape.gradient(score, at)), np.asarray(score)
    finally:
        last.activation = activation


def tokens(dtype="int32"):
    ids = keras.Input((9,), dtype=dtype, name="ids")
    x = L.Conv1D(6, 3, activation="relu", name="conv")(L.Embedding(50, 8, name="lookup")(ids))
    return keras.Model(ids, L.Dense(3, activation="softmax", name="classes")(L.GlobalMaxPooling1D(name="top")(x)))


@pytest.mark.parametrize("dtype", ["int32", "float32"])
def test_tokens_are_explained_where_they_are_looked_up(dtype, tmp_path):
    model, ids = tokens(dtype), RNG.integers(0, 50, (3, 9))
    found = explain(folder_of(tmp_path, model, [ids]), ["gradient", "gradient-x-input", "grad-cam"], [Target(index=2)])
    values, slopes, scores = slopes_behind(model, model.get_layer("lookup"), ids, 2)
    assert_close(found.scores[0], scores)
    assert_close(found.map("gradient", "ids"), np.abs(slopes).max(-1))
    assert_close(found.map("gradient-x-input", "ids"), (slopes * values).sum(-1))
    maps, slopes, _ = slopes_behind(model, model.get_layer("conv"), ids, 2)
    small = np.maximum((slopes.mean(1, keepdims=True) * maps).sum(-1), 0)
    resized = tf.image.resize(small[:, None, :, None], (1, 9), "bilinear").numpy()[:, 0, :, 0]
    assert_close(found.map("grad-cam", "ids"), resized)


@pytest.mark.parametrize("dtype", ["int32", "float32"])
def test_masks_are_no_features_of_tokens(dtype, tmp_path):
    ids = keras.Input((9,), dtype=dtype, name="ids")
    lookup, lstm = L.Embedding(30, 6, mask_zero=True, name="lookup"), L.LSTM(5, return_sequences=True)
    mean, classes = L.GlobalAveragePooling1D(), L.Dense(3, name="classes")
    model = keras.Model(ids, L.Activation("softmax")(classes(mean(lstm(lookup(ids))))))
    words = np.random.default_rng(1).integers(1, 30, (3, 9))
    words[1, 5:] = words[2, 2:] = 0
    found = explain(folder_of(tmp_path, model, [words]), ["gradient", "gradient-x-input"], [Target(index=1)])
    mask, values = tf.constant(words != 0), tf.constant(lookup.embeddings.numpy()[words])
    with tf.GradientTape() as tape:
        tape.watch(values)
        score = classes(mean(lstm(values, mask=mask), mask=mask))[:, 1]
    slopes = np.asarray(tape.gradient(score, values))
    assert_close(found.map("gradient", "ids"), np.abs(slopes).max(-1))
    assert_close(found.map("gradient-x-input", "ids"), (slopes * values.numpy()).sum(-1))
    assert np.abs(found.map("gradient", "ids")[2, 2:]).max() == 0


def test_methods_with_several_points_work_where_tokens_are_looked_up(tmp_path):
    model, ids = tokens(), RNG.integers(0, 50, (3, 9))
    found = explain(
        folder_of(tmp_path, model, [ids]), ["integrated-gradients", "smoothgrad"], [Target(index=0)], steps=256
    )
    sums, totals = found.map("integrated-gradients", "ids").sum(1), found.totals["integrated-gradients", 0, "ids"]
    assert np.abs(sums - totals).max() <= 0.01 * np.abs(totals).max()
    rest = keras.Model(model.get_layer("lookup").output, model.outputs[0])
    model.layers[-1].activation = keras.activations.linear
    nothing = rest(np.zeros((3, 9, 8), "float32")).numpy()[:, 0]
    assert_close(totals, found.scores[0] - nothing)


def test_a_token_is_covered_by_0(tmp_path):
    model, ids = tokens(), RNG.integers(1, 50, (2, 9))
    found = explain(folder_of(tmp_path, model, [ids]), ["occlusion"], [Target(index=1)])
    _, _, scores = slopes_behind(model, model.get_layer("lookup"), ids, 1)
    for k in range(9):
        covered = ids.copy()
        covered[:, k] = 0
        _, _, less = slopes_behind(model, model.get_layer("lookup"), covered, 1)
        assert np.abs(found.map("occlusion", "ids")[:, k] - (scores - less)).max() < 1e-5


class Lookup(L.Layer):
    """Words with their places, as own layers of language models have them."""

    def __init__(self, **more):
        super().__init__(**more)
        self.words, self.places = L.Embedding(40, 6), L.Embedding(9, 6)

    def call(self, ids):
        return self.words(tf.cast(ids, tf.int64)) + self.places(tf.range(9))


class Reader(keras.Model):
    def __init__(self, **more):
        super().__init__(**more)
        self.lookup, self.lstm = Lookup(name="lookup"), L.LSTM(5, name="lstm")
        self.classes = L.Dense(3, activation="softmax", name="classes")

    def call(self, ids):
        return self.classes(self.lstm(self.lookup(ids)))


def test_own_layers_that_look_tokens_up_are_found_in_the_graph(tmp_path):
    model, ids = Reader(), np.int32(RNG.integers(0, 40, (3, 9)))
    model(ids)
    model.save(tmp_path / "model.keras")
    recorder = recorder_of(loaded_from(tmp_path / "model.keras", classes={"Reader": Reader, "Lookup": Lookup}))
    found = recorder.slopes(inputs(ids), Question(at_inputs=True), np.full(3, 1, np.int32), recorder.intact)
    with tf.GradientTape() as tape:
        words = model.lookup.words(ids)
        tape.watch(words)
        x = model.lstm(words + model.lookup.places(tf.range(9)))
        score = (x @ model.classes.kernel + model.classes.bias)[:, 1]
    assert_close(found.scores, score.numpy())
    assert_close(found.inputs[0].gradients, tape.gradient(score, words).numpy())
    assert_close(found.inputs[0].values, words.numpy())
    assert found.places[0].has_features


def test_texts_are_explained_per_step(tmp_path):
    split = L.TextVectorization(20, output_sequence_length=6, name="split")
    split.adapt(["a b c d e f g", "h i j a b"])
    text = keras.Input((1,), dtype="string", name="text")
    x = L.Embedding(30, 5, name="lookup")(split(text))
    x = L.GlobalAveragePooling1D(name="mean")(L.Conv1D(4, 3, padding="same", activation="relu", name="conv")(x))
    model = keras.Model(text, L.Dense(1, activation="sigmoid", name="yes")(x))
    words = np.array([["a b c"], ["h i j a b c d e"], ["zz"]])
    found = explain(folder_of(tmp_path, model, [words]), ["gradient", "cam", "occlusion"], [Target(index=1)])
    _, slopes, _ = slopes_behind(model, model.get_layer("lookup"), tf.constant(words), 0)
    assert_close(found.map("gradient", "text"), np.abs(slopes).max(-1))
    assert found.map("cam", "text").shape == (3, 6)
    assert found.answer["notes"] == ("Occlusion gives no map: parts of texts cannot be covered.",)


def test_a_nested_network_with_a_new_head_is_explained_like_plain_keras(tmp_path):
    base = keras.applications.MobileNetV2(weights=None, include_top=False, input_shape=(64, 64, 3), alpha=0.35)
    array = RNG.uniform(size=(2, 64, 64, 3)).astype("float32")
    for layer in base.layers:
        if isinstance(layer, L.BatchNormalization):  # Without its statistics, nothing of a picture arrives at the end.
            layer.momentum = 0.0
    base(array * 2 - 1, training=True)
    pixels = keras.Input((64, 64, 3), name="pixels")
    x = L.Dropout(0.3)(L.GlobalAveragePooling2D(name="mean")(base(L.Rescaling(2.0, -1.0)(pixels))))
    model = keras.Model(pixels, L.Dense(5, activation="softmax", name="classes")(x))
    found = explain(folder_of(tmp_path, model, [array]), ["gradient", "grad-cam", "cam"], [Target(index=3)])
    model.layers[-1].activation = keras.activations.linear
    with tf.GradientTape(persistent=True) as tape:
        batch = tf.convert_to_tensor(array)
        tape.watch(batch)
        maps = base(batch * 2 - 1, training=False)
        score = (tf.reduce_mean(maps, (1, 2)) @ model.layers[-1].kernel)[:, 3]
    assert_close(found.scores[0], score.numpy())
    assert_close(found.map("gradient", "pixels"), np.abs(tape.gradient(score, batch).numpy()).max(-1), 1e-2)
    cam = np.maximum((maps.numpy() * model.layers[-1].kernel.numpy()[:, 3]).sum(-1, keepdims=True), 0)
    expected = tf.image.resize(cam, (64, 64), "bilinear").numpy()[..., 0]
    assert_close(found.map("cam", "pixels"), expected, 1e-3)
    assert_close(found.map("grad-cam", "pixels"), expected / 4, 1e-3)
    assert found.answer["layer"].endswith("/out_relu")


def test_a_sample_that_nothing_changes_leaves_the_choice_of_the_layer_to_others(tmp_path):
    x = pixels = keras.Input((10, 10, 1), name="pixels")
    for name in ("first", "second"):
        x = L.Conv2D(3, 3, activation="relu", use_bias=False, kernel_initializer="ones", name=name)(x)
    x = L.Dense(4, activation="relu", kernel_initializer="ones", name="dense")(L.GlobalAveragePooling2D()(x))
    model = keras.Model(pixels, L.Dense(2, kernel_initializer="ones", name="classes")(x))
    array = np.random.default_rng(2).uniform(size=(4, 10, 10, 1)).astype("float32")
    array[:2] = 0  # No ReLU is above 0, so that all slopes are 0.
    asked = folder_of(tmp_path, model, [array])
    found = explain(asked, ["grad-cam"], [Target(index=0)])
    assert found.answer["layer"] == "second"
    seen = explain(replace(asked, request=replace(asked.request, samples=asked.request.samples[2:])), ["grad-cam"],
                   [Target(index=0)]).map("grad-cam", "pixels")  # fmt: skip
    assert (found.map("grad-cam", "pixels")[:2] == 0).all()
    assert_close(found.map("grad-cam", "pixels")[2:], seen)
    dark = explain(replace(asked, request=replace(asked.request, samples=asked.request.samples[:2])), ["grad-cam"])
    assert (dark.map("grad-cam", "pixels") == 0).all()


def test_whole_numbers_of_pictures_are_explained_pixel_by_pixel(tmp_path):
    pixels = keras.Input((8, 8, 3), dtype="uint8", name="pixels")
    x = L.Flatten()(L.Rescaling(1 / 255, name="scaled")(pixels))
    model = keras.Model(pixels, L.Dense(2, name="values")(L.Dense(5, activation="tanh", name="hidden")(x)))
    array = RNG.integers(0, 256, (2, 8, 8, 3)).astype("uint8")
    found = explain(folder_of(tmp_path, model, [array]), ["gradient"], [Target(index=0)])
    _, slopes, _ = slopes_behind(model, model.get_layer("scaled"), array, 0)
    assert_close(found.map("gradient", "pixels"), np.abs(slopes).max(-1) / 255)


def vision_transformer():
    """Patches, a class token, attention, and a head that reads the class token alone."""
    pixels = keras.Input((16, 12, 3), name="pixels")
    x = L.Reshape((12, 10), name="tokens")(L.Conv2D(10, 4, strides=4, name="patches")(pixels))
    x = L.Concatenate(axis=1, name="with_class")([x[:, :1] * 0.0 + 0.5, x])
    for k in range(2):
        x = L.Add(name=f"sum_{k}")([x, L.MultiHeadAttention(2, 5, name=f"attention_{k}")(x, x)])
        x = L.Add(name=f"block_{k}")([x, L.Dense(10, activation="gelu", name=f"dense_{k}")(x)])
    x = L.LayerNormalization(name="norm")(x)
    return keras.Model(pixels, L.Dense(3, activation="softmax", name="classes")(x[:, 0]))


def test_steps_of_a_vision_transformer_are_laid_out_as_its_patches(tmp_path):
    model, array = vision_transformer(), RNG.uniform(size=(2, 16, 12, 3)).astype("float32")
    found = explain(folder_of(tmp_path, model, [array]), ["gradient", "grad-cam", "cam"], [Target(index=1)])
    assert found.answer["layer"] == "block_0"  # Behind it, only the class token goes on.
    maps, slopes, _ = slopes_behind(model, model.get_layer("block_0"), array, 1)
    maps, slopes = (part[:, 1:].reshape(2, 4, 3, 10) for part in (maps, slopes))
    small = np.maximum((slopes.mean((1, 2), keepdims=True) * maps).sum(-1, keepdims=True), 0)
    assert_close(found.map("grad-cam", "pixels"), tf.image.resize(small, (16, 12), "bilinear").numpy()[..., 0])
    assert any("4 × 3 places" in note and "class token" in note for note in found.answer["notes"])
    assert ("cam", 0, "pixels") not in found.maps


def test_a_model_of_code_is_explained_like_its_layers_by_hand(tmp_path):
    model, array = ResNet(), RNG.normal(size=(3, 10, 10, 2)).astype("float32")
    model(array)
    model.save(tmp_path / "model.keras")
    recorder = recorder_of(loaded_from(tmp_path / "model.keras", classes={"ResNet": ResNet}))
    question = Question(at_inputs=True, sites=("block_b/relu_1",))
    found = recorder.slopes(inputs(array), question, np.full(3, 2, np.int32), recorder.intact)
    with tf.GradientTape() as tape:
        batch = tf.convert_to_tensor(array)
        tape.watch(batch)
        kept = {}
        model.by_hand(model, [batch], kept.setdefault)
        score = kept["head/classes"][:, 2]
    slopes = tape.gradient(score, [batch, kept["block_b/relu_1"]])
    assert_close(found.inputs[0].gradients, slopes[0].numpy())
    assert_close(found.sites["block_b/relu_1"].gradients, slopes[1].numpy())
    guided = Question(at_inputs=True, is_guided=True)
    found = recorder.slopes(inputs(array), guided, np.full(3, 2, np.int32), recorder.intact)
    assert found.guided == ("block_a/relu", "block_a/relu_1", "block_b/relu", "block_b/relu_1")
    assert found.unguided == ("head/hidden",)


def test_what_changes_in_jumps_has_no_map_and_a_reason(tmp_path):
    numbers = keras.Input((6,), name="numbers")
    x = keras.ops.cast(keras.ops.cast(numbers * 3, "int32"), "float32")
    model = keras.Model(numbers, L.Dense(2, name="values")(x))
    array = RNG.uniform(size=(3, 6)).astype("float32")
    found = explain(folder_of(tmp_path, model, [array]), ["gradient", "occlusion"])
    assert [method for method, _, _ in found.maps] == ["occlusion"]
    assert "only in jumps" in found.answer["notes"][0]


def test_gradients_are_those_of_finite_differences(tmp_path):
    keras.config.set_floatx("float64")
    try:
        numbers = keras.Input((5,), name="numbers")
        x = L.Dense(7, activation="softplus", name="hidden")(numbers)
        model = keras.Model(numbers, L.Dense(3, activation="softmax", name="classes")(x))
    finally:
        keras.config.set_floatx("float32")
    array = RNG.normal(size=(2, 5))
    found = explain(folder_of(tmp_path, model, [array]), ["gradient-x-input"], [Target(index=1)])
    first, bias, last, end = model.get_weights()

    def score(values):
        return (np.logaddexp(values @ first + bias, 0) @ last + end)[:, 1]

    for k in range(5):
        step = np.eye(5)[k] * 1e-6
        slope = (score(array + step) - score(array - step)) / 2e-6
        assert np.abs(found.map("gradient-x-input", "numbers")[:, k] - slope * array[:, k]).max() < 1e-6


def test_rows_that_are_read_as_a_picture_are_explained_as_one(tmp_path):
    steps = keras.Input((10, 6), name="steps")
    maps = L.Conv2D(4, 3, activation="relu", name="conv")(L.Reshape((10, 6, 1))(steps))
    model = keras.Model(steps, L.Dense(2, name="values")(L.GlobalAveragePooling2D(name="mean")(maps)))
    array = RNG.normal(size=(2, 10, 6)).astype("float32")
    found = explain(folder_of(tmp_path, model, [array], {"steps": "sequence"}), ["cam"], [Target(index=1)])
    given = keras.Model(steps, maps)(array).numpy()
    small = np.maximum((given * model.get_layer("values").kernel.numpy()[:, 1]).sum(-1, keepdims=True), 0)
    assert_close(found.map("cam", "steps"), tf.image.resize(small, (10, 6), "bilinear").numpy()[..., 0])


def test_a_class_that_is_the_mean_of_its_own_map_has_that_map(tmp_path):
    pixels = keras.Input((8, 8, 1), name="pixels")
    maps = L.Conv2D(3, 3, name="maps")(pixels)
    model = keras.Model(pixels, L.Softmax(name="classes")(L.GlobalAveragePooling2D(name="mean")(maps)))
    array = RNG.uniform(size=(2, 8, 8, 1)).astype("float32")
    found = explain(folder_of(tmp_path, model, [array]), ["cam"], [Target(index=k) for k in range(3)])
    for k in range(3):
        own = np.maximum(keras.Model(pixels, maps)(array).numpy()[..., k : k + 1], 0)
        expected = tf.image.resize(own, (8, 8), "bilinear").numpy()[..., 0]
        assert np.abs(found.map("cam", "pixels", k) - expected).max() < 1e-5


def test_cam_explains_no_neuron_behind_a_softmax(tmp_path):
    pixels = keras.Input((8, 8, 1), name="pixels")
    x = L.GlobalAveragePooling2D(name="mean")(L.Conv2D(4, 3, activation="relu", name="conv")(pixels))
    model = keras.Model(pixels, L.Softmax(name="classes")(L.Dense(3, name="scores")(x)))
    array = RNG.uniform(size=(2, 8, 8, 1)).astype("float32")
    targets = [Target(index=1, layer="classes"), Target(index=1, layer="scores"), Target(index=1)]
    found = explain(folder_of(tmp_path, model, [array]), ["cam"], targets)
    assert [target for _, target, _ in found.maps] == [1, 2]
    assert (found.map("cam", "pixels", 1) == found.map("cam", "pixels", 2)).all()
    assert "there is classes (Softmax): use Grad-CAM" in found.answer["notes"][0]


def test_cam_knows_two_cases_wherever_the_sigmoid_is(tmp_path):
    pixels = keras.Input((8, 8, 1), name="pixels")
    x = L.GlobalAveragePooling2D(name="mean")(L.Conv2D(4, 3, name="conv")(pixels))
    last = L.Dense(1, activation="sigmoid", name="yes")
    model = keras.Model(pixels, L.Dropout(0.5, name="behind")(last(x)))
    array = RNG.uniform(size=(2, 8, 8, 1)).astype("float32")
    found = explain(folder_of(tmp_path, model, [array]), ["cam"], [Target(index=0), Target(index=1)])
    maps = keras.Model(pixels, model.get_layer("conv").output)(array).numpy() @ last.kernel.numpy()
    for k, sign in enumerate((-1, 1)):
        expected = tf.image.resize(np.maximum(sign * maps, 0), (8, 8), "bilinear").numpy()[..., 0]
        assert_close(found.map("cam", "pixels", k), expected)


def test_zeros_that_the_network_does_not_mean_have_a_note(tmp_path):
    numbers = keras.Input((3,), name="numbers")
    model = keras.Model(numbers, L.Dense(2, name="values")(keras.ops.sign(numbers)))
    array = RNG.normal(size=(2, 3)).astype("float32")
    found = explain(folder_of(tmp_path, model, [array]), ["gradient"])
    assert (found.map("gradient", "numbers") == 0).all()
    assert "all gradients at the input numbers are 0" in found.answer["notes"][0]


def test_maps_lie_over_the_input_whose_steps_they_have(tmp_path):
    source, target = keras.Input((7, 3), name="source"), keras.Input((5, 3), name="target")
    x = L.MultiHeadAttention(1, 4, name="attention")(L.Dense(4)(target), L.Dense(4)(source))
    model = keras.Model([source, target], L.Dense(2, name="values")(L.GlobalAveragePooling1D(name="mean")(x)))
    arrays = [RNG.normal(size=(2, 7, 3)).astype("float32"), RNG.normal(size=(2, 5, 3)).astype("float32")]
    asked = folder_of(tmp_path, model, arrays, {"source": "sequence", "target": "sequence"})
    found = explain(asked, ["grad-cam", "gradient"])
    assert {(method, name) for method, _, name in found.maps} == {
        ("grad-cam", "target"), ("gradient", "source"), ("gradient", "target")
    }  # fmt: skip
    assert found.answer["notes"] == ("The maps of attention lie over target: there are none of them for source.",)


class Patches(L.Layer):
    """Squares of 4 x 4 pixels in a row, and a step before them."""

    def call(self, pixels):
        squares = tf.reshape(tf.image.extract_patches(pixels, *[[1, 4, 4, 1]] * 2, [1] * 4, "VALID"), (-1, 12, 48))
        return tf.concat([squares[:, :1] * 0 + 0.5, squares], 1)

    def compute_output_shape(self, shape):
        return (shape[0], 13, 48)


def test_squares_that_an_own_layer_cuts_are_laid_out_as_they_are(tmp_path):
    pixels = keras.Input((16, 12, 3), name="pixels")
    x = L.Dense(8, activation="relu", name="each")(Patches(name="patches")(pixels))
    model = keras.Model(pixels, L.Dense(2, name="values")(L.Flatten()(x)))
    model.save(tmp_path / "model.keras")
    loaded = loaded_from(tmp_path / "model.keras", classes={"Patches": Patches})
    image = decide_inputs(loaded.network, chosen={"pixels": "image"})
    layer = as_weighted(
        loaded.network, recorder_of(loaded), forms_of(loaded.network, image), loaded.network.layer("each")
    )
    assert (layer.grid, layer.tokens, layer.inputs) == ((4, 3), 1, (0,))
    steps = RNG.normal(size=(2, 13, 8))
    assert (layer.turned(steps)[:, 2, 1] == steps[:, 1 + 2 * 3 + 1]).all()


def test_maps_whose_sizes_nobody_knows_lie_over_a_picture_too(tmp_path):
    pixels = keras.Input((None, None, 3), name="pixels")
    model = keras.Model(pixels, L.GlobalAveragePooling2D(name="mean")(L.Conv2D(4, 3, name="conv")(pixels)))
    model.save(tmp_path / "model.keras")
    loaded = load_model(tmp_path / "model.keras")
    forms = forms_of(loaded.network, decide_inputs(loaded.network, chosen={"pixels": "image"}))
    layer = as_weighted(loaded.network, recorder_of(loaded), forms, loaded.network.layer("conv"))
    assert layer.inputs == (0,)
