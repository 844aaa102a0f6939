"""What every recorder must do, whatever it runs a model with. A further recorder is a further line in `RECORDERS`.

The oracles use public Keras only: clones of the model in which layers' outputs are multiplied by factors.
"""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from by_calls import by_calls
from layer_by_layer import LayerByLayer
from recordings import inputs, measure, record

from nn_blender.core.errors import Cancelled, UserError
from nn_blender.core.interventions.intervention import Intervention, switch_of
from nn_blender.core.network import FEATURE_AXES
from nn_blender.core.recording import STATISTICS
from nn_blender.worker.running.loading import load_model
from nn_blender.worker.running.recorders import NO_NEURON, PREDICTED, Inputs, recorder_of
from nn_blender.worker.running.recorders.functional import segments
from nn_blender.worker.running.recorders.functional.recorder import FunctionalRecorder
from nn_blender.worker.running.recorders.slopes import Question

L = keras.layers

RECORDERS = {
    "functional": FunctionalRecorder,
    "calls": by_calls,
    "layer by layer": LayerByLayer,
}


@pytest.fixture(params=RECORDERS)
def make(request, monkeypatch):
    """Makes a recorder of a loaded model."""
    monkeypatch.setattr(segments, "SMALLEST_COST", 1.0)  # Small networks are cut too.
    return RECORDERS[request.param]


def branches():
    """Convolutions that part and join again, with normalisation, pooling and softmax."""
    pixels = keras.Input((6, 6, 2), name="pixels")
    x = L.BatchNormalization(name="norm")(L.Conv2D(4, 3, activation="relu", name="conv")(pixels))
    left, right = L.Conv2D(3, 1, activation="tanh", name="left")(x), L.Conv2D(3, 1, name="right")(x)
    x = L.MaxPooling2D(name="pool")(L.Add(name="sum")([left, right]))
    x = L.Dense(5, activation="relu", name="hidden")(L.Flatten(name="flat")(x))
    return keras.Model(pixels, L.Dense(3, activation="softmax", name="classes")(x)), (3, 6, 6, 2)


def shared():
    """A layer that is called twice, the second time on what the first gave."""
    numbers = keras.Input((4,), name="numbers")
    dense = L.Dense(4, activation="tanh", name="dense")
    x = dense(dense(numbers))
    return keras.Model(numbers, L.Dense(3, activation="softmax", name="classes")(x)), (3, 4)


NETWORKS = {"branches": branches, "shared": shared}


@pytest.fixture(params=NETWORKS)
def network(request):
    return request.param


class Case:
    """A network with a batch, loaded from a file, and what plain Keras makes of it.

    Changes are given as `Intervention.from_dict` takes them.
    """

    def __init__(self, build, folder):
        keras.utils.set_random_seed(1)
        self.model, shape = build()
        self.batch = np.random.default_rng(0).normal(size=shape).astype("float32")
        self.model.save(folder / "model.keras")
        self.loaded = load_model(folder / "model.keras")
        self._factors, self._fills, self._recorders = {}, {}, {}
        self._plain, self._last = self._clone()

    def recorder(self, make):
        """One that tests share, except those that name samples."""
        if make not in self._recorders:
            self._recorders[make] = make(self.loaded)
        return self._recorders[make]

    def _clone(self):
        outputs = {}

        def call(layer, *args, **kwargs):
            output = layer(*args, **kwargs)
            if isinstance(layer, L.InputLayer):
                return output
            count = sum(switch_of(path) == layer.name for path in outputs)
            path = f"{layer.name}#{count}" if count else layer.name
            factor = self._factors[path] = keras.Variable(np.ones(output.shape[-1], "float32"))
            fill = self._fills[path] = keras.Variable(np.zeros(output.shape[-1], "float32"))
            outputs[path] = keras.ops.add(keras.ops.multiply(output, factor), fill)
            return outputs[path]

        clone = keras.models.clone_model(self.model, call_function=call)
        clone.set_weights(self.model.get_weights())
        return keras.Model(clone.inputs, outputs), clone.get_layer(self.model.layers[-1].name)

    def expected(self, layers, batch=None, means=None, is_linear=False, slices=None):
        """Outputs of all layers, tensors by path.

        Args:
            is_linear: whether the last layer's activation is left out.
            slices: where the layers are in the means.
        """
        for path, factor in self._factors.items():
            given = layers.get(switch_of(path), {})
            gains = {int(k): gain for k, gain in given.get("gain", {}).items()} | dict.fromkeys(given.get("off", ()), 0)
            factor.assign([gains.get(k, 1) for k in range(factor.shape[0])])
            replaced = given.get("replace", ())
            self._fills[path].assign([means[slices[path]][k] if k in replaced else 0 for k in range(factor.shape[0])])
        activation = self._last.activation
        self._last.activation = keras.activations.linear if is_linear else activation
        try:
            return self._plain(self.batch if batch is None else batch, training=False)
        finally:
            self._last.activation = activation

    def switches(self, recorder, layers, means=None):
        return recorder.switches(Intervention.from_dict({"layers": layers}, self.loaded.network), means)


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    """By name of the network."""
    return {name: Case(build, tmp_path_factory.mktemp(name)) for name, build in NETWORKS.items()}


