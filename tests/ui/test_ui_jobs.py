"""How the window follows the job that runs."""

from __future__ import annotations

import pytest

from nn_blender.engine.jobs import Job, Progress
from nn_blender.ui.common import jobs as module
from nn_blender.ui.common.jobs import jobs


def test_the_window_is_redrawn_only_when_the_progress_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str | None] = []
    steps = ["reading", "reading", "reading", "writing", "writing"]
    monkeypatch.setattr(module, "_show", lambda job: shown.append(job.progress.message if job else None))
    monkeypatch.setattr(jobs, "_on_done", lambda result: None)
    monkeypatch.setattr(jobs, "_job", Job((Progress(message) for message in steps), "Test"))
    while jobs.running:
        module._tick()
    assert shown == ["reading", "writing", None]
