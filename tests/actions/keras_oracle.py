"""What plain Keras computes for some images: a reference that shares no code with the extension.

Runs in TensorFlow's Python: ``keras_oracle.py REQUEST.json``; writes a .npy file per layer, (samples, neurons), with
the mean over positions, and ``predictions.npy`` from ``model.predict``.
"""

import json
import os
import sys
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
from PIL import Image

request = json.loads(Path(sys.argv[1]).read_text())
height, width = request["preprocessing"]["size"]
low, high = request["preprocessing"]["range"]
# The worker's choice of filter is not what is tested here, so images are given in the network's size or enlarged by it.
pictures = []
for file in request["samples"]:
    picture = Image.open(file).convert("L")
    if picture.size != (width, height):
        picture = picture.resize((width, height), Image.Resampling.BICUBIC)
    pictures.append(np.asarray(picture, np.float32)[..., None] / 255 * (high - low) + low)
batch = np.stack(pictures).astype(np.float32)

model = keras.models.load_model(request["model"], compile=False)
folder = Path(request["to"])
np.save(folder / "predictions.npy", model.predict(batch, verbose=0))
functional = keras.models.clone_model(model)
functional.set_weights(model.get_weights())
layers = [layer for layer in functional.layers if not isinstance(layer, keras.layers.InputLayer)]
outputs = keras.Model(functional.inputs, [layer.output for layer in layers]).predict(batch, verbose=0)
for layer, output in zip(layers, outputs, strict=True):
    positions = tuple(range(1, output.ndim - 1))
    np.save(folder / f"{layer.name}.npy", output.mean(axis=positions) if positions else output)
