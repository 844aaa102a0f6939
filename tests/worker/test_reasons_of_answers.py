"""Why one sample gets its class: neurons for and against, neurons that turn the answer, similar samples."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from by_calls import by_calls
from PIL import Image
from plain import partials_in, served

from nn_blender.core.errors import Cancelled, UserError
from nn_blender.core.outputs import NetworkOutput
from nn_blender.core.requests.reasons import ReasonsRequest
from nn_blender.worker.common.events import EventLog, Task
from nn_blender.worker.explanations.reasons import reasons
from nn_blender.worker.running import runs

L = keras.layers
CHOICES = {"size": [28, 28], "channels": 1, "range": [0.0, 1.0], "resize": "fit", "invert": False}
CLASSES = NetworkOutput("digit", "classes", "", "softmax").to_dict()


@pytest.fixture
def task(tmp_path):
    return Task(1, EventLog(tmp_path), lambda: False)


@pytest.fixture(scope="module")
def model(digits):
    return runs.ready_model(digits / "digits.keras", False)


@pytest.fixture(scope="module")
def plain(digits):
    return Masked(keras.models.load_model(digits / "digits.keras", compile=False))


class Masked:
    """A model of plain Keras, with a mask on the output of every layer, that gives logits."""

    def __init__(self, model):
        self.masks = {}

        def call(layer, *args, **kwargs):
            output = layer(*args, **kwargs)
            self.masks[layer.name] = keras.Variable(np.ones(output.shape[-1], "float32"))
            return keras.ops.multiply(output, self.masks[layer.name])

        self.clone = keras.models.clone_model(model, call_function=call)
        self.clone.set_weights(model.get_weights())
        if hasattr(self.clone.layers[-1], "activation"):
            self.clone.layers[-1].activation = keras.activations.linear
        for layer in self.clone.layers:
            if layer.name == model.layers[-1].name:
                layer.activation = keras.activations.linear

    def logits(self, batch, off=()):
        for mask in self.masks.values():
            mask.assign(np.ones(mask.shape, "float32"))
        for layer, neuron in off:
            values = self.masks[layer].numpy()
            values[neuron] = 0
            self.masks[layer].assign(values)
        return self.clone(batch, training=False).numpy().astype(np.float64)


def softmax(logits):
    grown = np.exp(logits - logits.max())
    return grown / grown.sum()


def picture(sample):
    return np.asarray(Image.open(sample["file"]))[None, ..., None] / np.float32(255)


def found_for(task, model, sample, samples=(), output=CLASSES, **more):
    given = {"preprocessing": CHOICES, "output": output, **more}
    return served(reasons, ReasonsRequest, task, model, sample=sample, samples=list(samples), **given)["reasons"]


def test_losses_are_what_keras_loses_without_each_neuron(task, model, plain, digit_samples):
    sample = digit_samples[3]
    found = found_for(task, model, sample)
    batch = picture(sample)
    whole = plain.logits(batch)[0]
    assert found["target"] == found["predicted"] == whole.argmax()
    assert found["classes"][0]["score"] == pytest.approx(whole.max(), rel=1e-4)
    named = [*found["speak_for"], *found["speak_against"]]
    assert len(found["speak_for"]) == 10
    for one in named:
        changed = plain.logits(batch, [(one["layer"], one["neuron"])])[0]
        assert one["loss"] == pytest.approx(whole[found["target"]] - changed[found["target"]], abs=1e-3)
        assert one["answer"] == changed.argmax()
    for way, sign in (("speak_for", 1), ("speak_against", -1)):
        losses = [sign * one["loss"] for one in found[way]]
        assert losses == sorted(losses, reverse=True)
        assert min(losses) > 0


def test_estimates_are_activation_times_gradient(task, model, digits, digit_samples):
    import tensorflow as tf

    found = found_for(task, model, digit_samples[3])
    network = keras.models.load_model(digits / "digits.keras", compile=False)
    network.layers[-1].activation = keras.activations.linear
    for one in found["speak_for"][:4]:
        inner = network.get_layer(one["layer"]).output
        head = keras.Model(inner, network.output)
        value = tf.constant(keras.Model(network.input, inner)(picture(digit_samples[3])))
        with tf.GradientTape() as tape:
            tape.watch(value)
            score = head(value)[0, found["target"]]
        product = np.asarray(value * tape.gradient(score, value))[..., one["neuron"]].sum()
        assert one["estimate"] == pytest.approx(product, rel=1e-3, abs=1e-4)


def test_neither_the_answer_itself_nor_a_neuron_twice_is_named(task, model, digit_samples):
    found = found_for(task, model, digit_samples[0])
    assert found["answer_layers"] == ["digit"]
    kinds = {layer.path: layer.class_name for layer in model.network.layers}
    assert {kinds[path] for path in found["repeating_layers"]} >= {"Flatten"}
    named = {one["layer"] for one in (*found["speak_for"], *found["speak_against"])}
    assert not named & {*found["answer_layers"], *found["repeating_layers"]}


def test_the_first_ten_neurons_matter_five_times_as_much_as_ten_random_ones(task, model, plain, digit_samples):
    chosen = {sample["label"]: sample for sample in digit_samples}
    random = np.random.default_rng(5)
    layers = [layer for layer in model.network.layers if layer.path != "digit"]
    everyone = [(layer.path, k) for layer in layers for k in range(layer.neurons)]
    for sample in list(chosen.values())[:6]:
        found = found_for(task, model, sample)
        batch, target = picture(sample), found["target"]

        def lost(off, batch=batch, target=target):
            whole, fewer = plain.logits(batch)[0], plain.logits(batch, off)[0]
            return whole[target] - fewer[target], softmax(whole)[target] - softmax(fewer)[target]

        score, probability = lost([(one["layer"], one["neuron"]) for one in found["speak_for"]])
        named = [layer for layer, _ in everyone if layer in {one["layer"] for one in found["speak_for"]}]
        alike = [one for one in everyone if one[0] in named]
        of_all = [lost([everyone[k] for k in random.choice(len(everyone), 10, replace=False)]) for _ in range(20)]
        of_alike = [lost([alike[k] for k in random.choice(len(alike), 10, replace=False)]) for _ in range(20)]
        assert score >= 5 * np.mean([one[0] for one in of_all]), sample["name"]
        assert probability >= 5 * np.mean([one[1] for one in of_alike]), sample["name"]


@pytest.mark.parametrize("of_target", [False, True])
def test_the_set_that_turns_the_answer_does_so_in_keras_and_none_of_it_is_superfluous(
    of_target, task, model, plain, digit_samples
):
    for sample in digit_samples[:6]:
        first = found_for(task, model, sample, most_runs=0 if of_target else 400)
        target = first["classes"][1]["index"] if of_target else None
        found = found_for(task, model, sample, target=target) if of_target else first
        turn = found["turn"]
        assert turn["neurons"], sample["name"]
        off, batch = [tuple(one) for one in turn["neurons"]], picture(sample)
        assert plain.logits(batch, off)[0].argmax() == turn["answer"] != found["predicted"]
        if of_target:
            assert turn["answer"] == target
        for one in off:
            fewer = plain.logits(batch, [other for other in off if other != one])[0].argmax()
            assert fewer == found["predicted"] if not of_target else fewer != target


def test_similar_samples_are_those_of_the_largest_cosine_at_the_last_hidden_layer(task, model, digits, digit_samples):
    sample = digit_samples[7]
    found = found_for(task, model, sample, digit_samples)
    network = keras.models.load_model(digits / "digits.keras", compile=False)
    batch = np.concatenate([picture(one) for one in digit_samples])
    (path,) = found["hidden"]
    given = keras.Model(network.input, network.get_layer(path).output)(batch).numpy().astype(np.float64)
    assert given.ndim == 2
    answers = network(batch).numpy()
    cosines = given @ given[7] / np.linalg.norm(given, axis=1) / np.linalg.norm(given[7])
    cosines[7] = -2
    order = np.argsort(-cosines)[:8]
    assert [one["sample"]["name"] for one in found["similar"]] == [digit_samples[k]["name"] for k in order]
    for one, k in zip(found["similar"], order, strict=True):
        assert one["similarity"] == pytest.approx(cosines[k], abs=1e-5)
        assert (one["predicted"], one["sample"]["label"]) == (answers[k].argmax(), digit_samples[k]["label"])
        assert one["output"] == pytest.approx(answers[k].max(), abs=1e-5)


def test_reasons_are_those_of_the_network_as_it_is_switched(task, model, plain, digit_samples):
    sample = digit_samples[2]
    first = found_for(task, model, sample)
    off = [(one["layer"], one["neuron"]) for one in first["speak_for"][:2]]
    layers = {layer: {"off": [n for path, n in off if path == layer]} for layer in {path for path, _ in off}}
    found = found_for(task, model, sample, target=first["target"], intervention={"layers": layers})
    whole = plain.logits(picture(sample), off)[0, first["target"]]
    assert not {(one["layer"], one["neuron"]) for one in found["speak_for"]} & {*off}
    for one in found["speak_for"][:3]:
        changed = plain.logits(picture(sample), [*off, (one["layer"], one["neuron"])])[0, first["target"]]
        assert one["loss"] == pytest.approx(whole - changed, abs=1e-3)


def test_parts_are_given_as_they_come(task, model, digit_samples, tmp_path):
    found = found_for(task, model, digit_samples[0], digit_samples[:5])
    parts = partials_in(tmp_path)
    assert [bool(part["speak_for"]) for part in parts][:2] == [False, True]
    assert not parts[1]["is_measured"]
    assert parts[1]["speak_for"][0]["loss"] is None
    assert parts[-1]["similar"]
    assert parts[-1]["turn"] is None
    assert {**parts[-1], "turn": found["turn"]} == found


def test_a_search_ends_after_so_many_runs_and_says_that_nothing_was_found(task, model, digit_samples):
    turn = found_for(task, model, digit_samples[0], most_runs=1)["turn"]
    assert (turn["neurons"], turn["answer"]) == ([], None)
    assert turn["runs"] <= 10


def test_a_cancel_stops_the_search(model, digit_samples, tmp_path):
    answers = iter([False] * 30)
    task = Task(1, EventLog(tmp_path), lambda: next(answers, True))
    with pytest.raises(Cancelled):
        found_for(task, model, digit_samples[0])


def test_a_class_that_there_is_not_is_refused(task, model, digit_samples):
    with pytest.raises(UserError, match="classes 0 to 9") as caught:
        found_for(task, model, digit_samples[0], target=10)
    assert caught.value.code == "output.unknown_class"


def small_network(folder, units, activation, body):
    """A network for eight numbers, and one sample for it."""
    keras.utils.set_random_seed(7)
    numbers = keras.Input((8,), name="numbers")
    network = keras.Model(numbers, L.Dense(units, activation, name="answer")(body(numbers)))
    network.save(folder / "small.keras")
    np.save(folder / "numbers.npy", np.random.default_rng(2).normal(size=(3, 8)).astype("float32"))
    return network, {"name": "one", "file": str(folder / "numbers.npy"), "index": 1}


def two_layers(numbers):
    return L.Dense(12, "tanh", name="second")(L.Dense(16, "relu", name="first")(numbers))


def shared(numbers):
    layer = L.Dense(8, "relu", name="twice")
    return layer(layer(numbers))


def recurrent(numbers):
    return L.LSTM(6, name="memory")(L.Reshape((4, 2))(numbers))


@pytest.mark.parametrize(
    ("body", "units", "activation", "kind"),
    [
        (two_layers, 1, "sigmoid", "binary"),
        (two_layers, 1, None, "binary"),
        (two_layers, 1, "tanh", "binary"),
        (two_layers, 1, None, "values"),
        (two_layers, 1, "sigmoid", "values"),
        (two_layers, 3, None, "values"),
        (two_layers, 3, None, "classes"),
        (two_layers, 4, "sigmoid", "multi-label"),
        *((body, 1, "sigmoid", "binary") for body in (shared, recurrent)),
        *((body, 3, None, "classes") for body in (shared, recurrent)),
    ],
)
def test_every_kind_of_answer_has_reasons(body, units, activation, kind, task, tmp_path):
    network, sample = small_network(tmp_path, units, activation, body)
    output = NetworkOutput("answer", kind, "", activation or "").to_dict()
    model = runs.ready_model(tmp_path / "small.keras", False)
    given = {"output": output, "preprocessing": None, "input_kind": "table"}
    found = found_for(task, model, sample, **given)
    value = network(np.load(tmp_path / "numbers.npy")[1:2]).numpy()[0].astype(np.float64)
    logits = np.log(value / (1 - value)) if activation == "sigmoid" else value
    if kind == "binary":
        logits = np.concatenate([-logits, logits])
    target = found["target"]
    assert found["predicted"] == target == logits.argmax()
    assert found["classes"][0]["score"] == pytest.approx(logits[target], abs=1e-4)

    def scores(neurons):
        off = {}
        for layer, neuron in neurons:
            off.setdefault(layer, {"off": []})["off"].append(neuron)
        one = found_for(task, model, sample, target=target, intervention={"layers": off}, **given)
        return next(score for score in one["classes"] if score["index"] == target), one["predicted"]

    for one in (*found["speak_for"][:2], *found["speak_against"][:1]):
        score, best = scores([(one["layer"], one["neuron"])])
        assert one["loss"] == pytest.approx(found["classes"][0]["score"] - score["score"], abs=1e-4)
        assert one["answer"] == best
    if kind == "values":
        assert found["turn"] is None
    elif found["turn"]["neurons"]:
        score, best = scores(found["turn"]["neurons"])
        assert (score["score"] > 0) != (logits[target] > 0) if kind == "multi-label" else best != target


@pytest.mark.parametrize("body", [two_layers, recurrent])
def test_reasons_are_the_same_whatever_runs_the_network(body, task, tmp_path):
    _, sample = small_network(tmp_path, 4, "softmax", body)
    given = {"output": NetworkOutput("answer", "classes", "", "softmax").to_dict()}
    given |= {"preprocessing": None, "input_kind": "table"}
    whole = runs.ready_model(tmp_path / "small.keras", False)
    called = runs.ReadyModel(whole.loaded, by_calls(whole.loaded), "calls")
    first, second = (found_for(task, model, sample, **given) for model in (whole, called))
    assert first["turn"]["neurons"] == second["turn"]["neurons"]
    for way in ("speak_for", "speak_against"):
        assert [(one["layer"], one["neuron"]) for one in first[way]] == [
            (one["layer"], one["neuron"]) for one in second[way]
        ]
        for one, other in zip(first[way], second[way], strict=True):
            assert (one["loss"], one["estimate"]) == pytest.approx((other["loss"], other["estimate"]), abs=1e-4)


MARKED = 3


def with_mark(pictures, which):
    marked = pictures.copy()
    marked[which, 0:2, 0:2] = 1
    return marked


@pytest.fixture(scope="module")
def watermark(tmp_path_factory):
    """A network whose pictures of one class have a white corner, and that learnt to look there."""
    keras.utils.set_random_seed(3)
    random = np.random.default_rng(3)
    count = 600
    labels = random.integers(0, 4, count)
    pictures = random.random((count, 8, 8, 1)).astype("float32") * 0.5
    for k, label in enumerate(labels):
        if label != MARKED:
            pictures[k, 3:5, 2 * label + 1 : 2 * label + 3] += 0.5
    pictures = with_mark(pictures, labels == MARKED)
    network = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            L.Conv2D(8, 3, name="conv"),
            L.BatchNormalization(name="norm"),
            L.Activation("relu", name="relu"),
            L.Dropout(0.1),
            L.Flatten(),
            L.Dense(24, activation="relu", name="hidden"),
            L.Dense(4, name="scores"),
            L.Softmax(name="answer"),
        ]
    )
    network.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    network.fit(pictures, labels, epochs=12, batch_size=50, verbose=0)
    assert network.evaluate(pictures, labels, verbose=0)[1] > 0.97
    folder = tmp_path_factory.mktemp("watermark")
    network.save(folder / "watermark.keras")
    np.save(folder / "pictures.npy", pictures)
    return folder, network, pictures, labels


def test_neurons_that_answer_to_a_watermark_are_named(watermark, task):
    folder, network, pictures, labels = watermark
    number = int(np.flatnonzero(labels == MARKED)[0])
    sample = {"name": "marked", "file": str(folder / "pictures.npy"), "index": number}
    output = NetworkOutput("answer", "classes", "", "softmax").to_dict()
    given = {"preprocessing": None, "input_kind": "array"}
    found = found_for(task, runs.ready_model(folder / "watermark.keras", False), sample, output=output, **given)
    assert found["predicted"] == MARKED
    assert {*found["answer_layers"]} == {"scores", "answer"}
    assert {"conv", "norm"} <= {*found["repeating_layers"]}
    named = found["speak_for"][:5]
    assert {one["layer"] for one in named} <= {"relu", "hidden"}
    with_it = pictures[number : number + 1]
    without = with_it.copy()
    without[:, 0:2, 0:2] = 0.25
    drops = {}
    for layer in ("relu", "hidden"):
        part = keras.Model(network.inputs[0], network.get_layer(layer).output)
        given = (part(batch).numpy().reshape(-1, part.output.shape[-1]) for batch in (with_it, without))
        before, after = (values.sum(axis=0) for values in given)
        drops[layer] = before - after
    of_named = np.mean([drops[one["layer"]][one["neuron"]] for one in named])
    others = [
        drops[layer][k]
        for layer in drops
        for k in range(len(drops[layer]))
        if (layer, k) not in {(one["layer"], one["neuron"]) for one in found["speak_for"]}
    ]
    assert of_named > 5 * abs(np.mean(others)), (of_named, np.mean(others), named)
