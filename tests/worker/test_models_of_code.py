"""Models that are Python code: their structure is what one call of them does, and every value is Keras's own."""

from __future__ import annotations

import random
from functools import cache

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops
from own_models import CLASSES, MODELS, L, Sampling
from recordings import inputs, measure, record

from nn_blender.core.errors import UserError
from nn_blender.core.interventions.intervention import Intervention, switch_of
from nn_blender.core.network import FEATURE_AXES, TensorSpec
from nn_blender.core.recording import Sample, SampleValue
from nn_blender.worker.models.inspecting import examine
from nn_blender.worker.running import trials
from nn_blender.worker.running.input_ranges import find_input_ranges
from nn_blender.worker.running.loading import load_model, with_calls
from nn_blender.worker.running.open_sizes import with_sizes
from nn_blender.worker.running.recorders import NO_NEURON, recorder_of
from nn_blender.worker.running.recorders.calls.recorder import CallsRecorder
from nn_blender.worker.running.recorders.functional.recorder import FunctionalRecorder
from nn_blender.worker.running.tracing import discovery
from nn_blender.worker.samples.looks import look_of


def loaded_from(file, reads=(), classes=CLASSES):
    inspection, opened = examine(file)
    model = keras.saving.load_model(file, custom_objects=classes, compile=False)
    return with_calls(model, opened, inspection.network, reads)


class Case:
    """A model of Python code from its file, and what its layers give when they are called by hand."""

    def __init__(self, name, folder):
        keras.utils.set_random_seed(3)
        cls, shapes = MODELS[name]
        self.model = cls()
        generator = np.random.default_rng(1)
        self.batch = [generator.normal(size=(3, *shape)).astype("float32") for shape in shapes]
        if name == "tagger":
            self.batch = [np.int32([[1, 2, 3, 0, 0], [4, 5, 6, 7, 8], [8, 1, 1, 2, 0]])]
        self.model(self.given(self.batch))
        for weight in self.model.weights:
            if "gamma" in weight.path or "moving" in weight.path:
                weight.assign(weight + generator.uniform(size=weight.shape))
        self.file = folder / "model.keras"
        self.model.save(self.file)
        self.loaded = loaded_from(self.file)
        self.recorder = recorder_of(self.loaded)
        self.states = [(v, v.numpy()) for v in self.loaded.keras_model.variables if "seed" in v.path]

    def given(self, batch):
        return batch[0] if len(batch) == 1 else {"left": batch[0], "right": batch[1]}

    def by_hand(self, layers=None, batch=None):
        """Every layer's output by path, and the network's outputs; each sample is the first after loading."""
        found, outputs = {}, []
        batch = self.batch if batch is None else batch
        slices = {layer.path: layer for layer in self.loaded.network.layers}

        def at(path, value):
            off = (layers or {}).get(switch_of(path))
            if off:
                axis = next(k for k, name in enumerate(slices[path].axes) if name in FEATURE_AXES)
                factors = np.ones(slices[path].neurons, "float32")
                factors[off] = 0
                axes = [1] * len(value.shape)
                axes[axis - len(slices[path].axes)] = -1
                mask = getattr(value, "_keras_mask", None)
                value = value * factors.reshape(axes)
                if mask is not None:
                    value._keras_mask = mask
            rows = value if slices[path].output_shape != tuple(value.shape) else value[None]
            found.setdefault(path, []).append(np.asarray(rows))
            return value

        model = self.loaded.keras_model
        for k in range(len(batch[0])):
            for variable, value in self.states:
                variable.assign(value)
            sample = [tf.constant(part[k : k + 1]) for part in batch]
            outputs.append([np.asarray(one) for one in type(model).by_hand(model, sample, at)])
        return (
            {path: np.concatenate(rows) for path, rows in found.items()},
            [np.concatenate(rows) for rows in zip(*outputs, strict=True)],
        )

    def switches(self, layers):
        data = {"layers": {path: {"off": off} for path, off in layers.items()}}
        return self.recorder.switches(Intervention.from_dict(data, self.loaded.network))


