"""The frames that a camera has to see: of its own network, and of others that are turned to it."""

from __future__ import annotations

import math

import bpy

from ...core.layout.picture import ELEVATION, UNIT, Rect
from ..base import contract
from ..base.find import networks, objects
from ..base.parts import Parts
from ..network.description import require_description
from ..network.parts import network_parts


def home_of(parts: Parts, camera: bpy.types.Object) -> Parts:
    """The network that a camera is of."""
    owner = camera.get(contract.NETWORK)
    root = next((root for root in networks(parts.scene) if root[contract.NETWORK] == owner), parts.root)
    return parts if root == parts.root else parts_of(parts.scene, root)


def parts_of(scene: bpy.types.Scene, root: bpy.types.Collection) -> Parts:
    return network_parts(scene, require_description(root).network, root[contract.NETWORK], root)


def followed(root: bpy.types.Collection) -> bpy.types.Object | None:
    """The camera that a network's texts are turned to."""
    constraints = (one for focus in objects(root, "focus") for one in focus.constraints)
    targets = (getattr(one, "target", None) for one in constraints if one.type == "COPY_ROTATION")
    return next((target for target in targets if target is not None and target.type == "CAMERA"), None)


def frames_seen(home: Parts, camera: bpy.types.Object) -> list[Rect]:
    """Frames of the networks that are turned to a camera, in the picture of the one that it is of."""
    found = []
    for root in networks(home.scene):
        anchor, holder = next(objects(root, "anchor"), None), next(objects(root, "frame"), None)
        if anchor is None or holder is None or followed(root) != camera:
            continue
        towards = home.anchor.matrix_basis.inverted() @ anchor.matrix_basis
        place = (towards @ holder.location) / UNIT
        height = towards.to_scale().z * holder.scale.z / UNIT
        v = -(place.y * math.sin(ELEVATION) + place.z * math.cos(ELEVATION))
        found.append(Rect(place.x, v, holder[contract.WIDTH] * height, height))
    return found
