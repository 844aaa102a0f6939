"""Models for one size of batch, models that keep their state, and models that join the samples of a batch.

The oracle is plain Keras: every sample by itself, the batch filled with copies of it, states set back before each.
"""

from __future__ import annotations

import keras
import numpy as np
import pytest
from recordings import inputs, measure, record

from nn_blender.core.interventions.intervention import Intervention
from nn_blender.core.network import FEATURE_AXES
from nn_blender.worker.models.inspecting import examine
from nn_blender.worker.running import trials
from nn_blender.worker.running.loading import load_model, with_calls
from nn_blender.worker.running.recorders import NO_NEURON, PREDICTED, recorder_of
from nn_blender.worker.running.recorders.slopes import Question, Variation

L = keras.layers
RNG = np.random.default_rng(4)


def pictures(size):
    pixels = keras.Input(batch_shape=(size, 8, 8, 3))
    x = L.BatchNormalization(name="norm")(L.Conv2D(4, 3, name="conv")(pixels))
    return keras.Model(pixels, L.Dense(2, name="out")(L.Flatten(name="flat")(x)))


def sequential(size):
    layers = [L.Conv2D(4, 3, name="conv"), L.GlobalAveragePooling2D(name="pool"), L.Dense(2, name="out")]
    return keras.Sequential([keras.Input(batch_shape=(size, 8, 8, 3)), *layers])


def states(size):
    lstm = L.LSTM(4, stateful=True, return_sequences=True, name="lstm")
    layers = [lstm, L.GRU(4, stateful=True, name="gru"), L.Dense(2, name="out")]
    return keras.Sequential([keras.Input(batch_shape=(size, 5, 3)), *layers])


def both_ways(size):
    steps = keras.Input(batch_shape=(size, 5, 3))
    x = L.Bidirectional(L.LSTM(4, stateful=True, return_sequences=True), name="both")(steps)
    return keras.Model(steps, L.Dense(2, name="out")(L.SimpleRNN(3, stateful=True, name="rnn")(x)))


def nested(size):
    inner = keras.Input(batch_shape=(size, 8, 8, 3))
    model = keras.Model(inner, L.Conv2D(4, 3, name="conv")(inner), name="inner")
    pixels = keras.Input(batch_shape=(size, 8, 8, 3))
    return keras.Model(pixels, L.Dense(2, name="out")(L.Flatten(name="flat")(model(pixels))))


def size_in_reshape(size):
    pixels = keras.Input(batch_shape=(size, 8, 8, 3))
    return keras.Model(pixels, L.Dense(2, name="out")(keras.ops.reshape(pixels, (size, -1))))


def size_in_constant(size):
    numbers = keras.Input(batch_shape=(size, 4))
    constant = np.arange(4 * size).reshape(size, 4).astype(np.float32)
    return keras.Model(numbers, L.Dense(2, name="out")(keras.ops.add(numbers, constant)))


def mean_over_batch(_size):
    numbers = keras.Input((4,))
    x = L.Dense(3, name="dense")(numbers)
    return keras.Model(numbers, L.Dense(2, name="out")(x - keras.ops.mean(x)))


def time_first(_size):
    steps = keras.Input((5, 3))
    x = keras.ops.transpose(L.Dense(4, name="dense")(steps), (1, 0, 2))
    x = keras.ops.transpose(keras.ops.cumsum(x, axis=0), (1, 0, 2))
    return keras.Model(steps, L.Dense(2, name="out")(L.Flatten(name="flat")(x)))


TOGETHER = [pictures, sequential, states, both_ways, nested]
ALONE = [size_in_reshape, size_in_constant, mean_over_batch, time_first]
CASES = [(make, size) for make in TOGETHER + ALONE for size in (1, 4)]


@pytest.fixture(scope="module", params=CASES, ids=lambda case: f"{case[0].__name__}-{case[1]}")
def case(request, tmp_path_factory):
    """A model, the number of copies in a batch, a batch of three samples, the loaded model, and a recorder of it."""
    make, size = request.param
    keras.utils.set_random_seed(3)
    model = make(size)
    file = tmp_path_factory.mktemp("sizes") / "model.keras"
    model.save(file)
    batch = RNG.normal(size=(3, *model.inputs[0].shape[1:])).astype(np.float32)
    copies = size if model.inputs[0].shape[0] else 1
    loaded = load_model(file)
    return make, model, copies, batch, loaded, recorder_of(loaded)


