"""Workers that several tests have one after the other: starting TensorFlow takes longer than most tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from nn_blender.engine import registry
from nn_blender.engine.worker import Worker


class KeptWorker(Worker):
    """Waits for its next network where others end, unless something is under way in it.

    To its network it is as a new one; but TensorFlow is there, and so is what it has read and computed before.
    """

    def __init__(self, idle: list[KeptWorker], python: Path, script: Path) -> None:
        super().__init__(python, script)
        self._idle = idle
        self.kind = (python, script)

    def hang_up(self) -> None:
        self._closed = True

    def close(self, grace: float = 0.5) -> None:
        self.hang_up()
        if self.alive and not self._calls and not self._unconfirmed:
            self._idle.append(self)
        else:
            self.end(grace)

    def open(self) -> KeptWorker:
        self._closed = False
        return self

    def end(self, grace: float = 0.5) -> None:
        super().hang_up()
        super().close(grace)


@pytest.fixture(scope="session")
def idle_workers() -> Iterator[list[KeptWorker]]:
    idle: list[KeptWorker] = []
    yield idle
    for worker in idle:
        worker.end()


@pytest.fixture
def kept_workers(idle_workers: list[KeptWorker], monkeypatch: pytest.MonkeyPatch) -> None:
    """Networks of this test get workers that earlier tests are done with, and leave theirs to later ones."""

    def worker(python: Path, script: Path) -> KeptWorker:
        for one in idle_workers:
            if one.kind == (python, script):
                idle_workers.remove(one)
                return one.open()
        return KeptWorker(idle_workers, python, script)

    monkeypatch.setattr(registry, "Worker", worker)
