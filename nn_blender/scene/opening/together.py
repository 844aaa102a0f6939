"""Networks that one camera sees below each other, each arranged for its share of the picture."""

from __future__ import annotations

import bpy

from ..base.find import objects
from ..stage.frames_seen import followed, networks_seen
from .keys import is_keyed
from .opening import OpeningChange, opened


def fit_together(scene: bpy.types.Scene, root: bpy.types.Collection) -> None:
    """Arrange all networks anew that the camera of one sees, so that together they fill its picture.

    What is open stays open. Where one opens in a film nothing changes.
    """
    camera = followed(root)
    roots = networks_seen(scene, camera) if camera is not None else []
    if not roots or any(map(is_keyed, roots)):
        return
    anchors = [next(objects(one, "anchor")) for one in roots]
    first = max(anchors, key=lambda anchor: anchor.location.y)
    for anchor in anchors:
        anchor.location.x = first.location.x
    for one in roots:
        OpeningChange(scene, one, opened(one), is_anew=True).finish()
