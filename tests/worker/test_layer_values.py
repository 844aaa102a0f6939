"""What the recorder measures equals what plain Keras computes, layer by layer.

"Equal": the largest absolute difference over a layer, divided by the layer's largest absolute value, is at most 1e-5.
The oracles use public Keras only: models rebuilt by `clone_model` with every layer's output, or layers called by hand.
"""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image
from recordings import measure, record

from nn_blender.core.network import FEATURE_AXES
from nn_blender.worker.running.loading import load_model
from nn_blender.worker.running.recorders.functional.recorder import FunctionalRecorder

L = keras.layers


def assert_equal(measured, expected, name=""):
    measured, expected = np.asarray(measured), np.asarray(expected)
    assert measured.shape == expected.shape, name
    scale = max(np.abs(expected).max(), 1e-30)
    assert np.abs(measured - expected).max() / scale <= 1e-5, name


def layer_outputs(model, batch):
    """Every layer's output of a flat model, from a clone that is free of stale calls."""
    clone = keras.models.clone_model(model)
    clone.set_weights(model.get_weights())
    layers = [layer for layer in clone.layers if not isinstance(layer, L.InputLayer)]
    outputs = keras.Model(clone.inputs, [layer.output for layer in layers])(batch, training=False)
    return {layer.name: np.asarray(value) for layer, value in zip(layers, outputs, strict=True)}


def averages(network, outputs):
    """Neuron averages computed with numpy in double precision."""
    columns = []
    for layer in network.layers:
        values = outputs[layer.path].astype(np.float64)
        positions = tuple(k + 1 for k, axis in enumerate(layer.axes) if axis not in FEATURE_AXES)
        columns.append(values.mean(axis=positions) if positions else values)
    return columns


def assert_records_like(loaded, outputs, prediction, batch):
    recorder = FunctionalRecorder(loaded)
    recorded = record(recorder, batch)
    assert set(recorded) == set(outputs)
    for path, value in recorded.items():
        assert_equal(value, outputs[path], path)
    activations, (classes,) = measure(recorder, batch)
    assert_equal(classes, prediction, "prediction")
    slices = loaded.network.neuron_slices()
    for layer, expected in zip(loaded.network.layers, averages(loaded.network, outputs), strict=True):
        assert_equal(activations[:, slices[layer.path]], expected, layer.path)


def save_and_load(model, tmp_path, suffix=".keras"):
    file = tmp_path / f"model{suffix}"
    model.save(file)
    return load_model(file)


@pytest.mark.parametrize("name", ["digits.keras", "digits.h5"])
def test_the_digits_network_records_what_keras_computes_for_real_digits(name, digits, digit_samples):
    pictures = [np.asarray(Image.open(sample["file"])) for sample in digit_samples[:6]]
    batch = (np.stack(pictures)[..., None] / 255).astype("float32")
    model = keras.models.load_model(digits / name, compile=False)
    assert_records_like(load_model(digits / name), layer_outputs(model, batch), model.predict(batch, verbose=0), batch)


def test_a_real_keras_2_network_records_what_keras_computes_for_real_photographs(emotion_file, astronaut):
    grey = Image.open(astronaut).convert("L")
    boxes = [(150 + k, 0 + k, 310 + k, 160 + k) for k in range(0, 50, 10)]
    faces = np.stack([np.asarray(grey.crop(box).resize((64, 64))) for box in boxes])
    batch = ((faces / 255.0 - 0.5) * 2)[..., None].astype("float32")
    model = keras.models.load_model(emotion_file, compile=False)
    assert_records_like(load_model(emotion_file), layer_outputs(model, batch), model.predict(batch, verbose=0), batch)


def test_a_loaded_sequential_records_what_its_layers_compute_one_by_one(tmp_path):
    model = keras.Sequential(
        [
            keras.Input((12, 12, 3)),
            L.Rescaling(1 / 255),
            L.SeparableConv2D(6, 3, activation="gelu"),
            L.LayerNormalization(),
            L.AveragePooling2D(2),
            L.Dropout(0.5),
            L.GlobalAveragePooling2D(),
            L.Dense(5, activation="sigmoid"),
        ]
    )
    batch = np.random.default_rng(1).uniform(0, 255, (4, 12, 12, 3)).astype("float32")
    outputs, value = {}, keras.ops.convert_to_tensor(batch)
    for layer in model.layers:
        value = layer(value)
        outputs[layer.name] = np.asarray(value)
    assert_records_like(save_and_load(model, tmp_path), outputs, model.predict(batch, verbose=0), batch)