@pytest.fixture(scope="module")
def case_of(tmp_path_factory):
    """Makes the case of a name once."""
    return cache(lambda name: Case(name, tmp_path_factory.mktemp(name)))


@pytest.fixture(params=MODELS)
def case(request, case_of):
    return case_of(request.param)


def assert_equal(measured, expected, name=""):
    measured, expected = np.asarray(measured), np.asarray(expected)
    assert measured.shape == expected.shape, name
    assert np.abs(measured - expected).max() <= 1e-5 * max(np.abs(expected).max(), 1e-30), name


def test_every_layer_gives_what_it_gives_when_called_by_hand(case):
    assert isinstance(case.recorder, CallsRecorder)
    expected, outputs = case.by_hand()
    measured = record(case.recorder, *case.batch)
    assert set(measured) == set(expected)
    for path, value in expected.items():
        assert_equal(measured[path], value, path)
    _, given = measure(case.recorder, *case.batch)
    for measured_output, output in zip(given, outputs, strict=True):
        assert_equal(measured_output, output)
    for layer in case.loaded.network.layers:
        assert layer.output_shape == expected[layer.path].shape[1:], layer.path


def test_the_network_gives_what_keras_gives(case):
    given = case.recorder.outputs(inputs(*case.batch), case.recorder.intact)
    for k in range(3):
        for variable, value in case.states:
            variable.assign(value)
        alone = case.loaded.keras_model(case.given([part[k : k + 1] for part in case.batch]))
        for output, row in zip(keras.tree.flatten(alone), given, strict=True):
            assert_equal(row[k : k + 1], output)


def test_random_switches_equal_layers_masked_by_hand(case):
    generator = np.random.default_rng(7)
    switchable = [
        layer
        for layer in case.loaded.network.layers
        if layer.neurons and "#" not in layer.path and layer.class_name != "LSTM"
    ]
    for _ in range(4):
        chosen = generator.choice(len(switchable), 2, replace=False)
        layers = {
            switchable[k].path: generator.choice(switchable[k].neurons, 1 + k % 2, replace=False).tolist()
            for k in chosen
            if switchable[k].neurons > 1
        }
        expected, outputs = case.by_hand(layers)
        switches = case.switches(layers)
        measured = record(case.recorder, *case.batch, switches=switches)
        for path, value in expected.items():
            assert_equal(measured[path], value, f"{path} without {layers}")
        for given, output in zip(case.recorder.outputs(inputs(*case.batch), switches), outputs, strict=True):
            assert_equal(given, output)


@pytest.mark.parametrize("case", [name for name in MODELS if name != "tagger"], indirect=True)
def test_a_sweep_equals_single_switches(case):
    sample = [part[:1] for part in case.batch]
    for layer in case.loaded.network.layers[-4:]:
        neurons = np.array([NO_NEURON, 0, layer.neurons - 1])
        for part, _, outputs in case.recorder.sweep(inputs(*sample), layer.path, neurons, case.recorder.intact):
            for neuron, row in zip(neurons[part], outputs, strict=True):
                layers = {} if neuron == NO_NEURON else {switch_of(layer.path): [int(neuron)]}
                (expected,) = case.by_hand(layers, sample)[1][0]
                assert_equal(row, expected, f"{layer.path} {neuron}")


def test_layers_stand_in_the_order_of_their_calls_with_blocks_and_what_they_read(case_of):
    layers = {layer.path: layer for layer in case_of("resnet").loaded.network.layers}
    assert [(layer.path, layer.class_name, layer.inputs) for layer in layers.values()][:9] == [
        ("stem", "Conv2D", ("x",)),
        ("block_a/first", "Conv2D", ("stem",)),
        ("block_a/norm", "BatchNormalization", ("block_a/first",)),
        ("block_a/relu", "Relu", ("block_a/norm",)),
        ("block_a/second", "Conv2D", ("block_a/relu",)),
        ("block_a/drop", "Dropout", ("block_a/second",)),
        ("block_a/add", "Add", ("stem", "block_a/drop")),
        ("block_a/relu_1", "Relu", ("block_a/add",)),
        ("block_b/first", "Conv2D", ("block_a/relu_1",)),
    ]
    assert [*layers][-4:] == ["mean", "head/hidden", "head/classes", "softmax"]
    assert layers["head/hidden"].activation == "tanh"
    assert sum(layer.parameters for layer in layers.values()) == case_of("resnet").model.count_params()


