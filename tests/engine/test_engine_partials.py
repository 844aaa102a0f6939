"""A request that is answered several times: partial results in order, then exactly one end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from nn_blender.core.errors import UserError
from nn_blender.core.requests.base import StreamingRequest
from nn_blender.engine.jobs import Job, State


@pytest.fixture
def streamed(worker):
    """Ask for a stream, and what came of it: the parts, and the job."""

    def streamed(method, timeout=10.0, **params):
        parts = []
        job = Job(worker.call(method, params, parts.append), method)
        return parts, lambda: job.wait(timeout=timeout), job

    return streamed


def numbers(parts):
    return [part["part"] for part in parts]


def test_partial_results_come_in_order_and_then_the_result(streamed):
    parts, wait, job = streamed("stream", parts=5, end="result")
    assert wait() == {"parts": 5}
    assert numbers(parts) == [0, 1, 2, 3, 4]
    assert job.state is State.DONE


def test_a_partial_result_is_handed_on_before_the_next_one_is_there(streamed, step_until):
    parts, _, job = streamed("stream", parts=100, seconds=0.05, end="result")
    step_until(job, lambda: parts)
    assert job.running
    assert len(parts) < 100


def test_a_stream_without_parts_is_a_plain_answer(streamed):
    parts, wait, _ = streamed("stream", parts=0, end="result")
    assert wait() == {"parts": 0}
    assert parts == []


def test_an_error_after_partial_results_leaves_those_that_came(streamed):
    parts, wait, job = streamed("stream", parts=3, end="error")
    with pytest.raises(UserError, match="It went wrong"):
        wait()
    assert numbers(parts) == [0, 1, 2]
    assert job.state is State.FAILED


def test_a_death_after_partial_results_leaves_those_that_came(streamed, worker, ask):
    parts, wait, _ = streamed("stream", parts=3, end="death")
    with pytest.raises(UserError) as caught:
        wait()
    assert caught.value.code == "worker.died"
    assert numbers(parts) == [0, 1, 2]
    assert ask(worker, "echo", n=1)["n"] == 1


def test_a_cancel_between_partial_results_ends_them(streamed, worker, ask, step_until):
    parts, _, job = streamed("stream", parts=1000, seconds=0.02, end="result")
    step_until(job, lambda: len(parts) > 1)
    pid, count = worker.pid, len(parts)
    job.cancel()
    assert job.state is State.CANCELLED
    assert ask(worker, "echo")["pid"] == pid
    assert len(parts) == count


def test_two_streams_at_once_do_not_mix(worker):
    streams = [[], []]
    jobs = [
        Job(worker.call("stream", {"parts": count, "end": "result"}, parts.append), "stream")
        for count, parts in zip((4, 7), streams, strict=True)
    ]
    while [job for job in jobs if job.step()]:
        pass
    assert [numbers(parts) for parts in streams] == [list(range(4)), list(range(7))]
    assert [job.result for job in jobs] == [{"parts": 4}, {"parts": 7}]


@pytest.mark.parametrize("how", ["damaged", "missing"])
@pytest.mark.parametrize("line", [0, 1, 2])
def test_a_lost_partial_result_comes_again_and_none_is_missed(streamed, how, line):
    parts, wait, _ = streamed("stream_damaged", line=line, how=how)
    assert wait() == {"runs": 2}
    assert numbers(parts) == [*range(line), 0, 1, 2]


def test_a_lost_result_is_asked_for_again(streamed):
    parts, wait, _ = streamed("stream_damaged", line=3, how="damaged")
    assert wait() == {"runs": 2}
    assert numbers(parts) == [0, 1, 2, 0, 1, 2]


@pytest.mark.parametrize("how", ["damaged", "missing"])
def test_what_is_lost_twice_is_an_error(streamed, how):
    parts, wait, _ = streamed("stream_damaged", line=1, how=how, bad_runs=2)
    with pytest.raises(UserError) as caught:
        wait()
    assert caught.value.code == "worker.bad_result"
    assert numbers(parts) == [0, 0]


def test_arrays_of_partial_results_are_taken_and_leave_no_file(worker):
    arrays = []
    call = worker.call("stream_files", {"parts": 4}, lambda part: arrays.append(worker.take_array(part["file"])))
    Job(call, "stream").wait(timeout=10)
    np.testing.assert_array_equal(arrays, [[k] * 3 for k in range(4)])
    assert not list(worker.path("x").parent.glob("*.npy"))


def test_whoever_takes_them_may_refuse_and_the_request_is_cancelled(worker, ask):
    def refuse(part):
        raise UserError("scene.gone", "The network was removed meanwhile.")

    job = Job(worker.call("stream", {"parts": 1000, "seconds": 0.02, "end": "result"}, refuse), "stream")
    with pytest.raises(UserError) as caught:
        job.wait(timeout=10)
    assert caught.value.code == "scene.gone"
    assert ask(worker, "echo", timeout=2, n=1)["n"] == 1


@dataclass(frozen=True)
class Part:
    part: int


@dataclass(frozen=True)
class Whole:
    parts: int


@dataclass(frozen=True)
class Stream(StreamingRequest[Whole, Part]):
    method = "stream"
    answer = Whole
    partial = Part

    parts: int
    end: str = "result"


def test_requests_and_their_answers_have_classes(worker):
    parts: list[Part] = []
    assert Job(worker.stream(Stream(2), parts.append), "stream").wait(timeout=10) == Whole(2)
    assert parts == [Part(0), Part(1)]
    assert Job(worker.ask(Stream(3)), "stream").wait(timeout=10) == Whole(3)


@dataclass(frozen=True)
class Other:
    name: str


@dataclass(frozen=True)
class Mistaken(Stream):
    partial = Other


def test_a_partial_result_of_another_class_is_an_error(worker, ask):
    parts: list[Any] = []
    with pytest.raises(UserError) as caught:
        Job(worker.stream(Mistaken(2), parts.append), "stream").wait(timeout=10)
    assert caught.value.code == "worker.bad_result"
    assert parts == []
    assert ask(worker, "echo", n=1)["n"] == 1
