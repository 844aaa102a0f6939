"""Timing of samples: frames, markers, and going from sample to sample."""

from __future__ import annotations

import json
from typing import Any

import bpy

from ..base import contract, meshes
from ..base.find import first_of, networks
from .solid_colours import coloured, read_colours, write_colours

LAST_FRAME = 1_048_574
"""Blender's limit."""


def sample_count(root: bpy.types.Collection) -> int:
    """How many samples a network's objects hold."""
    obj: Any = first_of(root, "neurons")
    return meshes.sample_count(obj.data, contract.ACTIVATION) if obj else 0


def has_samples(root: bpy.types.Collection) -> bool:
    """Whether a network's objects hold any sample, without counting them."""
    obj: Any = first_of(root, "neurons")
    return obj is not None and contract.sampled(contract.ACTIVATION, 0) in obj.data.attributes


def shown_sample(scene: bpy.types.Scene, root: bpy.types.Collection) -> int:
    """Index of the sample at the current frame, the same as in the node groups."""
    sample = (scene.frame_current - 1) // frames_per_sample(root)
    return min(max(sample, 0), max(sample_count(root) - 1, 0))


def show_sample(scene: bpy.types.Scene, root: bpy.types.Collection, sample: int) -> None:
    """Go to the first frame of a sample; beyond the ends it is the first or the last."""
    sample = min(max(sample, 0), max(sample_count(root) - 1, 0))
    scene.frame_set(first_frame(root, sample))


def first_frame(root: bpy.types.Collection, sample: int) -> int:
    return 1 + sample * frames_per_sample(root)


def frames_per_sample(root: bpy.types.Collection) -> int:
    """Users may change the property to anything, or delete it."""
    return max(int(root.get(contract.FRAMES_PER_SAMPLE, 1)), 1)


def fade_frames(root: bpy.types.Collection) -> int:
    """How many of a sample's frames fade to the next one; at least one frame is held."""
    return min(max(int(root.get(contract.FADE_FRAMES, 0)), 0), frames_per_sample(root) - 1)


def set_timing(scene: bpy.types.Scene, root: bpy.types.Collection, frames: int, fade: int) -> None:
    """Change how long samples are shown and how many of those frames fade to the next; nothing is computed anew.

    The sample that is shown stays, markers move along, and the scene's end goes with its networks' ends.
    """
    shown = shown_sample(scene, root)
    count, before = sample_count(root), frames_per_sample(root)
    colours = {obj: read_colours(obj, count, before) for obj in coloured(root)}
    _move_markers(scene, root, frames)
    root[contract.FRAMES_PER_SAMPLE] = frames
    root[contract.FADE_FRAMES] = min(fade, frames - 1)
    for obj, own in colours.items():
        write_colours(obj, own, frames_per_sample(root), fade_frames(root))
    # Drivers do not hear of custom properties that Python sets.
    root.update_tag()
    fit_timeline(scene)
    show_sample(scene, root, shown)


def fit_timeline(scene: bpy.types.Scene) -> None:
    """Let the scene end where the longest of its networks does."""
    ends = [sample_count(root) * frames_per_sample(root) for root in networks(scene)]
    scene.frame_start, scene.frame_end = 1, min(max(ends, default=1), LAST_FRAME) or 1


def write_markers(scene: bpy.types.Scene, root: bpy.types.Collection, names: list[str]) -> None:
    """One timeline marker per sample, with its name, at the sample's first frame."""
    remove_markers(scene, root)
    markers = [scene.timeline_markers.new(name, frame=first_frame(root, sample)) for sample, name in enumerate(names)]
    # Blender may have shortened the names.
    _remember_markers(root, [[marker.frame, marker.name] for marker in markers])


def remove_markers(scene: bpy.types.Scene, root: bpy.types.Collection) -> None:
    """Remove our markers; those that the user has renamed or moved are the user's."""
    for marker in _markers(scene, root):
        if marker is not None:
            scene.timeline_markers.remove(marker)


def _move_markers(scene: bpy.types.Scene, root: bpy.types.Collection, frames: int) -> None:
    places = []
    for sample, marker in enumerate(_markers(scene, root)):
        if marker is not None:
            marker.frame = 1 + sample * frames
        places.append([1 + sample * frames, marker.name if marker else ""])
    _remember_markers(root, places)


def _markers(scene: bpy.types.Scene, root: bpy.types.Collection) -> list[bpy.types.TimelineMarker | None]:
    """A network's marker per sample, known by frame and name: in recent Blenders markers carry no properties."""
    present = {(marker.frame, marker.name): marker for marker in scene.timeline_markers}
    return [present.get((frame, name)) for frame, name in json.loads(root.get(contract.MARKERS, "[]"))]


def _remember_markers(root: bpy.types.Collection, places: list[list[Any]]) -> None:
    root[contract.MARKERS] = json.dumps(places)