@pytest.mark.parametrize("mean", [tf.reduce_mean, ops.mean])
def test_a_number_for_all_samples_is_an_output_of_each(mean, tmp_path):
    class Mean(keras.Model):
        def __init__(self, **more):
            super().__init__(**more)
            self.dense = L.Dense(3, name="dense")

        def call(self, x):
            return mean(self.dense(x)), x[:, :2]

    model, batch = Mean(), np.random.default_rng(0).normal(size=(3, 4)).astype("float32")
    model(batch)
    model.save(tmp_path / "model.keras")
    loaded = loaded_from(tmp_path / "model.keras", classes={"Mean": Mean})
    assert loaded.network.outputs == ("mean", "get_item")
    _, (means, parts) = measure(recorder_of(loaded), batch)
    assert_equal(means, [model(batch[k : k + 1])[0] for k in range(3)])
    assert_equal(parts, batch[:, :2])


def test_samples_that_meet_behind_a_table_are_run_one_by_one(tmp_path):
    class Words(keras.Model):
        def __init__(self, **more):
            super().__init__(**more)
            self.words = L.Embedding(3, 4, name="words")

        def call(self, x):
            return ops.softmax(self.words(ops.cast(x, "int32")), axis=0)

    model, batch = Words(), np.float32([[1, 2], [0, 1], [2, 2]])
    model(batch)
    model.save(tmp_path / "model.keras")
    recorder = recorder_of(loaded_from(tmp_path / "model.keras", classes={"Words": Words}))
    assert_equal(record(recorder, batch)["softmax"], np.ones((3, 2, 4)))


def test_texts_do_not_meet_because_they_are_no_numbers(tmp_path):
    class Reader(keras.Model):
        def __init__(self, **more):
            super().__init__(**more)
            self.look = L.StringLookup(vocabulary=["a", "b", "c"], name="look")
            self.words = L.Embedding(4, 3, name="words")

        def call(self, x):
            return self.words(self.look(tf.strings.lower(x)))

    model, batch = Reader(), np.array([["A", "b"], ["C", "a"], ["b", "B"]])
    model(tf.constant(batch))
    model.save(tmp_path / "model.keras")
    loaded = loaded_from(tmp_path / "model.keras", classes={"Reader": Reader})
    assert loaded.network.inputs[0].dtype == "string"
    assert not loaded.traced.is_alone
    assert_equal(record(recorder_of(loaded), batch)["words"], loaded.keras_model(tf.constant(batch)))


def test_what_is_very_large_is_neither_run_nor_tried_before_samples_are(tmp_path, monkeypatch):
    class Pairs(keras.Model):
        def __init__(self, **more):
            super().__init__(**more)
            self.last = L.Dense(2, name="last")

        def call(self, x):
            return self.last(tf.reduce_mean(tf.matmul(x, x, transpose_b=True), 2))

    model, batch = Pairs(), np.random.default_rng(0).normal(size=(2, 40, 3)).astype("float32")
    expected = model(batch)
    model.save(tmp_path / "model.keras")

    def load():
        loaded = loaded_from(tmp_path / "model.keras", classes={"Pairs": Pairs})
        assert [layer.output_shape for layer in loaded.network.layers] == [(40, 40), (40,), (2,)]
        assert_equal(record(recorder_of(loaded), batch)["last"], expected)
        return loaded

    assert not load().traced.is_alone
    monkeypatch.setattr(trials, "_MOST_COMPUTED", 5 * 40 * 40 - 1)
    monkeypatch.setattr(discovery, "samples_meet", lambda *_: pytest.fail("tried"))
    assert load().remarks[1] == "Its samples are run one by one, since it computes very much of each of them."
    monkeypatch.setattr(trials, "_MOST_COMPUTED", 40 * 40 - 1)
    monkeypatch.setattr(discovery, "zeros", lambda *_: pytest.fail("run"))
    load()


