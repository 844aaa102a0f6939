"""How many neurons of a layer say nothing, against counting by hand."""

from __future__ import annotations

import numpy as np

from nn_blender.core.neurons.health import health_of, never_active, often_near
from nn_blender.core.neurons.saturation import bounds_of
from nn_blender.core.recording import Statistics

SAMPLES = 40


def made(neurons: int = 12) -> np.ndarray:
    """Float32 (samples, neurons), above 0 here and there."""
    return np.abs(np.random.default_rng(0).normal(size=(SAMPLES, neurons))).astype(np.float32)


def test_neurons_of_a_rectifier_are_dead_that_are_never_above_zero() -> None:
    rows = made()
    rows[:, 3] = 0
    rows[:, 5] = -rows[:, 5]
    rows[:, 7] = np.nan
    found = Statistics.of(rows)
    expected = np.flatnonzero(~(rows > 0).any(axis=0) & ~np.isnan(rows).all(axis=0))
    np.testing.assert_array_equal(np.flatnonzero(never_active(found.active, found.lowest, "relu")), expected)
    assert expected.tolist() == [3, 5]


def test_without_an_activation_function_only_what_is_always_zero_is_dead() -> None:
    rows = made()
    rows[:, 3] = 0
    rows[:, 5] = -rows[:, 5]
    found = Statistics.of(rows)
    for activation in ("", "linear"):
        np.testing.assert_array_equal(np.flatnonzero(never_active(found.active, found.lowest, activation)), [3])


def test_a_neuron_of_several_kinds_counts_once() -> None:
    rows = made()
    rows[:, 0] = 0
    rows[5, 0] = np.nan
    rows[:, 1] = np.inf
    rows[:, 2] = 0
    found = Statistics.of(rows)
    dead = never_active(found.active, found.lowest, "relu")
    saturated = np.zeros(8, bool)
    saturated[[2, 4]] = True
    health = health_of(found.mean, dead, saturated)
    assert (health.neurons, health.dead, health.not_finite, health.saturated) == (12, 2, 2, 2)
    assert health.affected == len({0, 1, 2, 4})
    assert health.share == 4 / 12
    assert health_of(found.mean, dead, None).saturated is None


def test_saturated_are_those_at_a_bound_in_nearly_all_samples() -> None:
    steepness = np.linspace(1, 2000, 12)
    rows = (1 / (1 + np.exp(-made() * steepness))).astype(np.float32)
    bounds = bounds_of("Dense", "sigmoid")
    assert bounds is not None
    expected = ((rows >= 0.99) | (rows <= 0.01)).mean(axis=0) >= 0.95
    assert 0 < expected.sum() < len(expected)
    np.testing.assert_array_equal(often_near(bounds, SAMPLES, lambda sample: rows[sample]), expected)
