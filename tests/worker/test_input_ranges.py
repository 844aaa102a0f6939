"""The range of values that an input expects, computed from networks of many kinds; outputs equal plain Keras."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import applications, layers, ops

from nn_blender.core.inputs.preprocessing import Guess, guess_preprocessing
from nn_blender.core.inputs.ranges import LIKELY, SURE, UNSURE, InputRange
from nn_blender.worker.running.input_ranges import find_input_ranges
from nn_blender.worker.running.loading import load_model

UNIT, SIGNED, BYTE = (0.0, 1.0), (-1.0, 1.0), (0.0, 255.0)
MEAN, STD = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
PIXELS = np.random.default_rng(3).integers(0, 256, (2, 32, 32, 3), np.uint8)

Before = Callable[[Any], Any]


def network(before: Before, shape: tuple[int | None, ...] = (32, 32, 3), dtype: str = "float32") -> keras.Model:
    """A network of which the first learned layer reads what ``before`` makes of the input."""
    keras.utils.set_random_seed(1)
    picture = keras.Input(shape, dtype=dtype, name="picture")
    x = layers.Conv2D(4, 3, name="conv")(before(picture))
    return keras.Model(picture, layers.Dense(3, name="scores")(layers.GlobalAveragePooling2D()(x)), name="plain")


def found(model: keras.Model, folder: Path, *, allow_code: bool = False) -> tuple[Guess, InputRange]:
    model.save(folder / f"{model.name}.keras")
    loaded = load_model(folder / f"{model.name}.keras", allow_code)
    (expected,) = find_input_ranges(loaded)
    return guess_preprocessing(loaded.network, loaded.network.inputs[0], expected), expected


def nested(*inner: Any) -> keras.Sequential:
    return keras.Sequential([keras.Input((32, 32, 3)), *inner])


def adapted(low: float, high: float) -> layers.Normalization:
    layer = layers.Normalization(axis=-1)
    layer.adapt(PIXELS.astype(np.float32) / 255 * (high - low) + low)
    return layer


def inside_three_models(x: Any) -> Any:
    model: Any = nested(layers.Rescaling(1 / 255, name="innermost"))
    for _ in range(2):
        inner = keras.Input((32, 32, 3))
        model = keras.Model(inner, model(inner))
    return model(x)


def own_conversion_to_grey(x: Any) -> Any:
    red, green, blue = ops.split((x * (1 / 127.5) - 1.0)[:, 4:-4, 4:-4], 3, axis=-1)
    grey = 0.3 * red + 0.59 * green + 0.11 * blue
    return ops.concatenate([grey, ops.abs(grey)], axis=-1)


RANDOM = (layers.RandomFlip("horizontal"), layers.RandomRotation(0.05), layers.RandomZoom(0.05))

SAID: dict[str, tuple[Before, tuple[float, float]]] = {
    "Rescaling": (layers.Rescaling(1 / 255), BYTE),
    "Rescaling to -1..1": (layers.Rescaling(1 / 127.5, offset=-1), BYTE),
    "Rescaling by a power of two": (layers.Rescaling(1 / 128, offset=-1), BYTE),
    "Rescaling per channel": (layers.Rescaling(list(1 / (255 * STD)), offset=list(-MEAN / STD)), BYTE),
    "Rescaling of 0..1": (layers.Rescaling(2, offset=-1), UNIT),
    "Rescaling of -1..1": (layers.Rescaling(0.5, offset=0.5), SIGNED),
    "random layers first": (lambda x: layers.Rescaling(1 / 255)(nested(*RANDOM)(x)), BYTE),
    "Rescaling after Resizing": (lambda x: layers.Rescaling(scale=1.0 / 255)(layers.Resizing(24, 24)(x)), BYTE),
    "Rescaling after padding": (lambda x: layers.Rescaling(1 / 255)(layers.ZeroPadding2D(3)(x)), BYTE),
    "Rescaling after pooling": (lambda x: layers.Rescaling(1 / 255)(layers.AveragePooling2D(2)(x)), BYTE),
    "Rescaling in a Sequential": (
        nested(layers.RandomFlip(), layers.Rescaling(1 / 255), layers.GaussianNoise(0.1)),
        BYTE,
    ),
    "Rescaling three models deep": (inside_three_models, BYTE),
    "TimeDistributed": (layers.TimeDistributed(layers.Rescaling(1 / 255)), BYTE),
    "Normalization of bytes": (layers.Normalization(mean=255 * MEAN, variance=(255 * STD) ** 2), BYTE),
    "Normalization of 0..1": (layers.Normalization(mean=MEAN, variance=STD**2), UNIT),
    "Normalization adapted to bytes": (adapted(0, 255), BYTE),
    "Normalization adapted to 0..1": (adapted(0, 1), UNIT),
    "Normalization adapted to -1..1": (adapted(-1, 1), SIGNED),
    "Normalization inverted": (layers.Normalization(mean=[0.5] * 3, variance=[0.25] * 3, invert=True), SIGNED),
    "minus and divided": (lambda x: (x - 127.5) / 127.5, BYTE),
    "minus alone": (lambda x: x - 127.5, BYTE),
    "ops.divide": (lambda x: ops.divide(x, 255.0), BYTE),
    "ops.multiply, ops.subtract": (lambda x: ops.subtract(ops.multiply(x, 2.0), 1.0), UNIT),
    "constants per channel": (lambda x: (x / 255.0 - MEAN.astype("float32")) / STD.astype("float32"), BYTE),
    "inverted": (lambda x: 1.0 - x / 255.0, BYTE),
    "clipped": (lambda x: ops.clip(x, 0, 1), UNIT),
    "clipped bytes": (lambda x: ops.clip(x, 0, 255) / 255.0, BYTE),
    "colours swapped": (lambda x: x[..., ::-1] / 255.0, BYTE),
    "a gamma curve": (lambda x: ops.power(x / 255.0, 2.2), BYTE),
    "own conversion to grey": (own_conversion_to_grey, BYTE),
    "mode tf": (applications.mobilenet_v2.preprocess_input, BYTE),
    "mode torch": (applications.densenet.preprocess_input, BYTE),
    "mode caffe": (applications.vgg16.preprocess_input, BYTE),
    "mode caffe after a factor": (lambda x: applications.vgg16.preprocess_input(x * 255.0), UNIT),
    "mode caffe of -1..1": (lambda x: applications.vgg16.preprocess_input((x + 1.0) * 127.5), SIGNED),
}


@pytest.mark.parametrize("name", SAID)
def test_operations_before_the_first_learned_layer_say_the_range(name: str, tmp_path: Path) -> None:
    before, wanted = SAID[name]
    model = network(before)
    guess, _ = found(model, tmp_path)
    assert (guess.preprocessing.range, guess.confidence) == (wanted, SURE), guess.reason
    assert (guess.preprocessing.mean, guess.preprocessing.std, guess.preprocessing.order) == ((), (), "rgb")
    # What a user of plain Keras would have given the network.
    given = PIXELS.astype(np.float32) / 255 * (wanted[1] - wanted[0]) + wanted[0]
    np.testing.assert_allclose(
        model(guess.preprocessing.scale(PIXELS), training=False), model(given, training=False), rtol=1e-4, atol=1e-5
    )


def test_the_reason_names_the_operations_and_the_layer(tmp_path: Path) -> None:
    guess, _ = found(network(layers.Rescaling(1 / 127.5, offset=-1, name="to_signed")), tmp_path)
    assert guess.reason == "“to_signed” (Rescaling) turns 0 to 255 into -1 to 1 for “conv” (Conv2D)"


def test_code_of_the_file_is_followed_where_it_may_run(tmp_path: Path) -> None:
    guess, _ = found(network(layers.Lambda(lambda x: x / 255.0)), tmp_path, allow_code=True)
    assert (guess.preprocessing.range, guess.confidence) == (BYTE, SURE)


@pytest.mark.parametrize(
    "before",
    [
        lambda x: x,
        lambda x: layers.Rescaling(1 / 255)(layers.Conv2D(3, 3, name="first")(x)),
        layers.Normalization(mean=[0.0] * 3, variance=[1.0] * 3),
        layers.BatchNormalization(),
        layers.Dropout(0.5),
        nested(*RANDOM),
        layers.ReLU(),
    ],
    ids=["nothing", "after a convolution", "empty Normalization", "untrained BatchNormalization", "Dropout", "random",
         "ReLU"],
)  # fmt: skip
def test_nothing_is_known_where_nothing_speaks_for_a_range(before: Before, tmp_path: Path) -> None:
    guess, expected = found(network(before), tmp_path)
    assert (expected.range, guess.preprocessing.range, guess.confidence) == (None, UNIT, UNSURE)
    assert "most networks are trained on 0 to 1" in guess.reason


def test_pictures_that_the_network_evens_out_itself_have_no_range(tmp_path: Path) -> None:
    def standardised(x: Any) -> Any:
        mean, deviation = (reduce(x, axis=(1, 2, 3), keepdims=True) for reduce in (ops.mean, ops.std))
        return (x - mean) / ops.maximum(deviation, 1e-3)

    guess, _ = found(network(standardised), tmp_path)
    assert (guess.preprocessing.range, guess.confidence) == (UNIT, UNSURE)
    assert "evens out" in guess.reason


def test_a_picture_that_is_also_read_unchanged_makes_the_range_less_sure(tmp_path: Path) -> None:
    def two_branches(x: Any) -> Any:
        scaled = layers.Conv2D(2, 3)(layers.Rescaling(1 / 255, name="only_here")(x))
        return layers.Concatenate()([scaled, layers.Conv2D(2, 3)(x)])

    guess, _ = found(network(two_branches), tmp_path)
    assert (guess.preprocessing.range, guess.confidence) == (BYTE, LIKELY)
    assert "only_here" in guess.reason


def test_branches_that_contradict_each_other_leave_the_range_open(tmp_path: Path) -> None:
    def two_branches(x: Any) -> Any:
        return layers.Concatenate()([layers.Conv2D(2, 3)(x / 255.0), layers.Conv2D(2, 3)(x * 2.0 - 1.0)])

    guess, _ = found(network(two_branches), tmp_path)
    assert guess.confidence == UNSURE
    assert "different ranges" in guess.reason


@pytest.mark.parametrize(
    ("mean", "variance", "wanted"), [(120, 4500, BYTE), (0.45, 0.06, UNIT), (-0.1, 0.25, SIGNED)]
)  # fmt: skip
def test_a_batch_normalisation_at_the_input_tells_what_it_was_trained_on(
    mean: float, variance: float, wanted: tuple[float, float], tmp_path: Path
) -> None:
    first = layers.BatchNormalization(name="first")
    model = network(first)
    first.moving_mean.assign([mean, 0.9 * mean, 0.8 * mean])
    first.moving_variance.assign([variance] * 3)
    guess, _ = found(model, tmp_path)
    assert (guess.preprocessing.range, guess.confidence) == (wanted, LIKELY)
    assert "first" in guess.reason


@pytest.mark.parametrize("wanted", [BYTE, UNIT])
def test_a_layer_that_changes_brightness_in_training_states_the_range(
    wanted: tuple[float, float], tmp_path: Path
) -> None:
    before = nested(layers.RandomFlip(), layers.RandomBrightness(0.2, value_range=wanted, name="brightness"))
    guess, _ = found(network(before), tmp_path)
    assert (guess.preprocessing.range, guess.confidence) == (wanted, LIKELY)
    assert "/brightness” (RandomBrightness) is set to values" in guess.reason
    guess, _ = found(network(lambda x: before(layers.Rescaling(1 / 127.5, offset=-1)(x))), tmp_path)
    assert (guess.preprocessing.range, guess.confidence) == (BYTE, SURE)


def test_an_input_of_whole_numbers_takes_bytes(tmp_path: Path) -> None:
    guess, _ = found(network(lambda x: ops.cast(x, "float32") / 255.0, dtype="uint8"), tmp_path)
    assert (guess.preprocessing.range, guess.confidence) == (BYTE, SURE)


def test_pictures_of_more_than_eight_bits_have_their_own_range(tmp_path: Path) -> None:
    guess, _ = found(network(lambda x: x / 65535.0, shape=(None, None, 1)), tmp_path)
    assert (guess.preprocessing.range, guess.confidence) == ((0.0, 65535.0), LIKELY)


@pytest.mark.parametrize("wanted", [BYTE, UNIT, SIGNED])
def test_a_normalisation_of_every_pixel_by_itself_shows_the_range(wanted: tuple[float, float], tmp_path: Path) -> None:
    generator = np.random.default_rng(4)
    distance = np.hypot(*np.mgrid[-8:8, -8:8])  # Bright in the middle, always black in the corners.
    pictures = np.clip(generator.normal(1.5, 0.3, (50, 16, 16)) - distance / 6, 0, 1) * (wanted[1] - wanted[0])
    layer = layers.Normalization(axis=(1, 2))
    layer.adapt(pictures + wanted[0])
    model = keras.Sequential([keras.Input((16, 16)), layer, layers.Flatten(), layers.Dense(2)], name="pixels")
    assert found(model, tmp_path)[0].preprocessing.range == wanted


def test_large_pictures_are_followed_too(tmp_path: Path) -> None:
    guess, _ = found(network(lambda x: layers.Rescaling(1 / 255)(x[:, 8:-8]), shape=(8192, 8192, 3)), tmp_path)
    assert (guess.preprocessing.range, guess.confidence) == (BYTE, SURE)


def test_networks_without_an_axis_of_colours_are_followed_too(tmp_path: Path) -> None:
    model = keras.Sequential(
        [keras.Input((28, 28)), layers.Flatten(), layers.Rescaling(1 / 255), layers.Dense(3)], name="dense"
    )
    assert found(model, tmp_path)[0].preprocessing.range == BYTE


def test_every_input_has_a_range_of_its_own(tmp_path: Path) -> None:
    first, second, vector = (keras.Input(shape) for shape in ((16, 16, 3), (16, 16, 1), (5,)))
    joined = layers.Concatenate()([first / 255.0, second * 2.0 - 1.0])
    maps = layers.GlobalAveragePooling2D()(layers.Conv2D(2, 3)(joined))
    model = keras.Model([first, second, vector], layers.Dense(2)(layers.Concatenate()([maps, vector])))
    model.save(tmp_path / "three.keras")
    ranges = find_input_ranges(load_model(tmp_path / "three.keras"))
    assert [(one.range, one.confidence) for one in ranges] == [(BYTE, SURE), (UNIT, SURE), (None, UNSURE)]


def trunk(name: str) -> keras.Model:
    inner = keras.Input((32, 32, 3))
    return keras.Model(inner, layers.Conv2D(4, 3, name="block1_conv1")(inner), name=name)


@pytest.mark.parametrize(
    ("preprocess", "family"),
    [
        (applications.vgg16.preprocess_input, "vgg16"),
        (applications.mobilenet_v2.preprocess_input, "mobilenetv2_1.00_224"),
        (applications.densenet.preprocess_input, "densenet121"),
        (lambda x: x / 255.0, "resnet50"),
    ],
)
def test_a_family_is_not_believed_where_operations_before_it_rescale(
    preprocess: Before, family: str, tmp_path: Path
) -> None:
    guess, _ = found(network(lambda x: trunk(family)(preprocess(nested(*RANDOM)(x)))), tmp_path)
    assert (guess.preprocessing.range, guess.preprocessing.mean, guess.confidence) == (BYTE, (), SURE)
    assert f"“{family}/block1_conv1” (Conv2D)" in guess.reason


@pytest.mark.parametrize(("swap", "order", "mean"), [(False, "bgr", 103.939), (True, "rgb", 123.68)])
def test_a_family_is_believed_where_values_reach_it_unchanged(
    swap: bool, order: str, mean: float, tmp_path: Path
) -> None:
    guess, _ = found(network(lambda x: trunk("vgg16")(x[..., ::-1] if swap else x)), tmp_path)
    assert (guess.preprocessing.order, guess.preprocessing.mean[0], guess.confidence) == (order, mean, LIKELY)
    assert "VGG16" in guess.reason


@pytest.mark.parametrize(("rescales", "wanted"), [(True, BYTE), (False, SIGNED)])
def test_a_family_that_may_rescale_its_input_itself_is_looked_into(
    rescales: bool, wanted: tuple[float, float], tmp_path: Path
) -> None:
    model = applications.MobileNetV3Small(
        weights=None, input_shape=(32, 32, 3), include_preprocessing=rescales, name="mobilenetv3"
    )
    guess, _ = found(model, tmp_path)
    assert (guess.preprocessing.range, guess.confidence) == (wanted, SURE if rescales else LIKELY)


def test_a_loaded_model_comes_with_the_ranges_of_its_inputs(warm_worker: Any, tmp_path: Path) -> None:
    network(layers.Rescaling(1 / 255, name="scale")).save(tmp_path / "model.keras")
    answer = warm_worker.ask("load", file=str(tmp_path / "model.keras"))
    (expected,) = answer["ranges"]
    assert (expected["range"], expected["confidence"]) == ([0.0, 255.0], SURE)
    assert "scale" in expected["reason"]
