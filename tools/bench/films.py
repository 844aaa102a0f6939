"""Small pictures of blocks that open, by hand and by keys, and how much changes from one to the next."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import bpy
import numpy as np

from nn_blender.core.layout.projection import View
from nn_blender.scene.base import contract
from nn_blender.scene.base.find import objects
from nn_blender.scene.neurons.picking import pick
from nn_blender.scene.opening.film import clear_opening_keys, key_opening
from nn_blender.scene.opening.opening import OpeningChange, opened

from .measuring import WrongScene, read_picture, set_picture

WIDTH, HEIGHT, SAMPLES = 320, 180, 4
CELL = 4
"""Pixels that are averaged, across and down: noise of so few samples would hide what moves."""


def render(scene: bpy.types.Scene) -> np.ndarray:
    """Float32 (`HEIGHT` / `CELL`, `WIDTH` / `CELL`, 3), the same at every call for the same scene."""
    scene.cycles.use_denoising = False
    with tempfile.TemporaryDirectory(prefix="nn_blender-film-") as folder:
        file = Path(folder) / "picture.png"
        set_picture(scene, file, (WIDTH, HEIGHT), SAMPLES)
        bpy.ops.render.render(write_still=True)
        pixels = read_picture(file)
    cells: np.ndarray = pixels.reshape(HEIGHT // CELL, CELL, WIDTH // CELL, CELL, 3).mean(axis=(1, 3))
    return cells


def open_by_hand(
    scene: bpy.types.Scene, root: bpy.types.Collection, block: str, steps: int, value: float = 1.0
) -> Iterator[np.ndarray]:
    """Pictures of what a click shows: before, at so many steps, and in the end, in which the scene then is."""
    yield render(scene)
    change = OpeningChange(scene, root, opened(root) | {block: value})
    for step in range(1, steps):
        change.show(step / steps)
        yield render(scene)
    change.finish()
    yield render(scene)


def open_by_keys(scene: bpy.types.Scene, root: bpy.types.Collection, block: str, steps: int) -> Iterator[np.ndarray]:
    """Pictures of a film that opens a closed block, a frame per step; without keys in the end."""
    key_opening(scene, root, block, 0.0, 1)
    key_opening(scene, root, block, 1.0, 1 + steps)
    for frame in range(1, steps + 2):
        scene.frame_set(frame)
        yield render(scene)
    scene.frame_set(1)
    clear_opening_keys(scene, root)


def largest_step(pictures: Sequence[np.ndarray]) -> float:
    """The largest change from one picture to the next, as a multiple of the median."""
    changes = [float(np.abs(after - before).mean()) for before, after in pairwise(pictures)]
    return max(changes) / float(np.median(changes))


def check_picking(scene: bpy.types.Scene, root: bpy.types.Collection) -> int:
    """Whether the middle of everything that covers show is picked as what it is, and of how many that was asked.

    Raises:
        WrongScene: something else is picked.
    """
    bpy.context.view_layer.update()
    view = _view(scene)
    asked = 0
    for role, layer in (("book", False), ("slab", True)):
        for obj in objects(root, role):
            if obj.hide_viewport:
                continue
            corners = np.array([tuple(corner) for corner in obj.bound_box])
            low, high = corners.min(axis=0), corners.max(axis=0)
            middle = np.array(obj.matrix_world) @ (low[0], *((low + high) / 2)[1:], 1.0)
            ((x, y),) = view.project(middle[None, :3]).pixels.tolist()
            picked = pick(bpy.context, view, x, y)
            wanted = obj[contract.LAYER if layer else contract.BLOCK]
            found = None if picked is None else picked.layer if layer else picked.block
            if found != wanted:
                raise WrongScene(f"{found!r} is picked where {wanted!r} is seen")
            asked += 1
    return asked


def _view(scene: bpy.types.Scene) -> View:
    camera = scene.camera
    depsgraph = bpy.context.evaluated_depsgraph_get()
    lens = camera.calc_matrix_camera(depsgraph, x=1920, y=1080)
    return View(np.array(lens @ camera.matrix_world.inverted(), np.float64), 1920, 1080)
