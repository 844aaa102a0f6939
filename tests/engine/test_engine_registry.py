"""One worker per open network."""

import sys
import time
from pathlib import Path

import pytest

from nn_blender.engine import registry
from nn_blender.engine.jobs import Job
from nn_blender.engine.registry import Workers

PYTHON = Path(sys.executable)


@pytest.fixture
def moved(monkeypatch):
    """Move the registry's clock on by so many seconds."""
    later = 0.0

    class Clock:
        @staticmethod
        def monotonic():
            return time.monotonic() + later

    def move(seconds):
        nonlocal later
        later += seconds

    monkeypatch.setattr(registry, "time", Clock)
    return move


@pytest.fixture
def workers(fake_script):
    workers = Workers(fake_script)
    yield workers
    workers.close_all()


def test_a_network_keeps_its_worker(workers):
    assert workers.get("a", PYTHON) is workers.get("a", PYTHON)
    assert workers.get("a", PYTHON) is not workers.get("b", PYTHON)


def test_another_interpreter_means_another_worker(workers, ask, is_gone):
    old = workers.get("a", PYTHON)
    pid = ask(old, "echo")["pid"]
    new = workers.get("a", Path("python3"))
    assert new is not old
    assert is_gone(pid)


def test_the_worker_of_another_interpreter_is_looked_after_too(workers, ask, is_gone, moved):
    workers.get("a", PYTHON)
    pid = ask(workers.get("a", Path("python3")), "echo")["pid"]
    workers.poll()
    assert workers.is_alive("a")
    moved(601)
    workers.poll()
    assert is_gone(pid)


def test_closing_ends_the_process_of_that_network_only(workers, ask, is_gone):
    pids = {name: ask(workers.get(name, PYTHON), "echo")["pid"] for name in "ab"}
    workers.close("a")
    workers.close("a")
    workers.poll()
    assert is_gone(pids["a"])
    assert workers.get("b", PYTHON).alive


def test_closing_all_ends_all(workers, ask, is_gone, temporary):
    pids = [ask(workers.get(name, PYTHON), "echo")["pid"] for name in "abc"]
    workers.close_all()
    assert all(is_gone(pid) for pid in pids)
    assert not list(temporary.iterdir())


def test_a_worker_that_is_kept_for_a_while_ends_unless_somebody_asks_for_it(workers, ask, is_gone):
    pids = {name: ask(workers.get(name, PYTHON), "echo")["pid"] for name in "ab"}
    for name in "ab":
        workers.keep_for(name, 0.05)
    assert ask(workers.get("a", PYTHON), "echo")["pid"] == pids["a"]
    time.sleep(0.1)
    workers.poll()
    assert workers.network_ids() == ("a",)
    assert is_gone(pids["b"])
    assert workers.get("a", PYTHON).alive


def test_a_process_without_work_ends_after_ten_minutes_and_comes_back(workers, ask, is_gone, moved):
    worker = workers.get("a", PYTHON)
    first = ask(worker, "echo")["pid"]
    moved(599)
    workers.poll()
    assert workers.is_alive("a")
    moved(2)
    workers.poll()
    assert is_gone(first)
    assert workers.network_ids() == ("a",)
    assert workers.get("a", PYTHON) is worker
    assert ask(worker, "echo")["pid"] != first
    workers.poll()
    assert workers.is_alive("a")


def test_what_a_process_that_rests_has_written_stays(workers, ask, moved):
    worker = workers.get("a", PYTHON)
    ask(worker, "echo")
    events = worker.path("events.jsonl")
    moved(601)
    workers.poll()
    assert not worker.alive
    assert events.exists()


def test_a_process_that_works_for_longer_than_that_goes_on(workers, moved):
    worker = workers.get("a", PYTHON)
    job = Job(worker.call("count", {"steps": 2, "seconds": 0.2}), "Count")
    job.step()
    for _ in range(3):
        moved(601)
        workers.poll()
        assert workers.is_alive("a")
    assert job.wait() == {"counted": 2}
    workers.poll()
    assert workers.is_alive("a")


def test_a_worker_that_is_kept_stays_until_its_time_is_over(workers, ask):
    ask(workers.get("a", PYTHON), "echo")
    workers.keep_for("a", 60)
    workers.poll()
    assert workers.is_alive("a")
