"""Networks of every kind that Keras 2 wrote give the numbers that Keras 2 gives, layer by layer."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from recordings import inputs

from nn_blender.worker.models.inspecting import inspect_file
from nn_blender.worker.running.loading import load_model
from nn_blender.worker.running.recorders import recorder_of

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
    "slices.keras",
    "slashes_that_look_like_nested_models.h5",
    "slashes_that_look_like_nested_models.old.h5",
}
"""What Keras 2 itself fails to save: ellipses in archives, and a name under another name in HDF5.

It saves the kernels of spectral norms twice.
"""

ALL = [f"{name}{suffix}" for name in _networks() for suffix in FORMATS if f"{name}{suffix}" not in UNWRITABLE]
FILES = ALL if os.environ.get("CI") else ALL[::10]


@pytest.fixture(scope="session")
def written(tmp_path_factory):
    """The folder of all files, and what is said of each network's values."""
    folder = tmp_path_factory.mktemp("keras 2")
    subprocess.run([sys.executable, FOLDER / "writing.py", folder, *FILES], check=True)
    return folder, json.loads((folder / "index.json").read_text())


class Reference:
    """What Keras 2 computes for a network's samples."""

    def __init__(self, folder, name, said):
        with np.load(folder / f"{name}.npz") as stored:
            arrays = [stored[f"arr_{k}"] for k in range(len(stored))]
        self.inputs, rest = arrays[: said["inputs"]], arrays[said["inputs"] :]
        self.outputs = rest[: said["outputs"]]
        self.calls = {}
        for (trail, output), value in zip(said["calls"], rest[said["outputs"] :], strict=True):
            self.calls.setdefault("/".join(trail) + (f"[{output}]" if output else ""), []).append(value)


def difference(value, expected):
    """The largest difference, as a part of the largest expected value; infinite for different shapes."""
    if value.shape != expected.shape:
        return np.inf
    if value.dtype.kind in "OSTU" or not value.size:
        return 0.0 if np.array_equal(value, expected) else np.inf
    value, expected = value.astype(np.float64), expected.astype(np.float64)
    off = np.where(np.isnan(value) & np.isnan(expected), 0.0, np.abs(value - expected))
    return off.max() / max(np.abs(expected[np.isfinite(expected)]).max(initial=0), 1e-12)


@pytest.mark.parametrize("file", FILES)
def test_every_layer_gives_what_it_gives_in_keras_2(written, file):
    folder, index = written
    name = file.partition(".")[0]
    reference = Reference(folder, name, index[name])
    loaded = load_model(folder / file, allow_code=name == "python_code")
    recorder = recorder_of(loaded)
    batch = inputs(*reference.inputs)
    paths = [layer.path for layer in loaded.network.layers]
    values = recorder.layer_outputs(batch, paths, recorder.intact)
    tolerance = ROUNDED.get(name, 1e-5)
    made_by_keras_3 = values.keys() - {layer.path for layer in inspect_file(folder / file).network.layers}
    for path in values.keys() - made_by_keras_3:
        calls, value = reference.calls[path.partition("#")[0]], values[path]
        best = min(range(len(calls)), key=lambda k: difference(value, calls[k]))
        assert difference(value, calls[best]) < tolerance, path
    for value, expected in zip(recorder.outputs(batch, recorder.intact), reference.outputs, strict=True):
        assert difference(value, expected.astype(np.float32)) < tolerance
    assert looked_at(inspect_file(folder / file).network, reference) == looked_at(loaded.network, reference)


def looked_at(network, reference):
    """What a network's structure says of the layers that are in its file."""
    layers = [layer for layer in network.layers if layer.path.partition("#")[0] in reference.calls]
    said = [(layer.path, layer.class_name, layer.parameters) for layer in layers]
    return said, network.outputs, [(spec.name, spec.shape) for spec in network.inputs]
