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
import tensorflow as tf
import tf_keras

SAMPLES = 3


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
    inputs = samples(model)
    calls, outputs = record(model, inputs)
    arrays = [*inputs, *outputs, *(value for _, _, value in calls)]
    np.savez(folder / f"{name}.npz", *[np.asarray(array, str) if array.dtype == object else array for array in arrays])
    return {"inputs": len(inputs), "outputs": len(outputs), "calls": [[trail, output] for trail, output, _ in calls]}


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
            weight.assign(np.abs(values) + 0.1 if "variance" in weight.name else values)


def samples(model):
    """Values for every input: numbers of words in networks with an Embedding, 0 for none.

    The first sample then has words everywhere, the last nowhere.
    """
    rng = np.random.default_rng(7)
    has_words = any(isinstance(layer, tf_keras.layers.Embedding) for layer in model._flatten_layers())
    arrays = []
    for tensor in model.inputs:
        shape = [SAMPLES if axis == 0 else size or 7 for axis, size in enumerate(tensor.shape)]
        if tensor.dtype == tf.string:
            arrays.append(rng.choice(["a cat", "The dog!", "nobody", ""], shape).astype(object))
        elif has_words or tensor.dtype.is_integer:
            is_word = rng.random(shape) < 0.6
            is_word[0], is_word[-1] = True, False
            arrays.append((rng.integers(1, 20, shape) * is_word).astype(tensor.dtype.as_numpy_dtype))
        else:
            arrays.append(rng.normal(size=shape).astype(tensor.dtype.as_numpy_dtype))
    return arrays


def record(model, inputs):
    """Every call of a layer that is in no other layer but models, eagerly: trail, number of the output, value."""
    calls, around = [], []
    original = tf_keras.layers.Layer.__call__

    def call(layer, *args, **kwargs):
        if around and around[-1] is layer:  # A subclass hands the call on to its base.
            return original(layer, *args, **kwargs)
        around.append(layer)
        try:
            given = original(layer, *args, **kwargs)
        finally:
            around.pop()
        if around and not isinstance(layer, tf_keras.Model) and all(isinstance(o, tf_keras.Model) for o in around):
            trail = [outer.name for outer in (*around[1:], layer)]
            calls.extend((trail, k, plain(value)) for k, value in enumerate(tf.nest.flatten(given)))
        return given

    tf_keras.layers.Layer.__call__ = call
    try:
        given = model(inputs[0] if len(inputs) == 1 else inputs, training=False)
    finally:
        tf_keras.layers.Layer.__call__ = original
    return calls, [plain(value) for value in tf.nest.flatten(given)]


def plain(tensor):
    array = np.asarray(tensor)
    return array.astype(np.float32) if array.dtype == tf.bfloat16.as_numpy_dtype else array


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
