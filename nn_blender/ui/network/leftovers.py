"""Cleans up after users who delete a network, or a layer of it, by Blender's own means."""

from __future__ import annotations

import bpy
from bpy.app.handlers import persistent

from ...actions.network.remove_network import has_leftovers, remove_leftovers
from ..common import half_steps
from ..common.undo_steps import undo_steps

SETTLED = 0.1
"""Seconds after a deletion at which the rest goes."""


STEP = "Clean Up"
"""Not *Delete*: by the names of steps Blender finds what its *Adjust Last Operation* is to do again."""


class _Counted:
    """How many objects and collections the file had when it was looked at last."""

    count = 0


def start() -> None:
    bpy.app.handlers.depsgraph_update_post.append(_after_update)
    for handlers in (bpy.app.handlers.undo_post, bpy.app.handlers.redo_post):
        handlers.append(_after_jump)
    half_steps.checks.append(has_leftovers)


def stop() -> None:
    half_steps.checks.remove(has_leftovers)
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
    """Where there is no further step, see `half_steps`, there may still be what was left."""
    _look_soon()


def _look_soon() -> None:
    if not bpy.app.background and not bpy.app.timers.is_registered(_tick):
        bpy.app.timers.register(_tick, first_interval=SETTLED)


def _tick() -> float | None:
    """A step of its own, since it changes what stays, such as the scene's camera; undo passes over the one before."""
    # A render reads the scene from another thread.
    if bpy.app.is_job_running("RENDER"):
        return SETTLED
    if bpy.context.mode == "OBJECT" and remove_leftovers():
        undo_steps.push(STEP)
    return None
