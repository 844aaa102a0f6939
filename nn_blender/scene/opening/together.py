"""Networks that one camera sees below each other, each arranged for its share of the picture."""

from __future__ import annotations

import bpy

from ...core.layout.picture import Rect, floor_point
from ..base.find import objects
from ..stage.frame import see_frame
from ..stage.frames_seen import followed, networks_seen, parts_of
from .film import is_keyed
from .opening import OpeningChange, opened, require_opening


def fit_together(scene: bpy.types.Scene, root: bpy.types.Collection) -> None:
    """Arrange all networks anew that the camera of one sees, so that together they fill its picture.

    What is open stays open. Where one opens in a film nothing changes.
    """
    camera = followed(root)
    roots = networks_seen(scene, camera) if camera is not None else []
    if not roots or any(map(is_keyed, roots)):
        return
    roots.sort(key=lambda one: -_anchor(one).location.y)
    for number, one in enumerate(roots):
        change = OpeningChange(scene, one, opened(one), is_anew=True)
        change.finish()
        if number:
            stand_below(_anchor(one), change.end.seen.frame, roots[number - 1])
    see_frame(parts_of(scene, roots[0]), require_opening(roots[0])[1].seen.frame)


def stand_below(anchor: bpy.types.Object, frame: Rect, above: bpy.types.Collection) -> None:
    """Let the frame of a network begin where that of another one ends."""
    end = floor_point((0.0, require_opening(above)[1].seen.frame.bottom))[1]
    place = _anchor(above).location
    anchor.location.x, anchor.location.y = place.x, place.y + end - floor_point((0.0, frame.v))[1]


def _anchor(root: bpy.types.Collection) -> bpy.types.Object:
    return next(objects(root, "anchor"))
