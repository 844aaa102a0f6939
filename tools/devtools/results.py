"""What came of a suite, and the closing table."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .console import say

PYTEST_FOUND_NOTHING = 5


@dataclass(frozen=True)
class Outcome:
    """The counts of one suite under one Blender version, or "-" where no Blender is involved."""

    suite: str
    blender: str
    passed: int
    failed: int
    skipped: int
    seconds: float
    note: str = ""


def outcome_of_junit(path: Path, suite: str, blender: str, code: int, seconds: float) -> Outcome:
    """Count the tests of a JUnit file; a process that died counts as a failure even if every test had passed."""
    if not path.exists():
        return Outcome(suite, blender, 0, 1, 0, seconds, f"ended with exit code {code} before its report")
    root = ET.parse(path).getroot()
    totals = dict.fromkeys(("tests", "failures", "errors", "skipped"), 0)
    for element in root.iter("testsuite"):
        for name in totals:
            totals[name] += int(element.get(name, 0))
    failed = totals["failures"] + totals["errors"]
    passed = totals["tests"] - failed - totals["skipped"]
    if code and not failed:
        note = "no tests" if code == PYTEST_FOUND_NOTHING else f"exit code {code} although no test failed"
        return Outcome(suite, blender, passed, 1, totals["skipped"], seconds, note)
    return Outcome(suite, blender, passed, failed, totals["skipped"], seconds)


def report(outcomes: Sequence[Outcome]) -> int:
    """Print the table and the last line, and give the exit code."""
    heads = ("suite", "Blender", "passed", "failed", "skipped", "seconds", "")
    rows = [
        (o.suite, o.blender, str(o.passed), str(o.failed), str(o.skipped), f"{o.seconds:.1f}", o.note) for o in outcomes
    ]
    widths = [max(len(row[column]) for row in (heads, *rows)) for column in range(len(heads))]
    say()
    for row in (heads, *rows):
        cells = [
            cell.ljust(width) if i in (0, 1, 6) else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        say("  ".join(cells).rstrip())
    passed, failed, skipped = (sum(getattr(o, name) for o in outcomes) for name in ("passed", "failed", "skipped"))
    if not outcomes:
        failed = 1
        say("nothing ran")
    say(f"\n{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed else 0
