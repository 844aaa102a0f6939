"""Format, lint rules and types."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

from .console import say
from .environments import LINT, python_of
from .paths import CHECKOUT
from .results import Outcome


def _checks(python: Path) -> dict[str, list[str | Path]]:
    return {
        "format": [python, "-m", "ruff", "format", "--check", "."],
        "lint": [python, "-m", "ruff", "check", "."],
        "types": [python, "-m", "mypy", "--no-error-summary"],
    }


def lint_outcomes() -> list[Outcome]:
    """Run every check, each to its end, so that one run shows everything there is to repair."""
    outcomes = []
    for name, command in _checks(python_of(LINT)).items():
        started = time.monotonic()
        code = _run(command)
        outcomes.append(Outcome(name, "-", int(code == 0), int(code != 0), 0, time.monotonic() - started))
    return outcomes


def run_lint() -> int:
    """Run the checks alone, for `tools/dev.py lint`."""
    failed = [outcome.suite for outcome in lint_outcomes() if outcome.failed]
    say(f"\nfailed: {', '.join(failed)}; `tools/dev.py lint --fix` repairs what a program can" if failed else "\nclean")
    return 1 if failed else 0


def fix() -> int:
    """Rewrite the format and what the linter repairs by itself, then check."""
    python = python_of(LINT)
    _run([python, "-m", "ruff", "format", "."])
    _run([python, "-m", "ruff", "check", "--fix", "--quiet", "."])
    return run_lint()


def _run(command: list[str | Path]) -> int:
    say(f"\n== {' '.join(str(part) for part in command[2:])}")
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(command, cwd=CHECKOUT, env=variables, check=False).returncode
