"""Results that panels ask for at every redraw: made by a timer, remembered, forgotten with the file."""

from __future__ import annotations

from collections.abc import Generator

import bpy
import pytest

from nn_blender.core.errors import UserError
from nn_blender.engine.jobs import Job, Progress
from nn_blender.ui.common.asked_store import AskedStore, answer_of


class Squares(AskedStore):
    kept = 2

    def __init__(self) -> None:
        super().__init__()
        self.dropped: list[int] = []

    def make(self, key: int) -> Generator[None, None, int | None]:
        try:
            yield
        except GeneratorExit:
            self.dropped.append(key)
            raise
        return key * key if key >= 0 else None


class AllSquares(Squares):
    answers_all = True


def test_a_result_is_made_by_portions_and_remembered() -> None:
    store = Squares()
    store.ask(3)
    assert bpy.app.timers.is_registered(store._timer)
    assert store.remembered(3) is None
    assert store.step()
    assert not store.step()
    assert store.remembered(3) == 9


def test_only_the_results_that_were_used_last_are_kept() -> None:
    store = Squares()
    for number in (1, 2):
        store.keep(number, number * number)
    store.remembered(1)
    store.keep(3, 9)
    assert [store.remembered(number) for number in (1, 2, 3)] == [1, None, 9]


def test_the_last_question_takes_the_place_of_the_one_before() -> None:
    store = Squares()
    store.ask(2)
    store.step()
    store.ask(3)
    assert store.dropped == [2]
    store.finish()
    assert store.remembered(2) is None
    assert store.remembered(3) == 9


def test_all_questions_are_answered_where_a_store_says_so() -> None:
    store = AllSquares()
    store.ask(2)
    store.ask(3)
    store.finish()
    assert store.remembered(2) == 4
    assert store.remembered(3) == 9


def test_what_has_no_result_is_not_remembered_and_can_be_asked_again() -> None:
    store = Squares()
    for _ in range(2):
        store.ask(-1)
        store.finish()
        assert store.remembered(-1) is None


def test_opening_a_file_forgets_results_and_questions() -> None:
    store = Squares()
    store.keep(1, 1)
    store.ask(2)
    store.step()
    bpy.ops.wm.read_factory_settings(use_empty=True)
    assert store.remembered(1) is None
    assert store.dropped == [2]
    assert not store.step()
    assert not bpy.app.timers.is_registered(store._timer)


def work(ends_with: object) -> Generator[Progress, None, object]:
    yield Progress()
    if isinstance(ends_with, UserError):
        raise ends_with
    return ends_with


@pytest.mark.parametrize("answer", ["found", UserError("code", "Message.", "Fix.")])
def test_the_answer_of_a_job_is_its_result_or_its_error(answer: object) -> None:
    asking = answer_of(Job(work(answer), "Ask"))
    next(asking)
    with pytest.raises(StopIteration) as stop:
        next(asking)
    assert stop.value.value is answer


def test_a_job_is_cancelled_with_the_question() -> None:
    job = Job(work("found"), "Ask")
    asking = answer_of(job)
    next(asking)
    asking.close()
    assert not job.running
