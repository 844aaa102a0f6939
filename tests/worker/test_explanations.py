"""Explanations of scores are what plain Keras and TensorFlow's own tape compute."""

from __future__ import annotations

import re
import time
from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf
from by_calls import by_calls
from explained import Asked, explain, folder_of
from PIL import Image
from recordings import inputs

from nn_blender.core.errors import Cancelled, UserError
from nn_blender.core.explanations import Target
from nn_blender.core.interventions.intervention import Intervention
from nn_blender.core.maps.packing import Atlas
from nn_blender.worker.common.events import EventLog, Task
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


def only_pictures(head):
    """A convolutional network for pictures of 12 x 12, whose maps a head reads."""
    pixels = keras.Input((12, 12, 1), name="pixels")
    x = L.Conv2D(5, 3, activation="relu", name="first")(pixels)
    return keras.Model(pixels, head(L.Conv2D(6, 3, activation="relu", name="conv")(x)))


def averaged(x):
    x = L.Dropout(0.2, name="drop")(L.GlobalAveragePooling2D(name="mean")(x))
    return L.Dense(4, activation="softmax", name="classes")(x)


def flattened(x):
    return L.Dense(4, activation="softmax", name="classes")(L.Flatten(name="flat")(x))


@pytest.fixture
def pictures():
    return np.random.default_rng(7).uniform(size=(3, 12, 12, 1)).astype("float32")


@pytest.fixture
def averaging(tmp_path, pictures):
    keras.utils.set_random_seed(5)
    model = only_pictures(averaged)
    return model, folder_of(tmp_path, model, [pictures])


def test_integrated_gradients_add_up_to_the_difference_of_scores(averaging, pictures):
    model, asked = averaging
    found = explain(asked, ["integrated-gradients"], [Target(index=2)], steps=256)
    scores, _ = plain_gradients(model, [pictures], 2)
    nothing, _ = plain_gradients(model, [np.zeros_like(pictures)], 2)
    totals = found.totals["integrated-gradients", 0, "pixels"]
    assert_close(totals, scores - nothing)
    given = found.map("integrated-gradients", "pixels").sum((1, 2))
    assert np.abs(given - totals).max() <= 0.01 * np.abs(totals).min()


def test_integrated_gradients_are_midpoints_on_the_way_from_zeros(averaging, pictures):
    model, asked = averaging
    found = explain(asked, ["integrated-gradients"], [Target(index=1)], steps=8)
    slopes = [plain_gradients(model, [pictures * ((k + 0.5) / 8)], 1)[1][0] for k in range(8)]
    assert_close(found.map("integrated-gradients", "pixels"), (pictures * np.mean(slopes, 0)).sum(-1))


def test_smoothgrad_is_the_mean_gradient_of_noisy_copies(tmp_path):
    """Of a square, the gradient at x + n is 2 (x + n): its mean tells the mean noise, its size the noise's spread."""
    numbers = keras.Input((200,), name="numbers")
    model = keras.Model(numbers, L.Dense(2, kernel_initializer="ones", name="sum")(keras.ops.square(numbers)))
    array = np.random.default_rng(0).uniform(-1, 3, size=(2, 200)).astype("float32")
    asked = folder_of(tmp_path, model, [array])
    one, many = (
        explain(asked, ["smoothgrad"], [Target(index=0)], steps=n).map("smoothgrad", "numbers") for n in (1, 400)
    )
    assert np.abs(many - np.abs(2 * array)).max() < 0.5
    noise = (np.abs(one) - np.abs(2 * array)) / 2
    spread = 0.15 * (array.max(1) - array.min(1))
    assert np.allclose(
        np.std(np.where(np.abs(array) > 1.0, noise, np.nan)[~(np.abs(array) <= 1.0)]), spread.mean(), rtol=0.2
    )


def test_explanations_do_not_depend_on_how_many_samples_are_explained(averaging):
    _, asked = averaging
    methods = ["gradient", "smoothgrad", "integrated-gradients", "grad-cam", "occlusion"]
    whole = explain(asked, methods, steps=9)
    alone = explain(Asked(asked.folder, replace(asked.request, samples=asked.request.samples[2:])), methods, steps=9)
    for key, values in alone.maps.items():
        assert np.abs(values[0] - whole.maps[key][2]).max() <= 1e-5 * np.abs(values).max(), key


