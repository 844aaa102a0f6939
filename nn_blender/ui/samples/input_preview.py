"""The preview of a sample under edited settings: asked of the worker shortly after each edit, beside any other job."""

from __future__ import annotations

from collections.abc import Generator
from typing import NamedTuple

from ...actions.samples.preview import Preview, preview_sample
from ...actions.settings import worker_python
from ...core.errors import UserError
from ...core.inputs import NetworkInput
from ...core.network import TensorSpec
from ...core.recording import Sample
from ...engine.jobs import Job
from ..common.asked_store import AskedStore, answer_of
from ..common.jobs import BUSY

PATIENCE = 0.25
"""Seconds without another edit before the worker is asked."""


class Question(NamedTuple):
    """What a preview depends on. Nothing of it is Blender's own, so that it outlives undo and file load."""

    network_id: str
    sample: Sample
    about: NetworkInput
    spec: TensorSpec


class Previewer(AskedStore):
    """Answers the last question that was asked: with the preview, or why there is none."""

    kept, patience, pause = 1, PATIENCE, BUSY

    def find(self, question: Question) -> Preview | UserError | None:
        """The answer; where there is none yet there will be soon. Panels ask at every redraw."""
        answer = self.remembered(question)
        if answer is None:
            self.ask(question)
        return answer

    def make(self, key: Question) -> Generator[None, None, Preview | UserError | None]:
        python = worker_python()
        if python is None:
            return None
        answer: Preview | UserError | None = yield from answer_of(Job(preview_sample(python, *key), "Preview"))
        return answer


previewer = Previewer()
"""The one previewer of a Blender session."""