@pytest.fixture
def case(cases, network):
    return cases[network]


@pytest.fixture
def of_branches(cases):
    return cases["branches"]


def assert_equal(measured, expected, name=""):
    measured, expected = np.asarray(measured), np.asarray(expected)
    assert measured.shape == expected.shape, name
    assert np.abs(measured - expected).max() <= 1e-5 * max(np.abs(expected).max(), 1e-30), name


def assert_all_equal(measured, expected):
    assert set(measured) == set(expected)
    for path, value in measured.items():
        assert_equal(value, expected[path], path)


def test_every_layer_gives_what_plain_keras_computes(make, case):
    recorder = case.recorder(make)
    expected = case.expected({})
    assert_all_equal(record(recorder, case.batch), expected)
    assert_equal(recorder.outputs(inputs(case.batch), recorder.intact)[0], expected["classes"])
    wanted = case.loaded.network.layers[-2].path
    assert list(record(recorder, case.batch, paths=[wanted])) == [wanted]


@pytest.mark.parametrize("statistic", STATISTICS)
def test_activations_are_a_statistic_over_positions(make, of_branches, statistic):
    recorder = of_branches.recorder(make)
    values, (outputs,) = measure(recorder, of_branches.batch, statistic=statistic)
    expected = of_branches.expected({})
    assert_equal(outputs, expected["classes"])
    for layer, columns in zip(recorder.network.layers, recorder.columns, strict=True):
        positions = tuple(k + 1 for k, axis in enumerate(layer.axes) if axis not in FEATURE_AXES)
        output = np.asarray(expected[layer.path], np.float64)
        summed = {
            "mean": lambda values, axes: values.mean(axes),
            "max": lambda values, axes: values.max(axes),
            "positive": lambda values, axes: np.maximum(values, 0).mean(axes),
        }[statistic](output, positions)
        assert_equal(values[:, columns], summed if positions else output, layer.path)


def test_neurons_are_off_graded_or_at_their_mean(make, case):
    recorder = case.recorder(make)
    means = np.arange(case.loaded.network.neurons, dtype=np.float32) / 10
    slices = recorder.network.neuron_slices()
    for switch in {switch_of(layer.path) for layer in recorder.network.layers}:
        layers = {switch: {"off": [0, 1], "gain": {"2": 0.5}, "replace": [1]}}
        switches, expected = case.switches(recorder, layers, means), case.expected(layers, means=means, slices=slices)
        assert_all_equal(record(recorder, case.batch, switches=switches), expected)
        assert_equal(measure(recorder, case.batch, switches=switches)[1][0], expected["classes"], switch)
        assert_equal(recorder.outputs(inputs(case.batch), switches)[0], expected["classes"], switch)
    assert_all_equal(record(recorder, case.batch), case.expected({}))


def test_a_shared_layer_is_switched_in_all_its_calls(make, cases):
    case = cases["shared"]
    recorder = case.recorder(make)
    assert recorder.calls_of("dense#1") == [0, 1]
    recorded = record(recorder, case.batch, switches=case.switches(recorder, {"dense#1": {"off": [1]}}))
    assert (recorded["dense"][:, 1] == 0).all()
    assert (recorded["dense#1"][:, 1] == 0).all()
    assert_all_equal(recorded, case.expected({"dense": {"off": [1]}}))