def test_weights_between_layers_count_once(tmp_path):
    class Tied(keras.Model):
        def __init__(self, **more):
            super().__init__(**more)
            self.words = L.Embedding(7, 3, name="words")
            self.scale = self.add_weight(shape=(3,), name="scale")

        def call(self, x):
            x = self.words(x) * self.scale
            return tf.matmul(x * self.scale, self.words.embeddings, transpose_b=True)

    model = Tied()
    model(np.int32([[1, 2]]))
    model.save(tmp_path / "model.keras")
    network = loaded_from(tmp_path / "model.keras", classes={"Tied": Tied}).network
    assert [layer.parameters for layer in network.layers] == [21, 3, 0, 0]
    assert network.parameters == model.count_params()


def test_a_table_that_is_the_same_for_all_samples_reads_nothing(case_of):
    network = case_of("tagger").loaded.network
    assert network.layer("places").inputs == ()
    assert network.layer("add").inputs == ("words", "places")


def test_several_inputs_and_outputs_keep_their_names_and_order(case_of):
    network = case_of("thrice").loaded.network
    assert network.inputs == (TensorSpec("left", (4,)), TensorSpec("right", (4,)))
    assert network.outputs == ("get_item", "norm")
    assert network.layer("dense#2").inputs == ("multiply",)


def test_random_numbers_are_the_same_in_every_run_and_batch(case_of):
    case = case_of("vae")
    whole, (first, *_) = measure(case.recorder, *case.batch)
    assert_equal(measure(case.recorder, *case.batch)[0], whole)
    for k in range(3):
        assert_equal(measure(case.recorder, case.batch[0][k : k + 1])[1][0], first[k : k + 1])
    assert any("sampling draws random numbers" in remark for remark in case.loaded.remarks)


def test_what_is_dropped_in_training_alone_is_no_random_number_in_inference(tmp_path):
    class Reader(keras.Model):
        def __init__(self, **settings):
            super().__init__(**settings)
            self.first = L.LSTM(4, dropout=0.3, recurrent_dropout=0.2, return_sequences=True)
            self.last = L.Bidirectional(L.GRU(3, dropout=0.5))

        def call(self, x, training=False):
            return self.last(self.first(x, training=training), training=training)

    model, batch = Reader(), np.random.default_rng(0).normal(size=(3, 5, 2)).astype("float32")
    expected = model(batch, training=False).numpy()
    model.save(tmp_path / "model.keras")
    loaded = loaded_from(tmp_path / "model.keras", classes={"Reader": Reader})
    assert not loaded.traced.is_alone
    assert not loaded.traced.draws
    assert_equal(measure(recorder_of(loaded), batch)[1][0], expected)


def test_random_numbers_of_tensorflow_are_the_same_in_every_run(tmp_path):
    class Noise(keras.Model):
        def __init__(self, **more):
            super().__init__(**more)
            self.last = L.Dense(2, name="last")

        def call(self, x):
            return self.last(x + tf.random.normal(tf.shape(x)) * tf.random.uniform(tf.shape(x), 1, 2))

    model, batch = Noise(), np.ones((2, 400), "float32")
    model(batch)
    model.save(tmp_path / "model.keras")
    recorder = recorder_of(loaded_from(tmp_path / "model.keras", classes={"Noise": Noise}))
    before = record(recorder, batch)
    assert_equal(measure(recorder, batch[:1])[1][0], before["last"][:1])
    noise = before["add"] - 1
    assert abs(noise.mean()) < 0.2
    assert 1.2 < noise.std() < 1.8
    off = Intervention.from_dict({"layers": {"last": {"off": [0]}}}, recorder.network)
    assert_equal(record(recorder, batch, switches=recorder.switches(off))["add"], before["add"])