def by_itself(model, sample, copies):
    for layer in model._flatten_layers():
        if getattr(layer, "stateful", False) and hasattr(layer, "reset_states"):
            layer.reset_states()
    return np.asarray(model(np.repeat(sample[None], copies, axis=0), training=False))[0]


def test_every_sample_gives_what_it_gives_by_itself(case):
    make, model, copies, batch, loaded, recorder = case
    expected = np.stack([by_itself(model, sample, copies) for sample in batch])
    for _ in range(2):  # Nothing is kept from one run to the next.
        values, (outputs,) = measure(recorder, batch)
        np.testing.assert_allclose(outputs, expected, rtol=1e-5, atol=1e-6)
    recorded = record(recorder, batch)
    np.testing.assert_allclose(recorded["out"], expected, rtol=1e-5, atol=1e-6)
    slices = loaded.network.neuron_slices()
    np.testing.assert_allclose(values[:, slices["out"]], expected, rtol=1e-5, atol=1e-6)
    for layer in loaded.network.layers:
        positions = tuple(k for k, axis in enumerate(layer.axes, 1) if axis not in FEATURE_AXES)
        if make is not time_first and layer.neurons:
            means = recorded[layer.path].mean(positions, dtype=np.float64)
            np.testing.assert_allclose(values[:, slices[layer.path]], means, rtol=1e-5, atol=1e-6)
    said = " ".join(loaded.remarks)
    assert ("by itself" in said) == (make in ALONE and (make, copies) != (size_in_constant, 1))
    assert ("keep their state" in said) == (make in (states, both_ways))


def test_a_switched_neuron_is_off_for_every_sample(case):
    _, model, copies, batch, loaded, recorder = case
    change = Intervention.from_dict({"layers": {"out": {"off": [1]}}}, loaded.network)
    _, (outputs,) = measure(recorder, batch, switches=recorder.switches(change))
    expected = np.stack([by_itself(model, sample, copies) for sample in batch])
    expected[:, 1] = 0
    np.testing.assert_allclose(outputs, expected, rtol=1e-5, atol=1e-6)


def test_influence_and_gradients_are_those_of_the_sample_by_itself(case):
    _, model, copies, batch, _, recorder = case
    expected = by_itself(model, batch[0], copies)
    found = list(recorder.sweep(inputs(batch[:1]), "out", np.array([NO_NEURON, 0]), recorder.intact))
    scores = np.concatenate([outputs for _, _, outputs in found])
    np.testing.assert_allclose(scores, [expected, [0, expected[1]]], rtol=1e-5, atol=1e-6)
    given = recorder.gradients(
        inputs(batch), np.full(3, PREDICTED, np.int32), recorder.intact, lambda _layer, _output, gradient: gradient
    )
    winners = [by_itself(model, sample, copies).argmax() for sample in batch]
    np.testing.assert_array_equal(given["out"], np.eye(2)[winners])


def test_samples_that_have_to_be_alone_are_explained_by_themselves(case):
    *_, batch, _, recorder = case
    chosen = np.full(len(batch), 1, np.int32)
    found = recorder.slopes(inputs(batch), Question(at_inputs=True), chosen, recorder.intact)
    step = RNG.normal(size=batch.shape).astype("float32")
    moved = [
        recorder.slopes(inputs(batch + size * step), Question(), chosen, recorder.intact).scores
        for size in (-1e-3, 1e-3)
    ]
    along = (found.inputs[0].gradients * step).reshape(len(batch), -1).sum(1)
    expected = (moved[1] - moved[0]) / 2e-3
    np.testing.assert_allclose(along, expected, rtol=0, atol=0.05 * np.abs(expected).max())
    assert (along != 0).any()
    ones, zeros = np.ones(len(batch), np.float32), np.zeros(len(batch), np.float32)
    varied = recorder.slopes(
        inputs(batch), Question(at_inputs=True), chosen, recorder.intact, Variation(ones * 0.5, zeros, chosen)
    )
    expected = recorder.slopes(inputs(batch * 0.5), Question(at_inputs=True), chosen, recorder.intact)
    np.testing.assert_allclose(varied.inputs[0].gradients, expected.inputs[0].gradients, rtol=1e-4, atol=1e-6)
    assert (varied.inputs[0].values == batch).all()


