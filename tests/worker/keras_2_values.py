"""Compares what a model file gives here with what it gives in Keras 2."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from recordings import inputs

from nn_blender.worker.models.inspecting import inspect_file
from nn_blender.worker.running.recorders import recorder_of


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

    def of(self, path):
        """What each call of a layer gave; of an output of it that is not the first, as ``PATH[1]``."""
        name, mark, call = path.partition("#")
        return self.calls[name + call[call.index("[") :] if mark and "[" in call else name]


def difference(value, expected):
    """The largest difference, as a part of the largest expected value; infinite for different shapes."""
    if value.shape != expected.shape:
        return np.inf
    if value.dtype.kind in "OSTU" or not value.size:
        return 0.0 if np.array_equal(value, expected) else np.inf
    value, expected = value.astype(np.float64), expected.astype(np.float64)
    off = np.where(np.isnan(value) & np.isnan(expected), 0.0, np.abs(value - expected))
    return off.max() / max(np.abs(expected[np.isfinite(expected)]).max(initial=0), 1e-12)


def assert_equal_to_keras_2(loaded, reference, tolerance=1e-5, weights_as_stored=True):
    """Every layer's values, the network's outputs, and what is said of the file before it is loaded.

    Args:
        loaded: the model of a file.
        weights_as_stored: whether layers have as many numbers in their weights as the file has for them.
    """
    recorder = recorder_of(loaded)
    batch = inputs(*reference.inputs)
    seen = inspect_file(Path(loaded.network.file)).network
    in_file = {layer.path for layer in seen.layers}  # Keras 3 adds operations on masks.
    paths = [layer.path for layer in loaded.network.layers if layer.path in in_file]
    for path, value in recorder.layer_outputs(batch, paths, recorder.intact).items():
        calls = [call for call in reference.of(path) if call.shape[:1] == reference.inputs[0].shape[:1]]
        # What a layer says of the batch, as its shape, is not a sample's.
        assert not calls or min(difference(value, call) for call in calls) < tolerance, path
    for value, expected in zip(recorder.outputs(batch, recorder.intact), reference.outputs, strict=True):
        assert difference(value, expected.astype(np.float32)) < tolerance
    assert looked_at(seen, in_file, weights_as_stored) == looked_at(loaded.network, in_file, weights_as_stored)


def looked_at(network, paths, with_weights=True):
    """What a network's structure says of some of its layers."""
    said = [
        (layer.path, layer.class_name, layer.parameters if with_weights else None)
        for layer in network.layers
        if layer.path in paths
    ]
    return said, network.outputs, [(spec.name, spec.shape) for spec in network.inputs]
