"""What plain Keras computes for some images: a reference that shares no code with the extension.

Runs in TensorFlow's Python: ``keras_oracle.py REQUEST.json``; writes a .npy file per layer, (samples, neurons), with
the mean over positions, ``model_predict.npy`` from ``model.predict``, and ``LAYER.maps.npy``, (samples, height, width,
channels), of the layers that have them.
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
# Which filter enlarges a picture is not what is tested here: they come in the network's size.
pictures = [np.asarray(Image.open(file).convert("L"), np.float32) for file in request["samples"]]
assert {picture.shape for picture in pictures} == {(height, width)}
batch = np.stack(pictures)[..., None] / np.float32(255) * np.float32(high - low) + np.float32(low)

model = keras.models.load_model(request["model"], compile=False)
folder = Path(request["to"])
np.save(folder / "model_predict.npy", model.predict(batch, verbose=0))
functional = keras.models.clone_model(model)
functional.set_weights(model.get_weights())
layers = [layer for layer in functional.layers if not isinstance(layer, keras.layers.InputLayer)]
outputs = keras.Model(functional.inputs, [layer.output for layer in layers]).predict(batch, verbose=0)
for layer, output in zip(layers, outputs, strict=True):
    positions = tuple(range(1, output.ndim - 1))
    if output.ndim == 4:
        np.save(folder / f"{layer.name}.maps.npy", output)
    np.save(folder / f"{layer.name}.npy", output.mean(axis=positions, dtype=np.float64) if positions else output)
