"""Outputs of a layer besides its first one are neurons of their own: measured, switched, and known from the file."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
from recordings import measure, record

from nn_blender.core.interventions.intervention import Intervention
from nn_blender.core.outputs import decide_outputs
from nn_blender.worker.models.inspecting import inspect_file
from nn_blender.worker.running.loading import load_model
from nn_blender.worker.running.recorders.functional import segments
from nn_blender.worker.running.recorders.functional.recorder import FunctionalRecorder

L = keras.layers
RNG = np.random.default_rng(5)


def states():
    series = keras.Input((12, 3), name="series")
    _, hidden, memory = L.LSTM(4, return_sequences=True, return_state=True, name="lstm")(series)
    _, state = L.GRU(2, return_state=True, name="gru")(series)
    both = L.Bidirectional(L.LSTM(3, return_sequences=True, return_state=True), name="both")(series)
    joined = L.Concatenate(name="states")([hidden, memory, state, both[1], both[4]])
    return keras.Model(series, L.Dense(2, activation="softmax", name="out")(joined))


def parts():
    picture = keras.Input((8, 8, 3), name="picture")
    red, green, blue = keras.ops.split(picture * 2.0, 3, axis=-1)
    light = L.Conv2D(4, 3, name="conv")(L.Concatenate(name="join")([0.3 * red, 0.6 * green, 0.1 * blue]))
    return keras.Model(picture, [L.GlobalAveragePooling2D(name="pool")(light), green])


def shared_parts():
    numbers = keras.Input((6,), name="numbers")
    inner = keras.Input((6,))
    coder = keras.Model(inner, keras.ops.split(L.Dense(4, name="dense")(inner), 2, axis=-1), name="coder")
    first, second = coder(numbers)
    third, fourth = coder(keras.ops.flip(numbers, axis=1))
    return keras.Model(numbers, [L.Add(name="near")([first, fourth]), L.Add(name="far")([second, third])])


def scores():
    words, others = keras.Input((5, 4), name="words"), keras.Input((7, 4), name="others")
    seen, places = L.MultiHeadAttention(2, 3, name="heads")(words, others, return_attention_scores=True)
    return keras.Model([words, others], [L.Dense(2, name="dense")(seen), places])


EXPECTED = {
    states: ["lstm", "lstm[1]", "lstm[2]", "gru", "gru[1]", "both", "both[1]", "both[2]", "both[3]", "both[4]"],
    parts: ["split", "split[1]", "split[2]"],
    shared_parts: ["coder/split", "coder/split[1]", "coder/split#1", "coder/split#1[1]"],
    scores: ["heads", "heads[1]"],
}


@pytest.fixture(params=EXPECTED, ids=lambda make: make.__name__)
def case(request, tmp_path, monkeypatch):
    """A model, its batch, the loaded model, and values of the layers with several outputs by the paths these have."""
    monkeypatch.setattr(segments, "SMALLEST_COST", 1.0)  # Small networks are cut too.
    keras.utils.set_random_seed(3)
    model = request.param()
    model.save(tmp_path / "model.keras")
    batch = [RNG.normal(size=(3, *tensor.shape[1:])).astype(np.float32) for tensor in model.inputs]
    paths = EXPECTED[request.param]
    return model, batch, load_model(tmp_path / "model.keras"), paths, values_of(model, batch)


def values_of(model, batch):
    """What every output of every layer gives, in order of the calls, from plain Keras."""
    found = {}

    def note(prefix, owner, given):
        tensors = [
            tensor for operation in owner.operations for node in operation._inbound_nodes for tensor in node.outputs
        ]
        outer = keras.Model(owner.inputs, tensors)
        for tensor, value in zip(tensors, outer(given), strict=True):
            operation, call, output = tensor._keras_history
            if not isinstance(operation, (keras.Model, L.InputLayer)):
                path = prefix + operation.name + (f"#{call}" if call else "") + (f"[{output}]" if output else "")
                found[path] = np.asarray(value)

    coder = next((layer for layer in model.layers if isinstance(layer, keras.Model)), None)
    if coder is None:
        note("", model, batch)
    else:
        for suffix, given in (("", batch[0]), ("#1", batch[0][:, ::-1])):
            halves = coder(given)
            found |= {
                f"coder/split{suffix}{mark}": np.asarray(half) for mark, half in zip(("", "[1]"), halves, strict=True)
            }
    return found


def test_every_output_of_a_layer_is_measured_under_a_path_of_its_own(case):
    _, batch, loaded, paths, expected = case
    layers = {layer.path: layer for layer in loaded.network.layers}
    names = {path.partition("[")[0] for path in paths}
    assert [path for path in layers if path.partition("[")[0] in names] == paths
    recorder = FunctionalRecorder(loaded)
    recorded, (activations, _) = record(recorder, *batch), measure(recorder, *batch)
    for path in paths:
        np.testing.assert_allclose(recorded[path], expected[path], rtol=1e-5, atol=1e-6, err_msg=path)
        layer = layers[path]
        assert layer.output_shape == expected[path].shape[1:]
        feature = 1 if layer.axes[0] == "channel" else expected[path].ndim - 1
        positions = tuple(axis for axis in range(1, expected[path].ndim) if axis != feature)
        means = expected[path].mean(positions, dtype=np.float64)
        given = activations[:, loaded.network.neuron_slices()[path]]
        np.testing.assert_allclose(given, means, rtol=1e-5, atol=1e-6, err_msg=path)
        if "[" in path:
            assert (layer.parameters, layer.inputs) == (0, (path.partition("[")[0],))
    assert loaded.network.parameters == case[0].count_params()


def test_what_is_known_from_the_file_is_what_is_loaded(case):
    seen, loaded = inspect_file(Path(case[2].network.file)).network, case[2].network
    assert [layer.path for layer in seen.layers] == [layer.path for layer in loaded.layers]
    assert (seen.outputs, seen.parameters) == (loaded.outputs, loaded.parameters)
    for from_file, alive in zip(seen.layers, loaded.layers, strict=True):
        assert from_file == alive or from_file.output_shape == (-1,)


def test_a_neuron_of_a_further_output_is_switched_by_itself(case):
    _, batch, loaded, paths, expected = case
    recorder = FunctionalRecorder(loaded)
    for path in (path for path in paths if "[" in path and "#" not in path):
        change = Intervention.from_dict({"layers": {path: {"off": [0]}}}, loaded.network)
        recorded = record(recorder, *batch, switches=recorder.switches(change))
        feature = 1 if loaded.network.layer(path).axes[0] == "channel" else -1
        oracle = expected[path].copy()
        np.moveaxis(oracle, feature, 0)[0] = 0
        np.testing.assert_allclose(recorded[path], oracle, rtol=1e-5, atol=1e-6, err_msg=path)
        first = path.partition("[")[0]
        np.testing.assert_allclose(recorded[first], expected[first], rtol=1e-5, atol=1e-6, err_msg=path)


def test_without_a_state_the_answer_is_that_of_the_remaining_layers(tmp_path):
    model = states()
    model.save(tmp_path / "model.keras")
    loaded, batch = load_model(tmp_path / "model.keras"), RNG.normal(size=(3, 12, 3)).astype(np.float32)
    recorder = FunctionalRecorder(loaded)
    change = Intervention.from_dict(
        {"layers": {"lstm[2]": {"off": [1]}, "both[4]": {"gain": {"0": 0.5}}}}, loaded.network
    )
    _, (given,) = measure(recorder, batch, switches=recorder.switches(change))
    joined = np.asarray(keras.Model(model.inputs, model.get_layer("states").output)(batch)).copy()
    joined[:, 4 + 1] = 0
    joined[:, 4 + 4 + 2 + 3] *= 0.5
    np.testing.assert_allclose(given, model.get_layer("out")(joined), rtol=1e-5, atol=1e-6)


def test_a_unit_that_is_off_inside_its_loop_is_off_in_the_state_too(tmp_path):
    series = keras.Input((6, 3), name="series")
    outputs = L.LSTM(4, return_sequences=True, return_state=True, name="lstm")(series)
    model = keras.Model(series, outputs)
    model.save(tmp_path / "model.keras")
    loaded, batch = load_model(tmp_path / "model.keras"), RNG.normal(size=(3, 6, 3)).astype(np.float32)
    recorder = FunctionalRecorder(loaded)
    change = Intervention.from_dict({"layers": {"lstm": {"off": [2]}}}, loaded.network)
    recorded = record(recorder, batch, switches=recorder.switches(change))
    assert not recorded["lstm"][..., 2].any()
    assert not recorded["lstm[1]"][:, 2].any()
    np.testing.assert_array_equal(recorded["lstm"][:, -1], recorded["lstm[1]"])


def test_a_further_output_that_the_network_gives_is_of_the_kind_its_shape_says(tmp_path):
    numbers = keras.Input((6,), name="numbers")
    logits, box = keras.ops.split(L.Dense(8, name="dense")(numbers), 2, axis=1)
    keras.Model(numbers, [box, L.Softmax(name="kind")(logits)]).save(tmp_path / "model.keras")
    network = load_model(tmp_path / "model.keras").network
    assert network.outputs == ("split[1]", "kind")
    assert [(one.name, one.kind) for one in decide_outputs(network)] == [("split[1]", "values"), ("kind", "classes")]
