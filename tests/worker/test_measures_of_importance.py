"""What neurons do to the classes: switched off one by one, and estimated by gradients."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from PIL import Image
from plain import partials_in, served
from recordings import measure

from nn_blender.core.errors import Cancelled, UserError
from nn_blender.core.requests.interventions import SweepRequest
from nn_blender.core.requests.neurons import InfluenceRequest
from nn_blender.worker.common.events import EventLog, Task
from nn_blender.worker.interventions.sweeping import FIRST_BLOCK, sweep
from nn_blender.worker.neurons.influence import influence
from nn_blender.worker.running import runs
from nn_blender.worker.running.loading import load_model
from nn_blender.worker.running.recorders.functional import segments
from nn_blender.worker.running.recorders.functional.recorder import FunctionalRecorder

L = keras.layers
CHOICES = {"size": [28, 28], "channels": 1, "range": [0.0, 1.0], "resize": "fit", "invert": False}


def ready(file, monkeypatch_segments=1.0):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(segments, "SMALLEST_COST", monkeypatch_segments)
        loaded = load_model(file)
        return runs.ReadyModel(loaded, FunctionalRecorder(loaded), str(file))


@pytest.fixture(scope="module")
def model(digits):
    return ready(digits / "digits.keras")


@pytest.fixture
def task(tmp_path):
    return Task(1, EventLog(tmp_path), lambda: False)


@pytest.fixture
def labelled(digit_samples):
    """One sample of every class, and the numbers of their classes."""
    chosen = list({sample["label"]: sample for sample in digit_samples}.values())
    return chosen, [int(sample["label"]) for sample in chosen]


def swept(task, model, samples, folder, **more):
    """The blocks of a sweep, and their losses side by side."""
    before = len(partials_in(folder))
    served(sweep, SweepRequest, task, model, **{"samples": samples, "preprocessing": CHOICES, **more})
    blocks = partials_in(folder)[before:]
    return blocks, np.concatenate([np.load(folder / block["losses"]) for block in blocks], axis=1)


def one_by_one(digits, samples, labels, path, neurons, scale=()):
    """What plain Keras gives with a layer's output multiplied by a mask: the rows of a sweep."""
    model = keras.models.load_model(digits / "digits.keras", compile=False)
    scale = dict(scale)
    masks = {}

    def call(layer, *args, **kwargs):
        output = layer(*args, **kwargs)
        if layer.name not in {path, *scale}:
            return output
        masks[layer.name] = keras.Variable(np.ones(output.shape[-1], "float32"))
        return keras.ops.multiply(output, masks[layer.name])

    clone = keras.models.clone_model(model, call_function=call)
    clone.set_weights(model.get_weights())
    clone.layers[-1].activation = keras.activations.linear
    last = clone.get_layer("digit")
    last.activation = keras.activations.linear
    batch = np.stack([np.asarray(Image.open(s["file"])) for s in samples])[..., None] / np.float32(255)

    def run(neuron):
        for name, mask in masks.items():
            values = np.array(scale.get(name, np.ones(mask.shape[0])), "float32")
            if name == path and neuron is not None:
                values[neuron] = 0
            mask.assign(values)
        logits = np.asarray(clone(batch, training=False)).astype(np.float64)
        grown = np.exp(logits - logits.max(axis=1, keepdims=True))
        return logits, grown / grown.sum(axis=1, keepdims=True)

    everyone, (logits, outputs) = np.arange(len(samples)), run(None)
    rows = []
    for neuron in neurons:
        fewer, changed = run(neuron)
        classes = (changed - outputs).mean(axis=0)
        most = np.abs(classes).argmax()
        rows.append(
            (
                (outputs.argmax(1) == labels).mean() - (changed.argmax(1) == labels).mean(),
                (fewer - logits)[everyone, labels].mean(),
                (changed - outputs)[everyone, labels].mean(),
                most,
                classes[most],
            )
        )
    return np.array(rows).T


def assert_same_losses(losses, expected):
    for row in (0, 1, 2, 4):
        np.testing.assert_allclose(losses[row], expected[row], atol=2e-5 * max(np.abs(expected[row]).max(), 1))
    is_clear = np.abs(expected[4]) > 1e-4
    assert np.array_equal(losses[3][is_clear], expected[3][is_clear])


