"""Workers without TensorFlow, in a folder for temporary files of the test's own."""

import os
import sys
import tempfile
import time
from pathlib import Path

import pytest

from nn_blender.engine import process as processes
from nn_blender.engine import worker as worker_module
from nn_blender.engine.jobs import Job
from nn_blender.engine.worker import Worker

sys.path.insert(0, str(Path(__file__).parent))  # Tests import what stands beside them.

FAKE = Path(__file__).with_name("fake_worker.py")


FAULTS = pytest.StashKey[dict[str, list[int]]]()
"""Faults tried and survived, by kind of worker."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    """Fixtures may ask in the end how their test went."""
    report = yield
    if report.when == "call" or report.skipped:
        item.outcome = report.outcome
    return report


def pytest_terminal_summary(terminalreporter, config):
    for kind, (tried, survived) in config.stash.get(FAULTS, {}).items():
        terminalreporter.write_line(f"Faults tried on the {kind} worker: {tried}, survived: {survived}")


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch) -> Path:
    folder = tmp_path / "temp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def faults(request) -> dict[str, list[int]]:
    return request.config.stash.setdefault(FAULTS, {})


@pytest.fixture
def fake_script() -> Path:
    return FAKE


@pytest.fixture
def make_worker():
    made = []

    def make(script=FAKE, python=Path(sys.executable), **choices):
        made.append(Worker(python, script, **choices))
        return made[-1]

    yield make
    for worker in made:
        worker.close(grace=0)


@pytest.fixture
def worker(make_worker):
    return make_worker()


@pytest.fixture
def ask():
    """Ask a worker something and wait for the answer."""

    def ask(worker, method, timeout=10.0, on_progress=None, **params):
        return Job(worker.call(method, params), method).wait(on_progress, timeout)

    return ask


@pytest.fixture
def step_until():
    """Step a job until a condition holds."""

    def step_until(job, condition, timeout=10.0):
        deadline = time.monotonic() + timeout
        while not condition():
            assert time.monotonic() < deadline, "the condition never held"
            job.step()
            time.sleep(0.005)

    return step_until


@pytest.fixture
def at_once(monkeypatch):
    """Call something that may neither sleep nor look at a worker, as whoever waits for another process does."""

    def at_once(call):
        def waits(*_):
            pytest.fail("it waits")

        with monkeypatch.context() as patch:
            patch.setattr(time, "sleep", waits)
            patch.setattr(Worker, "poll", waits)
            call()

    return at_once


@pytest.fixture
def clock(monkeypatch):
    """The workers' clock, which stands still unless the test moves it on."""

    class Clock:
        seconds = 0.0

        def monotonic(self):
            return self.seconds

    clock = Clock()
    monkeypatch.setattr(worker_module, "time", clock)
    return clock


@pytest.fixture
def started(monkeypatch):
    """Processes that were started, in order."""
    started = []
    start = processes.start

    def noted(*arguments, **choices):
        started.append(start(*arguments, **choices))
        return started[-1]

    monkeypatch.setattr(processes, "start", noted)
    return started


@pytest.fixture
def is_gone():
    """Whether a process has ended. Waits some seconds, as long as some systems need to bury an orphan."""

    def is_gone(pid, timeout=5.0):
        deadline = time.monotonic() + timeout
        while _runs(pid):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.01)
        return True

    return is_gone


def _runs(pid):
    if sys.platform == "win32":
        import ctypes

        handle = ctypes.windll.kernel32.OpenProcess(0x100000, False, pid)
        if not handle:
            return False
        running = ctypes.windll.kernel32.WaitForSingleObject(handle, 0) == 0x102
        ctypes.windll.kernel32.CloseHandle(handle)
        return running
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