def test_cam_is_grad_cam_times_the_number_of_places(averaging):
    _, asked = averaging
    found = explain(asked, ["cam", "grad-cam"], [Target(index=k) for k in range(4)])
    for k in range(4):
        cam, grad_cam = found.map("cam", "pixels", k), found.map("grad-cam", "pixels", k)
        assert_close(cam, grad_cam * 64)
    maps = [found.map("cam", "pixels", k) for k in range(4)]
    assert all(np.abs(maps[0] - other).max() > 1e-3 for other in maps[1:])


def test_cam_is_refused_with_a_reason_where_the_head_is_another(tmp_path, pictures):
    found = explain(folder_of(tmp_path, only_pictures(flattened), [pictures]), ["cam", "layer-cam"])
    assert [method for method, _, _ in found.maps] == ["layer-cam"]
    assert found.answer["notes"] == (
        "CAM gives no map: classes reads what conv gives at every position, not the mean over them: use Grad-CAM.",
    )


def test_weighted_maps_are_what_their_formulas_say(tmp_path, pictures):
    keras.utils.set_random_seed(5)
    model = only_pictures(flattened)
    asked = folder_of(tmp_path, model, [pictures])
    found = explain(asked, ["grad-cam", "grad-cam-plus-plus", "layer-cam"], [Target(index=3)], layer="first")
    maps = keras.Model(model.inputs, model.get_layer("first").output)(pictures).numpy()
    rest = keras.Model(model.get_layer("first").output, model.get_layer("flat").output)
    with tf.GradientTape() as tape:
        tensor = tf.convert_to_tensor(maps)
        tape.watch(tensor)
        score = rest(tensor) @ model.get_layer("classes").kernel[:, 3:4]
    g = tape.gradient(score, tensor).numpy()
    below = 2 * g**2 + g**3 * maps.sum((1, 2), keepdims=True)
    share = np.where(below != 0, g**2 / np.where(below != 0, below, 1), 0)
    weights = {
        "grad-cam": g.mean((1, 2), keepdims=True),
        "grad-cam-plus-plus": (share * np.maximum(g, 0)).sum((1, 2), keepdims=True),
        "layer-cam": np.maximum(g, 0),
    }
    for name, weight in weights.items():
        small = np.maximum((weight * maps).sum(-1, keepdims=True), 0)
        assert_close(found.map(name, "pixels"), tf.image.resize(small, (12, 12), "bilinear").numpy()[..., 0])
    assert found.answer["layer"] == "first"


@tf.custom_gradient
def guided(z):
    """A ReLU that lets only positive slopes back."""
    return tf.nn.relu(z), lambda slope: tf.where((slope > 0) & (z > 0), slope, 0.0)


def test_guided_backpropagation_lets_only_positive_slopes_through_relus(tmp_path, pictures):
    keras.utils.set_random_seed(5)
    model = only_pictures(flattened)
    found = explain(folder_of(tmp_path, model, [pictures]), ["guided-backprop"], [Target(index=0)])
    for name in ("first", "conv"):
        model.get_layer(name).activation = guided
    _, (slope,) = plain_gradients(model, [pictures], 0)
    assert_close(found.map("guided-backprop", "pixels"), np.abs(slope).max(-1))
    assert not found.answer["notes"]


def test_guided_backpropagation_says_which_activations_it_leaves_alone(tmp_path):
    numbers = keras.Input((5,), name="numbers")
    x = L.Dense(6, activation="tanh", name="bent")(L.Dense(6, activation="relu", name="cut")(numbers))
    model = keras.Model(numbers, L.Dense(2, name="values")(x))
    array = np.random.default_rng(0).normal(size=(2, 5)).astype("float32")
    found = explain(folder_of(tmp_path, model, [array]), ["guided-backprop"])
    assert list(found.answer["notes"]) == ["Only ReLUs are guided: the gradients of bent are their own."]
    only = keras.Model(numbers, L.Dense(2, name="values")(L.Dense(6, activation="tanh", name="bent")(numbers)))
    (tmp_path / "other").mkdir()
    found = explain(folder_of(tmp_path / "other", only, [array]), ["guided-backprop", "gradient"])
    assert [method for method, _, _ in found.maps] == ["gradient"]
    assert "no activation between the input and the score is a ReLU (bent has another)" in found.answer["notes"][0]


PARTS_OF_OTHERS = {
    "parametric": lambda: L.PReLU(alpha_initializer=keras.initializers.Constant(0.3), name="bent"),
    "limited": lambda: L.ReLU(max_value=1.0, negative_slope=0.2, name="bent"),
    "threshold": lambda: L.ReLU(threshold=0.1, name="bent"),
    "threshold with a slope below": lambda: L.ReLU(threshold=0.1, negative_slope=0.2, name="bent"),
    "all at once": lambda: L.ReLU(max_value=6.0, threshold=0.1, negative_slope=0.2, name="bent"),
    "gate": lambda: L.Activation("hard_sigmoid", name="bent"),
    "gated": lambda: L.Activation("hard_silu", name="bent"),
}