DRAWS = {
    "normal": (lambda x: x + tf.random.normal(tf.shape(x), seed=3), 0, 1),
    "truncated": (lambda x: x + tf.random.truncated_normal(tf.shape(x)), 0, 0.88),
    "uniform": (lambda x: x + tf.random.uniform(tf.shape(x), 1, 3), 2, 0.577),
    "whole": (lambda x: x + tf.cast(tf.random.uniform(tf.shape(x), 0, 3, tf.int32), x.dtype), 1, 0.816),
    "gamma": (lambda x: x + tf.random.gamma([], tf.fill(tf.shape(x), 4.0)), 4, 2),
    "poisson": (lambda x: x + tf.random.poisson([], tf.fill(tf.shape(x), 4.0)), 4, 2),
    "category": (lambda x: x + tf.cast(tf.random.categorical([[0.0, 0.0, 0.0]], 600), x.dtype), 1, 0.816),
    "of NumPy": (lambda x: x + np.float32(np.random.normal(size=600)), 0, 1),  # noqa: NPY002
    "of Python": (lambda x: x + [random.random() for _ in range(600)], 0.5, 0.289),
    "dropout": (lambda x: tf.nn.dropout(x + 1, 0.5), 1, 1),
    "shuffle": (lambda x: x + tf.random.shuffle(tf.range(0.0, 600.0)), 299.5, 173),
    "of Keras": (lambda x: x + keras.random.normal(tf.shape(x)), 0, 1),
    "generator": (lambda x, own=tf.random.Generator.from_seed(1): x + own.normal(tf.shape(x)), 0, 1),  # noqa: B008
    "condition": (lambda x: tf.cond(tf.reduce_sum(x) < 1, lambda: x + tf.random.normal(tf.shape(x)), lambda: x), 0, 1),
    "loop": (lambda x: tf.map_fn(lambda row: row + tf.random.normal(tf.shape(row)), x[0][:, None])[None, :, 0], 0, 1),
}
"""Functions of zeros (1, 600), and the mean and spread of what they give."""


class Drawing(keras.Model):
    def __init__(self, kind="", **more):
        super().__init__(**more)
        self.kind, self.last = kind, L.Dense(2, name="last")

    def call(self, x):
        return self.last(tf.stop_gradient(DRAWS[self.kind][0](x)) * 1.0)

    def get_config(self):
        return {**super().get_config(), "kind": self.kind}


@pytest.mark.parametrize("kind", DRAWS)
def test_random_numbers_of_every_kind_keep_their_distribution_and_are_the_same_in_every_run(kind, tmp_path):
    _, mean, spread = DRAWS[kind]
    model, batch = Drawing(kind), np.zeros((2, 600), "float32")
    model(batch[:1])
    model.save(tmp_path / "model.keras")
    recorder = recorder_of(loaded_from(tmp_path / "model.keras", classes={"Drawing": Drawing}))
    before = record(recorder, batch)
    assert_equal(measure(recorder, batch[1:])[1][0], before["last"][:1])
    drawn = before[[*before][-2]]
    assert abs(drawn.mean() - mean) < 0.2 * spread
    assert drawn.std() == pytest.approx(spread, rel=0.2)
    off = Intervention.from_dict({"layers": {"last": {"off": [0]}}}, recorder.network)
    assert_equal(record(recorder, batch, switches=recorder.switches(off))["last"][:, 1], before["last"][:, 1])
    (note,) = recorder.notes(off)
    assert "random numbers, the same for every sample and in every run" in note


@pytest.mark.parametrize(
    "code",
    [
        lambda x: x + __import__("tensorflow").random.get_global_generator().normal((3,)),
        lambda x: __import__("tensorflow").map_fn(lambda row: row + __import__("tensorflow").random.normal((3,)), x),
    ],
)
def test_random_numbers_are_the_same_whenever_the_model_is_loaded(code, tmp_path):
    numbers = keras.Input((3,), name="numbers")
    keras.Model(numbers, L.Lambda(code, output_shape=(3,), name="noise")(numbers)).save(tmp_path / "model.keras")
    first, second = (
        record(recorder_of(load_model(tmp_path / "model.keras", allow_code=True)), np.zeros((2, 3), "float32"))
        for _ in range(2)
    )
    assert np.abs(first["noise"]).max() > 0
    assert_equal(first["noise"], second["noise"])


