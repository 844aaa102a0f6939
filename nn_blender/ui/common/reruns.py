"""Keeps what networks show in line with their switches: after a click, and after undo, redo and opening a file."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import bpy
from bpy.app.handlers import persistent

from ...actions.interventions.rerun import is_up_to_date, rerun
from ...actions.settings import worker_python
from ...core.errors import UserError
from ...scene.base import contract
from ...scene.base.find import networks
from .jobs import jobs

DEBOUNCE = 0.2
"""Seconds to wait for a further click."""


TITLE = "Rerun"
WRITE_BEFORE_THEY_PUSH = (TITLE, "Show Side by Side")
"""Jobs that change the scene some time before their undo step is pushed."""

_action = ""
_due = 0.0
"""When to start, by the monotonic clock; every further click puts it off."""
_by_hand = False
"""Whether the user asked for a run, whatever `NN_PG_scene.reruns` says."""
_tried: set[str] = set()
"""Networks whose values were asked for since the last change."""


def keep_up_to_date(action: str) -> None:
    """Run the networks whose values are no longer those that their switches ask for, soon; at once in background.

    What fails is not tried again before something else happens.

    Args:
        action: what the user did. It and what comes of it are one undo step, pushed when the last value is written:
            undo would not take back what is written after a push, and Blender crashes where that points at
            data-blocks which undo then removes.
    """
    global _action, _due  # noqa: PLW0603 - one window, one user, one action at a time.
    _tried.clear()
    _action = action
    _due = time.monotonic() + DEBOUNCE
    if jobs.running and jobs.running.title == TITLE:
        # It computes what is no longer asked for.
        jobs.cancel()
    for root in _all_networks():
        if not is_up_to_date(root):
            # Whatever else the user does meanwhile, its steps of undo are known by this.
            root[contract.PENDING] = 1
    if bpy.app.background:
        _catch_up()
    elif not bpy.app.timers.is_registered(_catch_up):
        bpy.app.timers.register(_catch_up, first_interval=DEBOUNCE)


def run_now(action: str) -> None:
    """As `keep_up_to_date`, also where networks do not run by themselves."""
    global _by_hand  # noqa: PLW0603
    _by_hand = True
    keep_up_to_date(action)


def interrupt() -> None:
    """Make what the user did last a step of undo, though the network has not run or a job has not come to its end."""
    global _action  # noqa: PLW0603
    if jobs.running and jobs.running.title in WRITE_BEFORE_THEY_PUSH:
        _action = _action or jobs.running.title
        jobs.cancel()
    if _action:
        bpy.ops.ed.undo_push(message=_action)
        _action = ""


def start() -> None:
    for handlers, function in _handlers():
        handlers.append(function)


def stop() -> None:
    for handlers, function in _handlers():
        handlers.remove(function)
    for timer in (_catch_up, _undo_further, _redo_further):
        if bpy.app.timers.is_registered(timer):
            bpy.app.timers.unregister(timer)


def _handlers() -> list[tuple[list[Callable[..., None]], Callable[..., None]]]:
    calls = bpy.app.handlers
    return [
        (calls.undo_pre, _before_jump),
        (calls.redo_pre, _before_jump),
        (calls.undo_post, _after_undo),
        (calls.redo_post, _after_redo),
        (calls.load_pre, _leave_file),
        (calls.load_post, _after_load),
    ]


@persistent
def _before_jump(*_: object) -> None:
    """Undo takes back what the user did last."""
    if not _is_editing():
        interrupt()


@persistent
def _after_undo(*_: object) -> None:
    _pass_over(_undo_further)


@persistent
def _after_redo(*_: object) -> None:
    _pass_over(_redo_further)


@persistent
def _leave_file(*_: object) -> None:
    """What was done in a file is no step of undo in the next one."""
    global _action, _by_hand
    _action, _by_hand = "", False


@persistent
def _after_load(*_: object) -> None:
    if any(not is_up_to_date(root) for root in _all_networks()):
        keep_up_to_date(TITLE)


def _pass_over(further: Callable[[], None]) -> None:
    """A step that was pushed while a network had still to run is none to stop at: its values were never there."""
    if _is_editing() or not any(root.get(contract.PENDING) for root in _all_networks()):
        return
    if bpy.app.background:
        keep_up_to_date(TITLE)
    elif not bpy.app.timers.is_registered(further):
        # Not from inside the undo that calls this.
        bpy.app.timers.register(further, first_interval=0)


def _undo_further() -> None:
    _go_further(bpy.ops.ed.undo)


def _redo_further() -> None:
    _go_further(bpy.ops.ed.redo)


def _go_further(jump: Any) -> None:
    """To the next step; where there is none, the network runs as it would have."""
    with bpy.context.temp_override(window=bpy.context.window_manager.windows[0]):
        if jump.poll():
            jump()
        else:
            keep_up_to_date(TITLE)


def _all_networks() -> Iterator[bpy.types.Collection]:
    for scene in bpy.data.scenes:
        yield from networks(scene)


def _catch_up() -> float | None:
    """One network after the other; a job that runs comes first."""
    if not _action:  # It was taken back meanwhile.
        return None
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
    obj = bpy.context.view_layer.objects.active
    return obj is not None and obj.mode == "EDIT"


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
    for root in _all_networks():
        root.pop(contract.PENDING, None)
    bpy.ops.ed.undo_push(message=_action)
    _action, _by_hand = "", False
