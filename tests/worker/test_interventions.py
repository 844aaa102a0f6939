"""Switched neurons give what plain Keras gives when a layer's output is multiplied by a mask."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from PIL import Image
from recordings import record

from nn_blender.core.errors import UserError
from nn_blender.core.interventions.intervention import Intervention
from nn_blender.worker.running.loading import load_model
from nn_blender.worker.running.recorders.functional import segments
from nn_blender.worker.running.recorders.functional.recorder import FunctionalRecorder
from nn_blender.worker.running.recorders.functional.steps import Steps

L = keras.layers


def assert_equal(measured, expected, name=""):
    measured, expected = np.asarray(measured), np.asarray(expected)
    assert measured.shape == expected.shape, name
    scale = max(np.abs(expected).max(), 1e-30)
    assert np.abs(measured - expected).max() / scale <= 1e-5, name


def switches(recorder, loaded, means=None, **layers):
    return recorder.switches(Intervention.from_dict({"layers": layers}, loaded.network), means)


@pytest.fixture(autouse=True)
def many_segments(monkeypatch):
    """Small networks are cut too, so that every test crosses cuts."""
    monkeypatch.setattr(segments, "SMALLEST_COST", 1.0)


class Oracle:
    """A clone of a Functional model in which every layer's output is multiplied by a mask over its last axis."""

    def __init__(self, model):
        self.masks = {}
        outputs = {}

        def call(layer, *args, **kwargs):
            output = layer(*args, **kwargs)
            if isinstance(layer, L.InputLayer):
                return output
            self.masks[layer.name] = keras.Variable(np.ones(output.shape[-1], "float32"))
            outputs[layer.name] = keras.ops.multiply(output, self.masks[layer.name])
            return outputs[layer.name]

        clone = keras.models.clone_model(model, call_function=call)
        clone.set_weights(model.get_weights())
        self._all = keras.Model(clone.inputs, outputs)

    def outputs(self, batch, off):
        for name, mask in self.masks.items():
            mask.assign([0.0 if k in off.get(name, ()) else 1.0 for k in range(mask.shape[0])])
        return {name: np.asarray(value) for name, value in self._all(batch, training=False).items()}


def digits_case(request):
    samples, folder = request.getfixturevalue("digit_samples"), request.getfixturevalue("digits")
    pictures = [np.asarray(Image.open(sample["file"])) for sample in samples[:3]]
    return folder / "digits.keras", (np.stack(pictures)[..., None] / 255).astype("float32")


def emotions_case(request):
    grey = Image.open(request.getfixturevalue("astronaut")).convert("L")
    faces = [np.asarray(grey.crop((150 + k, k, 310 + k, 160 + k)).resize((64, 64))) for k in (0, 20)]
    return request.getfixturevalue("emotion_file"), ((np.stack(faces) / 255.0 - 0.5) * 2)[..., None].astype("float32")


def mobilenet_case(request):
    keras.utils.set_random_seed(0)
    file = request.getfixturevalue("tmp_path_factory").mktemp("models") / "mobilenet.keras"
    keras.applications.MobileNetV2((96, 96, 3), weights=None, classes=10).save(file)
    return file, np.random.default_rng(0).uniform(-1, 1, (2, 96, 96, 3)).astype("float32")


