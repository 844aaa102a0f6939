"""A Cycles frame in a process that does nothing else: ``python -m bench.cycles FILE.blend FILE.json``.

The figures are seconds, megabytes that the process holds before the render, and the most that it holds during it.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import bpy
import numpy as np

from nn_blender.scene.stage.rendering import output_still, set_engine

from .measuring import WrongScene, forget_peak, peak_megabytes, resident_megabytes

WIDTH, HEIGHT, SAMPLES = 960, 540, 16


def main(blend: str, file: str) -> None:
    bpy.ops.wm.open_mainfile(filepath=blend)
    scene = bpy.context.scene
    set_engine(scene, "cycles", SAMPLES)
    scene.cycles.device = "CPU"
    scene.render.resolution_x, scene.render.resolution_y = WIDTH, HEIGHT
    scene.render.resolution_percentage = 100
    picture = Path(blend).with_suffix(".png")
    output_still(scene, picture)
    forget_peak()
    before = resident_megabytes()
    start = time.perf_counter()
    bpy.ops.render.render(write_still=True)
    measured = {"seconds": time.perf_counter() - start, "before": before, "peak": peak_megabytes()}
    _check(picture)
    Path(file).write_text(json.dumps(measured), encoding="utf-8")


def _check(picture: Path) -> None:
    image = bpy.data.images.load(str(picture))
    pixels = np.empty(WIDTH * HEIGHT * 4, np.float32)
    image.pixels.foreach_get(pixels)
    if np.ptp(pixels.reshape(-1, 4)[:, :3]) < 0.1:
        raise WrongScene("the picture shows nothing")


if __name__ == "__main__":
    main(*sys.argv[1:])