def test_a_number_for_all_samples_of_a_batch_is_an_output(tmp_path):
    numbers = keras.Input((4,))
    model = keras.Model(numbers, keras.ops.mean(L.Dense(3, name="dense")(numbers)))
    model.save(tmp_path / "model.keras")
    batch = RNG.normal(size=(3, 4)).astype(np.float32)
    _, (outputs,) = measure(recorder_of(load_model(tmp_path / "model.keras")), batch)
    np.testing.assert_allclose(outputs, [model(batch[k : k + 1]) for k in range(3)], rtol=1e-5)


def test_a_step_that_computes_very_much_is_not_tried(tmp_path, monkeypatch):
    steps = keras.Input((40, 2), name="steps")
    x = keras.ops.matmul(steps, keras.ops.transpose(steps, (0, 2, 1)))
    keras.Model(steps, L.Dense(2, name="out")(x)).save(tmp_path / "model.keras")
    tried = []
    monkeypatch.setattr(trials, "_meet", lambda function, _: tried.append(function))
    load_model(tmp_path / "model.keras")
    assert len(tried) == 2
    monkeypatch.setattr(trials, "_MOST_COMPUTED", 4 * 40 * 40 - 1)
    load_model(tmp_path / "model.keras")
    assert len(tried) == 3  # The transposed steps alone.


@keras.saving.register_keras_serializable("meeting")
class Largest(L.Layer):
    """Divides by the largest number of all samples."""

    def call(self, x):
        return x / keras.ops.max(keras.ops.abs(x))

    def compute_output_shape(self, shape):
        return shape


MEETINGS = {
    "lambda": (lambda: L.Lambda(lambda x: x / (x[:1] + x[-1:]), output_shape=(4,), name="meets"), (4,)),
    "class": (lambda: Largest(name="meets"), (4,)),
    "class at every step": (lambda: L.TimeDistributed(Largest(), name="meets"), (5, 4)),
    "softmax": (lambda: L.Softmax(axis=0, name="meets"), (4,)),
    "unit": (lambda: L.UnitNormalization(axis=(0, 2), name="meets"), (5, 4)),
    "sums": (lambda: lambda x: keras.ops.cumsum(x, axis=0), (4,)),
    "sorted": (lambda: lambda x: keras.ops.sort(x, axis=-2), (4,)),
    "reversed": (lambda: lambda x: keras.ops.flip(x, axis=0), (5, 4)),
    "likeness": (lambda: lambda x: keras.ops.matmul(keras.ops.einsum("bi,ci->bc", x, x), x), (4,)),
}


@keras.saving.register_keras_serializable("meeting")
class OwnCall(keras.Model):
    """The same in code."""

    def __init__(self, kind, **more):
        super().__init__(**more)
        self.kind = kind
        self.first, self.step, self.out = L.Dense(4, name="first"), MEETINGS[kind][0](), L.Dense(2, name="out")

    def call(self, x):
        return self.out(self.step(self.first(x)))

    def get_config(self):
        return {**super().get_config(), "kind": self.kind}


def load_trusted(file):
    inspection, opened = examine(file)
    model = keras.saving.load_model(file, compile=False, safe_mode=False)
    return with_calls(model, opened, inspection.network, ())


@pytest.mark.parametrize("name", MEETINGS)
@pytest.mark.parametrize("is_code", [False, True])
def test_samples_that_meet_inside_a_step_are_run_by_themselves(name, is_code, tmp_path):
    make, shape = MEETINGS[name]
    keras.utils.set_random_seed(3)
    if is_code:
        model = OwnCall(name)
        model(np.zeros((1, *shape), np.float32))
    else:
        numbers = keras.Input(shape)
        model = keras.Model(numbers, L.Dense(2, name="out")(make()(L.Dense(4, name="first")(numbers))))
    model.save(tmp_path / "model.keras")
    batch = RNG.normal(size=(4, *shape)).astype(np.float32)
    expected = np.concatenate([model(batch[k : k + 1], training=False) for k in range(4)])
    loaded = load_trusted(tmp_path / "model.keras")
    recorder = recorder_of(loaded)
    np.testing.assert_allclose(measure(recorder, batch)[1][0], expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(measure(recorder, batch[2:])[1][0], expected[2:], rtol=1e-5, atol=1e-6)
    said = " ".join(loaded.remarks)
    assert ("one by one" if is_code else "joins the samples of a batch") in said
