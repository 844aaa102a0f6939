"""Steps of undo that operators push themselves, since what they begin is done only some time after they return.

A step is pushed when the last value that belongs to it is written: undo would not take back what is written after a
push, and Blender crashes where that points at data-blocks which undo then removes.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import partial
from typing import Any

import bpy

from ...engine.jobs import Progress


@dataclass
class UndoSteps:
    """What the user did last, for as long as that is not yet a step of undo.

    Attributes:
        waiting: the name of the step that is still to be pushed; empty where none is.
    """

    waiting: str = ""

    def push(self, name: str) -> None:
        """Make everything that has changed a step of that name, which Blender's undo history shows."""
        bpy.ops.ed.undo_push(message=name)

    def go(self, jump: Any) -> bool:
        """Undo or redo a step from a timer; whether there is one.

        Args:
            jump: Blender's operator for it.
        """
        with bpy.context.temp_override(window=bpy.context.window_manager.windows[0]):
            is_there: bool = jump.poll()
            if is_there:
                jump()
        return is_there

    def push_soon(self, name: str) -> None:
        """As `push`, for what may end inside an operator; not at all where a file is being opened."""
        bpy.app.timers.register(partial(self.push, name), first_interval=0)

    def push_waiting(self) -> None:
        """Push the step that waits, where one does."""
        if self.waiting:
            self.push(self.waiting)
        self.waiting = ""


undo_steps = UndoSteps()
"""One window, one user, one action at a time."""


def as_one_step(
    steps: Generator[Progress, None, None], name: str, state: Callable[[], object]
) -> Generator[Progress, None, None]:
    """What the scene shows when a job ends, however it ends, is one step of undo; none where that is nothing new.

    Args:
        name: of the step.
        state: gives something that is another one when the scene shows something new.
    """
    before, is_done = state(), False
    try:
        yield from steps
        is_done = True
    finally:
        if state() != before:
            if is_done or bpy.app.background:
                undo_steps.push(name)
            else:
                # Whoever cancels may be an operator, or a file that is being opened.
                undo_steps.push_soon(name)