@pytest.mark.parametrize(("case", "alone"), [(digits_case, 20), (emotions_case, 20), (mobilenet_case, 2)])
def test_neurons_of_every_kind_of_layer_are_off_as_if_multiplied_by_a_mask(case, alone, request, traced):
    file, batch = case(request)
    oracle = Oracle(keras.models.load_model(file, compile=False))
    loaded = load_model(file)
    recorder = FunctionalRecorder(loaded)
    assert len(recorder.segments) >= 3
    random = np.random.default_rng(1)
    kinds = {layer.class_name: layer for layer in loaded.network.layers}
    for layer in list(kinds.values())[:alone]:
        off = sorted(map(int, random.choice(layer.neurons, max(layer.neurons // 3, 1), replace=False)))
        expected = oracle.outputs(batch, {layer.path: off})
        recorded = record(recorder, batch, switches=switches(recorder, loaded, **{layer.path: {"off": off}}))
        for path, value in recorded.items():
            assert_equal(value, expected[path], f"{layer.path} off, seen at {path}")
    every = {layer.path: sorted({0, layer.neurons // 2}) for layer in kinds.values()}
    expected = oracle.outputs(batch, every)
    recorded = record(
        recorder, batch, switches=switches(recorder, loaded, **{path: {"off": off} for path, off in every.items()})
    )
    for path, value in recorded.items():
        assert_equal(value, expected[path], f"several off, seen at {path}")
    assert len(traced) <= 3 * len(recorder.segments)


def test_only_layers_before_the_next_entry_are_masked_unless_more_are_switched(request, monkeypatch):
    file, batch = digits_case(request)
    monkeypatch.setattr(segments, "MOST_SEGMENTS", 1)
    loaded = load_model(file)
    recorder = FunctionalRecorder(loaded)
    layers = loaded.network.layers
    entry = recorder.entries(len(layers) - 1)[1]
    assert 0 < entry < len(layers) - 1
    masked = []
    original = Steps.run

    def run(self, piece, tensors, masks, *more):
        masked.append(sorted(masks))
        return original(self, piece, tensors, masks, *more)

    monkeypatch.setattr(Steps, "run", run)
    for last in (entry - 1, entry):
        record(recorder, batch, switches=switches(recorder, loaded, **{layers[last].path: {"off": [0]}}))
    assert masked == [list(range(entry)), list(range(len(layers)))]


def saved(model, tmp_path):
    model.save(tmp_path / "model.keras")
    return load_model(tmp_path / "model.keras")


def test_factors_fills_infinity_and_nan(tmp_path):
    numbers = keras.Input((2, 3), name="numbers")
    x = L.Activation("linear", name="same")(numbers)
    loaded = saved(keras.Model(numbers, L.Activation("relu", name="last")(x)), tmp_path)
    recorder = FunctionalRecorder(loaded)
    batch = np.float32([[[1, np.inf, np.nan], [-2, -np.inf, 5]]])

    def same(**given):
        means = np.float32([10, 20, np.nan, 0, 0, 0])
        chosen = switches(recorder, loaded, means, same=given)
        return np.asarray(record(recorder, batch, paths=["same"], switches=chosen)["same"])[0]

    np.testing.assert_array_equal(same(off=[2]), [[1, np.inf, 0], [-2, -np.inf, 0]])
    np.testing.assert_array_equal(same(off=[0, 1]), [[0, 0, np.nan], [0, 0, 5]])
    np.testing.assert_array_equal(same(gain={"0": 0.5, "1": 2}), [[0.5, np.inf, np.nan], [-1, -np.inf, 5]])
    np.testing.assert_array_equal(same(off=[0], replace=[0, 1]), [[10, np.inf, np.nan], [10, -np.inf, 5]])
    np.testing.assert_array_equal(same(off=[2], replace=[2])[:, 2], [np.nan, np.nan])


def test_channels_first_are_switched_along_their_axis(tmp_path):
    pixels = keras.Input((3, 4, 5), name="pixels")
    pool = L.GlobalAveragePooling2D(data_format="channels_first", name="pool")(
        L.ZeroPadding2D(1, data_format="channels_first", name="pad")(pixels)
    )
    loaded = saved(keras.Model(pixels, pool), tmp_path)
    recorder = FunctionalRecorder(loaded)
    batch = np.random.default_rng(0).normal(size=(2, 3, 4, 5)).astype("float32")
    recorded = record(recorder, batch, switches=switches(recorder, loaded, pad={"gain": {"1": 0.5}, "off": [2]}))
    scaled = np.pad(batch, ((0, 0), (0, 0), (1, 1), (1, 1))) * np.float32([1, 0.5, 0])[:, None, None]
    np.testing.assert_array_equal(recorded["pad"], scaled)
    assert_equal(recorded["pool"], scaled.mean(axis=(2, 3)))


def test_a_shared_layer_is_switched_in_all_its_calls(tmp_path):
    first, second = keras.Input((4,), name="first"), keras.Input((4,), name="second")
    dense = L.Dense(3, name="dense")
    loaded = saved(keras.Model([first, second], L.Concatenate(name="join")([dense(first), dense(second)])), tmp_path)
    recorder = FunctionalRecorder(loaded)
    a, b = (np.random.default_rng(k).normal(size=(2, 4)).astype("float32") for k in range(2))
    chosen = switches(recorder, loaded, **{"dense#1": {"off": [1]}})
    recorded = record(recorder, a, b, switches=chosen)
    mask = np.float32([1, 0, 1])
    assert_equal(recorded["join"], np.concatenate([np.asarray(dense(a)) * mask, np.asarray(dense(b)) * mask], axis=1))
    assert Intervention.from_dict(chosen.intervention.to_dict(), loaded.network) == chosen.intervention
    assert chosen.first() == recorder.number_of("dense")


RECURRENT = {
    "lstm": lambda: L.LSTM(4, return_sequences=True, name="rnn"),
    "gru": lambda: L.GRU(4, return_sequences=True, name="rnn"),
    "old gru": lambda: L.GRU(4, return_sequences=True, reset_after=False, name="rnn"),
    "simple": lambda: L.SimpleRNN(4, return_sequences=True, name="rnn"),
    "unrolled": lambda: L.LSTM(4, return_sequences=True, unroll=True, name="rnn"),
    "cell": lambda: L.RNN(L.LSTMCell(4), return_sequences=True, name="rnn"),
    "stacked": lambda: L.RNN([L.GRUCell(3), L.LSTMCell(4)], return_sequences=True, name="rnn"),
    "two ways": lambda: L.Bidirectional(L.LSTM(2, return_sequences=True), name="rnn"),
    "last only": lambda: L.LSTM(4, name="rnn"),
}


def recurrent_kernels(layer):
    """(kernel, units of the layer that its rows stand for), as the layer's output has them."""
    if isinstance(layer, L.Bidirectional):
        halves = (layer.forward_layer.cell, layer.backward_layer.cell)
        return [(cell.recurrent_kernel, range(2 * k, 2 * k + 2)) for k, cell in enumerate(halves)]
    cell = layer.cell.cells[-1] if isinstance(layer.cell, L.StackedRNNCells) else layer.cell
    return [(cell.recurrent_kernel, range(4))]


@pytest.mark.parametrize("kind", RECURRENT)
@pytest.mark.parametrize("has_gaps", [False, True])
def test_a_recurrent_unit_is_off_inside_the_loop(kind, has_gaps, tmp_path):
    keras.utils.set_random_seed(3)
    words = keras.Input((6,), dtype="int32", name="words")
    embedded = L.Embedding(9, 5, mask_zero=has_gaps, name="embedding")(words)
    output = RECURRENT[kind]()(embedded)
    model = keras.Model(words, [L.Dense(2, name="classes")(output)])
    loaded = saved(model, tmp_path)
    recorder = FunctionalRecorder(loaded)
    batch = np.array([[1, 2, 3, 0, 0, 0], [0, 4, 5, 6, 7, 8]], "int32")
    factors = np.float32([1, 0, 0.5 if kind in ("lstm", "simple", "cell", "unrolled") else 1, 0])
    given = {"off": [1, 3], "gain": {str(k): float(g) for k, g in enumerate(factors) if g not in (0, 1)}}
    intact = np.asarray(record(recorder, batch)["rnn"])
    recorded = record(recorder, batch, switches=switches(recorder, loaded, rnn=given))
    layer = model.get_layer("rnn")
    for kernel, units in recurrent_kernels(layer):
        kernel.assign(kernel.numpy() * factors[list(units), None])
    expected = np.asarray(layer(model.get_layer("embedding")(batch))) * factors
    assert_equal(recorded["rnn"], expected)
    assert_equal(recorded["classes"], model.get_layer("classes")(expected))
    assert np.abs(expected - intact * factors).max() > 1e-4  # Not the same as switching the output alone.
    assert_equal(record(recorder, batch)["rnn"], intact)
    assert recorder.notes(Intervention.from_dict({"layers": {"rnn": given}}, loaded.network)) == []


def test_what_can_be_switched_in_its_output_alone_says_so(tmp_path):
    numbers = keras.Input((5, 3), name="numbers")
    summed = L.Bidirectional(L.LSTM(2), merge_mode="sum", name="sum")(numbers)
    model = keras.Model(numbers, L.Dense(2, name="last")(summed))
    loaded = saved(model, tmp_path)
    recorder = FunctionalRecorder(loaded)
    batch = np.random.default_rng(0).normal(size=(2, 5, 3)).astype("float32")
    chosen = switches(recorder, loaded, sum={"off": [1]})
    assert_equal(
        record(recorder, batch, switches=chosen)["sum"],
        np.asarray(model.get_layer("sum")(batch)) * np.float32([1, 0]),
    )
    assert recorder.notes(chosen.intervention) == [
        "The units of sum are switched in its output only, not inside its loop."
    ]


def test_convolutional_recurrent_channels_are_off_inside_the_loop(tmp_path):
    keras.utils.set_random_seed(4)
    film = keras.Input((3, 4, 4, 2), name="film")
    model = keras.Model(film, L.ConvLSTM2D(3, 2, return_sequences=True, padding="same", name="rnn")(film))
    loaded = saved(model, tmp_path)
    recorder = FunctionalRecorder(loaded)
    batch = np.random.default_rng(0).normal(size=(2, 3, 4, 4, 2)).astype("float32")
    recorded = record(recorder, batch, switches=switches(recorder, loaded, rnn={"off": [1]}))["rnn"]
    layer = model.get_layer("rnn")
    kernel = layer.cell.recurrent_kernel.numpy()
    kernel[:, :, 1] = 0
    layer.cell.recurrent_kernel.assign(kernel)
    assert_equal(recorded, np.asarray(layer(batch)) * np.float32([1, 0, 1]))


def test_keras_masks_are_never_cut_and_attention_is_switched_in_its_output(tmp_path):
    words = keras.Input((6,), dtype="int32", name="words")
    x = L.Embedding(9, 8, mask_zero=True, name="embedding")(words)
    x = L.Dense(8, name="dense")(x)
    x = L.MultiHeadAttention(2, 4, name="attention")(x, x)
    x = L.LSTM(3, name="rnn")(x)
    model = keras.Model(words, L.Dense(2, name="last")(L.Dense(4, name="hidden")(x)))
    loaded = saved(model, tmp_path)
    recorder = FunctionalRecorder(loaded)
    may_start = [layer.path for k, layer in enumerate(loaded.network.layers) if recorder.cutter.may_cut(k)]
    assert may_start == ["embedding", "hidden", "last"]
    batch = np.array([[1, 2, 3, 0, 0, 0], [4, 5, 6, 7, 8, 0]], "int32")
    layers = model.layers[1:]
    expected = keras.Model(model.inputs, [layer.output for layer in layers])(batch)
    for layer, value in zip(layers, expected, strict=True):
        assert_equal(record(recorder, batch)[layer.name], value, layer.name)
    recorded = record(recorder, batch, switches=switches(recorder, loaded, attention={"off": [2]}))
    embedded = model.get_layer("dense")(model.get_layer("embedding")(batch))
    embedded._keras_mask = batch != 0
    attended = model.get_layer("attention")(embedded, embedded) * np.float32([1, 1, 0, 1, 1, 1, 1, 1])
    assert_equal(recorded["attention"], attended)
    assert_equal(recorded["rnn"], model.get_layer("rnn")(attended, mask=batch != 0))


def test_a_network_without_layers_is_said_to_have_none(tmp_path):
    numbers = keras.Input((3,), name="numbers")
    with pytest.raises(UserError, match="has no layers"):
        saved(keras.Model(numbers, numbers), tmp_path)


def test_whole_numbers_cannot_be_switched(tmp_path):
    numbers = keras.Input((4,), name="numbers")
    model = keras.Model(numbers, keras.ops.cast(numbers, "int32"))
    loaded = saved(model, tmp_path)
    path = loaded.network.layers[0].path
    recorder = FunctionalRecorder(loaded)
    with pytest.raises(UserError, match=path) as caught:
        switches(recorder, loaded, **{path: {"off": [0]}})
    assert caught.value.code == "intervention.unsupported"


def test_switches_tell_what_they_change_before_a_layer(digits):
    loaded = load_model(digits / "digits.keras")
    recorder = FunctionalRecorder(loaded)
    last = loaded.network.layers[-1].path
    early = switches(recorder, loaded, conv_1={"off": [2]})
    both = switches(recorder, loaded, **{"conv_1": {"off": [2]}, last: {"gain": {"1": 0.5}}})
    assert early.key() != both.key()
    assert early.key(3) == both.key(3) != recorder.intact.key(3)
    assert both.differing(early) == [len(loaded.network.layers) - 1]
    assert (early.first(), recorder.intact.first()) == (0, None)
