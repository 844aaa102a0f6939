"""The author's functions, classes and code in files of Keras 2: what is theirs is not taken for Keras 3's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from recordings import record

from nn_blender.core.errors import UserError
from nn_blender.worker.models.inspecting import inspect_file
from nn_blender.worker.models.keras_names import ACTIVATIONS, KERAS_2_ACTIVATIONS
from nn_blender.worker.running import own_classes
from nn_blender.worker.running.loading import load_model
from nn_blender.worker.running.recorders import recorder_of

L = tf_keras.layers
NUMBERS = np.random.default_rng(4).normal(size=(5, 4)).astype(np.float32)
CODE = """
import tensorflow as tf

def hard_swish(x):
    return x * tf.nn.relu6(x + 1.0)

def threshold(x):
    return x + 10.0

def relu(x):
    return x * 3.0
"""
OWN: dict[str, Any] = {"__name__": "training"}
exec(CODE, OWN)  # noqa: S102
OLDER = "code written for Keras 2 that runs in Keras 3 here."


@pytest.fixture
def code(tmp_path) -> Path:
    file = tmp_path / "training.py"
    file.write_text(CODE)
    yield file
    own_classes._ran.clear()


def rewrite(file: Path, change: Any) -> None:
    """Change the settings of the layers in an HDF5 file."""
    with h5py.File(file, "r+") as stream:
        settings = json.loads(stream.attrs["model_config"])
        for entry in settings["config"]["layers"]:
            change(entry["config"])
        stream.attrs["model_config"] = json.dumps(settings)


def as_names(config: dict[str, Any]) -> None:
    """As TensorFlow up to 2.12 wrote functions of the author's."""
    for setting in ("activation", "recurrent_activation"):
        if isinstance(config.get(setting), dict):
            config[setting] = config[setting]["config"]


def of_own_functions() -> tf_keras.Model:
    tf_keras.backend.clear_session()
    tf_keras.utils.set_random_seed(3)
    return tf_keras.Sequential(
        [
            L.InputLayer((4,), name="numbers"),
            L.Dense(6, activation=OWN["hard_swish"], name="swished"),
            L.Activation(OWN["threshold"], name="raised"),
            L.Reshape((2, 3), name="steps"),
            L.LSTM(3, activation="hard_sigmoid", recurrent_activation=OWN["hard_swish"], name="lstm"),
            L.Dense(2, activation="relu6", name="classes"),
        ]
    )


@pytest.mark.parametrize("how", ["named.h5", "described.h5", "described.keras"])
def test_functions_whose_names_only_keras_3_has_are_the_authors(how, code, tmp_path):
    model, file = of_own_functions(), tmp_path / how
    model.save(file)
    if how.startswith("named"):
        rewrite(file, as_names)
    wanted = {("swished", "hard_swish"), ("raised", "threshold"), ("lstm", "hard_swish")}
    risks = {(layer, f"is or uses {name}, which Keras does not have") for layer, name in wanted}
    assert {(risk.layer, risk.reason) for risk in inspect_file(file).risks} == risks
    with pytest.raises(UserError, match=r"hard_swish \(layer swished\), threshold \(layer raised\)") as caught:
        load_model(file, allow_code=True)
    assert caught.value.code == "model.custom_object"
    loaded = load_model(file, allow_code=True, classes_code=str(code))
    assert loaded.remarks == (f"hard_swish, threshold are {OLDER}",)
    measured, value = record(recorder_of(loaded), NUMBERS), tf.constant(NUMBERS)
    for layer in model.layers:
        value = layer(value)
        np.testing.assert_allclose(measured[layer.name], value, atol=1e-5, err_msg=layer.name)


def test_every_name_that_keras_2_knows_is_its_own_and_no_other_one_is(tmp_path):
    for name in ACTIVATIONS | KERAS_2_ACTIVATIONS | {"hard_swish", "swish"}:
        try:
            is_known = callable(tf_keras.activations.get(name))
        except ValueError:
            is_known = False
        assert is_known == (name in KERAS_2_ACTIVATIONS), name


@pytest.mark.parametrize("home", ["tensorflow.python.ops.gen_nn_ops", "training"])
def test_a_named_function_of_a_lambda_is_that_of_its_module(home, code, tmp_path):
    model = tf_keras.Sequential([L.InputLayer((4,), name="numbers"), L.Lambda(lambda x: x, name="made")])
    file = tmp_path / "model.h5"
    model.save(file)

    def named(config: dict[str, Any]) -> None:
        if "function" in config:
            config |= {"function": "relu", "function_type": "function", "module": home}

    rewrite(file, named)
    if home == "training":
        with pytest.raises(UserError, match=r"needs relu \(layer made\)"):
            load_model(file, allow_code=True)
        loaded, expected = load_model(file, allow_code=True, classes_code=str(code)), NUMBERS * 3
    else:
        loaded, expected = load_model(file, allow_code=True), np.maximum(NUMBERS, 0)
    np.testing.assert_array_equal(record(recorder_of(loaded), NUMBERS)["made"], expected)


def test_stored_code_for_keras_2_that_keras_3_runs_is_said(tmp_path):
    model = tf_keras.Sequential([L.InputLayer((4,), name="numbers"), L.Lambda(lambda x: x * 2, name="twice")])
    model.save(tmp_path / "model.h5")
    loaded = load_model(tmp_path / "model.h5", allow_code=True)
    assert loaded.remarks == (f"twice is {OLDER}",)
    np.testing.assert_array_equal(record(recorder_of(loaded), NUMBERS)["twice"], NUMBERS * 2)
