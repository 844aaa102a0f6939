"""Keeps what networks show in line with their switches: after a click, and after undo, redo and opening a file."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import bpy
from bpy.app.handlers import persistent

from ...actions.interventions.rerun import rerun
from ...actions.settings import worker_python
from ...core.errors import UserError
from ...engine.jobs import Job
from ...scene.base import contract
from ...scene.base.find import networks
from .jobs import jobs
from .undo_steps import undo_steps
from .wanted_interventions import wanted_interventions

DEBOUNCE = 0.2
"""Seconds to wait for a further click."""


TITLE = "Rerun"


@dataclass
class Pending:
    """Which networks run next, and when.

    Attributes:
        due: when to start, by the monotonic clock; every further click puts it off.
        by_hand: whether the user asked for a run, whatever the scene's ``reruns`` says.
        tried: networks whose values were asked for since the last change.
        job: the last rerun that was started.
    """

    due: float = 0.0
    by_hand: bool = False
    tried: set[str] = field(default_factory=set)
    job: Job | None = None


_pending = Pending()


class OnScene:
    reruns: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Update Automatically",
        description="Run the network again as soon as a neuron is switched. "
        "Turn this off to switch several neurons before a slow run",
        default=True,
    )


def keep_up_to_date(undo_step: str) -> None:
    """Run the networks whose values are no longer those that their switches ask for, soon; at once in background.

    What fails is not tried again before something else happens.

    Args:
        undo_step: the name of what the user did. It and what comes of it are one step, see `undo_steps`.
    """
    wanted_interventions.forget()
    _pending.tried.clear()
    undo_steps.waiting = undo_step
    _pending.due = time.monotonic() + DEBOUNCE
    if jobs.running and jobs.running is _pending.job:
        # It computes what is no longer asked for.
        jobs.cancel()
    for root in _all_networks():
        if not wanted_interventions.are_shown(root):
            # Whatever else the user does meanwhile, its steps of undo are known by this.
            root[contract.PENDING] = 1
    if bpy.app.background:
        _catch_up()
    elif not bpy.app.timers.is_registered(_catch_up):
        bpy.app.timers.register(_catch_up, first_interval=DEBOUNCE)


def run_now(undo_step: str) -> None:
    """As `keep_up_to_date`, also where networks do not run by themselves."""
    _pending.by_hand = True
    keep_up_to_date(undo_step)


def interrupt() -> None:
    """Make what the user did last a step of undo, though the network has not run or a job has not come to its end."""
    interrupted = jobs.interrupt()
    undo_steps.waiting = undo_steps.waiting or interrupted
    undo_steps.push_waiting()


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
    undo_steps.waiting, _pending.by_hand = "", False


@persistent
def _after_load(*_: object) -> None:
    if any(not wanted_interventions.are_shown(root) for root in _all_networks()):
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
    if not undo_steps.go(jump):
        keep_up_to_date(TITLE)


def _all_networks() -> Iterator[bpy.types.Collection]:
    for scene in bpy.data.scenes:
        yield from networks(scene)


def _catch_up() -> float | None:
    """One network after the other; a job that runs comes first, and a render, which reads the scene from a thread."""
    if not undo_steps.waiting:  # It was taken back meanwhile.
        return None
    if jobs.running or _is_editing() or bpy.app.is_job_running("RENDER"):
        return DEBOUNCE
    if not bpy.app.background and (left := _pending.due - time.monotonic()) > 0:
        return left
    may_run = _pending.by_hand or bpy.context.scene.nn.reruns
    for root in networks(bpy.context.scene) if may_run else ():
        if root[contract.NETWORK] not in _pending.tried and not wanted_interventions.are_shown(root):
            _pending.tried.add(root[contract.NETWORK])
            if not _start(root):
                return None
            if not bpy.app.background:
                return DEBOUNCE
    _push()
    return None


def _is_editing() -> bool:
    """Whether a mesh is in Edit Mode: its values can neither be read nor written then."""
    obj = bpy.context.view_layer.objects.active
    return obj is not None and obj.mode == "EDIT"


def _start(root: bpy.types.Collection) -> bool:
    """Whether the rerun could be started, or in background was done."""
    try:
        running = rerun(worker_python(), root, wanted_interventions.find(root))
        jobs.start(running, TITLE, writes_before_push=True, network_id=root[contract.NETWORK])
    except UserError as error:
        jobs.error = error
        _push()
        return False
    _pending.job = jobs.running
    return True


def _push() -> None:
    for root in _all_networks():
        root.pop(contract.PENDING, None)
    undo_steps.push_waiting()
    _pending.by_hand = False
