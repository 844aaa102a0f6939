"""What Keras and TensorFlow raise becomes the one sentence that says why, with the layer where it is known."""

from __future__ import annotations

import json
import zipfile

import keras
import numpy as np
import pytest
import tensorflow as tf

from nn_blender.core.errors import UserError
from nn_blender.worker.running.loading import load_model
from nn_blender.worker.running.reasons import LONGEST, layer_of, reason_of
from nn_blender.worker.running.recorders import Inputs, recorder_of

L = keras.layers


@pytest.fixture
def damaged_setting(digits, tmp_path):
    """Writes a copy of the digits network with settings of one layer changed."""

    def write(layer, **settings):
        file = tmp_path / "changed.keras"
        with zipfile.ZipFile(digits / "digits.keras") as old, zipfile.ZipFile(file, "w") as new:
            for name in old.namelist():
                content = old.read(name)
                if name == "config.json":
                    config = json.loads(content)
                    entry = next(entry for entry in config["config"]["layers"] if entry["name"] == layer)
                    entry["config"].update(settings)
                    content = json.dumps(config).encode()
                new.writestr(name, content)
        return file

    return write


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"padding": "foo"}, "Received: foo."),
        ({"kernal": 3}, "Unrecognized keyword arguments passed to Conv2D: {'kernal': 3}."),
        ({"name": "a/b"}, "cannot contain character `/`. Received: name=a/b"),
    ],
)
def test_what_keras_cannot_build_is_told_in_its_own_last_words(settings, reason, damaged_setting):
    with pytest.raises(UserError) as caught:
        load_model(damaged_setting("conv_1", **settings))
    error = caught.value
    assert error.code == "model.unsupported"
    assert error.message.startswith("Keras cannot build changed.keras: ")
    assert reason in error.message
    assert f"layer {settings.get('name', 'conv_1')} (Conv2D)" in error.message
    assert "deserialized properly" not in error.message
    assert error.fix.startswith("Load it where it was made, with Keras 3.")


def test_a_function_that_keras_does_not_have_is_one_of_the_users_own(damaged_setting):
    with pytest.raises(UserError) as caught:
        load_model(damaged_setting("conv_1", activation="wurst"))
    assert caught.value.code == "model.custom_object"
    assert "wurst" in caught.value.message


def run(model, tmp_path, values):
    file = tmp_path / "network.keras"
    model.save(file)
    recorder = recorder_of(load_model(file))
    keys = tuple(object() for _ in values)
    return recorder.activations(Inputs(keys, lambda: (values,)), "mean", recorder.intact)


def failing(model, tmp_path, values):
    with pytest.raises(UserError) as caught:
        run(model, tmp_path, values)
    return caught.value


def test_samples_that_a_layer_cannot_take_are_told_with_the_layer(tmp_path):
    steps = keras.Input((None, 2))
    short = keras.Model(steps, L.GlobalMaxPooling1D()(L.Conv1D(3, 7, name="wide")(steps)))
    error = failing(short, tmp_path, np.zeros((2, 5, 2), np.float32))
    assert error.code == "samples.failed"
    assert "layer wide (Conv1D): Computed output size would be negative: -1" in error.message
    assert "Op:" not in error.message
    tokens = keras.Input((4,))
    words = keras.Model(tokens, L.LSTM(2)(L.Embedding(10, 3, name="words")(tokens)))
    error = failing(words, tmp_path, np.full((1, 4), 12, np.float32))
    assert "layer words (Embedding): indices[0,0] = 12 is not in [0, 10)." in error.message
    pixels = keras.Input((None, None, 1))
    halved = L.UpSampling2D()(L.MaxPooling2D()(pixels))
    joined = keras.Model(pixels, L.Concatenate(name="join")([pixels, halved]))
    error = failing(joined, tmp_path, np.zeros((1, 5, 5, 1), np.float32))
    assert "layer join (Concatenate): ConcatOp : Dimension 1 in both shapes must be equal" in error.message


def test_a_network_that_cannot_run_at_all_gives_no_advice_about_samples(tmp_path):
    numbers = keras.Input((3,))
    model = keras.Model(numbers, L.Lambda(lambda x: x.nowhere, output_shape=(3,), name="broken")(numbers))
    model.save(tmp_path / "network.keras")
    recorder = recorder_of(load_model(tmp_path / "network.keras", allow_code=True))
    values = np.zeros((1, 3), np.float32)
    with pytest.raises(UserError) as caught:
        recorder.activations(Inputs((object(),), lambda: (values,)), "mean", recorder.intact)
    error = caught.value
    assert error.code == "model.failed"
    assert "layer broken (Lambda): AttributeError: " in error.message
    assert "nowhere" in error.message
    assert error.fix == "Import it without samples to see its structure."


NAMES = ["_conv", "-conv", "a:b", "ä ö", "line\nbreak", "=", "?", "x" * 300]


@pytest.mark.parametrize("name", NAMES)
def test_layers_of_any_name_that_keras_can_call_are_run(name, tmp_path):
    numbers = keras.Input((4, 3))
    inner = L.TimeDistributed(L.Dense(3, name=name + "d"), name=name + "t")(numbers)
    state = L.Bidirectional(L.LSTM(2, name=name + "l"), name=name + "b")(inner)
    cells = L.RNN(L.StackedRNNCells([L.LSTMCell(2, name=name + "c")]), name=name + "r")(inner)
    output = L.Dense(2, name=name)(L.Concatenate()([state, cells]))
    model = keras.Model(numbers, output, name=name + "m")
    values = np.linspace(-1, 1, 24, dtype=np.float32).reshape(2, 4, 3)
    assert np.allclose(run(model, tmp_path, values).outputs, model(values), atol=1e-6)


def test_reasons_are_found_in_every_form_that_messages_have():
    bold = (
        "Exception encountered when calling D.call().\n\n\x1b[1mToo small\x1b[0m\n\nArguments received by x:\n  • x=1"
    )
    assert reason_of(ValueError(bold)) == "Too small."
    traced = 'in user code:\n\n    File "a.py", line 1, in run  *\n        f(x)\n\n    ValueError: no such thing.\n'
    assert reason_of(ValueError(traced)) == "no such thing."
    several = "2 root error(s) found.\n  (0) INVALID_ARGUMENT:  bad index\n\t [[{{node a/b}}]]\n  (1) ABORTED: x"
    assert reason_of(tf.errors.InvalidArgumentError(None, None, several)) == "bad index."
    weights = (
        "A total of 1 objects could not be loaded. Example error message for object <Conv2D name=c, built=True>:\n\n"
        "Layer 'c' expected 2 variables, but received 0.\n\nList of objects that could not be loaded:\n[<Conv2D>]"
    )
    assert reason_of(ValueError(weights)) == "Layer 'c' expected 2 variables, but received 0."
    assert layer_of(ValueError(weights)) == ("Conv2D", "c")
    assert reason_of(KeyError("units")) == "KeyError: 'units'."
    assert reason_of(AssertionError()) == "AssertionError."
    assert len(reason_of(ValueError("x" * 5000))) < LONGEST + 10
