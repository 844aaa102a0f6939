"""Networks of Dense layers with made-up activations, through the extension's own import code."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import cycle, pairwise
from typing import Any

import bpy
import numpy as np

from nn_blender.core.network import Layer, Network, TensorSpec
from nn_blender.core.recording import Recording, Sample
from nn_blender.scene import contract
from nn_blender.scene.build import build_network, show_whole_timeline
from nn_blender.scene.contents import Contents
from nn_blender.scene.find import objects
from nn_blender.scene.meshes import read_floats

from .cases import Case
from .measuring import (
    FRAMES_PER_SAMPLE,
    WrongScene,
    empty_scene,
    fade_frames,
    frame_step_milliseconds,
    hold_frames,
    resident_megabytes,
    saved_megabytes,
)
from .rows import Measured


def measure(case: Case) -> Iterator[Measured]:
    network = make_network(case)
    activations = make_activations(case, case.samples)
    contents = make_contents(network, activations)
    scene = empty_scene()
    memory = resident_megabytes()
    start = time.perf_counter()
    root = _build(scene, contents)
    seconds = time.perf_counter() - start
    memory = resident_megabytes() - memory
    blend = saved_megabytes()
    yield Measured("build_s", seconds, {"foreach_set of the values": _raw_seconds(contents.network, activations)})
    if case.played_samples != case.samples:
        activations = make_activations(case, case.played_samples)
        scene = empty_scene()
        root = _build(scene, make_contents(network, activations))
    yield from _frame_steps(scene, root, network, activations)
    yield Measured("memory_mb", memory)
    yield Measured("blend_mb", blend)


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
    samples = tuple(Sample(f"sample {index}", "", str(index)) for index in range(len(activations)))
    outputs = activations[:, network.neuron_slices()[network.outputs[0]]]
    return Contents(
        network=network, recording=Recording(samples, activations, outputs), frames_per_sample=FRAMES_PER_SAMPLE
    )


def _build(scene: bpy.types.Scene, contents: Contents) -> bpy.types.Collection:
    """Build as an import does, up to the first evaluated frame."""
    root = build_network(scene, contents, contract.new_network_id())
    show_whole_timeline(scene, root)
    return root


def _raw_seconds(network: Network, activations: np.ndarray) -> float:
    """What Blender itself needs to take the same values."""
    start = time.perf_counter()
    for path, columns in network.neuron_slices().items():
        mesh = bpy.data.meshes.new(path)
        mesh.vertices.add(columns.stop - columns.start)
        for sample, values in enumerate(activations):
            attribute: Any = mesh.attributes.new(f"activation.{sample}", "FLOAT", "POINT")
            attribute.data.foreach_set("value", values[columns])
    return time.perf_counter() - start


def _frame_steps(
    scene: bpy.types.Scene, root: bpy.types.Collection, network: Network, activations: np.ndarray
) -> Iterator[Measured]:
    hold = _layer_check(root, network, activations, _check_held)
    yield Measured("frame_ms", frame_step_milliseconds(scene, hold_frames(len(activations)), hold))
    if hasattr(contract, "FADE_FRAMES"):
        root[contract.FADE_FRAMES] = FRAMES_PER_SAMPLE
        root.update_tag()
        fade = _layer_check(root, network, activations, _check_faded)
        yield Measured("frame_fade_ms", frame_step_milliseconds(scene, fade_frames(len(activations)), fade))


def _layer_check(
    root: bpy.types.Collection,
    network: Network,
    activations: np.ndarray,
    compare: Callable[[str, np.ndarray, np.ndarray, int], None],
) -> Callable[[int], None]:
    """A check of what is evaluated against what was recorded, of one layer after the other, a layer per call."""
    slices = network.neuron_slices()
    turn = cycle([(thing, thing[contract.LAYER]) for thing in objects(root, "neurons")])

    def check(sample: int) -> None:
        thing, path = next(turn)
        compare(path, _evaluated_activation(thing), activations[:, slices[path]], sample)

    return check


def _evaluated_activation(thing: bpy.types.Object) -> np.ndarray:
    mesh: Any = thing.evaluated_get(bpy.context.evaluated_depsgraph_get()).data
    return read_floats(mesh, contract.ACTIVATION)


def _check_held(path: str, shown: np.ndarray, recorded: np.ndarray, sample: int) -> None:
    if not np.array_equal(shown, recorded[sample]):
        raise WrongScene(f"{path} does not show the values of sample {sample}")


def _check_faded(path: str, shown: np.ndarray, recorded: np.ndarray, sample: int) -> None:
    """All neurons are the same share of the way to the next sample."""
    way = (recorded[sample + 1] - recorded[sample]).astype(np.float64)
    gone = shown - recorded[sample]
    share = float(gone @ way / (way @ way))
    if not 0.01 < share < 0.99 or not np.allclose(gone, share * way, atol=1e-5):
        raise WrongScene(f"{path} does not fade from sample {sample} to the next")
