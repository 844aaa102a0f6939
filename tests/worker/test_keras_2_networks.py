"""Networks of every kind that Keras 2 wrote give the numbers that Keras 2 gives, layer by layer."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from keras_2_values import Reference, assert_equal_to_keras_2

from nn_blender.worker.running.loading import load_model

FOLDER = Path(__file__).parent / "keras_2"
FORMATS = (".h5", ".old.h5", ".keras")
"""As the last Keras 2 writes, without names of modules as Keras 2.4 did, and as an archive."""
ROUNDED = {"mixed_precision": 1e-2}
"""Networks that compute in bfloat16, which has three digits."""


def _networks():
    for room in ("nesting", "functions", "sequences", "layers"):
        for entry in ast.parse((FOLDER / f"{room}.py").read_text(encoding="utf-8")).body:
            if isinstance(entry, ast.FunctionDef) and not entry.name.startswith("_"):
                yield entry.name


UNWRITABLE = {
    "preprocessing_as_caffe.keras",
    "spectral_norms.keras",
    "recurrent_layers_for_graphics_cards.old.h5",
    "recurrent_layers_for_graphics_cards.keras",
    "slices.keras",
}
"""What Keras 2 itself fails to save: ellipses in archives; it saves the kernels of spectral norms twice; and when it
wrote archives, there were no layers for graphics cards any more."""

SILENTLY_WRONG_ONCE = [
    "functional_around_a_sequential_around_a_functional",
    "two_outputs_of_one_functional",
    "two_outputs_of_one_functional_the_other_way_round",
    "one_model_three_times_in_a_row",
    "maximum_with_two_masks",
    "concatenate_with_one_mask",
    "two_equal_embeddings",
    "encoder_and_decoder_of_masked",
    "masks_through_layers",
]
"""Where Keras 3 gives other numbers than Keras 2 without a word."""
SHOWN_OTHERWISE_ONCE = ["recurrent_layers_that_drop_in_training", "recurrent_layers_for_graphics_cards"]
"""Where the layers were other ones than the file has, or were not run."""
ALL = list(_networks())
NAMES = ALL if os.environ.get("CI") else list(dict.fromkeys([*SILENTLY_WRONG_ONCE, *SHOWN_OTHERWISE_ONCE, *ALL[::12]]))


def _files(name):
    return [file for file in (f"{name}{suffix}" for suffix in FORMATS) if file not in UNWRITABLE]


@pytest.fixture(scope="session")
def written(tmp_path_factory):
    """The folder of all files, and what is said of each network's values."""
    folder = tmp_path_factory.mktemp("keras 2")
    files = [file for name in NAMES for file in _files(name)]
    subprocess.run([sys.executable, FOLDER / "writing.py", folder, *files], check=True)
    return folder, json.loads((folder / "index.json").read_text())


@pytest.mark.parametrize("name", NAMES)
def test_every_layer_gives_what_it_gives_in_keras_2(written, name):
    folder, index = written
    file, *others = [folder / file for file in _files(name)]
    loaded = load_model(file, allow_code=name == "python_code")
    reference, tolerance = Reference(folder, name, index[name]), ROUNDED.get(name, 1e-5)
    # Graphics cards have two biases for each gate.
    assert_equal_to_keras_2(loaded, reference, tolerance, weights_as_stored="graphics_cards" not in name)
    for other in others:
        assert_same_model(load_model(other, allow_code=name == "python_code"), loaded)


def assert_same_model(loaded, other):
    """Of two files of one network: the same settings and weights, which hence give the same values."""
    files = {"name": "", "file": "", "sha256": "", "keras_version": ""}
    assert replace(loaded.network, **files) == replace(other.network, **files)
    assert (loaded.remarks, loaded.copies) == (other.remarks, other.copies)
    assert loaded.keras_model.get_config() == other.keras_model.get_config()
    for weight, same in zip(loaded.keras_model.weights, other.keras_model.weights, strict=True):
        np.testing.assert_array_equal(weight, same)
