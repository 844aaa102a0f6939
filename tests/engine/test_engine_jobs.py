"""Jobs: driven step by step or to the end, cancelled, failed, and honest about it."""

import time

import pytest

from nn_blender.core.errors import Cancelled, UserError
from nn_blender.engine.jobs import Job, Progress, State


def counting(steps, result="end"):
    for step in range(steps):
        yield Progress("Counting", step, steps)
    return result


def test_a_job_is_stepped_to_its_result():
    job = Job(counting(2), "Count")
    assert (job.state, job.title) == (State.RUNNING, "Count")
    assert job.step()
    assert job.progress == Progress("Counting", 0, 2)
    assert job.step()
    assert not job.step()
    assert (job.state, job.result, job.error) == (State.DONE, "end", None)
    assert not job.step()


def test_elapsed_stands_still_after_the_end():
    job = Job(counting(0), "Count")
    job.step()
    took = job.elapsed
    time.sleep(0.02)
    assert job.elapsed == took


def test_the_fraction_is_unknown_without_a_total_and_never_outside_0_to_1():
    assert Progress("x").fraction is None
    assert Progress("x", 5, 4).fraction == 1.0
    assert Progress("x", -1, 4).fraction == 0.0


def test_wait_tells_every_new_progress_once():
    def stammering():
        for step in (1, 1, 1, 2, 2):
            yield Progress("x", step, 2)

    heard = []
    Job(stammering(), "Stammer").wait(heard.append)
    assert [progress.step for progress in heard] == [1, 2]


def test_a_user_error_is_kept_and_raised_by_wait():
    def failing():
        yield Progress()
        raise UserError("model.bad", "No.", "Yes.")

    job = Job(failing(), "Fail")
    with pytest.raises(UserError, match=r"No\. Yes\."):
        job.wait()
    assert (job.state, job.error.code) == (State.FAILED, "model.bad")


def test_an_unexpected_exception_becomes_an_error_that_can_be_shown():
    def buggy():
        yield Progress()
        return 1 / 0

    job = Job(buggy(), "Divide")
    while job.step():
        pass
    assert job.error.code == "bug"
    assert "ZeroDivisionError" in job.error.message
    assert "in buggy" in job.error.details


def test_cancelling_lets_the_generator_tidy_up():
    tidied = []

    def tidy():
        try:
            yield Progress()
        finally:
            tidied.append(True)

    job = Job(tidy(), "Tidy")
    job.step()
    job.cancel()
    assert (job.state, tidied) == (State.CANCELLED, [True])
    with pytest.raises(Cancelled):
        job.wait()


def test_a_generator_that_goes_on_after_a_cancel_is_closed():
    def stubborn():
        try:
            yield Progress()
        except Cancelled:
            yield Progress("still here")

    job = Job(stubborn(), "Resist")
    job.step()
    job.cancel()
    assert (job.state, job.step()) == (State.CANCELLED, False)


def test_a_generator_that_returns_on_a_cancel_is_cancelled_with_its_part():
    def partial():
        try:
            yield Progress()
        except Cancelled:
            return "half"

    job = Job(partial(), "Sweep")
    job.step()
    job.cancel()
    assert (job.state, job.result) == (State.CANCELLED, "half")


def test_a_failure_while_tidying_up_is_not_hidden():
    def clumsy():
        try:
            yield Progress()
        finally:
            raise RuntimeError("dropped it")

    job = Job(clumsy(), "Drop")
    job.step()
    job.cancel()
    assert (job.state, job.error.code) == (State.FAILED, "bug")


def test_waiting_too_long_is_an_error():
    def endless():
        while True:
            yield Progress("Waiting")

    job = Job(endless(), "Wait")
    with pytest.raises(UserError) as caught:
        job.wait(timeout=0.05)
    assert caught.value.code == "job.timeout"
    assert job.state is State.FAILED


def test_ctrl_c_while_waiting_cancels_the_job():
    def interrupt(progress):
        raise KeyboardInterrupt

    job = Job(counting(3), "Count")
    with pytest.raises(KeyboardInterrupt):
        job.wait(interrupt)
    assert job.state is State.CANCELLED
