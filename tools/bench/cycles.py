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

from .measuring import WrongScene, forget_peak, peak_megabytes, read_picture, resident_megabytes, set_picture

SIZE, SAMPLES = (960, 540), 16


def main(blend: str, file: str) -> None:
    bpy.ops.wm.open_mainfile(filepath=blend)
    scene = bpy.context.scene
    picture = Path(blend).with_suffix(".png")
    set_picture(scene, picture, SIZE, SAMPLES)
    scene.cycles.device = "CPU"
    forget_peak()
    before = resident_megabytes()
    start = time.perf_counter()
    bpy.ops.render.render(write_still=True)
    measured = {"seconds": time.perf_counter() - start, "before": before, "peak": peak_megabytes()}
    if np.ptp(read_picture(picture)) < 0.1:
        raise WrongScene("the picture shows nothing")
    Path(file).write_text(json.dumps(measured), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