@pytest.mark.parametrize("path", ["conv_1", "conv_2", "dense_1"])
def test_a_sweep_equals_switching_neurons_off_one_by_one(path, task, model, digits, labelled, tmp_path):
    samples, labels = labelled
    count = 12
    blocks, losses = swept(task, model, samples, tmp_path, labels=labels, neurons={path: list(range(count))})
    assert [neuron for block in blocks for neuron in block["neurons"]] == list(range(count))
    assert {(block["layer"], block["samples"]) for block in blocks} == {(path, len(samples))}
    assert_same_losses(losses, one_by_one(digits, samples, labels, path, range(count)))
    _, part = swept(task, model, samples, tmp_path, labels=labels, neurons={path: [5, 2]})
    np.testing.assert_allclose(part, losses[:, [5, 2]], atol=1e-5)


def test_a_sweep_starts_from_what_is_changed_already(task, model, digits, labelled, tmp_path):
    samples, labels = labelled
    base = {"layers": {"conv_1": {"off": [1]}, "conv_2": {"off": [0], "gain": {"2": 0.5}}, "dense_1": {"off": [3]}}}
    scale = {layer.path: np.ones(layer.neurons) for layer in model.network.layers if layer.path in base["layers"]}
    scale["conv_1"][1] = scale["conv_2"][0] = scale["dense_1"][3] = 0
    scale["conv_2"][2] = 0.5
    neurons = [0, 1, 2, 3]
    _, losses = swept(task, model, samples, tmp_path, labels=labels, neurons={"conv_2": neurons}, intervention=base)
    assert_same_losses(losses, one_by_one(digits, samples, labels, "conv_2", neurons, scale))
    assert (losses[[0, 1, 2, 4], 0] == 0).all()


def test_without_labels_the_predicted_class_counts(task, model, digits, labelled, tmp_path):
    samples, _ = labelled
    _, losses = swept(task, model, samples, tmp_path, neurons={"dense_1": [0, 1, 2]})
    assert np.isnan(losses[0]).all()
    batch = np.stack([np.asarray(Image.open(s["file"])) for s in samples])[..., None] / np.float32(255)
    predicted = measure(model.recorder, batch)[1][0].argmax(axis=1)
    assert_same_losses(
        np.nan_to_num(losses), one_by_one(digits, samples, predicted, "dense_1", [0, 1, 2]) * [[0], [1], [1], [1], [1]]
    )


def test_a_sweep_stops_when_it_is_cancelled(model, digit_samples, tmp_path):
    asked = []
    task = Task(1, EventLog(tmp_path), lambda: len(asked) > 3 or asked.append(0))
    with pytest.raises(Cancelled):
        swept(task, model, digit_samples, tmp_path, neurons={"conv_1": None})
    assert len(asked) == 4


def test_a_sweep_of_several_layers_goes_through_them_in_growing_blocks(task, model, labelled, tmp_path):
    samples, labels = labelled
    wanted = {"dense_1": list(range(30)), "digit": None}
    blocks, losses = swept(task, model, samples[:2], tmp_path, labels=labels[:2], neurons=wanted)
    given = {layer: [n for block in blocks if block["layer"] == layer for n in block["neurons"]] for layer in wanted}
    assert given == {"dense_1": list(range(30)), "digit": list(range(10))}
    assert list(dict.fromkeys(block["layer"] for block in blocks)) == ["dense_1", "digit"]
    assert len(blocks[0]["neurons"]) == FIRST_BLOCK
    assert len({block["losses"] for block in blocks}) == len(blocks) > 2
    _, alone = swept(task, model, samples[:2], tmp_path, labels=labels[:2], neurons={"digit": [3]})
    np.testing.assert_allclose(losses[:, 33:34], alone, atol=1e-5)


def ranks(values):
    order = np.empty(len(values))
    order[np.argsort(values)] = np.arange(len(values))
    return order


@pytest.mark.parametrize("path", ["dense_1", "digit"])
def test_influence_ranks_dense_neurons_as_a_sweep_does(path, task, model, labelled, tmp_path):
    samples, labels = labelled
    value = served(influence, InfluenceRequest, task, model, samples=samples, preprocessing=CHOICES, labels=labels)
    estimated = np.load(tmp_path / value["influence"])
    assert estimated.shape == (model.network.neurons,)
    _, losses = swept(task, model, samples, tmp_path, neurons={path: None}, labels=labels)
    own = estimated[model.network.neuron_slices()[path]]
    assert np.corrcoef(ranks(own), ranks(-losses[1]))[0, 1] > 0.9


