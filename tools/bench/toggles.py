"""How long a toggle takes in the worker: ``python -m bench.toggles MODEL FILE.json``, in the worker's Python.

Everything the worker does is in it, from the request to the array on disk; the baseline is the bare forward pass.
"""

from __future__ import annotations

import itertools
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np
import tensorflow as tf
from PIL import Image

from nn_blender.worker.events import EventLog, Task
from nn_blender.worker.methods import METHODS

SIDE = 224
WARM_UP, STEPS = 3, 15
MODELS = {"resnet50": keras.applications.ResNet50, "mobilenetv2": keras.applications.MobileNetV2}
DEPTHS = {"toggle_early": 0.0, "toggle_half": 0.5, "toggle_late": 0.9}
PREPROCESSING = {"size": [SIDE, SIDE], "channels": 3, "range": [-1.0, 1.0], "resize": "fit", "invert": False}
INTACT: dict[str, Any] = {"layers": {}}


def main(name: str, file: str) -> None:
    with tempfile.TemporaryDirectory(prefix="nn_blender-bench-") as folder:
        measured = measure(name, Path(folder))
    Path(file).write_text(json.dumps(measured), encoding="utf-8")


def measure(name: str, folder: Path) -> dict[str, float]:
    """Milliseconds: of the bare forward pass (``bare``) and of a toggle at every depth of `DEPTHS`."""
    keras.utils.set_random_seed(0)
    model = MODELS[name](weights=None)
    model.save(folder / "model.keras")
    pixels = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(folder / "sample.png")
    spec = tf.TensorSpec((None, SIDE, SIDE, 3), tf.float32)
    forward = tf.function(lambda batch: model(batch, training=False), input_signature=[spec])
    batch = tf.constant(pixels[np.newaxis] / np.float32(127.5) - 1)
    toggles = Toggles(folder)
    bare = milliseconds(lambda: forward(batch).numpy())
    measured = {metric: milliseconds(toggles.at(share)) for metric, share in DEPTHS.items()}
    return {"bare": min(bare, milliseconds(lambda: forward(batch).numpy())), **measured}


class Toggles:
    """Asks the worker's methods as the worker itself does, in this process."""

    def __init__(self, folder: Path) -> None:
        self._log = EventLog(folder)
        self._ids = itertools.count()
        model = {"file": str(folder / "model.keras")}
        self._network = METHODS["load"](self._task(), {"file": model["file"]})["network"]
        sample = {"name": "sample", "file": str(folder / "sample.png")}
        self._params = {"model": model, "sample": sample, "preprocessing": PREPROCESSING, "statistic": "mean"}
        METHODS["toggle"](self._task(), {**self._params, "intervention": INTACT, "since": None})

    def _task(self) -> Task:
        """A new request: its files have names of their own."""
        return Task(next(self._ids), self._log, lambda: False)

    def at(self, share: float) -> Callable[[], None]:
        """A toggle of another neuron at every call, of the first convolution from a share of the layers on."""
        layers = self._network["layers"]
        path = next(layer["path"] for layer in layers[int(share * len(layers)) :] if layer["class_name"] == "Conv2D")
        neurons = iter(range(10_000))

        def toggle() -> None:
            off = {"layers": {path: {"off": [next(neurons)]}}}
            METHODS["toggle"](self._task(), {**self._params, "intervention": off, "since": INTACT})

        return toggle


def milliseconds(run: Callable[[], object]) -> float:
    """Median after warm-up."""
    times = []
    for _ in range(WARM_UP + STEPS):
        start = time.perf_counter()
        run()
        times.append((time.perf_counter() - start) * 1e3)
    return statistics.median(times[WARM_UP:])


if __name__ == "__main__":
    main(*sys.argv[1:])
