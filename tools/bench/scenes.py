"""What is measured of a scene that shows a network, wherever the network comes from."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from nn_blender.core.network import Network
from nn_blender.scene.base import contract
from nn_blender.scene.base.find import objects
from nn_blender.scene.base.meshes import read_floats
from nn_blender.scene.looks import level_of_detail
from nn_blender.scene.samples.timeline import show_sample

from .measuring import FRAMES_PER_SAMPLE, WrongScene, fade_frames, frame_step_milliseconds, hold_frames
from .rows import Measured

FAR = 30.0
"""How many times as far away the camera is for the far view; there every block is closed."""


@dataclass(frozen=True)
class Shown:
    """A network in a scene and what was recorded, float32 (samples, neurons)."""

    scene: bpy.types.Scene
    root: bpy.types.Collection
    network: Network
    activations: np.ndarray


def show_all_tiers(root: bpy.types.Collection) -> None:
    """Leave nothing out because it is far away, and evaluate that."""
    (anchor,) = objects(root, "anchor")
    level_of_detail.set_follows(anchor, "off")
    bpy.context.view_layer.update()


def raw_seconds(network: Network, activations: np.ndarray) -> float:
    """What Blender itself needs to take the same values."""
    start = time.perf_counter()
    for path, columns in network.neuron_slices().items():
        mesh = bpy.data.meshes.new(path)
        mesh.vertices.add(columns.stop - columns.start)
        for sample, values in enumerate(activations):
            attribute: Any = mesh.attributes.new(f"activation.{sample}", "FLOAT", "POINT")
            attribute.data.foreach_set("value", values[columns])
    return time.perf_counter() - start


def cycles_frame() -> Iterator[Measured]:
    """Render the open scene in a process of its own, which holds nothing but the scene."""
    with tempfile.TemporaryDirectory(prefix="nn_blender-bench-") as folder:
        blend, file = Path(folder) / "scene.blend", Path(folder) / "measured.json"
        bpy.ops.wm.save_as_mainfile(filepath=str(blend), compress=False, copy=True)
        subprocess.run([sys.executable, "-m", "bench.cycles", str(blend), str(file)], check=True)
        measured = json.loads(file.read_text(encoding="utf-8"))
    yield Measured("cycles_s", measured["seconds"])
    yield Measured("cycles_memory_mb", measured["peak"], {"before the render": measured["before"]})


def steps(shown: Shown) -> Iterator[Measured]:
    """Steps from sample to sample with all tiers active, and with the camera so far away that only blocks are left."""
    show_all_tiers(shown.root)
    samples = len(shown.activations)
    held = held_check(shown)
    yield Measured("frame_ms", frame_step_milliseconds(shown.scene.frame_set, hold_frames(samples), held))
    switches = [(sample, sample) for sample, _ in hold_frames(samples)]
    switch = frame_step_milliseconds(lambda sample: show_sample(shown.scene, shown.root, sample), switches, held)
    yield Measured("sample_switch_ms", switch)
    _set_fade(shown.root, FRAMES_PER_SAMPLE)
    faded = _layer_check(shown, _check_faded)
    yield Measured("frame_fade_ms", frame_step_milliseconds(shown.scene.frame_set, fade_frames(samples), faded))
    _set_fade(shown.root, 0)
    _go_far(shown)
    _check_far()
    yield Measured("frame_far_ms", frame_step_milliseconds(shown.scene.frame_set, hold_frames(samples), held))


def _set_fade(root: bpy.types.Collection, frames: int) -> None:
    root[contract.FADE_FRAMES] = frames
    root.update_tag()


def _go_far(shown: Shown) -> None:
    (anchor,) = objects(shown.root, "anchor")
    (camera,) = objects(shown.root, "camera")
    level_of_detail.set_follows(anchor, "camera")
    camera.location *= FAR
    bpy.context.view_layer.update()


def _check_far() -> None:
    """Nothing may be drawn of the neurons; their values are there all the same."""
    for drawn in bpy.context.evaluated_depsgraph_get().object_instances:
        if drawn.is_instance and drawn.parent.get(contract.ROLE) == "neurons":
            raise WrongScene(f"{drawn.parent[contract.LAYER]} draws neurons far away")


def held_check(shown: Shown) -> Callable[[int], None]:
    """A check that values of a sample are shown as they were recorded."""
    return _layer_check(shown, _check_held)


def _layer_check(shown: Shown, compare: Callable[[str, np.ndarray, np.ndarray, int], None]) -> Callable[[int], None]:
    """A check of what is evaluated against what was recorded, of one layer after the other, a layer per call."""
    slices = shown.network.neuron_slices()
    turn = cycle([(obj, obj[contract.LAYER]) for obj in objects(shown.root, "neurons")])

    def check(sample: int) -> None:
        obj, path = next(turn)
        compare(path, read_floats(_evaluated(obj), contract.ACTIVATION), shown.activations[:, slices[path]], sample)

    return check


def _evaluated(obj: bpy.types.Object) -> bpy.types.Mesh:
    mesh: Any = obj.evaluated_get(bpy.context.evaluated_depsgraph_get()).data
    return mesh


def _check_held(path: str, shown: np.ndarray, recorded: np.ndarray, sample: int) -> None:
    if not np.array_equal(shown, recorded[sample]):
        raise WrongScene(f"{path} does not show the values of sample {sample}")


def _check_faded(path: str, shown: np.ndarray, recorded: np.ndarray, sample: int) -> None:
    """All neurons are the same share of the way to the next sample."""
    way = (recorded[sample + 1] - recorded[sample]).astype(np.float64)
    gone = shown - recorded[sample]
    if not way.any() and not gone.any():
        return
    share = float(gone @ way / (way @ way))
    if not 0.01 < share < 0.99 or not np.allclose(gone, share * way, atol=1e-5 * np.abs(recorded).max()):
        raise WrongScene(f"{path} does not fade from sample {sample} to the next")
