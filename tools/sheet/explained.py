"""Renders a network whose answer to its first sample is explained in the scene; runs in Blender's Python module."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import bpy

from nn_blender.actions.explanations.explain_samples import Asked, explain_samples
from nn_blender.actions.network.import_network import ImportOptions, import_network
from nn_blender.core.explanations import Target
from nn_blender.engine.jobs import Job
from nn_blender.engine.registry import workers
from nn_blender.scene.base.find import networks

SIZE, SAMPLES = (1280, 720), 24


def main() -> None:
    """Import, explain, render."""
    parser = argparse.ArgumentParser()
    for name in ("model", "samples", "picture"):
        parser.add_argument(name, type=Path)
    parser.add_argument("method")
    parser.add_argument("classes", type=int)
    options = parser.parse_args()
    python = Path(os.environ["NN_BLENDER_WORKER_PYTHON"])
    bpy.ops.wm.read_factory_settings(use_empty=True)
    asked = ImportOptions(file=options.model, samples=(options.samples,), max_samples=1)
    Job(import_network(python, asked), "import").wait()
    scene = bpy.context.scene
    root = networks(scene)[0]
    targets = tuple(Target(rank=rank) for rank in range(options.classes))
    Job(explain_samples(python, root, Asked(options.method, targets), (0,)), "explain").wait()
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
