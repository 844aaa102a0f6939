"""Writes networks as Keras 2 files, with what Keras 2 computes. Run as a process of its own: two Kerases are too many.

    python writing.py FOLDER NAME.SUFFIX …

A suffix is one of `FORMATS`. ``NAME.npz`` holds inputs and values; ``index.json`` says which value is which.
"""

import json
import os
import sys
from pathlib import Path

os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_USE_LEGACY_KERAS": "1", "CUDA_VISIBLE_DEVICES": ""}
sys.path.insert(0, str(Path(__file__).parent))

import functions
import h5py
import layers
import nesting
import numpy as np
import sequences
import tf_keras
from references import keep, samples
from tf_keras.src.layers.rnn import gru_lstm_utils

# Kernels for graphics cards, which TensorFlow would put in place of those that run here, take most of the time.
gru_lstm_utils.function_register = lambda *_, **__: None


def network(name):
    """The function that makes a network."""
    return next(getattr(module, name) for module in (nesting, functions, sequences, layers) if hasattr(module, name))


def write(folder, name, suffixes):
    """Write a network in several formats; returns what is in its archive of values, entry by entry."""
    tf_keras.backend.clear_session()
    tf_keras.utils.set_random_seed(1)
    model = network(name)()
    if not model.built or not model.inputs:
        model.build((None, 7))
    _fill(model)
    for suffix in suffixes:
        file = folder / f"{name}{suffix}"
        model.save(file)
        if suffix == ".old.h5":
            _forget_modules(file)
    if make := sequences.COMPUTED_BY.get(name):
        model = make()
        model.load_weights(folder / f"{name}.h5")
    return keep(model, samples(model), folder / f"{name}.npz")


def _fill(model):
    rng = np.random.default_rng(5)
    adapted = {
        weight.ref()
        for layer in model._flatten_layers()
        if isinstance(layer, tf_keras.layers.Normalization)
        for weight in layer.weights
    }
    for weight in model.weights:
        if weight.dtype.is_floating and weight.ref() not in adapted:
            values = rng.normal(0, 0.3, weight.shape)
            smallest = 1e-9 if model.name == "tiny_variances" else 0.1
            weight.assign(np.abs(values) * smallest * 10 + smallest if "variance" in weight.name else values)


def _forget_modules(file):
    """Make the settings those that Keras 2.4 to 2.12 wrote."""
    with h5py.File(file, "r+") as stream:
        settings = json.loads(stream.attrs["model_config"])
        _forget(settings)
        stream.attrs["model_config"] = json.dumps(settings)
        stream.attrs["keras_version"] = "2.4.0"


def _forget(value):
    if isinstance(value, dict):
        for name in ("module", "registered_name", "build_config", "build_input_shape"):
            value.pop(name, None)
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _forget(part)


if __name__ == "__main__":
    to, *wanted = sys.argv[1:]
    suffixes = {}
    for file in wanted:
        stem, dot, rest = file.partition(".")
        suffixes.setdefault(stem, []).append(dot + rest)
    index = {stem: write(Path(to), stem, kinds) for stem, kinds in suffixes.items()}
    (Path(to) / "index.json").write_text(json.dumps(index))
