"""Networks that Keras knows, and plain Keras as a baseline: ``python -m bench.architectures``, in the worker's Python.

``make NAME FOLDER COUNT`` writes a network with random weights and images of its size, ``run MODEL IMAGE`` loads a
model, runs one image and says so, ``forward MODEL IMAGE`` answers every line with the milliseconds of a forward pass,
``explain MODEL IMAGE`` a line of JSON with those of a forward pass in the worker and of two explanations of it.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np
from PIL import Image

from bench.keras_processes import DONE
from bench.timing import median_milliseconds, milliseconds_of

ARCHITECTURES = {
    "mobilenetv2": keras.applications.MobileNetV2,
    "resnet50": keras.applications.ResNet50,
    "inceptionv3": keras.applications.InceptionV3,
    "vgg16": keras.applications.VGG16,
    "efficientnetb7": keras.applications.EfficientNetB7,
}


def make(name: str, folder: str, count: str) -> None:
    """``model.keras``, and that many images in ``images``: noise, the same at every call."""
    keras.utils.set_random_seed(0)
    model = ARCHITECTURES[name](weights=None)
    model.save(Path(folder) / "model.keras")
    images = Path(folder) / "images"
    images.mkdir()
    random = np.random.default_rng(0)
    for index in range(int(count)):
        pixels = random.integers(0, 256, model.input_shape[1:], dtype=np.uint8)
        Image.fromarray(pixels).save(images / f"{index}.png")


def run(model_file: str, image: str) -> None:
    model = keras.models.load_model(model_file, compile=False)
    np.asarray(model(_batch(model, image), training=False))
    print(DONE, flush=True)


def forward(model_file: str, image: str) -> None:
    import tensorflow as tf

    model = keras.models.load_model(model_file, compile=False)
    spec = tf.TensorSpec((None, *model.input_shape[1:]), tf.float32)
    function = tf.function(lambda batch: model(batch, training=False), input_signature=[spec])
    batch = tf.constant(_batch(model, image))
    for _ in sys.stdin:
        print(milliseconds_of(lambda: function(batch).numpy()), flush=True)


def explain(model_file: str, image: str) -> None:
    """Bare forward passes, gradients at the input and at the last layer with positions, in turns."""
    from nn_blender.worker.running.loading import load_model
    from nn_blender.worker.running.recorders import Inputs, recorder_of
    from nn_blender.worker.running.recorders.slopes import Question

    loaded = load_model(Path(model_file))
    recorder = recorder_of(loaded)
    batch, predicted = _batch(loaded.keras_model, image), np.array([-1], np.int32)
    last = next(layer.path for layer in reversed(loaded.network.layers) if layer.map_shape is not None)

    def slopes(question: Question) -> float:
        inputs = Inputs((object(),), lambda: (batch,))
        return milliseconds_of(lambda: recorder.slopes(inputs, question, predicted, recorder.intact))

    def bare() -> float:
        return milliseconds_of(lambda: recorder.outputs(Inputs((object(),), lambda: (batch,)), recorder.intact))

    questions = (Question(at_inputs=True), Question(sites=(last,)))
    times = median_milliseconds(bare, *(lambda question=question: slopes(question) for question in questions))
    print(json.dumps(dict(zip(("forward", "gradient", "grad_cam"), times, strict=True))), flush=True)


def _batch(model: keras.Model, image: str) -> np.ndarray:
    height, width, channels = model.input_shape[1:]
    with Image.open(image) as opened:
        picture = opened.convert("L" if channels == 1 else "RGB").resize((width, height))
    return np.asarray(picture, np.float32).reshape(1, height, width, channels) / np.float32(127.5) - 1


COMMANDS = {function.__name__: function for function in (make, run, forward, explain)}

if __name__ == "__main__":
    COMMANDS[sys.argv[1]](*sys.argv[2:])