def test_a_size_that_is_chosen_later_leaves_random_numbers_and_states_as_they_are_in_the_file(tmp_path):
    class Sized(keras.Model):
        def __init__(self, **more):
            super().__init__(**more)
            self.generator = keras.random.SeedGenerator(3)
            self.last = L.Dense(2, name="last")

        def call(self, x):
            return self.last(x + keras.random.normal((1, 1, 4), seed=self.generator))

    model, batch = Sized(), np.ones((1, 5, 4), "float32")
    model(batch)
    model.save(tmp_path / "model.keras")
    loaded = loaded_from(tmp_path / "model.keras", classes={"Sized": Sized})
    before = record(recorder_of(loaded), batch)
    after = record(recorder_of(with_sizes(loaded, ((3, 4),))), batch[:, :3])
    assert_equal(after["last"], before["last"][:, :3])


def test_random_numbers_that_nothing_sets_back_are_not_said_to_repeat(tmp_path):
    class Raw(keras.Model):
        def __init__(self, **more):
            super().__init__(**more)
            self.last = L.Dense(2, name="last")

        def call(self, x):
            return self.last(x + tf.raw_ops.RandomStandardNormal(shape=tf.shape(x), dtype=tf.float32))

    model = Raw()
    model(np.zeros((1, 3), "float32"))
    model.save(tmp_path / "model.keras")
    loaded = loaded_from(tmp_path / "model.keras", classes={"Raw": Raw})
    assert "Raw draws other random numbers in every run." in loaded.remarks[1]


def functional_vae():
    """As keras.io builds it, with several layers behind and beside the one that draws."""
    numbers = keras.Input((4,), name="numbers")
    x = L.Dense(6, activation="relu", name="encoder")(numbers)
    mean, spread = L.Dense(2, name="mean")(x), L.Dense(2, name="spread")(x)
    x = Sampling(name="sampling")([mean, spread])
    return keras.Model(numbers, [L.Dense(4, name="decoder")(x), mean]), {"decoder", "sampling"}, {"mean", "spread"}


def functional_noise():
    """A Lambda inside a nested model, with inputs by name."""
    inner = keras.Input((3,))
    inner = keras.Model(
        inner,
        L.Lambda(lambda x: x + __import__("keras").random.normal((1, 3)), output_shape=(3,), name="noise")(inner),
        name="inner",
    )
    inputs = {"b": keras.Input((3,), name="b"), "a": keras.Input((3,), name="a")}
    x = L.Dense(3, name="mean")(L.Subtract(name="sub")([inputs["b"], 3 * inputs["a"]]))
    return keras.Model(inputs, L.Dense(2, name="decoder")(inner(x))), {"decoder", "inner/noise"}, {"mean"}


def functional_numpy():
    """Draws from NumPy while it is traced."""
    numbers = keras.Input((4,), name="numbers")
    x = L.Lambda(lambda x: x + __import__("numpy").random.normal(size=3), output_shape=(3,), name="noise")(
        L.Dense(3, name="mean")(numbers)
    )
    return keras.Model(numbers, L.Dense(2, name="decoder")(x)), {"decoder", "noise"}, {"mean"}


def functional_counter():
    """Keeps how often it was called, in a layer and in an activation."""

    class Counter(L.Layer):
        def build(self, _shape):
            self.count = self.add_weight(shape=(), initializer="zeros", trainable=False, name="count")

        def call(self, x):
            self.count.assign_add(1.0)
            return x * self.count

    CLASSES["Counter"] = Counter
    numbers = keras.Input((4,), name="numbers")
    x = Counter(name="counter")(L.Dense(3, name="mean")(numbers))
    return keras.Model(numbers, L.Dense(2, name="decoder")(x)), {"decoder", "counter"}, {"mean"}


