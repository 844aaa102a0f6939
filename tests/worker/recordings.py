"""Runs arrays through a recorder, each entry a sample that it has never seen."""

from __future__ import annotations

from nn_blender.worker.running.recorders import Inputs


def inputs(*arrays, keys=None):
    """A batch for a recorder, one array per input of the network."""
    return Inputs(tuple(object() for _ in arrays[0]) if keys is None else tuple(keys), lambda: arrays)


def record(recorder, *arrays, paths=None, switches=None):
    """Outputs by layer path; of all layers where no paths are given."""
    wanted = [layer.path for layer in recorder.network.layers] if paths is None else paths
    return recorder.layer_outputs(inputs(*arrays), wanted, recorder.intact if switches is None else switches)


def measure(recorder, *arrays, statistic="mean", switches=None):
    """The activations of all neurons, and the network's outputs."""
    switches = recorder.intact if switches is None else switches
    measured = recorder.activations(inputs(*arrays), statistic, switches)
    assert measured.first == 0
    return measured.values, measured.outputs
