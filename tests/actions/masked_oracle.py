"""What plain Keras computes when neurons are switched off: a reference that shares no code with the extension.

Runs in TensorFlow's Python: ``masked_oracle.py REQUEST.json``. The layers of a model without branches are called one
after the other and the output of some is multiplied by factors. Writes ``LAYER.npy`` with every layer's output and
``intact-LAYER.npy`` with the one without factors.
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
pictures = [np.asarray(Image.open(file).convert("L"), np.float32) for file in request["samples"]]
batch = np.stack(pictures)[..., None] / np.float32(255)
model = keras.models.load_model(request["model"], compile=False)
for start, factors in (("intact-", {}), ("", request["factors"])):
    values = batch
    for layer in model.layers[isinstance(model.layers[0], keras.layers.InputLayer) :]:
        values = layer(values)
        if layer.name in factors:
            values = values * np.array(factors[layer.name], np.float32)
        np.save(Path(request["to"]) / f"{start}{layer.name}.npy", np.asarray(values))
