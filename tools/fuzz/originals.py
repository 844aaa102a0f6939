"""Writes the sound files that are mutated: ``python -m fuzz.originals FOLDER``."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from PIL import Image

from .model_files import metadata_file, saved_settings
from .sample_files import npy_of, npz_of

DIGITS = Path(__file__).resolve().parents[2] / "sample_scenes" / "digits"
ROWS = 30


def write_originals(folder: Path) -> None:
    """Model files in ``model``, arrays in ``array``, pictures in ``image``, tables in ``labels``."""
    for kind in ("model", "array", "image", "labels"):
        (folder / kind).mkdir(parents=True)
    _write_models(folder / "model")
    _write_arrays(folder / "array")
    _write_pictures(folder / "image")
    table = "\n".join((DIGITS / "labels.csv").read_text(encoding="utf-8").splitlines()[: ROWS + 1])
    (folder / "labels" / "labels.csv").write_text(table, encoding="utf-8")
    (folder / "labels" / "classes.txt").write_text("\n".join(f"digit {k}" for k in range(10)), encoding="utf-8")


def _write_models(folder: Path) -> None:
    import keras

    keras.utils.set_random_seed(0)
    for name in ("digits.keras", "digits.h5"):
        (folder / name).write_bytes((DIGITS / name).read_bytes())
    for name, model in (("pixels", _pixels()), ("words", _words()), ("chain", _chain())):
        model.save(folder / f"{name}.keras")
        if name != "words":
            model.save(folder / f"{name}.h5")
    for name in ("digits", "chain"):
        settings = saved_settings((folder / f"{name}.h5").read_bytes())
        (folder / f"{name}.pb").write_bytes(metadata_file(settings))


def _pixels() -> object:
    """Convolutions with a nested model that is called twice, branches and an open size."""
    import keras

    layers = keras.layers
    inside = keras.Input((None, None, 4))
    block = keras.Model(inside, layers.ReLU()(layers.Conv2D(4, 3, padding="same", name="inner")(inside)), name="block")
    pixels = keras.Input((None, None, 3), name="pixels")
    x = block(layers.Conv2D(4, 3, padding="same", name="first")(layers.Rescaling(1 / 255)(pixels)))
    x = layers.Concatenate()([block(x), layers.BatchNormalization()(x)])
    x = layers.SeparableConv2D(4, 3)(layers.MaxPooling2D()(x))
    return keras.Model(pixels, layers.Dense(3, activation="softmax")(layers.GlobalAveragePooling2D()(x)))


def _words() -> object:
    """Recurrent layers, a wrapper, attention and operations without layers."""
    import keras

    layers = keras.layers
    words = keras.Input((6,), name="words")
    x = layers.Embedding(20, 4, mask_zero=True)(words)
    x = layers.Bidirectional(layers.LSTM(3, return_sequences=True))(x)
    x = layers.MultiHeadAttention(2, 2)(x, x) + keras.ops.relu(x)
    x = layers.RNN(layers.StackedRNNCells([layers.GRUCell(3), layers.LSTMCell(2)]))(
        layers.TimeDistributed(layers.Dense(4))(x)
    )
    return keras.Model(words, layers.Dense(2, activation="softmax")(x))


def _chain() -> object:
    """A Sequential with a Sequential inside."""
    import keras

    layers = keras.layers
    inner = keras.Sequential([layers.Dense(5, activation="relu"), layers.Dropout(0.5), layers.LayerNormalization()])
    return keras.Sequential([keras.Input((4, 3)), layers.Conv1D(4, 2), layers.Flatten(), inner, layers.Dense(1)])


def _write_arrays(folder: Path) -> None:
    random = np.random.default_rng(0)
    pictures = random.integers(0, 256, (6, 8, 8, 3), np.uint8)
    (folder / "pictures.npy").write_bytes(npy_of(pictures))
    (folder / "rows.npy").write_bytes(npy_of(random.normal(size=(6, 5)).astype("f4")))
    (folder / "set.npz").write_bytes(
        npz_of(x_test=pictures, y_test=np.arange(6), x_train=pictures[:2], y_train=np.eye(2))
    )
    (folder / "named.npz").write_bytes(npz_of(words=np.arange(12).reshape(6, 2), labels=np.array([*"abcabc"])))


def _write_pictures(folder: Path) -> None:
    across = np.linspace(0, 255, 24).astype(np.uint8)
    colours = Image.fromarray(np.stack(np.broadcast_arrays(across, across[:20, None], across[::-1]), axis=-1))
    exif = Image.Exif()
    exif[0x0112] = 6
    colours.save(folder / "colours.png")
    colours.convert("L").save(folder / "grey.png")
    colours.quantize(8).save(folder / "palette.png", transparency=1)
    Image.fromarray(np.arange(400, dtype=np.uint16).reshape(20, 20) * 160).save(folder / "deep.png")
    colours.save(folder / "turned.jpg", exif=exif)
    colours.convert("CMYK").save(folder / "print.jpg")
    colours.save(folder / "moving.gif", save_all=True, append_images=[colours.rotate(90)])
    colours.save(folder / "plain.bmp")
    for compression in ("raw", "tiff_lzw", "jpeg"):
        colours.save(folder / f"{compression}.tif", compression=compression)
    colours.save(folder / "small.webp")


if __name__ == "__main__":
    write_originals(Path(sys.argv[1]))
