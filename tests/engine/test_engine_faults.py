"""A worker that misbehaves: each fault ends in a clear state, and the next request succeeds."""

import os
import shutil
import signal
import sys
import time
from pathlib import Path

import pytest

from nn_blender.core.errors import UserError
from nn_blender.engine.jobs import Job, State

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs signals")


def fails(code, action, *arguments, **params):
    with pytest.raises(UserError) as caught:
        action(*arguments, **params)
    assert caught.value.code == code
    return caught.value


def test_a_crash_quotes_the_log_and_the_next_request_works(worker, ask):
    error = fails("worker.died", ask, worker, "crash")
    assert "exit code 3" in error.message
    assert "MemoryError: no room for the weights" in error.message
    assert "Loading something large" in error.details
    assert error.fix
    assert ask(worker, "echo", n=1)["n"] == 1


@posix
def test_a_kill_from_outside_hints_at_memory(worker, ask):
    error = fails("worker.died", ask, worker, "die_by_kill")
    assert "SIGKILL" in error.message
    assert "memory" in error.fix
    assert ask(worker, "echo", n=1)["n"] == 1


@posix
def test_an_idle_worker_that_was_killed_is_replaced_silently(worker, ask):
    pid = ask(worker, "echo")["pid"]
    os.kill(pid, signal.SIGKILL)
    while worker.alive:
        time.sleep(0.01)
    assert ask(worker, "echo")["pid"] != pid


def test_all_open_requests_hear_of_the_death(worker):
    waiting = Job(worker.call("hold", {}), "hold")
    waiting.step()
    fails("worker.died", Job(worker.call("crash", {}), "crash").wait, timeout=10)
    fails("worker.died", waiting.wait, timeout=10)


def test_an_answer_given_just_before_death_counts(worker, ask):
    assert ask(worker, "answer_then_die")["good"]
    while worker.alive:
        time.sleep(0.01)
    assert ask(worker, "echo", n=1)["n"] == 1


def test_a_half_line_does_not_spoil_the_successors_first_event(worker, ask):
    fails("worker.died", ask, worker, "half_line_then_die")
    assert ask(worker, "echo", n=1)["n"] == 1


def test_garbage_among_the_events_is_skipped_and_logged(worker, ask, caplog):
    assert ask(worker, "garbage")["good"]
    assert caplog.text.count("Unreadable event skipped") == 5


def test_an_answer_that_is_lost_twice_is_an_error(worker, ask):
    fails("worker.bad_result", ask, worker, "garble")
    assert ask(worker, "echo", n=1)["n"] == 1


def test_a_process_that_never_comes_up_is_ended_and_its_log_quoted(make_worker, ask, tmp_path, is_gone):
    script = tmp_path / "slow.py"
    script.write_text("import os, time; print(f'Unpacking {os.getpid()}', flush=True); time.sleep(60)")
    error = fails("worker.start_timeout", ask, make_worker(script=script, start_seconds=1.0), "echo")
    assert "Unpacking" in error.message
    assert is_gone(int(error.details.split()[-1]))


@pytest.mark.parametrize("value", [None, 7, "text"])
def test_a_senseless_answer_is_an_error(worker, ask, value):
    fails("worker.bad_result", ask, worker, "senseless", value=value)


def test_an_error_without_content_is_an_error(worker, ask):
    fails("worker.bad_result", ask, worker, "fail")


@pytest.mark.parametrize("kind", ["truncated", "beheaded", "empty", "pickle", "archive"])
def test_a_broken_array_is_an_error(worker, ask, kind):
    name = ask(worker, "array", kind=kind, length=50)["file"]
    assert name in fails("worker.bad_result", worker.array, name).message


@pytest.mark.parametrize("name", ["../x.npy", "/etc/passwd", "", ".", "a/../../x", "\0", None])
def test_a_name_that_leaves_the_folder_is_refused(worker, ask, name):
    ask(worker, "echo")
    fails("worker.bad_result", worker.path, name)


def test_a_missing_array_is_an_error(worker, ask):
    ask(worker, "echo")
    fails("worker.bad_result", worker.array, "missing.npy")


def test_a_worker_that_hangs_after_a_cancel_is_killed_at_the_next_look(
    make_worker, ask, step_until, is_gone, at_once, clock
):
    worker = make_worker(confirm_seconds=5.0)
    job = Job(worker.call("hang", {}), "hang")
    step_until(job, lambda: job.progress.message == "Hanging")
    pid = worker.pid
    at_once(job.cancel)
    assert job.state is State.CANCELLED
    clock.seconds += 4.9
    worker.poll()
    assert worker.alive
    clock.seconds += 0.2
    worker.poll()
    assert not worker.alive
    assert is_gone(pid)
    assert ask(worker, "echo", n=1)["n"] == 1


def test_a_request_behind_a_hanging_one_moves_to_the_successor(make_worker, ask, step_until):
    worker = make_worker(confirm_seconds=0.3)
    job = Job(worker.call("hang", {}), "hang")
    step_until(job, lambda: job.progress.message == "Hanging")
    pid = worker.pid
    job.cancel()
    assert ask(worker, "echo")["pid"] != pid


def test_a_confirmed_cancel_kills_nobody(make_worker, step_until, ask, clock):
    worker = make_worker(confirm_seconds=5.0)
    job = Job(worker.call("count", {"steps": 10_000, "seconds": 0.02}), "count")
    step_until(job, lambda: job.progress.step > 1)
    pid = worker.pid
    job.cancel()
    assert ask(worker, "echo")["pid"] == pid  # Which is answered after the cancel was confirmed.
    clock.seconds += 10
    worker.poll()
    assert ask(worker, "echo")["pid"] == pid


def test_a_missing_interpreter_names_the_preference(make_worker, ask, tmp_path):
    worker = make_worker(python=tmp_path / "nowhere" / "python")
    error = fails("worker.not_found", ask, worker, "echo")
    assert "nowhere" in error.message
    assert "preferences" in error.fix


@posix
@pytest.mark.parametrize(("content", "mode"), [("print(1)", 0o600), ("\x7fELF nonsense", 0o700)])
def test_an_interpreter_that_cannot_be_executed_names_the_preference(make_worker, ask, tmp_path, content, mode):
    python = tmp_path / "python"
    python.write_text(content)
    python.chmod(mode)
    fails("worker.not_found", ask, make_worker(python=python), "echo")


def test_a_script_that_cannot_run_is_a_dead_worker(make_worker, ask, tmp_path):
    script = tmp_path / "broken.py"
    script.write_text("import a_module_that_is_not_there\n")
    error = fails("worker.died", ask, make_worker(script=script), "echo")
    assert "a_module_that_is_not_there" in error.message


@posix
def test_a_session_folder_that_was_tidied_away_is_made_anew(worker, ask):
    pid = ask(worker, "echo")["pid"]
    shutil.rmtree(worker.path("x").parent)
    os.kill(pid, signal.SIGKILL)
    while worker.alive:
        time.sleep(0.01)
    assert ask(worker, "echo", n=1)["n"] == 1


def test_a_path_with_spaces_and_letters_of_the_world_works(make_worker, ask, tmp_path, fake_script):
    script = tmp_path / "mein größter Ordner 网络" / "worker script.py"
    script.parent.mkdir()
    shutil.copy(fake_script, script)
    assert ask(make_worker(script=Path(script)), "echo", n=1)["n"] == 1
