"""What Keras 2 computes, layer by layer. Run as a process of its own, it reads files of networks.

    python references.py FOLDER FILE …

``FOLDER/STEM.npz`` holds inputs and values of a file; ``FOLDER/index.json`` says which value is which.
"""

import json
import os
import sys
from pathlib import Path

os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_USE_LEGACY_KERAS": "1", "CUDA_VISIBLE_DEVICES": ""}

import numpy as np
import tensorflow as tf
import tf_keras

SAMPLES = 3
OPEN_SIZE = 7


def keep(model, inputs, file):
    """Write the values of a model's layers; returns what is in the file, entry by entry."""
    calls, outputs = record(model, inputs)
    arrays = [*inputs, *outputs, *(value for _, _, value in calls)]
    np.savez(file, *[np.asarray(array, str) if array.dtype == object else array for array in arrays])
    return {"inputs": len(inputs), "outputs": len(outputs), "calls": [[trail, output] for trail, output, _ in calls]}


def samples(model, open_size=OPEN_SIZE):
    """Values for every input: numbers of words in networks with an Embedding, 0 for none.

    The first sample then has words everywhere, the last nowhere.
    """
    rng = np.random.default_rng(7)
    has_words = any(isinstance(layer, tf_keras.layers.Embedding) for layer in model._flatten_layers())
    arrays = []
    for tensor in model.inputs:
        shape = [SAMPLES if axis == 0 else size or open_size for axis, size in enumerate(tensor.shape)]
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


if __name__ == "__main__":
    folder, *files = map(Path, sys.argv[1:])
    index = {}
    for file in files:
        model = tf_keras.models.load_model(file, compile=False)
        # The networks of SpliceAI cut up to 5000 letters off at both ends.
        inputs = samples(model, open_size=10_016)
        index[file.stem] = keep(model, [array[:2] for array in inputs], folder / f"{file.stem}.npz")
    (folder / "index.json").write_text(json.dumps(index))