@pytest.mark.parametrize("bent", PARTS_OF_OTHERS)
def test_relus_that_other_activations_are_made_of_are_not_guided(bent, tmp_path):
    keras.utils.set_random_seed(5)
    numbers = keras.Input((5,), name="numbers")
    cut = L.Dense(6, activation="relu", name="cut")
    model = keras.Model(numbers, L.Dense(2, name="values")(PARTS_OF_OTHERS[bent]()(L.Dense(6)(cut(numbers)))))
    array = 2 * np.random.default_rng(0).normal(size=(8, 5)).astype("float32")
    found = explain(folder_of(tmp_path, model, [array]), ["guided-backprop"], [Target(index=0)])
    cut.activation = guided
    _, (slope,) = plain_gradients(model, [array], 0)
    assert_close(found.map("guided-backprop", "numbers"), np.abs(slope))
    assert "Only ReLUs are guided: the gradients of bent are their own." in found.answer["notes"]


def test_occlusion_measures_exact_drops(averaging, pictures):
    model, asked = averaging
    found = explain(asked, ["occlusion"], [Target(index=1)])
    scores, _ = plain_gradients(model, [pictures], 1)
    total, count = np.zeros((3, 12, 12)), np.zeros((12, 12))
    for top in range(11):
        for left in range(11):
            covered = pictures.copy()
            covered[:, top : top + 2, left : left + 2] = 0
            drop = scores - plain_gradients(model, [covered], 1)[0]
            total[:, top : top + 2, left : left + 2] += drop[:, None, None]
            count[top : top + 2, left : left + 2] += 1
    assert_close(found.map("occlusion", "pixels"), (total / count).astype("float32"))


def test_occlusion_replaces_features_of_tables_by_their_mean(tmp_path):
    keras.utils.set_random_seed(5)
    numbers = keras.Input((4,), name="numbers")
    model = keras.Model(numbers, L.Dense(2, name="values")(L.Dense(6, activation="relu", name="hidden")(numbers)))
    array = np.random.default_rng(0).normal(size=(5, 4)).astype("float32")
    found = explain(folder_of(tmp_path, model, [array]), ["occlusion"], [Target(index=0)])
    whole = model.predict(array, verbose=0)[:, 0]
    for k in range(4):
        covered = array.copy()
        covered[:, k] = array[:, k].mean()
        assert_close(found.map("occlusion", "numbers")[:, k], whole - model.predict(covered, verbose=0)[:, 0])


def test_whole_numbers_of_tables_are_replaced_by_whole_ones(tmp_path):
    counts = keras.Input((2,), dtype="int32", name="counts")
    x = keras.ops.cast(counts, "float32")
    model = keras.Model(counts, L.Dense(1, kernel_initializer="ones", name="sum")(x))
    found = explain(folder_of(tmp_path, model, [np.array([[0, 7], [0, 7], [2, 0]])]), ["occlusion"])
    assert (found.map("occlusion", "counts") == [[-1, 2], [-1, 2], [1, -5]]).all()


def test_a_neuron_is_explained_by_its_mean_and_projected_where_it_is_active(averaging, pictures):
    model, asked = averaging
    target = Target(index=4, layer="conv")
    found = explain(asked, ["projection", "gradient"], [target])
    given = keras.Model(model.inputs, model.get_layer("conv").output).predict(pictures, verbose=0)[..., 4]
    assert_close(found.scores[0], given.mean((1, 2)))
    assert np.isnan(found.outputs).all()
    assert_close(found.map("projection", "pixels"), tf.image.resize(given[..., None], (12, 12)).numpy()[..., 0])
    with tf.GradientTape() as tape:
        tensor = tf.convert_to_tensor(pictures)
        tape.watch(tensor)
        score = tf.reduce_mean(keras.Model(model.inputs, model.get_layer("conv").output)(tensor)[..., 4], (1, 2))
    assert_close(found.map("gradient", "pixels"), np.abs(tape.gradient(score, tensor).numpy()).max(-1))


