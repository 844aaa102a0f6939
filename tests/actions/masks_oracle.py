"""What plain Keras loses without single neurons: a reference that shares no code with the extension.

Runs in TensorFlow's Python: ``masks_oracle.py REQUEST.json``. Writes ``losses.npy``, (5, neurons): the loss of
accuracy, the mean change of the true class's logit and output, the class whose output changes most, and its mean
change; and ``slopes.npy``, (neurons,): the mean over samples of activation times the slope of the true class's logit.
"""

import json
import os
import sys
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
import tensorflow as tf
from PIL import Image

request = json.loads(Path(sys.argv[1]).read_text())
pictures = [np.asarray(Image.open(file).convert("L"), np.float32) for file in request["samples"]]
batch = np.stack(pictures)[..., None] / np.float32(255)
labels = np.array(request["labels"])
everyone = np.arange(len(labels))

model = keras.models.load_model(request["model"], compile=False)
layers = [layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]
masks = {}
for layer in layers:
    if layer.name in request["off"]:
        masks[layer.name] = np.ones(layer.output.shape[-1], np.float32)
        masks[layer.name][request["off"][layer.name]] = 0
place = [layer.name for layer in layers].index(request["layer"])


def run(values, some):
    for layer in some:
        values = layer(values, training=False)
        if layer.name in masks:
            values = values * masks[layer.name]
    return values


def outputs_of(logits):
    grown = np.exp(logits - logits.max(axis=1, keepdims=True))
    return grown / grown.sum(axis=1, keepdims=True)


assert layers[-1].activation is keras.activations.softmax
layers[-1].activation = keras.activations.linear
middle = run(batch, layers[: place + 1])
with tf.GradientTape() as tape:
    tape.watch(middle)
    scores = run(middle, layers[place + 1 :])
    chosen = tf.gather(scores, labels, batch_dims=1)
products = np.asarray(middle * tape.gradient(chosen, middle), np.float64)
np.save(Path(request["to"]) / "slopes.npy", products.sum(axis=tuple(range(1, products.ndim - 1))).mean(axis=0))
logits = np.asarray(scores, np.float64)
outputs = outputs_of(logits)
rows = []
for neuron in request["neurons"]:
    mask = np.ones(middle.shape[-1], np.float32)
    mask[neuron] = 0
    without = np.asarray(run(middle * mask, layers[place + 1 :]), np.float64)
    changed = outputs_of(without)
    classes = (changed - outputs).mean(axis=0)
    most = np.abs(classes).argmax()
    accuracy = (outputs.argmax(1) == labels).mean() - (changed.argmax(1) == labels).mean()
    score = (without - logits)[everyone, labels].mean()
    output = (changed - outputs)[everyone, labels].mean()
    rows.append((accuracy, score, output, most, classes[most]))
np.save(Path(request["to"]) / "losses.npy", np.array(rows).T)
