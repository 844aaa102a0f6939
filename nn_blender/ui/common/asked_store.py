"""Results that panels ask for at every redraw and that take a while to make.

They are made from a timer, soon after they were asked for, remembered, and forgotten when a file is opened.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Generator, Hashable
from functools import partial
from typing import Any, ClassVar
from weakref import WeakSet

import bpy
from bpy.app.handlers import persistent

from ...engine.jobs import Job

RENDER_PAUSE = 1.0
"""Seconds between two looks whether a render is over: it reads the file's data from another thread."""


class AskedStore:
    """Results by key. A key holds nothing of Blender's own, so that it outlives undo.

    It is no generic class: what Python remembers of those would hold on to the module, and so to bpy, until the end.

    Attributes:
        kept: how many results are remembered, those that were used last.
        patience: seconds from a question to the first work on it, in which another one may take its place.
        pause: seconds between two portions of work.
        answers_all: whether every question is answered, instead of the last one only.
    """

    kept: ClassVar[int]
    patience: ClassVar[float] = 0.0
    pause: ClassVar[float] = 0.0
    answers_all: ClassVar[bool] = False

    def __init__(self) -> None:
        self._results: OrderedDict[Hashable, Any] = OrderedDict()
        self._wanted: OrderedDict[Hashable, None] = OrderedDict()
        self._work: Generator[None, None, Any] | None = None
        # Blender knows a timer by the function object, and a bound method is another one each time.
        self._timer = partial(self._tick)
        _stores.add(self)

    def make(self, key: Any) -> Generator[None, None, Any]:
        """Work out one result; yield after each portion of work. None where there is no result."""
        raise NotImplementedError

    def remembered(self, key: Hashable) -> Any:
        """What is remembered; None where it is not known."""
        if key in self._results:
            self._results.move_to_end(key)
        return self._results.get(key)

    def ask(self, key: Hashable) -> None:
        """Have a result made soon, unless that is under way."""
        if key in self._wanted:
            return
        if not self.answers_all:
            self.drop_questions()
        self._wanted[key] = None
        if not bpy.app.timers.is_registered(self._timer):
            bpy.app.timers.register(self._timer, first_interval=self.patience)

    def keep(self, key: Hashable, result: Any) -> None:
        self._results[key] = result
        self._results.move_to_end(key)
        while len(self._results) > self.kept:
            self._results.popitem(last=False)

    def step(self) -> bool:
        """Do one portion of work; True while a question is left."""
        if not self._wanted:
            return False
        key = next(iter(self._wanted))
        self._work = self._work or self.make(key)
        try:
            next(self._work)
        except StopIteration as done:
            self._work = None
            del self._wanted[key]
            if done.value is not None:
                self.keep(key, done.value)
                redraw_sidebars()
        return bool(self._wanted)

    def finish(self) -> None:
        """Answer all questions now."""
        while self.step():
            pass

    def drop_questions(self) -> None:
        """Leave off what is under way."""
        if bpy.app.timers.is_registered(self._timer):
            bpy.app.timers.unregister(self._timer)
        if self._work is not None:
            self._work.close()
        self._work = None
        self._wanted.clear()

    def forget(self) -> None:
        """Drop all questions and results."""
        self.drop_questions()
        self._results.clear()

    def _tick(self) -> float | None:
        if bpy.app.is_job_running("RENDER"):
            return RENDER_PAUSE
        return self.pause if self.step() else None


_stores: WeakSet[AskedStore] = WeakSet()


def answer_of(job: Job) -> Generator[None, None, Any]:
    """Drive a job beside the one that the window shows; give its result, or its error. It ends with who asks for it."""
    try:
        while job.step():
            yield
    finally:
        job.cancel()
    return job.result or job.error


def redraw_sidebars() -> None:
    """Let the panels show what has come meanwhile."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "VIEW_3D":
                area.tag_redraw()


def start() -> None:
    bpy.app.handlers.load_pre.append(_leave_file)


def stop() -> None:
    bpy.app.handlers.load_pre.remove(_leave_file)
    _leave_file()


@persistent
def _leave_file(*_: object) -> None:
    for store in _stores:
        store.forget()
