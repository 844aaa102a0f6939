"""Layers of any name run wherever they are: in wrappers, cells, nested models and operations, on every recorder."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from by_calls import by_calls
from keras.src.ops.numpy import Add
from recordings import inputs, record

from nn_blender.worker.models.inspecting import inspect_file
from nn_blender.worker.running.loading import load_model
from nn_blender.worker.running.recorders import NO_NEURON
from nn_blender.worker.running.recorders.functional.recorder import FunctionalRecorder

L = keras.layers
RECORDERS = {"functional": FunctionalRecorder, "calls": by_calls}
STEPS = np.random.default_rng(0).normal(size=(3, 4, 3)).astype("float32")


def wrapped(name):
    """TimeDistributed, Bidirectional and cells, at the top of a Sequential."""
    cells = L.RNN([L.GRUCell(4, name=name), L.LSTMCell(2, name=name + "2")], name=name + "3")
    layers = [
        L.TimeDistributed(L.Dense(4, name=name), name=name),
        L.Bidirectional(L.LSTM(3, return_sequences=True, name=name), name=name + "1"),
        cells,
    ]
    return keras.Sequential([keras.Input((4, 3)), *layers], name=name), [name, name + "1", name + "3"]


def nested(name):
    """A Sequential in a Functional in a Functional, with an operation between them."""
    inside = keras.Input((4, 3))
    inner = keras.Sequential([L.Dense(3, name=name), L.Dense(3, name=name + "1")], name=name)
    middle = keras.Model(inside, Add(name=name + "2")(inner(inside), inside), name=name)
    steps = keras.Input((4, 3))
    model = keras.Model(steps, L.Dense(2, name=name + "3")(middle(steps)), name=name)
    return model, [f"{name}/{name}/{name}", f"{name}/{name}/{name}1", f"{name}/{name}2", f"{name}3"]


def outputs_of_all_layers(model, name):
    """In plain Keras, in their order."""
    value = keras.ops.convert_to_tensor(STEPS)
    if isinstance(model, keras.Sequential):
        for layer in model.layers:
            value = layer(value)
            yield value
        return
    middle, last = model.layers[1:]
    for layer in middle.get_layer(name).layers:
        value = layer(value)
        yield value
    yield value + STEPS
    yield last(value + STEPS)


@pytest.mark.parametrize("name", ["a b", "a>b", "größe", "-conv", "_conv", "a:b", "", " ", "."])
@pytest.mark.parametrize("build", [wrapped, nested])
def test_every_layer_is_shown_as_it_is_called_and_gives_what_plain_keras_computes(build, name, tmp_path):
    model, paths = build(name)
    file = tmp_path / "network.keras"
    model.save(file)
    assert [layer.path for layer in inspect_file(file).network.layers] == paths
    expected = dict(zip(paths, outputs_of_all_layers(model, name), strict=True))
    loaded = load_model(file)
    assert loaded.remarks == ()
    for kind, make in RECORDERS.items():
        recorder = make(loaded)
        measured = record(recorder, STEPS)
        assert list(measured) == paths, kind
        for path, value in measured.items():
            np.testing.assert_allclose(value, expected[path], atol=1e-5, err_msg=f"{kind}: {path}")
        sample, off = inputs(STEPS[:1]), np.array([NO_NEURON, 0])
        assert list(recorder.sweep(sample, paths[0], off, recorder.intact)), kind


def test_a_models_own_name_does_not_let_its_samples_run_one_by_one(tmp_path):
    model, _ = wrapped("a b")
    model.save(tmp_path / "network.keras")
    recorder = by_calls(load_model(tmp_path / "network.keras"))
    assert not recorder.traced.is_alone
