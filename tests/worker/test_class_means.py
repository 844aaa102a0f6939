"""Every neuron's mean per class, against plain Keras and numpy."""

from __future__ import annotations

import itertools

import keras
import numpy as np
import pytest
from PIL import Image
from plain import served

from nn_blender.core.requests.samples import RunRequest
from nn_blender.worker.common.caches import Cache
from nn_blender.worker.common.events import EventLog, Task
from nn_blender.worker.running import runs
from nn_blender.worker.running.statistics import StreamingStatistics

CHOICES = {"size": [28, 28], "channels": 1, "range": [0.0, 1.0], "resize": "fit", "invert": False}


@pytest.fixture
def task(tmp_path):
    return Task(1, EventLog(tmp_path), lambda: False)


@pytest.fixture(autouse=True)
def forgotten(monkeypatch):
    monkeypatch.setattr(runs, "_rows", Cache(1 << 28))


def keras_activations(file, samples):
    """Every neuron's activation by `Model.predict`, the mean over positions; float64 (samples, neurons)."""
    model = keras.models.load_model(file, compile=False)
    functional = keras.models.clone_model(model)
    functional.set_weights(model.get_weights())
    layers = [layer for layer in functional.layers if not isinstance(layer, keras.layers.InputLayer)]
    batch = np.stack([np.asarray(Image.open(sample["file"])) for sample in samples])[..., None] / np.float32(255)
    outputs = keras.Model(functional.inputs, [layer.output for layer in layers]).predict(batch, verbose=0)
    return np.concatenate(
        [output.mean(axis=tuple(range(1, output.ndim - 1)), dtype=np.float64) for output in outputs], axis=1
    )


def run(task, file, samples, **more):
    model = runs.ready_model(file, allow_code=False)
    return served(runs.run_samples, RunRequest, task, model, samples=samples, preprocessing=CHOICES, **more)


def test_means_per_class_equal_those_of_keras(task, digits, digit_samples, tmp_path):
    (tmp_path / "text.png").write_text("no picture")
    odd = {"name": "text.png", "file": str(tmp_path / "text.png"), "label": "3"}
    samples = [sample for sample in digit_samples if sample["name"] < "digit-060"]
    assert {sample["label"] for sample in samples} == set("0123456789")
    labels = [int(sample["label"]) for sample in samples]
    groups = [None if label == 9 else label for label in labels]
    value = run(task, digits / "digits.keras", [odd, *samples], groups=[3, *groups], shown=2)
    means = np.load(tmp_path / value["group_means"])
    truth = keras_activations(digits / "digits.keras", samples)
    assert means.dtype == np.float32
    assert means.shape == (9, truth.shape[1])
    assert [entry["file"] for entry in value["skipped"]] == [odd["file"]]
    for label in range(9):
        expected = truth[np.array(labels) == label].mean(axis=0)
        assert np.abs(means[label] - expected).max() <= 1e-5 * np.abs(truth).max()


def test_without_groups_there_are_no_means_and_remembered_rows_count_too(task, digits, digit_samples, tmp_path):
    file, samples = digits / "digits.keras", digit_samples[:6]
    assert run(task, file, samples)["group_means"] is None
    again = run(task, file, samples, groups=[1, 0, 1, 0, 1, None])
    means, rows = (np.load(tmp_path / again[name]) for name in ("group_means", "activations"))
    np.testing.assert_allclose(means[1], rows[[0, 2, 4]].mean(axis=0, dtype=np.float64), rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(means[0], rows[[1, 3]].mean(axis=0, dtype=np.float64), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("parts", [(1,) * 9, (9,), (4, 5)])
def test_what_is_not_finite_stays_and_large_values_keep_their_digits(parts):
    random = np.random.default_rng(1)
    rows = random.normal(size=(9, 5)).astype(np.float32)
    groups = [0, 1, 1, None, 0, 1, 0, 0, 1]
    rows[:, 1] = 1e6 + random.normal(size=9)
    rows[2, 2], rows[4, 3], rows[0, 4], rows[6, 4] = np.nan, np.inf, np.inf, -np.inf
    streaming = StreamingStatistics(5, groups=3)
    for start, end in itertools.pairwise(np.cumsum([0, *parts])):
        streaming.add(rows[start:end], groups[start:end])
    means = streaming.group_means()
    for group in (0, 1):
        members = rows[[other == group for other in groups]].astype(np.float64)
        with np.errstate(invalid="ignore"):
            np.testing.assert_allclose(means[group], members.mean(axis=0), rtol=1e-7)
    assert np.isnan(means[1, 2])
    assert means[0, 3] == np.inf
    assert np.isnan(means[0, 4])
    assert np.isnan(means[2]).all()
