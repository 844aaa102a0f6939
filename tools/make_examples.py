"""Writes the example scenes of the extension, with the oldest Blender it supports; run by ``tools/dev.py examples``.

Each is an import of a network of ``sample_scenes`` with the digits that it did not see in training. Model and samples
come along, so that the network can be switched once TensorFlow is there; paths are told from the scene.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import bpy

from nn_blender.actions.network.examples import EXAMPLES, FOLDER, Example, tell_from_folder
from nn_blender.actions.network.import_network import ImportOptions, import_network
from nn_blender.actions.targets import find_root
from nn_blender.engine.jobs import Job
from nn_blender.engine.registry import workers
from nn_blender.scene.base.find import objects
from nn_blender.scene.looks.level_of_detail import Thresholds, set_thresholds
from nn_blender.scene.opening.opening import open_blocks, require_opening
from nn_blender.scene.stage.rendering import prepare_new_scene

SCENES = Path(__file__).resolve().parent.parent / "sample_scenes"
SHOWN, MEASURED = 60, 100
"""So many samples are in the scenes, some that the networks get wrong among them, and so many are measured."""
OPENED = {"digits": (), "branched_digits": ("Mix", "Residual")}
"""Titles of the blocks that are open besides those that an import opens."""
LEAST_MAP = 0.008
"""Maps that appear smaller than that give way to fewer, larger ones: in a first picture none may be half grown."""
TIMEOUT = 300.0
"""Seconds that a network may take."""


def gather_files() -> None:
    """Put models and samples where the scenes will stand."""
    FOLDER.mkdir(exist_ok=True)
    for example in EXAMPLES:
        shutil.copyfile(SCENES / example.name / example.model.name, example.model)
    shutil.copyfile(SCENES / "digits" / "labels.csv", FOLDER / "labels.csv")
    shutil.copytree(SCENES / "digits" / "images", FOLDER / "images", dirs_exist_ok=True)


def make(example: Example, python: Path) -> None:
    """Import, and save without a word of where that happened."""
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    scene = bpy.context.scene
    prepare_new_scene(scene)
    options = ImportOptions(file=example.model, shown=SHOWN, max_samples=MEASURED)
    imported = Job(import_network(python, options), example.title).wait(timeout=TIMEOUT)
    for note in imported.contents.notes:
        print(note)
    root = find_root(scene, imported.network_id)
    blocks = require_opening(root)[1].root.blocks
    open_blocks(scene, root, {block.id: 1.0 for block in blocks if block.name in OPENED[example.name]})
    for anchor in objects(root, "anchor"):
        set_thresholds(anchor, Thresholds(maps=LEAST_MAP))
    tell_from_folder(root, FOLDER)
    # As a copy, else Blender writes the file's own place into it.
    bpy.ops.wm.save_as_mainfile(filepath=str(example.scene), compress=True, copy=True)
    print(f"{example.scene.name}: {example.scene.stat().st_size / 1e6:.1f} MB")


def main() -> int:
    python = Path(os.environ["NN_BLENDER_WORKER_PYTHON"])
    gather_files()
    for example in EXAMPLES:
        make(example, python)
    workers.close_all()
    return 0


if __name__ == "__main__":
    sys.exit(main())
