"""`tools/dev.py test`: which suite runs where, and running them."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from .blender import checkout_variables, run, with_worker
from .console import DevError, say
from .environments import BLENDERS, WORKER, Environment, is_possible, python_of
from .linting import lint_outcomes
from .paths import CHECKOUT
from .results import Outcome, outcome_of_junit, report

TESTS = CHECKOUT / "tests"

IN_WORKER = ("worker", "core", "engine", "tools")
IN_BLENDER = ("actions", "package")
IN_OLDEST_AND_NEWEST = ("scene", "ui", "cli")
IN_NEWEST = ("core", "engine")
BY_THEMSELVES = ("gui",)
"""The folders of tests/ and where they run: with TensorFlow and no bpy, the longest first; in each Blender; in the
oldest and the newest, to save time; in the newest (what needs no bpy; the others have the Python version of
TensorFlow's environment); or by another command. A version that is named runs all of them.
"""

LANES = 2
"""Suites that run side by side where there are processors for them: most of the time each is busy with one."""


@dataclass(frozen=True)
class Suite:
    """A folder of tests/ in an environment; the label is a version of Blender, or "-" where no Blender is involved."""

    environment: Environment
    room: str
    label: str


def run_tests(versions: Sequence[str] | None, only: Sequence[str] | None, pytest_arguments: Sequence[str]) -> int:
    """Run everything that was asked for and print the closing table.

    Args:
        versions: Blender versions; all, and the suites without Blender, when left out.
        only: Folders of tests/, or "lint"; all when left out.
        pytest_arguments: Passed on; with them, a suite of which nothing was selected is no failure. Test files among
            them run instead of their folders, and suites of other folders do not run.
    """
    _check_rooms(only)
    suites = list(_suites(versions, only))
    if _files(pytest_arguments):
        suites = [suite for suite in suites if _files_of(suite, pytest_arguments)]
    outcomes = []
    if _wanted("lint", only) and not versions and not pytest_arguments:
        outcomes += lint_outcomes()
    outcomes += [
        outcome
        for outcome in _outcomes(suites, pytest_arguments)
        if not (pytest_arguments and outcome.note == "no tests")
    ]
    return report(outcomes)


def in_ci() -> bool:
    """Say whether a suite that cannot run must fail."""
    return os.environ.get("CI", "").lower() in ("1", "true", "yes")


def _check_rooms(only: Sequence[str] | None) -> None:
    """Refuse a folder that no suite would ever run, and a name that is no folder."""
    known = {*IN_WORKER, *IN_BLENDER, *IN_OLDEST_AND_NEWEST, *IN_NEWEST, *BY_THEMSELVES}
    homeless = [
        folder.name for folder in TESTS.iterdir() if any(folder.rglob("test_*.py")) and folder.name not in known
    ]
    if homeless:
        raise DevError(f"tests/{homeless[0]}/ belongs to no suite; name it in tools/devtools/testing.py")
    unknown = [name for name in only or () if name != "lint" and not (TESTS / name).is_dir()]
    if unknown:
        raise DevError(f"there is no folder tests/{unknown[0]}/")


def _wanted(room: str, only: Sequence[str] | None) -> bool:
    return not only or room in only


def _suites(versions: Sequence[str] | None, only: Sequence[str] | None) -> Iterator[Suite]:
    places: list[tuple[Environment, tuple[str, ...], str]] = [] if versions else [(WORKER, IN_WORKER, "-")]
    oldest, *_, newest = BLENDERS
    for version in versions or BLENDERS:
        rooms: tuple[str, ...] = IN_BLENDER
        rooms += IN_OLDEST_AND_NEWEST if version in (oldest, newest) or versions else ()
        rooms += IN_NEWEST if version == newest or versions else ()
        places.append((BLENDERS[version], rooms, version))
    for environment, rooms, label in places:
        for room in rooms:
            if _wanted(room, only) and any((TESTS / room).rglob("test_*.py")):
                yield Suite(environment, room, label)


def _files(pytest_arguments: Sequence[str]) -> list[str]:
    """The arguments that name a test file, or tests in one."""
    return [argument for argument in pytest_arguments if argument.partition("::")[0].endswith(".py")]


def _files_of(suite: Suite, pytest_arguments: Sequence[str]) -> list[str]:
    """Those that lie in the suite's folder."""
    folder = (TESTS / suite.room).resolve()
    return [file for file in _files(pytest_arguments) if Path(file.partition("::")[0]).resolve().is_relative_to(folder)]


def _outcomes(suites: Sequence[Suite], pytest_arguments: Sequence[str]) -> list[Outcome]:
    """Run suites, side by side unless pytest was given arguments: they may be about what is seen on the terminal."""
    for environment in {suite.environment for suite in suites if is_possible(suite.environment)}:
        python_of(environment)  # Made one after the other, where they have still to be made.
    lanes = 1 if pytest_arguments else min(LANES, os.cpu_count() or 1, len(suites))
    if lanes < 2:
        return [_outcome(suite, pytest_arguments) for suite in suites]
    say(f"\n{len(suites)} suites, {lanes} side by side; what one has to say follows when it has ended")
    pool = ThreadPoolExecutor(lanes)
    try:
        return list(pool.map(_outcome_said_at_the_end, suites))
    finally:
        pool.shutdown(cancel_futures=True)


def _outcome(suite: Suite, pytest_arguments: Sequence[str]) -> Outcome:
    if not is_possible(suite.environment):
        note = f"not run: Python {' or '.join(suite.environment.pythons)} was not found"
        return Outcome(suite.room, suite.label, 0, int(in_ci()), int(not in_ci()), 0.0, note)
    say(_title(suite))
    return _run_suite(suite, pytest_arguments)


def _outcome_said_at_the_end(suite: Suite) -> Outcome:
    if not is_possible(suite.environment):
        return _outcome(suite, ())
    with tempfile.TemporaryFile() as output:
        outcome = _run_suite(suite, (), output)
        output.seek(0)
        # In one piece, and as it was written: this terminal need not have all of its letters.
        sys.stdout.buffer.write(f"{_title(suite)}\n".encode() + output.read())
        sys.stdout.flush()
    return outcome


def _title(suite: Suite) -> str:
    where = f"Blender {suite.label}" if suite.label in BLENDERS else "the worker's Python"
    return f"\n== tests/{suite.room} in {where}"


def _run_suite(suite: Suite, pytest_arguments: Sequence[str], output: IO[bytes] | None = None) -> Outcome:
    """Run one folder in a process of its own: a crash of Blender costs one suite, not the run."""
    with tempfile.TemporaryDirectory(prefix="nn_blender-test-") as folder:
        user = Path(folder) / "user"
        user.mkdir()
        variables = checkout_variables(user)
        if suite.label in BLENDERS:
            variables = with_worker(variables)
        junit = Path(folder) / "junit.xml"
        command: list[str | Path] = [
            python_of(suite.environment),
            "-m",
            "pytest",
            "-c",
            TESTS / "pytest.ini",
            "--rootdir",
            TESTS,
            f"--junitxml={junit}",
            "-q",
        ]
        others = [argument for argument in pytest_arguments if argument not in _files(pytest_arguments)]
        selected = _files_of(suite, pytest_arguments) or [str(TESTS / suite.room)]
        started = time.monotonic()
        code = run([*command, *selected, *others], variables, output)
        return outcome_of_junit(junit, suite.room, suite.label, code, time.monotonic() - started)