@pytest.mark.parametrize("make", [lambda x: keras.ops.cast(2 * x, "int32"), lambda x: keras.ops.greater(x, 0.5)])
def test_the_score_of_a_neuron_of_whole_numbers_or_truths_is_their_mean(make, tmp_path):
    pixels = keras.Input((8, 8, 3), name="pixels")
    given = make(pixels)
    model = keras.Model(pixels, L.Dense(2, name="values")(L.Flatten()(keras.ops.cast(given, "float32"))))
    array = np.random.default_rng(0).normal(size=(2, 8, 8, 3)).astype("float32")
    asked = folder_of(tmp_path, model, [array])
    layer = next(one.path for one in load_model(asked.request.model.file).network.layers if "multiply" not in one.path)
    found = explain(asked, ["occlusion"], [Target(index=1, layer=layer)])
    assert_close(found.scores[0], keras.Model(pixels, given)(array).numpy()[..., 1].mean((1, 2)).astype("float32"))


def test_nothing_goes_through_neurons_that_are_off(averaging):
    _, asked = averaging
    layer = Intervention.from_dict({"layers": {"conv": {"off": [4]}}}, load_model(asked.request.model.file).network)
    found = explain(asked, ["gradient"], [Target(index=4, layer="conv")], intervention=layer)
    assert (found.scores == 0).all()
    assert (found.map("gradient", "pixels") == 0).all()
    every = Intervention.from_dict(
        {"layers": {"conv": {"off": list(range(6))}}}, load_model(asked.request.model.file).network
    )
    found = explain(asked, ["gradient", "gradient-x-input"], intervention=every)
    assert (found.map("gradient", "pixels") == 0).all()


def values_in(folder, picture):
    """What the cells of an atlas stand for, (samples, height, width)."""
    atlas = picture["atlas"]
    levels = np.asarray(Image.open(folder / atlas["file"])).astype(np.float64)
    ranges = np.load(folder / atlas["ranges"])
    layout = Atlas.from_dict({**atlas})
    cells = []
    for k in range(ranges.shape[1]):
        low, high = ranges[:, k, 0]
        cells.append(low + levels[layout.cell(k, 0)][..., layout.plane(k)] / 255 * (high - low))
    return np.stack(cells)


def test_pictures_have_a_cell_per_sample_within_a_budget(averaging):
    _, asked = averaging
    found = explain(asked, ["gradient", "integrated-gradients"], [Target(), Target(rank=1)], steps=2, pixels=300)
    pictures = found.answer["pictures"]
    assert [(one["method"], one["target"]) for one in pictures] == [
        ("gradient", 0), ("gradient", 1), ("integrated-gradients", 0), ("integrated-gradients", 1)
    ]  # fmt: skip
    for one in pictures:
        assert one["atlas"]["input"] == "pixels"
        assert one["atlas"]["planes"] == 3
        expected = found.maps[one["method"], one["target"], "pixels"]
        assert np.abs(values_in(found.folder, one) - expected).max() <= np.ptp(expected) / 255
    small = explain(asked, ["gradient"], pixels=36)
    means = found.map("gradient", "pixels").reshape(3, 6, 2, 6, 2).mean((2, 4))
    assert small.answer["pictures"][0]["atlas"]["reduction"] == 2
    assert np.abs(values_in(small.folder, small.answer["pictures"][0]) - means).max() <= np.ptp(means) / 255


def test_explaining_stops_soon_after_a_cancel(averaging, tmp_path):
    _, asked = averaging
    asked_for = []

    def is_cancelled():
        asked_for.append(time.monotonic())
        return len(asked_for) > 30

    folder = tmp_path / "cancelled"
    folder.mkdir()
    with pytest.raises(Cancelled):
        explain(asked, ["smoothgrad", "occlusion"], steps=5000, task=Task(1, EventLog(folder), is_cancelled))
    assert np.diff(asked_for)[5:].max() < 0.5


@pytest.mark.parametrize(
    ("targets", "more", "said"),
    [
        ([Target(index=4)], {}, "The output has no class or value 4. Choose one from 0 to 3."),
        ([Target(index=6, layer="conv")], {}, "The layer conv has no neuron 6. Choose one from 0 to 5."),
        ([Target(index=0, layer="other")], {}, "has no layer 'other'"),
        ([Target(output=1)], {}, "has no output 1. Choose one from 0 to 0."),
        ([Target()], {"layer": "mean"}, "it has no positions. Choose another layer, such as conv, first."),
        ([Target()], {"layer": "nothing"}, "has no such layer. Choose another layer, such as conv, first."),
    ],
)
def test_what_there_is_not_is_refused_with_what_there_is(averaging, targets, more, said):
    with pytest.raises(UserError, match=re.escape(said)):
        explain(averaging[1], ["gradient", "grad-cam"], targets, **more)
