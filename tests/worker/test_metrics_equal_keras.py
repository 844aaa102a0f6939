"""Metrics of answers equal those of Keras."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from nn_blender.core.outputs.metrics import (
    absolute_error,
    accuracy,
    f1_scores,
    intersection_over_union,
    label_accuracy,
    root_mean_square_error,
)


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(8)


def test_accuracy_and_overlap(random: np.random.Generator) -> None:
    true, values = random.integers(0, 6, 300), random.random((300, 7)).astype(np.float32)
    predicted = values.argmax(axis=1)
    exact = keras.metrics.SparseCategoricalAccuracy()
    exact.update_state(true, values)
    assert accuracy(predicted, true) == pytest.approx(float(exact.result()))
    overlap = keras.metrics.MeanIoU(num_classes=8)
    overlap.update_state(true, predicted)
    found = intersection_over_union(predicted, true, 8)
    assert np.nanmean(found) == pytest.approx(float(overlap.result()))
    assert np.isnan(found[7])


def test_several_labels(random: np.random.Generator) -> None:
    true, values = random.random((200, 4)) > 0.5, random.random((200, 4)).astype(np.float32)
    score = keras.metrics.F1Score(average=None, threshold=0.5)
    score.update_state(true.astype(np.float32), values)
    assert f1_scores(values > 0.5, true) == pytest.approx(np.array(score.result()))
    exact = keras.metrics.BinaryAccuracy()
    exact.update_state(true.astype(np.float32), values)
    assert label_accuracy(values > 0.5, true).mean() == pytest.approx(float(exact.result()))


def test_errors(random: np.random.Generator) -> None:
    true, values = random.normal(size=(100, 3)), random.normal(size=(100, 3)).astype(np.float32)
    for metric, measure in (
        (keras.metrics.MeanAbsoluteError(), absolute_error),
        (keras.metrics.RootMeanSquaredError(), root_mean_square_error),
    ):
        metric.update_state(true, values)
        assert measure(values, true) == pytest.approx(float(metric.result()))
