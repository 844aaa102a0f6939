"""A worker that needs more memory than it may ends with a clear error, long before the computer is in need."""

from __future__ import annotations

import sys
import time

import pytest

from nn_blender.core.protocol import MEMORY_PERCENT
from nn_blender.worker.common import memory

MB = 1 << 20


@pytest.fixture
def percent_of(monkeypatch):
    """Let workers have so many bytes."""

    def allow(size):
        monkeypatch.setenv(MEMORY_PERCENT, str(100 * size / memory.installed_bytes()))

    return allow


def test_the_usual_limit_is_three_quarters_of_the_memory_there_is(monkeypatch):
    monkeypatch.delenv(MEMORY_PERCENT, raising=False)
    assert memory.limit_bytes() == int(memory.installed_bytes() * 0.75)
    for nonsense in ("", "much", "0", "-3", "101", "nan"):
        monkeypatch.setenv(MEMORY_PERCENT, nonsense)
        assert memory.limit_bytes() == int(memory.installed_bytes() * 0.75)
    monkeypatch.setenv(MEMORY_PERCENT, "50")
    assert memory.limit_bytes() == int(memory.installed_bytes() * 0.5)


def test_what_is_in_use_is_seen():
    before = memory.used_bytes()
    held = bytearray(b"x") * (300 * MB)
    assert 250 * MB < memory.used_bytes() - before < 400 * MB
    del held


def greedy(tmp_path, how):
    """Code of the user's that takes memory, in this way."""
    code = tmp_path / "greedy.py"
    code.write_text(f"import numpy as np\nheld = []\n{how}\n")
    return code


def test_a_process_that_grows_is_ended_with_an_error_and_comes_back(new_worker, percent_of, tmp_path, digits):
    percent_of(1200 * MB)
    worker = new_worker()
    code = greedy(tmp_path, "for _ in range(4000):\n    held.append(np.ones(1 << 20, np.uint8))")
    file = str(digits / "digits.keras")
    started = time.monotonic()
    error = worker.error_of("load", file=file, allow_code=True, classes_code=str(code))
    assert error["code"] == "worker.memory_limit"
    assert "needed more than 1.2 GB of memory, its limit" in error["message"]
    assert "preferences" in error["fix"]
    assert time.monotonic() - started < 60
    assert worker.process.wait(10) == memory.EXIT_CODE
    assert new_worker().ask("load", file=file)["network"]["layers"]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not refuse it")
def test_one_array_beyond_all_bounds_is_refused_and_the_process_lives(new_worker, percent_of, tmp_path, digits):
    percent_of(1200 * MB)
    worker = new_worker()
    code = greedy(tmp_path, "held.append(np.ones(1 << 33, np.uint8))")
    file = str(digits / "digits.keras")
    error = worker.error_of("load", file=file, allow_code=True, classes_code=str(code))
    assert error["code"] == "worker.out_of_memory"
    assert worker.ask("load", file=file)["network"]["layers"]
