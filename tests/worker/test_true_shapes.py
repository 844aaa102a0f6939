"""Layers that say another shape than they give have the shape and the values that they give."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from recordings import measure, record

from nn_blender.core.errors import UserError
from nn_blender.worker.running.loading import load_model
from nn_blender.worker.running.recorders.functional import segments
from nn_blender.worker.running.recorders.functional.recorder import FunctionalRecorder

L = keras.layers
PIXELS = np.random.default_rng(0).uniform(0, 1, (3, 20, 24, 3)).astype(np.float32)


def cropping(size=(6, 5)):
    return keras.Sequential(
        [
            keras.Input((20, 24, 3)),
            L.Conv2D(3, 3, padding="same", name="first"),
            L.RandomCrop(*size, name="crop"),
            L.Conv2D(4, 3, name="second"),
            L.GlobalAveragePooling2D(name="pool"),
            L.Dense(2, name="classes"),
        ]
    )


def test_what_follows_a_random_crop_is_what_keras_computes(tmp_path, monkeypatch):
    monkeypatch.setattr(segments, "SMALLEST_COST", 1.0)  # The network is cut behind the layer too.
    model = cropping()
    model.save(tmp_path / "crop.keras")
    loaded = load_model(tmp_path / "crop.keras")
    recorder = FunctionalRecorder(loaded)
    assert len(recorder.segments) > 1
    value = PIXELS
    recorded = record(recorder, PIXELS)
    for layer in model.layers:
        value = np.asarray(layer(value, training=False) if layer.name == "crop" else layer(value))
        np.testing.assert_allclose(recorded[layer.name], value, rtol=1e-5, atol=1e-6)
        assert loaded.network.layer(layer.name).output_shape == value.shape[1:]
    _, (outputs,) = measure(recorder, PIXELS)
    np.testing.assert_allclose(outputs, model(PIXELS, training=False), rtol=1e-5, atol=1e-6)


def test_where_keras_itself_cannot_run_behind_a_random_crop_the_layer_and_the_reason_are_told(tmp_path):
    pixels = keras.Input((20, 24, 3))
    flat = L.Flatten(name="flat")(L.RandomCrop(6, 5, name="crop")(pixels))
    model = keras.Model(pixels, L.Dense(2, name="classes")(flat))
    model.save(tmp_path / "crop.keras")
    with pytest.raises(Exception, match=r"incompatible|axis -1"):
        model(PIXELS, training=False)
    with pytest.raises(UserError, match=r"layer classes \(Dense\): .*axis -1"):
        measure(FunctionalRecorder(load_model(tmp_path / "crop.keras")), PIXELS)


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (7, 7), (8, 8), (9, 13), (20, 24)])
def test_an_adaptive_equalization_of_any_size_gives_keras_values_or_a_sentence(size, tmp_path):
    pixels = keras.Input((*size, 3))
    layer = L.ContrastLimitedAdaptiveHistogramEqualization(value_range=(0, 1), name="clahe")
    model = keras.Model(pixels, layer(pixels))
    model.save(tmp_path / "clahe.keras")
    batch = PIXELS[:, : size[0], : size[1]]
    recorder = FunctionalRecorder(load_model(tmp_path / "clahe.keras"))
    try:
        expected = np.asarray(model(batch, training=False))
    except Exception:  # noqa: BLE001 - whatever plain Keras says of it
        with pytest.raises(UserError, match=r"layer clahe \(Contrast"):
            record(recorder, batch)
    else:
        np.testing.assert_allclose(record(recorder, batch)["clahe"], expected, rtol=1e-5, atol=1e-6)
