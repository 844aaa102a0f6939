"""Networks of every kind that Keras 2 wrote give the numbers that Keras 2 gives, layer by layer."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from keras_2_values import Reference, assert_equal_to_keras_2

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

ALL = [f"{name}{suffix}" for name in _networks() for suffix in FORMATS if f"{name}{suffix}" not in UNWRITABLE]
SILENTLY_WRONG_ONCE = [
    "functional_around_a_sequential_around_a_functional.h5",
    "two_outputs_of_one_functional.h5",
    "two_outputs_of_one_functional_the_other_way_round.h5",
    "one_model_three_times_in_a_row.h5",
    "maximum_with_two_masks.h5",
    "concatenate_with_one_mask.h5",
    "two_equal_embeddings.h5",
    "encoder_and_decoder_of_masked.h5",
    "masks_through_layers.h5",
]
"""Where Keras 3 gives other numbers than Keras 2 without a word."""
SHOWN_OTHERWISE_ONCE = ["recurrent_layers_that_drop_in_training.h5", "recurrent_layers_for_graphics_cards.h5"]
"""Where the layers were other ones than the file has, or were not run."""
FILES = ALL if os.environ.get("CI") else list(dict.fromkeys([*SILENTLY_WRONG_ONCE, *SHOWN_OTHERWISE_ONCE, *ALL[::12]]))


@pytest.fixture(scope="session")
def written(tmp_path_factory):
    """The folder of all files, and what is said of each network's values."""
    folder = tmp_path_factory.mktemp("keras 2")
    subprocess.run([sys.executable, FOLDER / "writing.py", folder, *FILES], check=True)
    return folder, json.loads((folder / "index.json").read_text())


@pytest.mark.parametrize("file", FILES)
def test_every_layer_gives_what_it_gives_in_keras_2(written, file):
    folder, index = written
    name = file.partition(".")[0]
    reference = Reference(folder, name, index[name])
    assert_equal_to_keras_2(
        folder / file,
        reference,
        ROUNDED.get(name, 1e-5),
        allow_code=name == "python_code",
        weights_as_stored=name != "recurrent_layers_for_graphics_cards",  # They have two biases for each gate.
    )