def test_nested_and_shared_layers_are_recorded_per_call(tmp_path):
    inner_in = keras.Input((8, 8, 2))
    conv = L.Conv2D(3, 3, activation="relu", name="conv")
    inner = keras.Model(inner_in, L.MaxPooling2D(name="pool")(conv(inner_in)), name="base")
    first, second = keras.Input((8, 8, 2), name="first"), keras.Input((8, 8, 2), name="second")
    dense = L.Dense(4, name="dense")
    flat = L.Flatten(name="flat")
    joined = L.Concatenate(name="join")([dense(flat(inner(first))), dense(flat(inner(second)))])
    model = keras.Model([first, second], joined)
    loaded = save_and_load(model, tmp_path)
    paths = [layer.path for layer in loaded.network.layers]
    assert paths == [
        "base/conv", "base/pool", "flat", "dense", "base/conv#1", "base/pool#1", "flat#1", "dense#1", "join",
    ]  # fmt: skip

    random = np.random.default_rng(2)
    a, b = (random.normal(size=(3, 8, 8, 2)).astype("float32") for _ in range(2))
    recorded = record(FunctionalRecorder(loaded), a, b)
    for suffix, batch in (("", a), ("#1", b)):
        conv_value = conv(batch)
        pooled = L.MaxPooling2D()(conv_value)
        assert_equal(recorded[f"base/conv{suffix}"], conv_value)
        assert_equal(recorded[f"base/pool{suffix}"], pooled)
        assert_equal(recorded[f"dense{suffix}"], dense(L.Flatten()(pooled)))
    assert_equal(recorded["join"], model([a, b]))
    assert loaded.network.parameters == model.count_params()


def test_masks_reach_recurrent_layers(tmp_path):
    words = keras.Input((7,), dtype="int32", name="words")
    embedded = L.Embedding(11, 6, mask_zero=True, name="embedding")(words)
    both = L.Bidirectional(L.LSTM(4, return_sequences=True), name="both")(embedded)
    last = L.GRU(3, name="last")(both)
    model = keras.Model(words, L.Dense(2, activation="softmax", name="classes")(last))
    batch = np.array([[1, 2, 3, 0, 0, 0, 0], [4, 5, 6, 7, 8, 9, 10]], "int32")
    loaded = save_and_load(model, tmp_path)
    recorded = record(FunctionalRecorder(loaded), batch)
    assert_equal(recorded["classes"], model.predict(batch, verbose=0))
    assert_equal(recorded["both"], layer_outputs(model, batch)["both"])
    axes = {layer.path: layer.axes for layer in loaded.network.layers}
    assert axes["embedding"] == axes["both"] == ("time", "unit")
    assert axes["last"] == axes["classes"] == ("unit",)


def test_attention_and_operations_are_recorded(tmp_path):
    tokens = keras.Input((5, 8), name="tokens")
    attended = L.MultiHeadAttention(2, 4, name="attention")(tokens, tokens)
    summed = keras.ops.relu(attended + tokens)
    model = keras.Model(tokens, L.Dense(3, name="classes")(L.GlobalAveragePooling1D(name="mean")(summed)))
    batch = np.random.default_rng(3).normal(size=(2, 5, 8)).astype("float32")
    recorded = record(FunctionalRecorder(save_and_load(model, tmp_path)), batch)
    attention = model.get_layer("attention")(batch, batch)
    assert_equal(recorded["attention"], attention)
    assert_equal(recorded["relu"], np.maximum(np.asarray(attention) + batch, 0))
    assert_equal(recorded["classes"], model.predict(batch, verbose=0))


def test_random_layers_and_dropout_are_still_during_recording(tmp_path):
    pixels = keras.Input((6, 6, 1), name="pixels")
    x = L.RandomFlip(name="flip")(pixels)
    x = L.GaussianNoise(1.0, name="noise")(x)
    model = keras.Model(pixels, L.Flatten(name="flat")(L.Dropout(0.9, name="drop")(x)))
    batch = np.random.default_rng(4).normal(size=(2, 6, 6, 1)).astype("float32")
    for value in record(FunctionalRecorder(save_and_load(model, tmp_path)), batch).values():
        assert np.array_equal(np.asarray(value).ravel(), batch.ravel())


def test_not_a_number_and_infinity_stay_what_they_are(tmp_path):
    pixels = keras.Input((4,), name="pixels")
    model = keras.Model(pixels, L.Dense(3, name="dense")(pixels))
    kernel = np.zeros((4, 3), "float32")
    kernel[0] = [1.0, np.inf, np.nan]
    model.set_weights([kernel, np.zeros(3, "float32")])
    activations, _ = measure(FunctionalRecorder(save_and_load(model, tmp_path)), np.array([[1, 0, 0, 0]], "float32"))
    assert activations[0, 0] == 1.0
    assert not np.isfinite(activations[0, 1:]).any()


def test_other_batch_sizes_are_not_traced_anew(digits, traced):
    recorder = FunctionalRecorder(load_model(digits / "digits.keras"))
    for size in (1, 3, 8):
        measure(recorder, np.zeros((size, 28, 28, 1), "float32"))
    assert len(traced) == len(recorder.segments)


def test_a_batch_gives_the_same_numbers_as_its_samples_one_by_one(digits):
    recorder = FunctionalRecorder(load_model(digits / "digits.keras"))
    batch = np.random.default_rng(5).uniform(size=(9, 28, 28, 1)).astype("float32")
    together, _ = measure(recorder, batch)
    alone = np.concatenate([measure(recorder, batch[k : k + 1])[0] for k in range(9)])
    assert_equal(together, alone)


def test_the_model_file_may_have_any_suffix(digits, tmp_path):
    for name in ("digits.keras", "digits.h5"):
        file = Path(tmp_path / f"{name}.bin")
        file.write_bytes((digits / name).read_bytes())
        assert load_model(file).network.neurons == 1386
