"""Each thing that can go wrong at each stage: a clear error, then the next request succeeds, and no process is left.

All faults are tried on the worker without TensorFlow, and where TensorFlow is at hand on the real one too.
"""

import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from nn_blender.core.errors import UserError
from nn_blender.core.inputs import NetworkInput
from nn_blender.core.inputs.preprocessing import Preprocessing
from nn_blender.engine import process as processes
from nn_blender.engine.jobs import Job, State
from nn_blender.engine.worker import SCRIPT

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs signals")

DIGITS = Path(__file__).resolve().parents[2] / "sample_scenes" / "digits"
MAY_MOUNT = sys.platform == "linux" and os.geteuid() == 0
KINDS = ["fake", *(["real"] if importlib.util.find_spec("tensorflow") else [])]
on_both = pytest.mark.parametrize("case", KINDS, indirect=True)
"""The real worker needs seconds for each, so what depends on our side alone is tried on the other one only."""

SECONDS = 60.0


@dataclass
class Case:
    """A worker to try a fault on, with the processes it has had."""

    worker: object
    run_params: dict
    inspect_params: dict
    pids: set[int] = field(default_factory=set)

    def job(self, method):
        params = self.run_params if method == "run" else self.inspect_params
        return Job(self.worker.call(method, params), method)

    def until(self, job, condition):
        """Step the job until a condition holds."""
        deadline = time.monotonic() + SECONDS
        while not condition():
            assert job.step(), f"over too early: {job.state} {job.error}"
            self._note()
            assert time.monotonic() < deadline, "the condition never held"
            time.sleep(0.002)

    def given_at_the_start(self, signal_number, monkeypatch):
        """A job whose process is given a signal before it is asked anything, so that it cannot have answered."""
        start = processes.start

        def start_and_signal(*arguments, **choices):
            process = start(*arguments, **choices)
            process.send_signal(signal_number)
            return process

        job = self.job("inspect")
        with monkeypatch.context() as patch:
            patch.setattr(processes, "start", start_and_signal)
            self.until(job, lambda: self.worker.pid is not None)
        return job

    def running(self):
        """A job that is running samples."""
        job = self.job("run")
        self.until(job, lambda: job.progress.message == "Running samples")
        return job

    def finish(self, job):
        """Drive the job to its end, whatever it is."""
        deadline = time.monotonic() + SECONDS
        while job.step():
            self._note()
            assert time.monotonic() < deadline, "stuck"
            time.sleep(0.002)

    def succeeds(self, method="inspect"):
        job = self.job(method)
        self.finish(job)
        assert job.error is None, f"{job.error.message} {job.error.details}"
        return job.result

    def fails(self, job, *codes):
        """The job ends with an error that people can act on."""
        self.finish(job)
        assert job.state is State.FAILED
        assert job.error.code in codes, f"{job.error.code}: {job.error.message}"
        assert job.error.message
        assert job.error.fix

    def send(self, signal_number):
        os.kill(self.worker.pid, signal_number)

    def events_file(self):
        return self.worker.path("events.jsonl")

    def _note(self):
        if self.worker.pid is not None:
            self.pids.add(self.worker.pid)


@dataclass
class SmallDisk:
    """A disk in memory on which the worker's folder stands."""

    folder: Path

    def fill(self):
        """Leave not a byte."""
        with (self.folder / "filler").open("wb", buffering=0) as file:
            for size in (1 << 20, 4096, 1):
                with contextlib.suppress(OSError):
                    while file.write(b"x" * size) == size:
                        pass

    def free(self):
        (self.folder / "filler").unlink()

    def remount(self, mode):
        """Mode is ``ro`` or ``rw``."""
        _mount("-o", f"remount,{mode}", self.folder)


def _mount(*arguments):
    subprocess.run(["mount", *arguments], check=True, capture_output=True)


@pytest.fixture(params=KINDS[:1])
def case(request, make_worker, fake_script, faults, is_gone, temporary):
    script = {"fake": fake_script, "real": SCRIPT}[request.param]
    worker = make_worker(script=script, confirm_seconds=0.5)
    pictures = sorted((DIGITS / "images").glob("*.png"))
    values = [{"file": str(picture), "index": None, "member": ""} for picture in pictures]
    samples = [{"name": f"{n}", "values": [values[n % len(values)]], "label": ""} for n in range(1000)]
    model = {"file": str(DIGITS / "digits.keras"), "allow_code": False}
    entering = NetworkInput("image", "image", "", Preprocessing((28, 28), 1, (0.0, 1.0)))
    run_params = {"model": model, "samples": samples, "inputs": [entering.to_dict()]}
    made = Case(worker, run_params, {"file": model["file"]})
    yield made
    outcome = getattr(request.node, "outcome", "failed")
    counts = faults.setdefault(request.param, [0, 0])
    counts[0] += outcome != "skipped"
    made._note()
    made.worker.close(grace=0)
    assert all(is_gone(pid) for pid in made.pids)
    assert not list(Path(tempfile.gettempdir()).glob("nn_blender-*"))
    counts[1] += outcome == "passed"


