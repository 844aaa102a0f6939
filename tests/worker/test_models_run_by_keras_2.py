"""Files that only Keras 2 gives their numbers are run by it, after consent; layers equal what they give eagerly."""

from __future__ import annotations

import zipfile
from functools import cache

import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from recordings import inputs, measure, record

from nn_blender.core.errors import UserError
from nn_blender.core.interventions.intervention import Intervention, switch_of
from nn_blender.worker.running import building, loading
from nn_blender.worker.running.recorders import NO_NEURON, recorder_of
from nn_blender.worker.running.recorders.calls.recorder import CallsRecorder
from nn_blender.worker.running.translated import building as translated

L = tf_keras.layers


def local():
    """A layer that Keras 3 does not have, a nested model, and a layer called twice."""
    pixels = tf_keras.Input((8, 8, 2), name="pixels")
    x = L.BatchNormalization(name="norm")(L.LocallyConnected2D(3, 3, activation="relu", name="local")(pixels))
    x = tf_keras.Sequential([L.Flatten(name="flat"), L.Dense(4, activation="tanh", name="hidden")], name="head")(x)
    again = L.Dense(4, activation="tanh", name="again")
    x = L.Add(name="sum")([again(again(x)), x])
    return tf_keras.Model(pixels, L.Dense(3, activation="softmax", name="classes")(x))


def local_by_hand(layer, values, at):
    x = at("norm", layer("norm")(at("local", layer("local")(values[0]))))
    head = layer("head")
    x = at("head/hidden", head.get_layer("hidden")(at("head/flat", head.get_layer("flat")(x))))
    y = at("again#1", layer("again")(at("again", layer("again")(x))))
    return [at("classes", layer("classes")(at("sum", y + x)))]


def loops():
    """Two inputs, two outputs, a recurrent layer, functions of TensorFlow between layers."""
    steps, more = tf_keras.Input((6, 3), name="steps"), tf_keras.Input((5,), name="more")
    x = L.LocallyConnected1D(4, 2, name="local")(steps)
    x = L.Bidirectional(L.LSTM(3, return_sequences=True, name="lstm"), name="both")(x)
    x = tf.reduce_mean(x, axis=1) * 2.0
    x = L.Concatenate(name="joined")([x, L.Dense(2, name="side")(more)])
    yes = L.Dense(1, activation="sigmoid", name="yes")(x)
    return tf_keras.Model([steps, more], [yes, L.Dense(2, name="values")(x)])


def loops_by_hand(layer, values, at):
    x = at("both", layer("both")(at("local", layer("local")(values[0]))))
    x = at("tf.math.multiply", at("tf.math.reduce_mean", tf.reduce_mean(x, axis=1)) * 2.0)
    x = at("joined", tf.concat([x, at("side", layer("side")(values[1]))], 1))
    return [at("yes", layer("yes")(x)), at("values", layer("values")(x))]


MODELS = {"local": (local, local_by_hand), "loops": (loops, loops_by_hand)}


class Case:
    def __init__(self, name, suffix, folder):
        tf_keras.backend.clear_session()
        tf_keras.utils.set_random_seed(1)
        build, self._by_hand = MODELS[name]
        self.model = build()
        generator = np.random.default_rng(0)
        for layer in self.model.layers:
            if layer.name == "norm":
                layer.set_weights([weight + generator.uniform(size=weight.shape) for weight in layer.get_weights()])
        shapes = [tensor.shape[1:] for tensor in self.model.inputs]
        self.batch = [generator.normal(size=(3, *shape)).astype("float32") for shape in shapes]
        self.file = folder / f"model{suffix}"
        self.model.save(self.file)
        if suffix == ".keras":
            name_modules_as_keras_2_did(self.file)
        self.loaded = loading.load_model(self.file, allow_code=True)
        self.recorder = recorder_of(self.loaded)

    def by_hand(self, layers=None, batch=None):
        """Outputs of all layers by path, and of the network, with some neurons off."""
        found = {}

        def at(path, value):
            off = (layers or {}).get(switch_of(path), [])
            value = value * np.float32([k not in off for k in range(value.shape[-1])])
            found[path] = np.asarray(value)
            return value

        values = [tf.constant(part) for part in (self.batch if batch is None else batch)]
        return found, [np.asarray(one) for one in self._by_hand(self.model.get_layer, values, at)]

    def switches(self, layers):
        data = {"layers": {path: {"off": off} for path, off in layers.items()}}
        return self.recorder.switches(Intervention.from_dict(data, self.loaded.network))


