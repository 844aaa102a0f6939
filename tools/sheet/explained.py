"""Renders a network whose answer to a sample is explained in the scene; runs in Blender's Python module."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import bpy

from nn_blender.actions.explanations.explain_samples import Asked, explain_samples
from nn_blender.actions.explanations.why import find_reasons
from nn_blender.actions.network.import_network import ImportOptions, import_network
from nn_blender.core.explanations import Target
from nn_blender.engine.jobs import Job
from nn_blender.engine.registry import workers
from nn_blender.scene.base.find import networks
from nn_blender.scene.explanations.reasons import kept_reasons
from nn_blender.scene.neurons.reason_marks import show_reason_marks
from nn_blender.scene.samples.timeline import show_sample

SIZE, SAMPLES = (1280, 720), 24
CLASSES = 3


def main() -> None:
    """Import, explain, render."""
    parser = argparse.ArgumentParser()
    for name in ("model", "samples", "picture"):
        parser.add_argument(name, type=Path)
    parser.add_argument("sample", type=int, help="its number, from 0 on")
    parser.add_argument("--method", help="show maps of the three highest classes; marks of neurons without it")
    options = parser.parse_args()
    python = Path(os.environ["NN_BLENDER_WORKER_PYTHON"])
    bpy.ops.wm.read_factory_settings(use_empty=True)
    asked = ImportOptions(file=options.model, samples=(options.samples,), max_samples=options.sample + 1)
    Job(import_network(python, asked), "import").wait()
    scene = bpy.context.scene
    root = networks(scene)[0]
    show_sample(scene, root, options.sample)
    if options.method:
        targets = tuple(Target(rank=rank) for rank in range(CLASSES))
        Job(explain_samples(python, root, Asked(options.method, targets), (options.sample,)), "explain").wait()
    else:
        Job(find_reasons(python, root, options.sample), "reasons").wait()
        show_reason_marks(scene, root, kept_reasons(root)[0])
    workers.close_all()
    scene.render.engine, scene.cycles.samples, scene.cycles.use_denoising = "CYCLES", SAMPLES, True
    scene.render.resolution_x, scene.render.resolution_y = SIZE
    scene.render.resolution_percentage = 100
    scene.view_settings.view_transform = "Standard"
    scene.render.image_settings.file_format, scene.render.image_settings.quality = "JPEG", 90
    scene.render.filepath = str(options.picture)
    bpy.ops.render.render(write_still=True)


if __name__ == "__main__":
    main()