@pytest.fixture
def small_disk(tmp_path, monkeypatch):
    if not MAY_MOUNT:
        pytest.skip("needs the right to mount a small disk")
    folder = tmp_path / "small"
    folder.mkdir()
    try:
        _mount("-t", "tmpfs", "-o", "size=16m", "none", folder)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this system does not let even root mount a disk")
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield SmallDisk(folder)
    subprocess.run(["umount", "-l", folder], check=True)


@on_both
def test_killed_at_the_start(case, monkeypatch):
    job = case.given_at_the_start(signal.SIGKILL, monkeypatch)
    case.fails(job, "worker.died")
    case.succeeds()


@on_both
def test_killed_while_loading(case):
    job = case.job("run")
    case.until(job, lambda: job.progress.message not in ("", "Starting TensorFlow") or case.worker.log_tail)
    case.send(signal.SIGKILL)
    case.fails(job, "worker.died")
    case.succeeds()


@on_both
def test_killed_while_running(case):
    job = case.running()
    case.send(signal.SIGKILL)
    case.fails(job, "worker.died")
    assert "memory" in job.error.fix
    case.succeeds("run")


@on_both
def test_killed_between_the_answer_and_its_reading(case):
    name = case.succeeds("run")["activations"]
    case.send(signal.SIGKILL)
    while case.worker.alive:
        time.sleep(0.01)
    assert case.worker.array(name).size
    case.succeeds()


def test_hanging_at_the_start(case, make_worker, monkeypatch):
    case.worker = make_worker(script=case.worker._script, start_seconds=0.5)
    job = case.given_at_the_start(signal.SIGSTOP, monkeypatch)
    case.fails(job, "worker.start_timeout")
    case.succeeds()


def test_hanging_while_running(case, at_once):
    job = case.running()
    case.send(signal.SIGSTOP)
    at_once(job.cancel)
    assert job.state is State.CANCELLED
    case.succeeds()


def test_a_full_disk_before_the_start(case, small_disk):
    small_disk.fill()
    case.fails(case.job("inspect"), "session.failed", "worker.died")
    small_disk.free()
    case.succeeds()


@on_both
def test_a_disk_that_fills_up_while_running(case, small_disk):
    job = case.running()
    small_disk.fill()
    case.fails(job, "session.failed", "worker.died", "worker.bug")
    small_disk.free()
    assert case.worker.array(case.succeeds("run")["activations"]).size


def test_a_folder_that_cannot_be_written_before_the_start(case, small_disk):
    small_disk.remount("ro")
    case.fails(case.job("inspect"), "session.failed")
    small_disk.remount("rw")
    case.succeeds()


@on_both
def test_a_folder_in_which_nothing_may_be_made_while_running(case):
    job = case.running()
    folder = case.events_file().parent
    if not MAY_MOUNT or subprocess.run(["chattr", "+i", folder], check=False, capture_output=True).returncode:
        pytest.skip("needs the right to make a folder immutable")
    try:
        case.fails(job, "session.failed", "worker.died", "worker.bug")
    finally:
        subprocess.run(["chattr", "-i", folder], check=True)
    assert case.worker.array(case.succeeds("run")["activations"]).size


def test_a_folder_tidied_away_while_running(case):
    job = case.running()
    shutil.rmtree(case.events_file().parent)
    case.fails(job, "session.failed", "worker.died", "worker.bug")
    case.succeeds()


@on_both
def test_an_answer_damaged_mid_line(case):
    job = case.running()
    with case.events_file().open("ab") as events:
        events.write(b'{"id": 1, "event": "resu')
    case.finish(job)
    assert job.error is None
    assert case.worker.array(job.result["activations"]).size


def test_garbage_instead_of_an_answer(case):
    job = case.running()
    while job.state is State.RUNNING and b'"result"' not in case.events_file().read_bytes():
        time.sleep(0.005)
    text = case.events_file().read_bytes()
    case.events_file().write_bytes(text.replace(b'"result"', b'"re\x00\xff', 1))
    case.finish(job)
    assert job.error is None
    case.succeeds("run")


@on_both
def test_a_truncated_array(case):
    name = case.succeeds("run")["activations"]
    with case.worker.path(name).open("rb+") as file:
        file.truncate(200)
    with pytest.raises(UserError) as caught:
        case.worker.array(name)
    assert caught.value.code == "worker.bad_result"
    assert case.worker.array(case.succeeds("run")["activations"]).size


@on_both
def test_an_answer_that_comes_late_and_out_of_order(case):
    late = case.running()
    late.cancel()
    first, second = case.job("run"), case.job("inspect")
    first.step()
    case.finish(second)
    case.finish(first)
    assert first.error is second.error is None
    assert case.worker.array(first.result["activations"]).size