@pytest.mark.parametrize("make", [functional_vae, functional_noise, functional_numpy, functional_counter])
def test_a_functional_model_gives_the_same_in_every_run_and_only_what_a_switch_reaches_changes(make, tmp_path):
    keras.utils.set_random_seed(2)
    model, behind, before = make()
    model.save(tmp_path / "model.keras")
    inspection, opened = examine(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras", custom_objects=CLASSES, compile=False, safe_mode=False)
    loaded = with_calls(again, opened, inspection.network, ())
    recorder = recorder_of(loaded)
    batch = [
        np.random.default_rng(k).normal(size=(3, *spec.shape)).astype("float32")
        for k, spec in enumerate(loaded.network.inputs)
    ]
    first = record(recorder, *batch)
    assert {layer.path for layer in loaded.network.layers} == {layer.path for layer in inspection.network.layers}
    for k in range(3):
        for path, values in record(recorder, *(part[k : k + 1] for part in batch)).items():
            assert_equal(values, first[path][k : k + 1], path)
    off = Intervention.from_dict({"layers": {"decoder": {"off": [0]}}}, loaded.network)
    switched = record(recorder, *batch, switches=recorder.switches(off))
    for path, values in first.items():
        expected = values * [0, *[1] * (values.shape[-1] - 1)] if path == "decoder" else values
        assert_equal(switched[path], expected, path)
    off = Intervention.from_dict({"layers": {"mean": {"off": [1]}}}, loaded.network)
    switched = record(recorder, *batch, switches=recorder.switches(off))
    assert {path for path in behind if not np.array_equal(switched[path], first[path])} == behind
    assert before <= first.keys()
    for path in before:
        assert_equal(switched[path][..., 0], first[path][..., 0], path)
    if make is not functional_counter:
        assert any("draws random numbers, the same for every sample" in remark for remark in loaded.remarks)


def test_what_such_a_model_cannot_do_is_said_when_it_is_loaded(case):
    assert "run from the beginning" in case.loaded.remarks[0]
    assert any("one by one" in remark for remark in case.loaded.remarks) == (
        type(case.model).__name__ in ("Vae", "FixedBatch", "Meeting", "Stacked")
    )


def both(tmp_path):
    """A network that a graph is known of, with a recorder that uses the graph and one that does not."""
    from by_calls import by_calls

    keras.utils.set_random_seed(4)
    steps = keras.Input((6, 3), name="steps")
    base = keras.Sequential([keras.Input((6, 8)), L.Conv1D(5, 3, activation="relu", name="conv")], name="base")
    x = base(L.Bidirectional(L.GRU(4, return_sequences=True), name="both")(steps))
    x = keras.ops.mean(x, axis=1) * 2.0
    keras.Model(steps, L.Dense(4, activation="softmax", name="classes")(x)).save(tmp_path / "model.keras")
    loaded = load_model(tmp_path / "model.keras")
    batch = np.random.default_rng(0).normal(size=(3, 6, 3)).astype("float32")
    return recorder_of(loaded), by_calls(loaded), batch


def test_both_recorders_measure_the_same_of_the_same_network(tmp_path):
    functional, calls, batch = both(tmp_path)
    assert isinstance(functional, FunctionalRecorder)
    assert [layer.class_name for layer in calls.network.layers] == [
        layer.class_name for layer in functional.network.layers
    ]
    pairs = list(zip(functional.network.layers, calls.network.layers, strict=True))
    off = {"layers": {"both": {"off": [1, 6]}, "base/conv": {"gain": {"2": 0.5}}}}
    for data in ({"layers": {}}, off):
        own = [(one, one.switches(Intervention.from_dict(data, one.network))) for one in (functional, calls)]
        values, others = (record(one, batch, switches=switches) for one, switches in own)
        for layer, other in pairs:
            assert_equal(others[other.path], values[layer.path], layer.path)
        sums = [
            one.gradients(inputs(batch), np.array([0, 1, 2]), switches, lambda layer, output, slope: output * slope)
            for one, switches in own
        ]
        for layer, other in pairs:
            assert_equal(sums[1][other.path], sums[0][layer.path], layer.path)
        for layer, other in pairs:
            swept = [
                np.concatenate([logits for _, logits, _ in one.sweep(inputs(batch[:1]), path, np.arange(4), switches)])
                for (one, switches), path in zip(own, (layer.path, other.path), strict=True)
            ]
            assert_equal(*swept[::-1], layer.path)


@keras.saving.register_keras_serializable("own")
class OwnStep(keras.Model):
    def train_step(self, data):
        return {"loss": 0.0}


def test_a_functional_model_with_a_train_step_of_its_own_keeps_its_graph(tmp_path):
    numbers = keras.Input((4,), name="numbers")
    model = OwnStep(numbers, L.Dense(3, name="classes")(L.Dense(4, name="hidden")(numbers)))
    model.save(tmp_path / "model.keras")
    loaded = loaded_from(tmp_path / "model.keras")
    assert isinstance(recorder_of(loaded), FunctionalRecorder)
    batch = np.ones((2, 4), "float32")
    assert_equal(record(recorder_of(loaded), batch)["classes"], model(batch))


@keras.saving.register_keras_serializable("own")
class OwnCall(keras.Model):
    def call(self, x):
        return 2 * super().call(x)


def test_a_functional_model_that_is_called_otherwise_is_run_as_its_code_says(tmp_path):
    numbers = keras.Input((4,), name="numbers")
    model = OwnCall(numbers, L.Dense(3, name="classes")(numbers))
    model.save(tmp_path / "model.keras")
    loaded = loaded_from(tmp_path / "model.keras", [TensorSpec("numbers", (4,))])
    batch = np.ones((2, 4), "float32")
    assert loaded.network.outputs == ("multiply",)
    assert_equal(recorder_of(loaded).outputs(inputs(batch), recorder_of(loaded).intact)[0], model(batch))


def test_a_sequential_model_that_never_saw_data_takes_its_shape_from_samples(tmp_path):
    layers = [L.Conv2D(2, 3, kernel_initializer="ones", name="conv"), L.Flatten(name="flat")]
    keras.Sequential(layers).save(tmp_path / "open.keras")
    with pytest.raises(UserError, match="does not say what its network reads") as caught:
        load_model(tmp_path / "open.keras")
    assert caught.value.code == "model.inputs_unknown"
    np.save(tmp_path / "samples.npy", np.arange(2 * 5 * 5, dtype="uint8").reshape(2, 5, 5, 1))
    sample = Sample("first", (SampleValue(str(tmp_path / "samples.npy"), 0),))
    loaded = load_model(tmp_path / "open.keras", reads=look_of(sample))
    assert loaded.network.inputs[0].shape == (5, 5, 1)
    assert loaded.network.layer("flat").output_shape == (18,)
    batch = np.ones((2, 5, 5, 1), "float32")
    assert_equal(record(recorder_of(loaded), batch)["conv"], np.full((2, 3, 3, 2), 9.0))
    assert "stores no weights" in loaded.remarks[0]


def test_ranges_are_found_before_the_first_learned_layer_of_code(tmp_path):
    class Scaled(keras.Model):
        def __init__(self, **more):
            super().__init__(**more)
            self.conv = L.Conv2D(2, 3, name="conv")

        def call(self, pixels):
            return self.conv(pixels / 255.0)

    model = Scaled()
    model(np.zeros((1, 8, 8, 3)))
    model.save(tmp_path / "model.keras")
    (found,) = find_input_ranges(loaded_from(tmp_path / "model.keras", classes={"Scaled": Scaled}))
    assert found.range == (0.0, 255.0)


def test_code_that_cannot_be_called_is_told_in_its_own_words(tmp_path):
    class Broken(keras.Model):
        def call(self, x):
            raise ValueError("there is no such day")

    Broken().save(tmp_path / "model.keras")
    with pytest.raises(UserError, match="cannot be called: there is no such day") as caught:
        loaded_from(tmp_path / "model.keras", [TensorSpec("", (4,))], {"Broken": Broken})
    assert caught.value.code == "model.unsupported"
