"""What a neuron shows of a feature map is its mean as double precision gives it, however large the map is."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from recordings import measure

from nn_blender.core.network import Layer
from nn_blender.worker.running.loading import load_model
from nn_blender.worker.running.recorders.functional.recorder import FunctionalRecorder
from nn_blender.worker.running.recorders.functional.steps import neuron_values

L = keras.layers
NEAR = 1e-5
"""Of the largest single activation of a layer."""
CHANNELS_LAST, CHANNELS_FIRST = ("height", "width", "channel"), ("channel", "height", "width")


def values_of(array, axes, statistic="mean", traced_shape=None):
    layer = Layer("layer", "Conv2D", array.shape[1:], axes, 0)
    spec = tf.TensorSpec(traced_shape or (None, *array.shape[1:]), tf.as_dtype(array.dtype))
    function = tf.function(lambda x: neuron_values(layer, x, statistic), input_signature=[spec], autograph=False)
    return function(array).numpy()


@pytest.mark.parametrize("size", [(2048, 2048), (1999, 2003), (31, 1), (8, 4), (64, 1), (5, 13)])
@pytest.mark.parametrize("axes", [CHANNELS_LAST, CHANNELS_FIRST])
@pytest.mark.parametrize("is_open", [False, True])
def test_a_mean_keeps_its_digits(size, axes, is_open):
    shape = (1, *size, 2) if axes is CHANNELS_LAST else (1, 2, *size)
    maps = np.random.default_rng(1).uniform(90, 100, shape).astype(np.float32)
    positions = (1, 2) if axes is CHANNELS_LAST else (2, 3)
    open_shape = (None, None, None, 2) if axes is CHANNELS_LAST else (None, 2, None, None)
    given = values_of(maps, axes, traced_shape=open_shape if is_open else None)
    assert np.abs(given - maps.mean(positions, dtype=np.float64)).max() <= 1e-6 * maps.max()


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64", "int32", "int64", "uint8", "bool"])
def test_a_mean_of_numbers_of_any_type_keeps_its_digits(dtype):
    maps = np.random.default_rng(2).integers(0, 2 if dtype == "bool" else 200, (2, 40, 50, 3))
    maps = tf.cast(maps, dtype).numpy()
    given = values_of(maps, CHANNELS_LAST)
    assert np.abs(given - maps.astype(np.float64).mean((1, 2))).max() <= 1e-6 * float(maps.max())


def test_a_network_at_2048_by_2048_shows_the_mean_of_its_own_activations(tmp_path):
    pixels = keras.Input((2048, 2048, 1), name="pixels")
    model = keras.Model(pixels, L.Conv2D(2, 3, padding="same", bias_initializer="ones", name="conv")(pixels))
    model.save(tmp_path / "large.keras")
    batch = np.random.default_rng(3).uniform(0.5, 1, (1, 2048, 2048, 1)).astype(np.float32)
    maps = np.asarray(model(batch))
    values, _ = measure(FunctionalRecorder(load_model(tmp_path / "large.keras")), batch)
    assert np.abs(values - maps.mean((1, 2), dtype=np.float64)).max() <= NEAR * np.abs(maps).max()
    positive, _ = measure(FunctionalRecorder(load_model(tmp_path / "large.keras")), batch, statistic="positive")
    expected = np.maximum(maps, 0).mean((1, 2), dtype=np.float64)
    assert np.abs(positive - expected).max() <= NEAR * np.abs(maps).max()


@pytest.mark.parametrize("statistic", ["mean", "positive", "max"])
def test_not_a_number_and_infinity_reach_the_mean(statistic):
    maps = np.ones((1, 16, 16, 3), np.float32)
    maps[0, 3, 3, 0], maps[0, 5, 5, 1] = np.nan, np.inf
    given = values_of(maps, CHANNELS_LAST, statistic)[0]
    assert np.isnan(given[0])
    assert given[1:].tolist() == [np.inf, 1.0]


def test_infinities_of_both_signs_have_no_mean():
    maps = np.ones((1, 64, 1, 2), np.float32)
    maps[0, 0, 0, 0], maps[0, 40, 0, 0] = np.inf, -np.inf
    given = values_of(maps, CHANNELS_LAST)[0]
    assert np.isnan(given[0])
    assert given[1] == 1.0
