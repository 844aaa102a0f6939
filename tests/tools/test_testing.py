"""Suites run side by side, and what each of them writes stays together."""

import sys

import pytest

from devtools import testing
from devtools.environments import WORKER
from devtools.testing import Suite

WAITS = """
import time
from pathlib import Path

def test_the_other_runs_at_the_same_time():
    Path(__file__).with_name("here").touch()
    end = time.monotonic() + 30
    while not (Path(__file__).parents[1] / "{other}" / "here").exists():
        assert time.monotonic() < end
        time.sleep(0.01)
"""


@pytest.fixture
def rooms(tmp_path, monkeypatch):
    monkeypatch.setattr(testing, "TESTS", tmp_path)
    monkeypatch.setattr(testing, "python_of", lambda environment: sys.executable)
    monkeypatch.setattr(testing.os, "cpu_count", lambda: 2)
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = -p no:cacheprovider --import-mode=importlib\n")

    def write(**files):
        for room, text in files.items():
            (tmp_path / room).mkdir()
            (tmp_path / room / f"test_{room}.py").write_text(text)
        return [Suite(WORKER, room, "-") for room in files]

    return write


def test_two_suites_run_at_the_same_time(rooms):
    suites = rooms(one=WAITS.format(other="two"), two=WAITS.format(other="one"))
    assert [(o.suite, o.passed, o.failed) for o in testing._outcomes(suites, ())] == [("one", 1, 0), ("two", 1, 0)]


def test_outcomes_keep_their_order_and_output_stays_together(rooms, capsys):
    slow = "import time\ndef test_it():\n    print('slow é')\n    time.sleep(1)\n    assert 0\n"
    suites = rooms(slow=slow, quick="def test_it():\n    assert 0\n", last="def test_it(): pass\n")
    outcomes = testing._outcomes(suites, ())
    assert [(o.suite, o.passed, o.failed) for o in outcomes] == [("slow", 0, 1), ("quick", 0, 1), ("last", 1, 0)]
    _, quick, *others = capsys.readouterr().out.split("\n== tests/")
    assert quick.startswith("quick in the worker's Python")
    assert "test_quick.py" in quick
    assert "test_slow.py" not in quick
    (slow,) = (text for text in others if text.startswith("slow"))
    assert "slow é" in slow
    assert "test_quick.py" not in slow


def test_named_files_run_instead_of_their_folders_and_no_other_folder_runs(rooms, monkeypatch):
    suites = rooms(one="def test_it(): pass\n", two="def test_it(): assert 0\n")
    (testing.TESTS / "one" / "test_more.py").write_text("def test_that(): pass\ndef test_this(): assert 0\n")
    ran = []
    monkeypatch.setattr(testing, "_check_rooms", lambda only: None)
    monkeypatch.setattr(testing, "_suites", lambda versions, only: suites)
    monkeypatch.setattr(testing, "report", ran.extend)
    testing.run_tests(None, None, [f"{testing.TESTS}/one/test_more.py::test_that", "-p", "no:randomly"])
    assert [(o.suite, o.passed, o.failed) for o in ran] == [("one", 1, 0)]
