"""What a dead worker's error advises fits how the process ended and what it was asked."""

from __future__ import annotations

import signal
import sys

import pytest

from nn_blender.core.protocol import Request
from nn_blender.engine.answers import died
from nn_blender.worker.common.events import EventLog
from nn_blender.worker.methods import METHODS, Method
from nn_blender.worker.serving import answer

LOAD = Request(1, "load", {"file": "model.keras"})
RUN = Request(1, "run", {"samples": [{"name": "a"}, {"name": "b"}]})
posix = pytest.mark.skipif(sys.platform == "win32", reason="signals differ")


@posix
def test_fewer_samples_are_advised_only_where_there_are_several() -> None:
    killed = -int(signal.SIGKILL)
    assert "fewer samples" in died(killed, "", RUN).fix
    assert "samples" not in died(killed, "", LOAD).fix
    assert died(killed, "", LOAD).fix.startswith("The computer may have run out of memory. Close other programs")
    aborted = died(-int(signal.SIGABRT), "what():  std::bad_alloc\n", RUN)
    assert "run out of memory" in aborted.fix
    assert "bad_alloc" in aborted.message


@posix
def test_a_processor_that_lacks_instructions_is_not_tried_again() -> None:
    assert "Try again" not in died(-int(signal.SIGILL), "", LOAD).fix


def test_any_other_end_is_tried_again() -> None:
    assert died(3, "", LOAD).fix == "Try again; TensorFlow is started anew."


@pytest.mark.parametrize(("request_", "advice"), [(LOAD, False), (RUN, True)])
def test_a_request_without_enough_memory_gets_the_same_advice(request_, advice, tmp_path, monkeypatch) -> None:
    def serve(*_: object) -> None:
        raise MemoryError

    original = METHODS[request_.method]
    monkeypatch.setitem(METHODS, request_.method, Method(original.request, serve))
    monkeypatch.setattr("nn_blender.worker.serving.from_dict", lambda _, params: params)

    class Inbox:
        def is_cancelled(self, _: int) -> bool:
            return False

    error = answer(request_, EventLog(tmp_path), Inbox()).data["error"]
    assert error["code"] == "worker.out_of_memory"
    assert ("fewer samples" in error["fix"]) is advice