def test_influence_of_a_linear_network_is_exact(task, tmp_path):
    numbers = keras.Input((3, 2), name="numbers")
    x = L.Conv1D(2, 1, use_bias=False, name="mix")(numbers)
    x = L.Dense(4, name="scores")(L.GlobalAveragePooling1D(name="mean")(x))
    made = keras.Model(numbers, L.Softmax(name="classes")(x))
    made.save(tmp_path / "m.keras")
    batch = np.random.default_rng(0).normal(size=(2, 3, 2)).astype("float32")
    np.save(tmp_path / "x.npy", batch)
    samples = [{"name": str(k), "file": str(tmp_path / "x.npy"), "index": k} for k in range(2)]
    params = {"samples": samples, "input_kind": "array", "preprocessing": None, "labels": [3, None]}
    value = served(influence, InfluenceRequest, task, ready(tmp_path / "m.keras"), **params)
    estimated = np.load(tmp_path / value["influence"])
    kernel, weights, bias = made.get_weights()
    mixed = batch @ kernel[0]
    logits = mixed.mean(axis=1) @ weights + bias
    classes = [3, logits[1].argmax()]
    speaks = mixed.mean(axis=1) * weights[:, classes].T
    np.testing.assert_allclose(estimated[:2], speaks.mean(axis=0), atol=1e-6)
    np.testing.assert_allclose(estimated[2:4], speaks.mean(axis=0), atol=1e-6)
    for start in (4, 8):
        expected = np.zeros(4)
        for sample, chosen in enumerate(classes):
            expected[chosen] += logits[sample, chosen] / 2
        np.testing.assert_allclose(estimated[start : start + 4], expected, atol=1e-6)


def test_influence_under_an_intervention_is_that_of_the_changed_network(task, model, digits, labelled, tmp_path):
    samples, labels = labelled
    base = {"layers": {"conv_2": {"off": [0], "gain": {"2": 0.5}}, "dense_1": {"off": [3]}}}
    params = {"samples": samples, "preprocessing": CHOICES, "labels": labels, "intervention": base}
    estimated = np.load(tmp_path / served(influence, InfluenceRequest, task, model, **params)["influence"])
    slices = model.network.neuron_slices()
    assert estimated[slices["conv_2"]][0] == 0
    assert estimated[slices["dense_1"]][3] == 0
    # What follows is linear in the last hidden layer: there the estimate is exact.
    scale = {"conv_2": np.ones(slices["conv_2"].stop - slices["conv_2"].start), "dense_1": np.ones(64)}
    scale["conv_2"][[0, 2]], scale["dense_1"][3] = (0, 0.5), 0
    expected = one_by_one(digits, samples, labels, "dense_1", range(64), scale)[1]
    np.testing.assert_allclose(estimated[slices["dense_1"]], -expected, atol=1e-5 * np.abs(expected).max() + 1e-6)


def test_recurrent_units_are_swept_inside_their_loop(task, tmp_path):
    keras.utils.set_random_seed(1)
    numbers = keras.Input((5, 3), name="numbers")
    made = keras.Model(numbers, L.Dense(2, name="last")(L.SimpleRNN(3, name="rnn")(numbers)))
    made.save(tmp_path / "m.keras")
    batch = np.random.default_rng(0).normal(size=(1, 5, 3)).astype("float32")
    np.save(tmp_path / "x.npy", batch)
    samples, model = [{"name": "0", "file": str(tmp_path / "x.npy"), "index": 0}], ready(tmp_path / "m.keras")
    more = {"input_kind": "array", "preprocessing": None, "neurons": {"rnn": None}, "labels": [1]}
    _, losses = swept(task, model, samples, tmp_path, **more)
    intact = np.asarray(made(batch))
    cell, dense = made.get_layer("rnn").cell, made.get_layer("last")
    kernel = cell.recurrent_kernel.numpy()
    for unit in range(3):
        mask = np.arange(3) != unit
        cell.recurrent_kernel.assign(kernel * mask[:, None])
        without = np.asarray(dense(np.asarray(made.get_layer("rnn")(batch)) * mask))
        assert losses[1, unit] == pytest.approx(float((without - intact)[0, 1]), abs=1e-5)


def test_outputs_that_are_no_classes_are_refused(task, tmp_path):
    numbers = keras.Input((5, 3), name="numbers")
    keras.Model(numbers, L.Dense(2, name="last")(numbers)).save(tmp_path / "m.keras")
    np.save(tmp_path / "x.npy", np.zeros((1, 5, 3), "float32"))
    samples = [{"name": "0", "file": str(tmp_path / "x.npy"), "index": 0}]
    with pytest.raises(UserError, match="not numbers in a row"):
        swept(
            task,
            ready(tmp_path / "m.keras"),
            samples,
            tmp_path,
            input_kind="array",
            preprocessing=None,
            neurons={"last": None},
        )