def test_slopes_at_inputs_are_those_of_a_tape_around_plain_keras(make, case):
    recorder = case.recorder(make)
    layers = case.loaded.network.layers
    changed = {layers[0].path: {"off": [1], "gain": {"0": 0.5}}}
    switches = case.switches(recorder, changed)
    for path in ("", layers[1].path):
        found = recorder.slopes(inputs(case.batch), Question(path, at_inputs=True), np.array([0, -1, -2]), switches)
        with tf.GradientTape() as tape:
            batch = tf.convert_to_tensor(case.batch)
            tape.watch(batch)
            given = case.expected(changed, batch, is_linear=True)[path or layers[-1].path]
            given = tf.reduce_mean(given, range(1, given.shape.rank - 1)) if given.shape.rank > 2 else given
            order = np.argsort(-given.numpy(), axis=1)
            indices = [0, order[1, 0], order[2, 1]]
            score = tf.gather(given, indices, batch_dims=1)
        (slope,) = found.inputs
        assert list(found.indices) == indices
        assert_equal(found.scores, score)
        assert_equal(slope.gradients, tape.gradient(score, batch))
        assert_equal(slope.values, case.batch)


def test_slopes_at_a_layer_tell_what_its_neurons_do(make, of_branches):
    recorder = of_branches.recorder(make)
    found = recorder.slopes(
        inputs(of_branches.batch), Question(sites=("hidden", "conv")), np.full(3, 2, np.int32), recorder.intact
    )
    kernel = of_branches.model.get_layer("classes").kernel.numpy()
    assert_equal(found.sites["hidden"].gradients, np.broadcast_to(kernel[:, 2], (3, 5)))
    expected = of_branches.expected({})
    assert_equal(found.sites["hidden"].values, expected["hidden"])
    assert_equal(found.sites["conv"].values, expected["conv"])
    assert_equal(found.outputs, expected["classes"].numpy()[:, 2])


def test_recurrent_units_are_off_inside_their_loop_or_a_note_says_that_they_are_not(make, tmp_path):
    keras.utils.set_random_seed(2)
    numbers = keras.Input((5, 3), name="numbers")
    model = keras.Model(numbers, L.Dense(2, name="last")(L.SimpleRNN(4, return_sequences=True, name="rnn")(numbers)))
    model.save(tmp_path / "model.keras")
    recorder = make(load_model(tmp_path / "model.keras"))
    intervention = Intervention.from_dict({"layers": {"rnn": {"off": [1]}}}, recorder.network)
    batch = np.random.default_rng(0).normal(size=(2, 5, 3)).astype("float32")
    recorded = record(recorder, batch, switches=recorder.switches(intervention))
    factors = np.float32([1, 0, 1, 1])
    notes = recorder.notes(intervention)
    if not notes:
        kernel = model.get_layer("rnn").cell.recurrent_kernel
        kernel.assign(kernel.numpy() * factors[:, None])
    assert all("rnn" in note for note in notes)
    expected = np.asarray(model.get_layer("rnn")(batch)) * factors
    assert_equal(recorded["rnn"], expected)
    assert_equal(recorded["last"], model.get_layer("last")(expected))
    assert recorder.notes(Intervention.from_dict({"layers": {"last": {"off": [1]}}}, recorder.network)) == []


def test_infinity_and_nan_stay_what_they_are(make, tmp_path):
    numbers = keras.Input((2, 3), name="numbers")
    x = L.Activation("linear", name="same")(numbers)
    keras.Model(numbers, L.Activation("relu", name="last")(x)).save(tmp_path / "model.keras")
    recorder = make(load_model(tmp_path / "model.keras"))
    batch = np.float32([[[1, np.inf, np.nan], [-2, -np.inf, 5]]])
    np.testing.assert_array_equal(record(recorder, batch)["same"], batch)

    def same(**given):
        intervention = Intervention.from_dict({"layers": {"same": given}}, recorder.network)
        switches = recorder.switches(intervention, np.float32([10, 20, np.nan, 0, 0, 0]))
        return record(recorder, batch, paths=["same"], switches=switches)["same"][0]

    np.testing.assert_array_equal(same(off=[2]), [[1, np.inf, 0], [-2, -np.inf, 0]])
    np.testing.assert_array_equal(same(gain={"0": 0.5, "1": 2}), [[0.5, np.inf, np.nan], [-1, -np.inf, 5]])
    np.testing.assert_array_equal(same(off=[0], replace=[0]), [[10, np.inf, np.nan], [10, -np.inf, 5]])
    np.testing.assert_array_equal(same(off=[2], replace=[2])[:, 2], [np.nan, np.nan])
    values, _ = measure(recorder, batch)
    assert values[0, 0] == -0.5
    assert np.isnan(values[0, 1:3]).tolist() == [True, True]


