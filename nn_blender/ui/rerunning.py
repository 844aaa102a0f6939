"""Keeps what networks show in line with their switches: after a click, and after undo, redo and opening a file."""

from __future__ import annotations

import time

import bpy
from bpy.app.handlers import persistent

from ..actions.intervene import is_up_to_date, rerun
from ..actions.settings import worker_python
from ..core.errors import UserError
from ..scene import contract
from ..scene.find import networks
from .jobs import jobs

DEBOUNCE = 0.2
"""Seconds to wait for a further click."""


TITLE = "Rerun"

_action = ""
_due = 0.0
"""When to start, by the monotonic clock; every further click puts it off."""
_by_hand = False
"""Whether the user asked for a run, whatever `NN_PG_scene.reruns` says."""
_tried: set[str] = set()
"""Networks whose values were asked for since the last change."""


def keep_up_to_date(action: str = "") -> None:
    """Run the networks whose values are no longer those that their switches ask for, soon; at once in background.

    What fails is not tried again before something else happens.

    Args:
        action: what the user did. It and what comes of it are one undo step, pushed when the last value is written:
            Blender does not bring back what was written after a push. Empty after undo, redo and opening a file.
    """
    global _action, _due  # noqa: PLW0603 - one window, one user, one action at a time.
    _tried.clear()
    _action = action or _action
    _due = time.monotonic() + DEBOUNCE
    if jobs.running and jobs.running.title == TITLE:
        # It computes what is no longer asked for.
        jobs.cancel()
    if bpy.app.background:
        _catch_up()
    elif not bpy.app.timers.is_registered(_catch_up):
        bpy.app.timers.register(_catch_up, first_interval=DEBOUNCE)


def run_now(action: str) -> None:
    """As `keep_up_to_date`, also where networks do not run by themselves."""
    global _by_hand  # noqa: PLW0603
    _by_hand = True
    keep_up_to_date(action)


def finish_action() -> None:
    """Make what the user did a step of undo before something else is done, whether or not the network has run.

    What comes of it is then no step: undo and redo to it let the network run again.
    """
    if _action:
        _push_action()


def start() -> None:
    for handlers in (bpy.app.handlers.undo_pre, bpy.app.handlers.redo_pre):
        handlers.append(_before_jump)
    for handlers in (bpy.app.handlers.undo_post, bpy.app.handlers.redo_post, bpy.app.handlers.load_post):
        handlers.append(_after_change)
    bpy.app.handlers.load_pre.append(_leave_file)


def stop() -> None:
    for handlers in (bpy.app.handlers.undo_pre, bpy.app.handlers.redo_pre):
        handlers.remove(_before_jump)
    for handlers in (bpy.app.handlers.undo_post, bpy.app.handlers.redo_post, bpy.app.handlers.load_post):
        handlers.remove(_after_change)
    bpy.app.handlers.load_pre.remove(_leave_file)
    if bpy.app.timers.is_registered(_catch_up):
        bpy.app.timers.unregister(_catch_up)


@persistent
def _before_jump(*_: object) -> None:
    """Undo takes back what the user did last; and what is computed for it is no longer asked for."""
    if jobs.running and jobs.running.title == TITLE:
        jobs.cancel()
    finish_action()


@persistent
def _leave_file(*_: object) -> None:
    """What was done in a file is no step of undo in the next one."""
    global _action, _by_hand  # noqa: PLW0603
    _action, _by_hand = "", False


@persistent
def _after_change(*_: object) -> None:
    if any(not is_up_to_date(root) for scene in bpy.data.scenes for root in networks(scene)):
        keep_up_to_date()


def _catch_up() -> float | None:
    """One network after the other; a job that runs comes first."""
    if jobs.running or _is_editing():
        return DEBOUNCE
    if not bpy.app.background and (left := _due - time.monotonic()) > 0:
        return left
    may_run = _by_hand or bpy.context.scene.nn.reruns
    for root in networks(bpy.context.scene) if may_run else ():
        if root[contract.NETWORK] not in _tried and not is_up_to_date(root):
            _tried.add(root[contract.NETWORK])
            if not _start(root):
                return None
            if not bpy.app.background:
                return DEBOUNCE
    _push_action()
    return None


def _is_editing() -> bool:
    """Whether a mesh is in Edit Mode: its values can neither be read nor written then."""
    thing = bpy.context.view_layer.objects.active
    return thing is not None and thing.mode == "EDIT"


def _start(root: bpy.types.Collection) -> bool:
    """Whether the rerun could be started, or in background was done."""
    try:
        jobs.start(rerun(worker_python(), root), TITLE)
    except UserError as error:
        jobs.error = error
        _push_action()
        return False
    return True


def _push_action() -> None:
    global _action, _by_hand
    if _action:
        bpy.ops.ed.undo_push(message=_action)
    _action, _by_hand = "", False
