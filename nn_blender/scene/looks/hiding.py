"""Hiding what is inside closed blocks, without forgetting what users had hidden themselves."""

from __future__ import annotations

import bpy

from ..base import contract


def set_closed(obj: bpy.types.Object, is_closed: bool) -> None:
    """Hide an object with the closed block that it is inside of, or show it as it was before."""
    if is_closed == (contract.SHOWN_OPEN in obj):
        # Every flag that is written has Blender look at the whole scene again.
        return
    if is_closed:
        obj[contract.SHOWN_OPEN] = [int(obj.hide_viewport), int(obj.hide_render)]
        obj.hide_viewport = obj.hide_render = True
    else:
        obj.hide_viewport, obj.hide_render = map(bool, obj[contract.SHOWN_OPEN])
        del obj[contract.SHOWN_OPEN]


def set_hidden(obj: bpy.types.Object, viewport: bool, render: bool) -> None:
    """Hide or show an object for its own sake; inside a closed block that counts from when this is opened."""
    if contract.SHOWN_OPEN in obj:
        obj[contract.SHOWN_OPEN] = [int(viewport), int(render)]
    else:
        obj.hide_viewport, obj.hide_render = viewport, render


def hidden(obj: bpy.types.Object) -> tuple[bool, bool]:
    """Whether an object is hidden for its own sake: in the viewport, and in renders."""
    viewport, render = obj.get(contract.SHOWN_OPEN, (obj.hide_viewport, obj.hide_render))
    return bool(viewport), bool(render)
