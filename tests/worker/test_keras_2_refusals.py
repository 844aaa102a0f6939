"""What of Keras 2 is not known to give the same numbers is refused, with the layer and the true reason."""

from __future__ import annotations

import json

import h5py
import keras
import numpy as np
import pytest

from nn_blender.core.errors import UserError
from nn_blender.engine.tensorflow.builds import KERAS_2
from nn_blender.worker.common.versions import KERAS_2_NEEDED
from nn_blender.worker.models.inspecting import inspect_file
from nn_blender.worker.models.keras2 import translate
from nn_blender.worker.models.keras2.functions import PURE_FUNCTIONS
from nn_blender.worker.models.keras2.names import new_names
from nn_blender.worker.running.loading import load_model

L = keras.layers


def calling(function, tmp_path, *, shape=(4,), **arguments):
    """A file of Keras 2 whose only layer calls a function of TensorFlow."""
    file = tmp_path / "calling.h5"
    source = {"class_name": "InputLayer", "name": "values", "inbound_nodes": []}
    source["config"] = {"batch_input_shape": [None, *shape], "dtype": "float32", "name": "values"}
    node = {"class_name": "TFOpLambda", "name": "step", "inbound_nodes": [["values", 0, 0, arguments]]}
    node["config"] = {"name": "step", "trainable": True, "dtype": "float32", "function": function}
    config = {"name": "model", "layers": [source, node]}
    config |= {"input_layers": [["values", 0, 0]], "output_layers": [["step", 0, 0]]}
    return settings_file(file, {"class_name": "Functional", "config": config})


def settings_file(file, settings):
    """A file of Keras 2 without weights."""
    with h5py.File(file, "w") as stream:
        stream.attrs["keras_version"] = b"2.10.0"
        stream.attrs["model_config"] = json.dumps(settings).encode()
        weights = stream.create_group("model_weights")
        weights.attrs["layer_names"] = np.array([], "S1")
        weights.attrs["keras_version"] = b"2.10.0"
    return file


@pytest.mark.parametrize(
    "function",
    ["io.write_file", "io.read_file", "py_function", "numpy_function", "raw_ops.WriteFile", "load_op_library",
     "compat.v1.py_func", "random.normal", "math.__class__", "image.random_flip_left_right", "saved_model.load", "eval",
     "map_fn", "nn.dropout", "nn.__loader__.get_data", "math", ""],
)  # fmt: skip
def test_functions_that_do_more_than_compute_are_never_looked_up(function, tmp_path):
    assert function not in PURE_FUNCTIONS
    file = calling(function, tmp_path)
    assert [layer.path for layer in inspect_file(file).network.layers] == ["step"]
    with pytest.raises(UserError) as caught:
        load_model(file)
    assert caught.value.code in ("model.needs_code", "model.needs_keras_2")
    assert "layer step calls tf." in caught.value.message


def test_every_listed_function_is_one_of_tensorflow():
    import tensorflow as tf

    for name in PURE_FUNCTIONS:
        part = tf
        for step in name.split("."):
            part = getattr(part, step)
        assert callable(part), name


HUGE = 1 << 40


@pytest.mark.parametrize(
    ("function", "arguments"),
    [("tile", {"multiples": [1, HUGE]}),
     ("pad", {"paddings": [[0, 0], [0, HUGE]]}), ("one_hot", {"depth": HUGE}), ("broadcast_to", {"shape": [HUGE, 4]}),
     ("signal.frame", {"frame_length": HUGE, "frame_step": 1})],
)  # fmt: skip
def test_functions_that_would_fill_the_memory_are_refused_before_they_do(function, arguments, tmp_path):
    with pytest.raises(UserError) as caught:
        load_model(calling(function, tmp_path, **arguments))
    assert caught.value.code in ("model.unsupported", "model.too_large")


def test_a_function_whose_size_the_samples_decide_is_stopped_where_it_runs(tmp_path):
    import tensorflow as tf

    model = load_model(calling("repeat", tmp_path, repeats=HUGE, axis=1)).keras_model
    run = tf.function(model, input_signature=[tf.TensorSpec((None, 4))])
    with pytest.raises(tf.errors.InvalidArgumentError, match="more numbers than fit into memory"):
        run(np.ones((2, 4), "float32"))


def recurrent(tmp_path, **settings):
    model = keras.Sequential([keras.Input((5, 3), name="steps"), L.LSTM(2, name="lstm")])
    file = tmp_path / "recurrent.h5"
    model.save(file)
    with h5py.File(file, "r+") as stream:
        stored = json.loads(stream.attrs["model_config"])
        stored["config"]["layers"][1]["config"] |= settings
        stream.attrs["model_config"] = json.dumps(stored).encode()
        stream.attrs["keras_version"] = b"2.10.0"
    return file


def test_time_before_the_batch_is_refused_and_not_ignored(tmp_path):
    with pytest.raises(UserError, match="layer lstm has time_major=True"):
        load_model(recurrent(tmp_path, time_major=True))
    load_model(recurrent(tmp_path, time_major=False))


def test_new_names_differ_from_all_others():
    assert new_names(["a/b", "a-b", "a-b-1", "c"]) == {"a/b": "a-b-2", "a-b": "a-b", "a-b-1": "a-b-1", "c": "c"}
    assert new_names(["a/b", "a//b"]) == {"a/b": "a-b", "a//b": "a--b"}


def test_names_with_slashes_are_shown_as_written_unless_they_lead_to_another_layer_too():
    def dense(name):
        return {"class_name": "Dense", "config": {"name": name, "trainable": True, "units": 2}}

    inner = {"class_name": "Sequential", "config": {"name": "a", "layers": [dense("b"), dense("c/d")]}}
    layers = [inner, dense("a/b"), dense("e/f")]
    given = translate({"class_name": "Sequential", "config": {"name": "m/n", "layers": layers}})
    assert given.names == {("a", "c-d"): "c/d", ("e-f",): "e/f"}
    assert [entry["config"]["name"] for entry in given.config["config"]["layers"]] == ["a", "a-b", "e-f"]


def test_the_keras_2_that_is_asked_for_is_the_one_that_the_preferences_add():
    assert KERAS_2_NEEDED in KERAS_2.requirements.read_text(encoding="utf-8").splitlines()
