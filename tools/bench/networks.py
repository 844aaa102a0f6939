"""Networks of Dense layers with made-up activations, through the extension's own import code."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import pairwise

import bpy
import numpy as np

from nn_blender.core.network import Layer, Network, TensorSpec
from nn_blender.core.recording import Recording, Sample, SampleValue
from nn_blender.scene.base import contract
from nn_blender.scene.build import build_network, show_whole_timeline
from nn_blender.scene.network.contents import Contents
from nn_blender.scene.stage.rendering import prepare_new_scene

from .cases import Case
from .measuring import FRAMES_PER_SAMPLE, empty_scene, resident_megabytes, saved_megabytes
from .rows import Measured
from .scenes import Shown, cycles_frame, raw_seconds, show_all_tiers, steps


def measure(case: Case) -> Iterator[Measured]:
    """Building is measured as an import does it, everything else with all tiers of detail active."""
    network = make_network(case)
    activations = make_activations(case, case.samples)
    contents = make_contents(network, activations)
    scene = _new_scene()
    memory = resident_megabytes()
    start = time.perf_counter()
    root = _build(scene, contents)
    seconds = time.perf_counter() - start
    show_all_tiers(root)
    memory = resident_megabytes() - memory
    yield Measured("build_s", seconds, {"foreach_set of the values": raw_seconds(network, activations)})
    yield Measured("memory_mb", memory)
    yield Measured("blend_mb", saved_megabytes())
    yield from cycles_frame()
    if case.played_samples != case.samples:
        activations = make_activations(case, case.played_samples)
        scene = _new_scene()
        root = _build(scene, make_contents(network, activations))
    yield from steps(Shown(scene, root, network, activations))


def build_scene(case: Case) -> bpy.types.Collection:
    """The network of a case in a new file, with all tiers of detail active."""
    contents = make_contents(make_network(case), make_activations(case, case.samples))
    root = _build(_new_scene(), contents)
    show_all_tiers(root)
    return root


def _new_scene() -> bpy.types.Scene:
    scene = empty_scene()
    prepare_new_scene(scene)
    return scene


def make_network(case: Case) -> Network:
    """A chain of equal Dense layers, the last of which is the output."""
    units = case.neurons // case.layers
    names = ["vector", *(f"dense_{index}" for index in range(case.layers))]
    # Biases alone: weights between so many units would be more than any network has.
    layers = tuple(
        Layer(name, "Dense", (units,), ("unit",), units, (before,), "relu") for before, name in pairwise(names)
    )
    inputs = (TensorSpec("vector", (units,)),)
    return Network(case.name, f"/{case.name}.keras", "0" * 64, layers, inputs, (names[-1],), case.neurons)


def make_activations(case: Case, samples: int) -> np.ndarray:
    """Float32 (samples, neurons), the same at every call."""
    return np.random.default_rng(0).normal(0.3, 1.0, (samples, case.neurons)).astype(np.float32)


def make_contents(network: Network, activations: np.ndarray) -> Contents:
    samples = tuple(Sample(f"sample {index}", (SampleValue(""),), str(index)) for index in range(len(activations)))
    outputs = activations[:, network.neuron_slices()[network.outputs[0]]]
    return Contents(
        network=network, recording=Recording(samples, activations, outputs), frames_per_sample=FRAMES_PER_SAMPLE
    )


def _build(scene: bpy.types.Scene, contents: Contents) -> bpy.types.Collection:
    """Build as an import does, up to the first evaluated frame."""
    root = build_network(scene, contents, contract.new_network_id())
    show_whole_timeline(scene, root)
    return root
