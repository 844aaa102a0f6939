"""Lets undo and redo pass over steps that hold what users did by Blender's own means, but not yet what follows from it.

That is done a moment later and is a step of its own, since undo leaves alone what is written after a push.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import bpy
from bpy.app.handlers import persistent

from .undo_steps import undo_steps

checks: list[Callable[[], bool]] = []
"""Each says whether something is still to follow from what is in the file now."""


def pass_over(jump: Any) -> None:
    """Undo or redo on until nothing is left to follow, or there is no further step."""
    while _is_half() and undo_steps.go(jump):
        pass


def start() -> None:
    for handlers, function in _handlers():
        handlers.append(function)


def stop() -> None:
    for handlers, function in _handlers():
        handlers.remove(function)
    for timer in (_undo_further, _redo_further):
        if bpy.app.timers.is_registered(timer):
            bpy.app.timers.unregister(timer)


def _handlers() -> list[tuple[list[Callable[..., None]], Callable[..., None]]]:
    calls = bpy.app.handlers
    return [(calls.undo_post, _after_undo), (calls.redo_post, _after_redo)]


@persistent
def _after_undo(*_: object) -> None:
    _pass_soon(_undo_further)


@persistent
def _after_redo(*_: object) -> None:
    _pass_soon(_redo_further)


def _pass_soon(timer: Callable[[], None]) -> None:
    """Not from inside the undo that calls this, after which *Adjust Last Operation* does something else again."""
    if bpy.app.background or bpy.context.mode != "OBJECT" or not _is_half():
        return
    if not bpy.app.timers.is_registered(timer):
        bpy.app.timers.register(timer, first_interval=0)


def _is_half() -> bool:
    return any(check() for check in checks)


def _undo_further() -> None:
    pass_over(bpy.ops.ed.undo)


def _redo_further() -> None:
    pass_over(bpy.ops.ed.redo)
