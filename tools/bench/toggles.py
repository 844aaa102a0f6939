"""How long it takes to switch a neuron: from the click to the changed values of every layer in the scene."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import bpy

from nn_blender.actions.interventions.rerun import rerun
from nn_blender.core.network import Layer, Network
from nn_blender.engine.jobs import Job, Progress
from nn_blender.scene.base import contract
from nn_blender.scene.base.find import objects
from nn_blender.scene.base.meshes import read_floats
from nn_blender.scene.interventions.switches import set_neurons

from .measuring import WrongScene
from .timing import median_milliseconds

DEPTHS = {"toggle_early": 0.0, "toggle_half": 0.5, "toggle_late": 0.9}
"""How many of the layers stand before the one whose neuron is switched, as a share."""

SWITCHED = ("Conv2D", "Dense")
WRITTEN = "Running the other samples"
"""What a rerun says once the sample that is shown is in the scene."""


class _Written(Exception):
    """The values are in the scene; how the rerun goes on is not of interest."""


def toggle_milliseconds(
    python: Path, root: bpy.types.Collection, network: Network, forward_pass: Callable[[], float]
) -> Iterator[tuple[str, float, float]]:
    """Metric, milliseconds and those of a forward pass, for every depth, the sample shown, with the worker warm.

    Toggles and passes take turns: a pass right after another finds its weights in the processor's caches, which a user
    who switches a neuron now and then does not.

    Args:
        forward_pass: runs the bare network once and returns its milliseconds.
    """
    for metric, share in DEPTHS.items():
        layer = _layer_from(network, share)
        neurons = count()
        ours, theirs = median_milliseconds(
            lambda layer=layer, neurons=neurons: _toggle(python, root, layer, next(neurons)), forward_pass
        )
        yield metric, ours, theirs


def _layer_from(network: Network, share: float) -> Layer:
    """The first layer to switch neurons of, from a share of the layers on."""
    rest = network.layers[int(share * len(network.layers)) :]
    return next(layer for layer in rest if layer.class_name in SWITCHED)


def _toggle(python: Path, root: bpy.types.Collection, layer: Layer, number: int) -> float:
    """Switch another neuron off at every call, and on again when the time is taken."""
    neuron = number % layer.neurons
    start = time.perf_counter()
    set_neurons(root, layer.path, [neuron], enabled=False)
    try:
        Job(rerun(python, root), "Rerun").wait(_stop_when_written)
    except _Written:
        milliseconds = (time.perf_counter() - start) * 1e3
    else:
        raise WrongScene("a rerun shows all samples at once")
    _check(root, layer, neuron)
    set_neurons(root, layer.path, [neuron], enabled=True)
    Job(rerun(python, root), "Rerun").wait()
    return milliseconds


def _stop_when_written(progress: Progress) -> None:
    if progress.message == WRITTEN:
        raise _Written


def _check(root: bpy.types.Collection, layer: Layer, neuron: int) -> None:
    (obj,) = objects(root, "neurons", layer.path)
    mesh = obj.data
    assert isinstance(mesh, bpy.types.Mesh), "neurons are vertices"
    if read_floats(mesh, contract.sampled(contract.ACTIVATION, 0))[neuron] != 0:
        raise WrongScene(f"{layer.path}: neuron {neuron} is off and shows an activation")
