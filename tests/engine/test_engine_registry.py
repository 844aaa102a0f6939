"""One worker per open network."""

import sys
import time
from pathlib import Path

import pytest

from nn_blender.engine.registry import Workers

PYTHON = Path(sys.executable)


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


def test_a_worker_that_is_kept_stays_until_its_time_is_over(workers, ask):
    ask(workers.get("a", PYTHON), "echo")
    workers.keep_for("a", 60)
    workers.poll()
    assert workers.is_alive("a")
