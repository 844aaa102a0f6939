"""Cleans up after users who delete a network, or a layer of it, by Blender's own means."""

from __future__ import annotations

import bpy
from bpy.app.handlers import persistent

from ...actions.network.remove_network import remove_leftovers

SETTLED = 0.1
"""Seconds after a deletion at which the rest goes."""


class _Counted:
    """How many objects and collections the file had when it was looked at last."""

    count = 0


def start() -> None:
    bpy.app.handlers.depsgraph_update_post.append(_after_update)
    for handlers in (bpy.app.handlers.undo_post, bpy.app.handlers.redo_post):
        handlers.append(_after_jump)


def stop() -> None:
    for handlers in (bpy.app.handlers.undo_post, bpy.app.handlers.redo_post):
        handlers.remove(_after_jump)
    bpy.app.handlers.depsgraph_update_post.remove(_after_update)
    if bpy.app.timers.is_registered(_tick):
        bpy.app.timers.unregister(_tick)


@persistent
def _after_update(*_: object) -> None:
    before, _Counted.count = _Counted.count, len(bpy.data.objects) + len(bpy.data.collections)
    if _Counted.count < before:
        _look_soon()


@persistent
def _after_jump(*_: object) -> None:
    """Redo deletes again what was deleted, and leaves again what was left."""
    _look_soon()


def _look_soon() -> None:
    if not bpy.app.background and not bpy.app.timers.is_registered(_tick):
        bpy.app.timers.register(_tick, first_interval=SETTLED)


def _tick() -> float | None:
    """No undo step of its own: undoing the deletion brings everything back."""
    # A render reads the scene from another thread.
    if bpy.app.is_job_running("RENDER"):
        return SETTLED
    if bpy.context.mode == "OBJECT":
        remove_leftovers()
    return None
