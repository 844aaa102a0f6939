"""Which sample a frame shows, for those who read the scene from outside."""

from __future__ import annotations

import bpy

from . import contract
from .find import objects


def sample_count(root: bpy.types.Collection) -> int:
    """How many samples a network's objects hold."""
    for thing in objects(root, "neurons"):
        names = thing.data.attributes.keys()
        return sum(name.startswith(f"{contract.ACTIVATION}.") for name in names)
    return 0


def shown_sample(scene: bpy.types.Scene, root: bpy.types.Collection) -> int:
    """Index of the sample at the current frame, the same as in the node groups."""
    sample = (scene.frame_current - 1) // _frames_per_sample(root)
    return min(max(sample, 0), max(sample_count(root) - 1, 0))


def show_sample(scene: bpy.types.Scene, root: bpy.types.Collection, sample: int) -> None:
    """Go to the first frame of a sample; beyond the ends it is the first or the last."""
    sample = min(max(sample, 0), max(sample_count(root) - 1, 0))
    scene.frame_set(1 + sample * _frames_per_sample(root))


def _frames_per_sample(root: bpy.types.Collection) -> int:
    """Users may change the property to anything, or delete it."""
    return max(int(root.get(contract.FRAMES_PER_SAMPLE, 1)), 1)
