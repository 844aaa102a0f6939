"""A worker that behaves: answers, progress, cancelling, files, and an end without traces."""

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from nn_blender.core.errors import Cancelled, UserError
from nn_blender.engine.jobs import Job, Progress, State

ROOT = Path(__file__).resolve().parents[2]
posix = pytest.mark.skipif(sys.platform == "win32", reason="needs signals")


def test_the_process_starts_with_the_first_request_and_stays(worker, ask):
    assert not worker.alive
    first = ask(worker, "echo", word="größer")
    assert first["word"] == "größer"
    assert worker.alive
    assert ask(worker, "echo")["pid"] == first["pid"] == worker.pid


def test_surroundings_are_the_workers_own(worker, ask, monkeypatch, fake_script):
    for name in ("PYTHONPATH", "PYTHONHOME", "BLENDER_USER_RESOURCES"):
        monkeypatch.setenv(name, "/nowhere")
    monkeypatch.setenv("LD_LIBRARY_PATH", "/drivers")
    seen = ask(worker, "surroundings")
    assert not [name for name in seen["environment"] if name.startswith(("PYTHON", "BLENDER"))]
    assert seen["environment"]["LD_LIBRARY_PATH"] == "/drivers"
    assert seen["isolated"] == 1
    assert seen["arguments"][0] == str(fake_script)
    assert Path(seen["folder"]).samefile(seen["arguments"][1])
    if sys.platform != "win32":
        assert seen["group"] == worker.pid != os.getpgid(0)
        assert stat.S_IMODE(Path(seen["folder"]).stat().st_mode) == 0o700


def test_progress_is_heard_as_it_happens(worker, ask):
    heard = []
    ask(worker, "count", steps=4, seconds=0.05, on_progress=heard.append)
    assert heard[-1] == Progress("Step 3", 3, 4)
    assert heard[-1].fraction == 0.75
    assert len(heard) >= 4


def test_an_error_arrives_with_its_fix(worker, ask):
    said = {"code": "model.truncated", "message": "a.keras is cut off.", "fix": "Copy it again.", "details": "trace"}
    with pytest.raises(UserError) as caught:
        ask(worker, "fail", **said)
    assert caught.value.to_dict() == said
    assert ask(worker, "echo", n=1)["n"] == 1


def test_a_line_being_written_waits_for_its_end(worker, ask):
    assert ask(worker, "slow_line")["text"] == "ü" * 10


def test_answers_out_of_order_reach_their_askers(worker):
    first = Job(worker.call("hold", {}), "first")
    first.step()
    second = Job(worker.call("release", {}), "second")
    assert second.wait(timeout=10)["name"] == "second"
    assert first.wait(timeout=10)["name"] == "first"


def test_late_and_unknown_answers_are_ignored(worker, ask):
    assert ask(worker, "repeat")["number"] == 1
    assert ask(worker, "echo", n=5)["n"] == 5


def test_cancelling_is_over_at_once_and_the_worker_stays(worker, ask, step_until, at_once):
    pid = ask(worker, "echo")["pid"]
    job = Job(worker.call("count", {"steps": 10_000, "seconds": 0.05}), "count")
    step_until(job, lambda: job.progress.step > 1)
    at_once(job.cancel)
    assert job.state is State.CANCELLED
    assert ask(worker, "echo")["pid"] == pid


def test_closing_the_generator_cancels_too(worker, ask):
    call = worker.call("count", {"steps": 1000, "seconds": 0.02})
    next(call)
    call.close()
    assert ask(worker, "echo", timeout=5, n=2)["n"] == 2


def test_a_request_cancelled_before_its_first_step_starts_nothing(worker):
    job = Job(worker.call("count", {"steps": 1, "seconds": 0}), "count")
    job.cancel()
    with pytest.raises(Cancelled):
        job.wait()
    assert not worker.alive


def test_an_array_is_read_from_disk_and_discarded(worker, ask):
    name = ask(worker, "array", kind="whole", length=5)["file"]
    array = worker.array(name)
    assert isinstance(array, np.memmap)
    assert not array.flags.writeable
    np.testing.assert_array_equal(array, np.arange(5, dtype=np.float32))
    del array
    worker.discard(name)
    assert not worker.path(name).exists()
    worker.discard(name)


def test_an_array_without_entries_is_an_array(worker, ask):
    assert worker.array(ask(worker, "array", kind="whole", length=0)["file"]).shape == (0,)


@posix
def test_a_large_request_to_a_stopped_worker_does_not_block(worker, ask):
    pid = ask(worker, "echo")["pid"]
    os.kill(pid, signal.SIGSTOP)
    job = Job(worker.call("measure", {"text": "x" * 3_000_000}), "measure")
    # Steps that waited for the worker would never end.
    job.step()
    job.step()
    os.kill(pid, signal.SIGCONT)
    assert job.wait(timeout=10)["characters"] == 3_000_000


def test_close_leaves_no_process_and_no_folder(worker, ask, temporary, is_gone, started):
    pid = ask(worker, "echo")["pid"]
    assert list(temporary.iterdir())
    # The worker ends by itself, and closing ends with it, not with the time that it may take.
    grace, before = 60, time.monotonic()
    worker.close(grace)
    assert time.monotonic() - before < grace / 2
    assert [process.returncode for process in started] == [0]
    assert is_gone(pid)
    assert not list(temporary.iterdir())
    worker.close()


@posix
def test_close_ends_a_worker_that_will_not_go(worker, ask, is_gone, started):
    pid = ask(worker, "go_deaf")["pid"]
    worker.close(grace=0.1)
    assert [process.returncode for process in started] == [-signal.SIGKILL]
    assert is_gone(pid)


def test_close_cancels_what_is_under_way(worker, step_until):
    job = Job(worker.call("count", {"steps": 100, "seconds": 0.05}), "count")
    step_until(job, lambda: job.progress.step > 0)
    worker.close()
    job.step()
    assert job.state is State.CANCELLED
    later = Job(worker.call("echo", {}), "echo")
    later.step()
    assert later.state is State.CANCELLED


OWNER = """
import os, sys, tempfile
from pathlib import Path
tempfile.tempdir = sys.argv[1]
from nn_blender.engine.jobs import Job
from nn_blender.engine.worker import Worker
worker = Worker(Path(sys.executable), Path(sys.argv[2]))
print(Job(worker.call("echo", {}), "echo").wait()["pid"], flush=True)
if sys.argv[3] == "crash":
    os._exit(1)
"""


@pytest.mark.parametrize("how", ["exit", "crash"])
def test_no_orphan_is_left_when_the_owner_ends(how, temporary, fake_script, is_gone):
    owner = subprocess.run(
        [sys.executable, "-c", OWNER, str(temporary), str(fake_script), how],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=20,
    )
    assert is_gone(int(owner.stdout)), owner.stderr
    assert bool(list(temporary.iterdir())) is (how == "crash")
