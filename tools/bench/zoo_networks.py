"""Networks of the tests, and plain Keras as a baseline: ``python -m bench.zoo_networks``, in the worker's Python.

``make NAME FOLDER`` writes a network of `tests/worker/zoo.py` or `own_models.py` and a sample of it, ``run NAME
FOLDER`` loads it, runs the sample and says so.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np

from bench.cases import ZOO_OF_CODE
from bench.keras_processes import DONE, MODEL, OWN_CLASSES, SAMPLE

sys.path.append(str(OWN_CLASSES.parent))


def make(name: str, folder: str) -> None:
    """Random weights and random numbers, the same at every call."""
    keras.utils.set_random_seed(0)
    random = np.random.default_rng(0)
    if name in ZOO_OF_CODE:
        import own_models

        kind, shapes = own_models.MODELS[name]
        model = kind()
        sample = {f"input_{k}": _numbers(random, shape) for k, shape in enumerate(shapes)}
        model(*sample.values())
    else:
        import zoo

        model = getattr(zoo, name)()
        sample = {tensor.name: _numbers(random, tensor.shape[1:], tensor.dtype) for tensor in model.inputs}
    model.save(Path(folder) / MODEL)
    np.savez(Path(folder) / SAMPLE, **sample)


def _numbers(random: np.random.Generator, shape: Any, dtype: str = "float32") -> np.ndarray:
    """One sample; whole numbers are those of words."""
    sizes = (1, *shape)
    return random.integers(1, 6, sizes).astype(dtype) if dtype == "int32" else random.normal(size=sizes).astype(dtype)


def run(name: str, folder: str) -> None:
    classes = {}
    if name in ZOO_OF_CODE:
        import own_models

        classes = own_models.CLASSES
    model = keras.models.load_model(Path(folder) / MODEL, custom_objects=classes, compile=False)
    with np.load(Path(folder) / SAMPLE) as sample:
        values = [*map(sample.__getitem__, sample.files)]
    outputs = model(values if len(values) > 1 else values[0], training=False)
    keras.tree.map_structure(np.asarray, outputs)
    print(DONE, flush=True)


COMMANDS = {function.__name__: function for function in (make, run)}

if __name__ == "__main__":
    COMMANDS[sys.argv[1]](*sys.argv[2:])
