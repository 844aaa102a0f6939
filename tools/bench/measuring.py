"""How time, memory and files are measured, the same for every kind of case. Runs in Blender's Python."""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

import bpy
import numpy as np

from nn_blender.scene.stage.rendering import output_still, set_engine

from .timing import milliseconds_of

FRAMES_PER_SAMPLE = 24
WARM_UP, STEPS, ROUNDS = 5, 20, 3
MEGABYTE = 1e6
_STATUS = Path("/proc/self/status")


class WrongScene(Exception):
    """What was evaluated is not what was stored; its speed says nothing."""


def empty_scene() -> bpy.types.Scene:
    """The scene of a new, empty file."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    return bpy.data.scenes[0]


def resident_megabytes() -> float:
    """Memory this process holds now; its peak where only that is known, NaN where neither is."""
    statm = Path("/proc/self/statm")
    if statm.exists():
        return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / MEGABYTE
    if sys.platform == "win32":
        return float("nan")
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / MEGABYTE if sys.platform == "darwin" else peak * 1024 / MEGABYTE


def forget_peak() -> None:
    """Let `peak_megabytes` begin anew, where the system can."""
    if _STATUS.exists():
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def peak_megabytes() -> float:
    """The most memory this process held since `forget_peak`; since its start where that is all that is known."""
    if not _STATUS.exists():
        return resident_megabytes()
    line = next(line for line in _STATUS.read_text(encoding="utf-8").splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024 / MEGABYTE


def saved_megabytes() -> float:
    """Size of the open file, saved compressed."""
    with tempfile.TemporaryDirectory(prefix="nn_blender-bench-") as folder:
        file = Path(folder) / "saved.blend"
        bpy.ops.wm.save_as_mainfile(filepath=str(file), compress=True, copy=True)
        return file.stat().st_size / MEGABYTE


def set_picture(scene: bpy.types.Scene, file: Path, size: tuple[int, int], samples: int) -> None:
    """Let a scene render to a PNG file with Cycles."""
    set_engine(scene, "cycles", samples)
    scene.render.resolution_x, scene.render.resolution_y = size
    scene.render.resolution_percentage = 100
    output_still(scene, file)


def read_picture(file: Path) -> np.ndarray:
    """Float32 (height, width, 3), from the lowest row up."""
    image = bpy.data.images.load(str(file))
    width, height = image.size
    pixels = np.empty(width * height * 4, np.float32)
    image.pixels.foreach_get(pixels)
    bpy.data.images.remove(image)
    return pixels.reshape(height, width, 4)[..., :3]


def hold_frames(samples: int) -> list[tuple[int, int]]:
    """(sample, frame) for every step; each is the first frame of another sample than the step before."""
    order = [(step + 1) % samples for step in range(WARM_UP + ROUNDS * STEPS)]
    return [(sample, 1 + sample * FRAMES_PER_SAMPLE) for sample in order]


def fade_frames(samples: int) -> list[tuple[int, int]]:
    """(sample, frame) for every step, half way to the next sample; the last sample has none."""
    return [(sample, frame + FRAMES_PER_SAMPLE // 2) for sample, frame in hold_frames(samples - 1)]


def frame_step_milliseconds(
    go: Callable[[int], object], steps: Iterable[tuple[int, int]], check: Callable[[int], None]
) -> float:
    """Time of a step after warm-up: the median of a round, of the quickest round.

    Other programs on the machine can only make a round slower.

    Args:
        go: makes a step, as `Scene.frame_set` does.
        steps: the sample that each step leads to, and what ``go`` is called with.
        check: gets the sample shown, after every step.
    """
    milliseconds = []
    for sample, place in steps:
        milliseconds.append(milliseconds_of(lambda place=place: go(place)))
        check(sample)
    timed = milliseconds[WARM_UP:]
    return min(statistics.median(timed[first : first + STEPS]) for first in range(0, len(timed), STEPS))