def test_a_rerun_equals_a_fresh_run(make, of_branches):
    case, keys = of_branches, ["a"]
    recorder, sample = make(case.loaded), of_branches.batch[:1]
    intact = recorder.activations(inputs(sample, keys=keys), "mean", recorder.intact, total=1)
    assert intact.first == 0
    for layers in ({"hidden": {"off": [0, 2]}}, {"hidden": {"off": [1]}}, {"conv": {"gain": {"1": 0.5}}}, {}):
        switches = case.switches(recorder, layers)
        first = min(map(recorder.number_of, layers), default=0)
        fresh = make(case.loaded)
        values, (outputs,) = measure(fresh, sample, switches=case.switches(fresh, layers))
        for run in (recorder.rerun, recorder.activations):
            measured = run(inputs(sample, keys=keys), "mean", switches, first=first)
            assert measured.first <= (first if recorder.resumes else 0)
            assert_equal(measured.values, values[:, recorder.columns[measured.first].start :])
            assert_equal(measured.outputs[0], outputs)


def test_a_recorder_that_resumes_reads_its_samples_once(make, of_branches):
    recorder, reads = make(of_branches.loaded), []

    def read():
        reads.append(1)
        return (of_branches.batch,)

    batch = Inputs(("a", "b", "c"), read)
    recorder.activations(batch, "mean", recorder.intact, total=3)
    late = {"hidden": {"off": [0]}}
    switches, expected = of_branches.switches(recorder, late), of_branches.expected(late)
    measured = recorder.activations(batch, "mean", switches, first=switches.first(), total=3)
    assert (measured.first > 0) == recorder.resumes
    assert_equal(recorder.outputs(batch, switches)[0], expected["classes"])
    assert_equal(recorder.layer_outputs(batch, ["hidden"], switches)["hidden"], expected["hidden"])
    assert len(reads) == (1 if recorder.resumes else 4)


BASES = [{}, {"hidden": {"gain": {"2": 0.5}}, "conv": {"off": [3]}}]


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("swept", ["conv", "sum", "hidden"])
def test_a_sweep_equals_single_runs(make, of_branches, swept, base):
    recorder = of_branches.recorder(make)
    assert_sweeps_like_single_runs(recorder, of_branches, swept, base)


def test_a_sweep_switches_all_calls_of_a_shared_layer(make, cases):
    assert_sweeps_like_single_runs(cases["shared"].recorder(make), cases["shared"], "dense", {})


def assert_sweeps_like_single_runs(recorder, case, swept, base):
    neurons, seen = np.array([NO_NEURON, 2, 0, 1]), []
    sample = case.batch[:1]
    for part, logits, outputs in recorder.sweep(inputs(sample), swept, neurons, case.switches(recorder, base)):
        seen += neurons[part].tolist()
        for k, neuron in enumerate(neurons[part].tolist()):
            given = base.get(swept, {})
            layers = {**base, swept: {**given, "off": [*given.get("off", []), *[neuron] * (neuron != NO_NEURON)]}}
            assert_equal(logits[k], case.expected(layers, sample, is_linear=True)["classes"][0], neuron)
            assert_equal(outputs[k], case.expected(layers, sample)["classes"][0], neuron)
            assert_equal(outputs[k], recorder.outputs(inputs(sample), case.switches(recorder, layers))[0][0], neuron)
    assert seen == neurons.tolist()