def name_modules_as_keras_2_did(file):
    """As Keras 2.15 itself wrote files, in place of tf_keras."""
    with zipfile.ZipFile(file) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["config.json"] = members["config.json"].replace(b'"tf_keras', b'"keras')
    members["metadata.json"] = b'{"keras_version": "2.15.0", "date_saved": "2024-01-01@00:00:00"}'
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


@pytest.fixture(scope="module")
def case_of(tmp_path_factory):
    """Makes the case of a name and a suffix once."""
    return cache(lambda name, suffix: Case(name, suffix, tmp_path_factory.mktemp(name)))


@pytest.fixture(params=[(name, suffix) for name in MODELS for suffix in (".h5", ".keras")], ids="".join)
def case(request, case_of):
    return case_of(*request.param)


def assert_equal(measured, expected, name=""):
    measured, expected = np.asarray(measured), np.asarray(expected)
    assert measured.shape == expected.shape, name
    assert np.abs(measured - expected).max() <= 1e-5 * max(np.abs(expected).max(), 1e-30), name


def test_every_layer_gives_what_keras_2_gives(case):
    assert isinstance(case.recorder, CallsRecorder)
    assert "Keras 2 runs the network" in case.loaded.remarks[0]
    expected, outputs = case.by_hand()
    measured = record(case.recorder, *case.batch)
    assert set(measured) == set(expected)
    for path, value in expected.items():
        assert_equal(measured[path], value, path)
    given = case.model(case.batch if len(case.batch) > 1 else case.batch[0], training=False)
    for row, by_hand, whole in zip(
        measure(case.recorder, *case.batch)[1], outputs, tf.nest.flatten(given), strict=True
    ):
        assert_equal(row, by_hand)
        assert_equal(row, whole)


def test_switches_and_sweeps_equal_layers_masked_by_hand(case):
    for layer in case.loaded.network.layers:
        off = {switch_of(layer.path): [layer.neurons - 1]}
        expected, outputs = case.by_hand(off)
        measured = record(case.recorder, *case.batch, switches=case.switches(off))
        for path, value in expected.items():
            assert_equal(measured[path], value, f"{path} without {off}")
        sample = [part[:1] for part in case.batch]
        swept = np.array([NO_NEURON, layer.neurons - 1])
        rows = [out for _, _, out in case.recorder.sweep(inputs(*sample), layer.path, swept, case.recorder.intact)]
        whole, without = np.concatenate(rows)[:, -1]
        assert_equal(whole, case.by_hand()[1][0][0, -1])
        if layer.path != "yes":  # Of two classes, without a neuron both are none.
            assert_equal(without, outputs[0][0, -1])


def test_units_of_loops_of_keras_2_are_switched_in_their_output_and_this_is_said(case_of):
    case = case_of("loops", ".h5")
    (note,) = case.recorder.notes(Intervention.from_dict({"layers": {"both": {"off": [0]}}}, case.loaded.network))
    assert "both are switched in its output only" in note


def test_gradients_are_those_of_keras_2(case_of):
    case = case_of("local", ".h5")
    classes = np.array([0, 2, 1])
    found = case.recorder.gradients(inputs(*case.batch), classes, case.recorder.intact, lambda layer, out, slope: slope)
    layer = case.model.get_layer
    with tf.GradientTape() as tape:
        total = tf.constant(case.by_hand()[0]["sum"])
        tape.watch(total)
        logits = total @ layer("classes").kernel + layer("classes").bias
        score = tf.gather(logits, classes, batch_dims=1)
    assert_equal(found["sum"], tape.gradient(score, total))


def test_consent_comes_before_keras_2_loads_anything(case_of, monkeypatch):
    case = case_of("local", ".h5")
    monkeypatch.setattr(building, "build_with_keras_2", lambda *_: pytest.fail("loaded without consent"))
    with pytest.raises(UserError, match="Keras 2, which runs any code that is stored in a file") as caught:
        loading.load_model(case.file)
    assert caught.value.code == "model.needs_code"
    monkeypatch.setattr(loading, "keras_2_version", lambda: "")
    with pytest.raises(UserError, match="its layer local is a LocallyConnected2D") as caught:
        loading.load_model(case.file, allow_code=True)
    assert caught.value.code == "model.needs_keras_2"


