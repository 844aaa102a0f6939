"""Networks that one camera sees below each other, each arranged for its share of the picture."""

from __future__ import annotations

import bpy

from ..base.find import objects
from ..stage.frame import share_frame
from ..stage.frames_seen import stacked_with
from .keys import is_keyed
from .opening import OpeningChange, opened


def join_picture(scene: bpy.types.Scene, root: bpy.types.Collection, added: bpy.types.Collection) -> None:
    """Let a network that was added stand below another one in the picture of that one's camera.

    Args:
        root: the network with the stage.
        added: one on stands that has no stage of its own.
    """
    share_frame(scene, root, added)
    for above, below in zip(objects(root, "anchor"), objects(added, "anchor"), strict=False):
        below.location.x = above.location.x
    fit_together(scene, root)


def fit_together(scene: bpy.types.Scene, root: bpy.types.Collection) -> None:
    """Arrange a network anew with those that stand above and below it, so that together they fill the picture.

    What is open stays open. Where one opens in a film nothing changes.
    """
    roots = stacked_with(scene, root)
    if any(map(is_keyed, roots)):
        return
    for one in roots:
        OpeningChange(scene, one, opened(one), is_anew=True).finish()