@pytest.mark.parametrize("is_changed", [False, True])
def test_gradients_equal_those_of_a_plain_model(make, case, is_changed):
    recorder = case.recorder(make)
    layers = {recorder.network.layers[0].path: {"off": [0], "gain": {"1": 0.5}}} if is_changed else {}
    switches = case.switches(recorder, layers)
    classes = np.array([2, PREDICTED, 0])
    batch = tf.convert_to_tensor(case.batch)
    with tf.GradientTape() as tape:
        tape.watch(batch)
        expected = case.expected(layers, batch, is_linear=True)
        logits = expected["classes"]
        score = tf.gather(logits, np.where(classes == PREDICTED, np.argmax(logits, 1), classes), batch_dims=1)
    gradients = tape.gradient(score, expected)
    found = recorder.gradients(inputs(case.batch), classes, switches, lambda layer, output, gradient: gradient)
    assert_all_equal(found, gradients)
    weighted = recorder.gradients(inputs(case.batch), classes, switches, lambda layer, output, slope: output * slope)
    last = recorder.network.layers[-2].path
    assert_equal(weighted[last], np.asarray(expected[last]) * np.asarray(gradients[last]))


def test_a_layer_that_no_class_depends_on_has_no_gradient(make, tmp_path):
    numbers = keras.Input((4,), name="numbers")
    classes, aside = L.Dense(3, name="classes")(numbers), L.Dense(2, name="aside")(numbers)
    keras.Model(numbers, [classes, aside]).save(tmp_path / "model.keras")
    recorder = make(load_model(tmp_path / "model.keras"))
    found = recorder.gradients(
        inputs(np.ones((2, 4), "float32")), np.array([0, 1]), recorder.intact,
        lambda layer, output, gradient: tf.constant(gradient is not None),
    )  # fmt: skip
    assert {path: bool(value) for path, value in found.items()} == {"classes": True, "aside": False}


def test_a_run_can_be_cancelled_between_its_parts_and_the_next_one_is_right(make, of_branches):
    recorder, keys = make(of_branches.loaded), ["a", "b", "c"]
    off = {"conv": {"off": [0]}}
    switches, expected = of_branches.switches(recorder, off), of_branches.expected(off)
    paths = ["conv", "classes"]
    runs = (
        lambda between: recorder.activations(
            inputs(of_branches.batch, keys=keys), "mean", switches, total=3, between=between
        ).outputs[0],
        lambda between: recorder.rerun(
            inputs(of_branches.batch[:1], keys=keys[:1]), "mean", switches, first=0, between=between
        ).outputs[0],
        lambda between: recorder.outputs(inputs(of_branches.batch, keys=keys), switches, 3, between)[0],
        lambda between: recorder.layer_outputs(inputs(of_branches.batch), paths, switches, between)["classes"],
    )
    for run in runs:
        for allowed in range(2):
            asked = []

            def stop(asked=asked, allowed=allowed):
                asked.append(1)
                if len(asked) > allowed:
                    raise Cancelled

            with pytest.raises(Cancelled):
                run(stop)
        outputs = run(lambda: None)
        assert_equal(outputs, expected["classes"][: len(outputs)])


def test_what_cannot_be_switched_or_has_no_classes_is_refused(make, tmp_path):
    numbers = keras.Input((4, 2), name="numbers")
    keras.Model(numbers, keras.ops.cast(numbers, "int32")).save(tmp_path / "model.keras")
    recorder = make(load_model(tmp_path / "model.keras"))
    path = recorder.network.layers[0].path
    with pytest.raises(UserError, match=path) as caught:
        recorder.switches(Intervention.from_dict({"layers": {path: {"off": [0]}}}, recorder.network))
    assert caught.value.code == "intervention.unsupported"
    with pytest.raises(UserError, match="not numbers in a row") as caught:
        recorder.refuse_no_numbers(0)
    assert caught.value.code == "output.unsupported"


@pytest.mark.parametrize("build", [branches, lambda: (keras.Sequential([keras.Input((3,)), L.Dense(2)]), (3,))])
def test_functional_and_sequential_models_run_in_segments(build, tmp_path):
    build()[0].save(tmp_path / "model.keras")
    assert isinstance(recorder_of(load_model(tmp_path / "model.keras")), FunctionalRecorder)