@pytest.mark.parametrize("always", [True, 1])
def test_a_layer_that_is_always_in_training_gives_what_it_gives_in_keras_2(always, tmp_path):
    steps = tf_keras.Input((6, 3), name="steps")
    x = L.BatchNormalization(name="norm")(steps, training=always)
    model = tf_keras.Model(steps, L.Dense(2, name="last")(x))
    model.save(tmp_path / "model.h5")
    batch = np.random.default_rng(0).normal(2, 3, size=(3, 6, 3)).astype("float32")
    recorder = recorder_of(loading.load_model(tmp_path / "model.h5", allow_code=True))
    alone = [np.asarray(model(batch[k : k + 1])) for k in range(3)]
    for _ in range(2):
        assert_equal(record(recorder, batch)["last"], np.concatenate(alone))


def test_code_in_an_old_file_that_keras_3_cannot_run_is_run_by_keras_2(tmp_path):
    numbers = tf_keras.Input((4,), name="numbers")
    x = L.Lambda(lambda x: tf.math.cumsum(x, axis=1), name="sums")(numbers)
    model = tf_keras.Model(numbers, L.Dense(2, name="last")(x))
    model.save(tmp_path / "model.h5")
    with pytest.raises(UserError) as caught:
        loading.load_model(tmp_path / "model.h5")
    assert caught.value.code == "model.needs_code"
    recorder = recorder_of(loading.load_model(tmp_path / "model.h5", allow_code=True))
    assert isinstance(recorder, CallsRecorder)
    batch = np.random.default_rng(0).normal(size=(3, 4)).astype("float32")
    measured = record(recorder, batch)
    assert_equal(measured["sums"], np.cumsum(batch, axis=1))
    assert_equal(measured["last"], model(batch))


def remembering(size):
    """A layer that Keras 3 does not have, behind one that keeps its state from batch to batch."""
    steps = tf_keras.Input((6, 3), batch_size=size, name="steps")
    x = L.LSTM(4, stateful=True, return_sequences=True, name="memory")(steps)
    x = L.LocallyConnected1D(3, 2, name="local")(L.Masking(name="masking")(x))
    return tf_keras.Model(steps, L.Dense(2, name="last")(L.GRU(3, stateful=True, name="again")(x)))


def sized(size):
    """The size of the batch is in the graph, so it stays."""
    steps = tf_keras.Input((6, 3), batch_size=size, name="steps")
    x = L.LocallyConnected1D(3, 2, name="local")(steps)
    return tf_keras.Model(steps, L.Dense(2, name="last")(tf.reshape(x, (size, 15)) + tf.range(15, dtype="float32")))


@pytest.mark.parametrize("suffix", [".h5", ".keras"])
@pytest.mark.parametrize("size", [1, 4])
@pytest.mark.parametrize("make", [remembering, sized])
def test_every_sample_begins_anew_whatever_batch_the_file_was_made_for(make, size, suffix, tmp_path):
    tf_keras.backend.clear_session()
    model = make(size)
    model.save(tmp_path / f"model{suffix}")
    if suffix == ".keras":
        name_modules_as_keras_2_did(tmp_path / "model.keras")
    batch = np.random.default_rng(0).normal(size=(3, 6, 3)).astype("float32")
    expected = []
    for sample in batch:
        model.reset_states()
        expected.append(np.asarray(model(np.repeat(sample[None], size, axis=0)))[0])
    loaded = loading.load_model(tmp_path / f"model{suffix}", allow_code=True)
    recorder = recorder_of(loaded)
    assert isinstance(recorder, CallsRecorder)
    for order in (slice(None), slice(None, None, -1), slice(1, 2)):
        assert_equal(record(recorder, batch[order])["last"], np.stack(expected)[order])
        assert_equal(measure(recorder, batch[order])[1][0], np.stack(expected)[order])
    swept = recorder.sweep(inputs(batch[1:2]), "last", np.array([NO_NEURON, 0]), recorder.intact)
    assert_equal(np.concatenate([given for _, _, given in swept]), [expected[1], [0, expected[1][1]]])
    slopes = recorder.gradients(inputs(batch), np.int32([0, 1, 0]), recorder.intact, lambda layer, out, slope: slope)
    assert_equal(slopes["last"], [[1, 0], [0, 1], [1, 0]])
    said = " ".join(loaded.remarks)
    assert ("takes any number of samples" in said) == (make is remembering)
    assert ("begin anew with every sample" in said) == (make is remembering)


