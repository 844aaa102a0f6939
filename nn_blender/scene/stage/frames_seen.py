"""The frames that a camera has to see: of its own network, and of others that are turned to it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import bpy

from ...core.layout.picture import ELEVATION, UNIT, Rect
from ..base import contract
from ..base.find import networks, objects
from ..base.parts import Parts
from ..network.description import require_description
from ..network.parts import network_parts
from .rendering import picture_aspect

BESIDE = 1e-3
"""Blender units: a network that stands this far to one side of another is not below it."""


def home_of(parts: Parts, camera: bpy.types.Object) -> Parts:
    """The network that a camera is of."""
    owner = camera.get(contract.NETWORK)
    root = next((root for root in networks(parts.scene) if root[contract.NETWORK] == owner), parts.root)
    return parts if root == parts.root else parts_of(parts.scene, root)


def parts_of(scene: bpy.types.Scene, root: bpy.types.Collection) -> Parts:
    return network_parts(scene, require_description(root).network, root[contract.NETWORK], root)


def followed(root: bpy.types.Collection) -> bpy.types.Object | None:
    """The camera that a network's texts are turned to."""
    return next((target for target in _targets(root) if target is not None and target.type == "CAMERA"), None)


def has_lost_camera(root: bpy.types.Collection) -> bool:
    """Whether somebody deleted the camera that a network's texts were turned to."""
    targets = list(_targets(root))
    return bool(targets) and not any(targets)


def _targets(root: bpy.types.Collection) -> Iterator[bpy.types.Object | None]:
    """What a network's texts are turned to; None where that was deleted."""
    for focus in objects(root, "focus"):
        yield from (getattr(one, "target", None) for one in focus.constraints if one.type == "COPY_ROTATION")


def networks_seen(scene: bpy.types.Scene, camera: bpy.types.Object) -> list[bpy.types.Collection]:
    """The networks with frames that are turned to a camera."""
    return [root for root in networks(scene) if followed(root) == camera and _has_frame(root)]


def networks_without_stage(scene: bpy.types.Scene) -> list[bpy.types.Collection]:
    """The networks with frames that were in the picture of a camera that somebody deleted, which was another one's."""
    return [
        root
        for root in networks(scene)
        if has_lost_camera(root) and _has_frame(root) and not any(objects(root, "light"))
    ]


def _has_frame(root: bpy.types.Collection) -> bool:
    return all(any(objects(root, role)) for role in ("anchor", "frame"))


def frame_aspect(scene: bpy.types.Scene, root: bpy.types.Collection) -> float:
    """Width by height of a network's frame: as the picture's, or of its share of that where others stand below it."""
    return picture_aspect(scene) * max(1, len(stacked_with(scene, root)))


def stacked_with(scene: bpy.types.Scene, root: bpy.types.Collection) -> list[bpy.types.Collection]:
    """A network and those that stand above and below it in the picture of one camera, from the top.

    A network that somebody moved to another side is not one of them. There is none where no camera sees the network.
    """
    camera = followed(root)
    seen = networks_seen(scene, camera) if camera is not None else []
    if root not in seen:
        return []
    x = _anchor(root).location.x
    return sorted(
        (one for one in seen if abs(_anchor(one).location.x - x) < BESIDE), key=lambda one: -_anchor(one).location.y
    )


def stack_frames(roots: Sequence[bpy.types.Collection]) -> None:
    """Let the frame of each network begin where that of the one before ends, which stays where it is."""
    for above, below in pairwise(roots):
        end, start = _span(above)[1], _span(below)[0]
        _anchor(below).location.y += end - start


def _span(root: bpy.types.Collection) -> tuple[float, float]:
    """Where on the floor the frame of a network begins and ends, along Y in the world."""
    anchor, holder = _anchor(root), next(objects(root, "frame"))
    ends = holder.location.y, holder.location.y - holder.scale.z / math.sin(ELEVATION)
    start, end = (anchor.location.y + anchor.scale.y * y for y in ends)
    return start, end


def _anchor(root: bpy.types.Collection) -> Any:
    return next(objects(root, "anchor"))


def frames_seen(home: Parts, camera: bpy.types.Object) -> list[Rect]:
    """Frames of the networks that are turned to a camera, in the picture of the one that it is of."""
    found = []
    for root in networks_seen(home.scene, camera):
        holder = next(objects(root, "frame"))
        towards = home.anchor.matrix_basis.inverted() @ _anchor(root).matrix_basis
        place = (towards @ holder.location) / UNIT
        height = towards.to_scale().z * holder.scale.z / UNIT
        v = -(place.y * math.sin(ELEVATION) + place.z * math.cos(ELEVATION))
        found.append(Rect(place.x, v, holder[contract.WIDTH] * height, height))
    return found
