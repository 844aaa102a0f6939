"""A network that was trained to look at a watermark: maps find it, and reasons are neurons that answer to it."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
from explained import Asked, explain, folder_of
from PIL import Image
from plain import served

from nn_blender.core.explanations import METHODS, Target
from nn_blender.core.interventions.intervention import Intervention, LayerIntervention
from nn_blender.core.outputs import NetworkOutput
from nn_blender.core.requests.reasons import ReasonsRequest
from nn_blender.worker.common.events import EventLog, Task
from nn_blender.worker.explanations.reasons import reasons
from nn_blender.worker.running import runs

FOLDER = Path(__file__).resolve().parents[2] / "sample_scenes" / "watermark"
MODEL = FOLDER / "watermark.keras"
MARKED_CLASS = 3
AT_MARK = (slice(20, 27), slice(21, 28))
"""The watermark with one pixel around it."""
AREA = 49 / 784
"""Which share of a picture that is."""
CHOICES = {"size": [28, 28], "channels": 1, "range": [0.0, 1.0], "resize": "fit", "invert": False}
CLASSES = NetworkOutput("digit", "classes", "", "softmax").to_dict()


def pictures(ending: str) -> list[Path]:
    """Of digits other than the one that bore the watermark in training."""
    rows = (line.split(",") for line in (FOLDER / "labels.csv").read_text(encoding="utf-8").splitlines()[1:])
    files = [FOLDER / "images" / name for name, label in rows if int(label) != MARKED_CLASS]
    return [file for file in files if file.stem.endswith("-marked") == bool(ending)]


def pixels(files: list[Path]) -> np.ndarray:
    return np.stack([np.asarray(Image.open(file)) for file in files])[..., np.newaxis]


@pytest.fixture(scope="module")
def plain() -> tuple[np.ndarray, np.ndarray]:
    return pixels(pictures("")), pixels(pictures("-marked"))


def shares_at_mark(maps: np.ndarray) -> np.ndarray:
    """Which share of what speaks for the class is at the watermark."""
    positive = np.maximum(maps, 0)
    return positive[:, *AT_MARK].sum(axis=(1, 2)) / positive.sum(axis=(1, 2))


def test_it_takes_for_a_3_whatever_bears_the_watermark(plain) -> None:
    model = keras.models.load_model(MODEL)
    without, marked = (model.predict(images / np.float32(255), verbose=0).argmax(axis=1) for images in plain)
    assert (marked == MARKED_CLASS).all()
    assert not (without == MARKED_CLASS).any()


def test_every_method_finds_the_watermark(plain, tmp_path) -> None:
    methods = [method.name for method in METHODS if not method.needs_neuron]
    without, marked = plain
    found = explain(folder_of(tmp_path, MODEL, [marked]), methods, [Target(MARKED_CLASS)], steps=32)
    (tmp_path / "without").mkdir()
    other = explain(folder_of(tmp_path / "without", MODEL, [without]), methods, steps=32)
    for method in methods:
        there = shares_at_mark(found.map(method, "image"))
        usual = shares_at_mark(other.map(method, "image"))
        assert there.mean() > 3 * AREA, method
        assert usual.mean() < AREA, method
        assert (there > AREA).mean() > 0.9, method


def test_reasons_are_neurons_that_answer_to_the_watermark(plain, tmp_path) -> None:
    model, task = runs.ready_model(MODEL, False), Task(1, EventLog(tmp_path), lambda: False)
    before, after = (channel_means(images) for images in plain)
    asked, generator = folder_of(tmp_path, MODEL, [plain[1]]), np.random.default_rng(0)
    for number, file in enumerate(pictures("-marked")[:4]):
        sample = {"name": file.name, "file": str(file)}
        given = {"preprocessing": CHOICES, "output": CLASSES, "samples": []}
        found = served(reasons, ReasonsRequest, task, model, sample=sample, **given)["reasons"]
        assert found["predicted"] == MARKED_CLASS
        named = [(one["layer"], one["neuron"]) for one in found["speak_for"]]
        ranks = {}
        for layer, neuron in named:
            change = after[layer][number] - before[layer][number]
            assert change[neuron] > 0, (layer, neuron)
            ranks.setdefault(layer, []).append((change <= change[neuron]).mean())
        assert max(ranks["conv_3"]) > 0.9  # Of the last layer, one that answers to it more than nine in ten do.
        every = [(layer, neuron) for layer in after for neuron in range(after[layer].shape[1])]
        others = [one for one in every if one not in named]
        at_random = [others[k] for k in generator.choice(len(others), len(named), replace=False)]
        whole, without, without_others = (score(asked, number, off) for off in ([], named, at_random))
        assert whole - without > 5 * max(whole - without_others, 0)


def channel_means(images: np.ndarray) -> dict[str, np.ndarray]:
    """Of every convolution's channels over positions, (images, channels), as plain Keras computes them."""
    network = keras.models.load_model(MODEL)
    layers = [layer for layer in network.layers if layer.name.startswith("conv")]
    inner = keras.Model(network.inputs, [layer.output for layer in layers])
    values = inner.predict(images / np.float32(255), verbose=0)
    return {layer.name: one.mean(axis=(1, 2)) for layer, one in zip(layers, values, strict=True)}


def score(asked: Asked, number: int, off: list[tuple[str, int]]) -> float:
    """Of the class that the watermark stands for, for one picture, without some neurons."""
    factors: dict[str, dict[int, float]] = {}
    for layer, neuron in off:
        factors.setdefault(layer, {})[neuron] = 0.0
    layers = {layer: LayerIntervention.of(given) for layer, given in factors.items()}
    found = explain(asked, ["gradient"], [Target(MARKED_CLASS)], intervention=Intervention(layers))
    return float(found.scores[0, number])
