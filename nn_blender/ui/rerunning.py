"""Keeps what networks show in line with their switches: after a click, and after undo, redo and opening a file."""

from __future__ import annotations

import bpy
from bpy.app.handlers import persistent

from ..actions.intervene import is_up_to_date, rerun
from ..actions.settings import worker_python
from ..scene import contract
from ..scene.find import networks
from .jobs import jobs

DEBOUNCE = 0.2
"""Seconds to wait for a further click."""


_tried: set[str] = set()
"""Networks whose values were asked for since the last change."""


def keep_up_to_date() -> None:
    """Run the networks whose values are no longer those that their switches ask for, soon; at once in background.

    Results are no undo steps: what the user did is. What fails is not tried again before something else happens.
    """
    _tried.clear()
    if bpy.app.background:
        _catch_up()
    elif bpy.app.timers.is_registered(_catch_up):
        return
    else:
        bpy.app.timers.register(_catch_up, first_interval=DEBOUNCE)


def start() -> None:
    for handlers in (bpy.app.handlers.undo_post, bpy.app.handlers.redo_post, bpy.app.handlers.load_post):
        handlers.append(_after_change)


def stop() -> None:
    for handlers in (bpy.app.handlers.undo_post, bpy.app.handlers.redo_post, bpy.app.handlers.load_post):
        handlers.remove(_after_change)
    if bpy.app.timers.is_registered(_catch_up):
        bpy.app.timers.unregister(_catch_up)


@persistent
def _after_change(*_: object) -> None:
    if any(not is_up_to_date(root) for scene in bpy.data.scenes for root in networks(scene)):
        keep_up_to_date()


def _catch_up() -> float | None:
    """One network after the other; a job that runs comes first."""
    if jobs.running:
        return DEBOUNCE
    for root in networks(bpy.context.scene):
        if root[contract.NETWORK] not in _tried and not is_up_to_date(root):
            _tried.add(root[contract.NETWORK])
            jobs.start(rerun(worker_python(), root), "Rerun")
            return None if bpy.app.background else DEBOUNCE
    return None
