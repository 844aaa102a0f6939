"""The preview of a sample under edited settings: asked of the worker shortly after each edit, beside any other job."""

from __future__ import annotations

from typing import NamedTuple

import bpy
from bpy.app.handlers import persistent

from ...actions.samples.preview import Preview, preview_sample
from ...actions.settings import worker_python
from ...core.errors import UserError
from ...core.recording import Sample
from ...core.samples.preprocessing import Preprocessing
from ...engine.jobs import Job
from ..common.jobs import BUSY, IDLE
from ..maps.thumbnails import redraw_sidebars

PATIENCE = 0.25
"""Seconds without another edit before the worker is asked."""


class Question(NamedTuple):
    """What a preview depends on. Nothing of it is Blender's own, so that it outlives undo and file load."""

    network_id: str
    sample: Sample
    preprocessing: Preprocessing | None
    input_shape: tuple[int, ...]


class Previewer:
    """Answers the last question that was asked.

    Attributes:
        preview: the answer; None while it is not there.
        error: why there is no answer.
    """

    def __init__(self) -> None:
        self.preview: Preview | None = None
        self.error: UserError | None = None
        self._question: Question | None = None
        self._job: Job | None = None

    def ask(self, question: Question) -> None:
        """Have a question answered soon, unless it was asked before. Panels call it at every redraw."""
        if question == self._question:
            return
        self.forget()
        self._question = question
        bpy.app.timers.register(_tick, first_interval=PATIENCE)

    def forget(self) -> None:
        """Drop the question, and the answer."""
        if bpy.app.timers.is_registered(_tick):
            bpy.app.timers.unregister(_tick)
        if self._job is not None:
            self._job.cancel()
        self.preview = self.error = self._question = self._job = None

    def step(self) -> bool:
        """Go on with the question; True while there is no answer."""
        python = worker_python()
        if self._question is None or python is None:
            return False
        if self._job is None:
            self._job = Job(preview_sample(python, *self._question), "Preview")
        if self._job.step():
            return True
        self.preview, self.error = self._job.result, self._job.error
        return False


previewer = Previewer()
"""The one previewer of a Blender session."""


def start() -> None:
    bpy.app.handlers.load_pre.append(_leave_file)


def stop() -> None:
    bpy.app.handlers.load_pre.remove(_leave_file)
    previewer.forget()


def _tick() -> float | None:
    if bpy.app.is_job_running("RENDER"):
        # A render reads the file's data from another thread.
        return IDLE
    if previewer.step():
        return BUSY
    redraw_sidebars()
    return None


@persistent
def _leave_file(*_: object) -> None:
    previewer.forget()
