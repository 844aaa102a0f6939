"""The baseline: what people write by hand, an object per neuron with keyframes on its colour."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator

import bmesh
import bpy
import numpy as np

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
    activations = np.random.default_rng(0).uniform(0.0, 1.0, (case.samples, case.neurons)).astype(np.float32)
    scene = empty_scene()
    memory = resident_megabytes()
    start = time.perf_counter()
    objs = _build(scene, activations)
    yield Measured("build_s", time.perf_counter() - start)
    memory = resident_megabytes() - memory
    held = _colour_check(objs, lambda sample: activations[[sample, sample]])
    yield Measured("frame_ms", frame_step_milliseconds(scene.frame_set, hold_frames(case.samples), held))
    faded = _colour_check(objs, lambda sample: activations[[sample, sample + 1]])
    yield Measured("frame_fade_ms", frame_step_milliseconds(scene.frame_set, fade_frames(case.samples), faded))
    yield Measured("memory_mb", memory)
    yield Measured("blend_mb", saved_megabytes())


def _build(scene: bpy.types.Scene, activations: np.ndarray) -> list[bpy.types.Object]:
    """Objects in a square grid, up to the first evaluated frame."""
    mesh = _sphere()
    columns = math.ceil(math.sqrt(activations.shape[1]))
    objs = []
    for neuron, values in enumerate(activations.T):
        obj = bpy.data.objects.new(f"neuron {neuron}", mesh)
        obj.location = (0.0, neuron % columns, neuron // columns)
        scene.collection.objects.link(obj)
        for sample, value in enumerate(values):
            obj.color = (0.0, value, 0.0, 1.0)
            obj.keyframe_insert("color", frame=1 + sample * FRAMES_PER_SAMPLE)
        objs.append(obj)
    scene.frame_set(1)
    return objs


def _sphere() -> bpy.types.Mesh:
    shape = bmesh.new()
    bmesh.ops.create_icosphere(shape, subdivisions=3, radius=0.36)
    mesh = bpy.data.meshes.new("neuron")
    shape.to_mesh(mesh)
    shape.free()
    return mesh


def _colour_check(objs: list[bpy.types.Object], bounds_of: Callable[[int], np.ndarray]) -> Callable[[int], None]:
    """A check that every evaluated colour lies between the two rows of bounds for the sample."""

    def check(sample: int) -> None:
        depsgraph = bpy.context.evaluated_depsgraph_get()
        shown = np.array([obj.evaluated_get(depsgraph).color[1] for obj in objs])
        low, high = np.sort(bounds_of(sample), axis=0)
        if not ((low - 1e-5 <= shown) & (shown <= high + 1e-5)).all():
            raise WrongScene(f"objects do not show the values of sample {sample}")

    return check