def test_layers_that_give_several_tensors_take_any_number_of_samples(tmp_path):
    steps = tf_keras.Input((6, 3), batch_size=2, name="steps")
    x = L.LocallyConnected1D(4, 1, name="local")(steps)
    x, scores = L.MultiHeadAttention(2, 2, name="attention")(x, x, return_attention_scores=True)
    model = tf_keras.Model(steps, [L.Dense(2, name="last")(x), L.Flatten(name="flat")(scores)])
    model.save(tmp_path / "model.h5")
    loaded = loading.load_model(tmp_path / "model.h5", allow_code=True)
    assert any("takes any number of samples" in remark for remark in loaded.remarks)
    batch = np.random.default_rng(0).normal(size=(2, 6, 3)).astype("float32")
    assert_equal(record(recorder_of(loaded), batch)["last"], model(batch)[0])


def test_a_size_of_batch_that_code_asks_for_stays_in_keras_3(tmp_path):
    numbers = tf_keras.Input((4,), batch_size=2, name="numbers")
    x = L.Lambda(lambda x: x * int(x.shape[0]), name="times")(numbers)
    model = tf_keras.Model(numbers, L.Dense(2, name="last")(x))
    model.save(tmp_path / "model.h5")
    recorder = recorder_of(loading.load_model(tmp_path / "model.h5", allow_code=True))
    assert not isinstance(recorder, CallsRecorder)
    batch = np.random.default_rng(0).normal(size=(2, 4)).astype("float32")
    assert_equal(record(recorder, batch)["last"], model(batch))


def test_keras_2_runs_the_code_of_a_file_that_it_cannot_build_once(tmp_path, monkeypatch):
    numbers = tf_keras.Input((4,), name="numbers")
    model = tf_keras.Model(numbers, L.Lambda(lambda x: x, name="same")(L.Dense(2, name="first")(numbers)))
    model.save(tmp_path / "model.h5")
    tried = []

    def fail(*_):
        tried.append(1)
        raise ValueError("no such layer")

    monkeypatch.setattr(building, "build_with_keras_2", fail)
    monkeypatch.setattr(building, "_build_from_hdf5", fail)
    monkeypatch.setattr("nn_blender.worker.running.translated.building.build_keras_2", fail)
    with pytest.raises(UserError, match="no such layer"):
        loading.load_model(tmp_path / "model.h5", allow_code=True)
    assert len(tried) == 2  # Keras 3, then Keras 2.


def test_an_old_file_without_code_that_keras_3_cannot_build_may_be_tried_by_keras_2(tmp_path, monkeypatch):
    numbers = tf_keras.Input((4,), name="numbers")
    model = tf_keras.Model(numbers, L.Dense(2, name="last")(numbers))
    model.save(tmp_path / "model.h5")
    assert loading.load_model(tmp_path / "model.h5").remarks == ()

    def refuse(*_):
        raise ValueError("it is too old.")

    monkeypatch.setattr(translated, "build_keras_2", refuse)
    with pytest.raises(UserError, match=r"Keras cannot build model\.h5: it is too old\.") as caught:
        loading.load_model(tmp_path / "model.h5")
    assert caught.value.code == "model.unsupported"
    assert caught.value.fix.endswith(building.LET_KERAS_2)
    loaded = loading.load_model(tmp_path / "model.h5", allow_code=True)
    batch = np.random.default_rng(0).normal(size=(3, 4)).astype("float32")
    assert_equal(record(recorder_of(loaded), batch)["last"], model(batch))
    monkeypatch.setattr(building, "keras_2_version", lambda: "")
    with pytest.raises(UserError, match="it is too old") as caught:
        loading.load_model(tmp_path / "model.h5", allow_code=True)
    assert caught.value.fix.endswith(building.ADD_KERAS_2)
