"""Whether an interpreter can be the worker's: does it run, is its version right, has it TensorFlow and Keras."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..core.errors import UserError
from . import process as processes
from .jobs import Progress
from .worker import SCRIPT, Worker

PYTHONS = ((3, 11), (3, 13))
"""Oldest and newest Python version that works."""

OLDEST_KERAS = (3, 15, 1)
UNTESTED_KERAS = (3, 17)
"""The first Keras version that this extension was not tested with."""

KERAS_REQUIREMENT = "keras>=3.15.1,<3.17"
PROBE_SECONDS = 30.0

_MARK = "nn_blender-python"
# Understood by every Python since 2.7, so that an old one can be told from a broken one.
_PROBE = f"import sys; print('{_MARK} %d.%d.%d' % sys.version_info[:3])"
_CHOOSE = f"Choose another interpreter as {processes.PREFERENCE}."


@dataclass(frozen=True)
class InterpreterReport:
    """An interpreter that works.

    Attributes:
        python: what was checked, as it was given.
        version: of Python, for example ``3.11.7``.
        packages: version of each package the worker uses.
        verdict: one sentence for people.
    """

    python: Path
    version: str
    packages: dict[str, str]
    verdict: str


def check(python: Path, script: Path = SCRIPT) -> Generator[Progress, None, InterpreterReport]:
    """Start the interpreter, then the worker in it, and report what is there.

    Args:
        python: a path or a command name.
        script: see `Worker`.

    Raises:
        UserError: code ``interpreter.missing``, ``interpreter.broken`` (does not run, or the worker dies in it),
            ``interpreter.unsupported`` (version), ``interpreter.no_tensorflow``, ``interpreter.old_keras``,
            ``interpreter.incomplete`` (another package is missing).
    """
    version = yield from _probe(_find(python))
    if not PYTHONS[0] <= _numbers(version)[:2] <= PYTHONS[1]:
        raise UserError(
            "interpreter.unsupported",
            f"{python} is Python {version}; TensorFlow is used with Python 3.11, 3.12 or 3.13.",
            _CHOOSE,
        )
    packages = yield from _packages(python, script)
    _judge(python, packages)
    verdict = f"Python {version}, TensorFlow {packages['tensorflow']} and Keras {packages['keras']} are ready."
    if _numbers(packages["keras"])[:2] >= UNTESTED_KERAS:
        verdict += " This Keras is newer than the versions this extension was tested with."
    return InterpreterReport(python, version, packages, verdict)


def _find(python: Path) -> Path:
    found = processes.find_interpreter(python)
    if found is not None:
        return found
    if python.expanduser().is_dir():
        raise UserError(
            "interpreter.missing",
            f"{python} is a folder.",
            "Choose the interpreter inside it, for example bin/python, or Scripts\\python.exe on Windows.",
        )
    if python.expanduser().exists():
        raise UserError("interpreter.broken", f"{python} is not a program that may be executed.", _CHOOSE)
    raise UserError("interpreter.missing", f"There is no {python}.", _CHOOSE)


def _probe(python: Path) -> Generator[Progress, None, str]:
    """The version that the interpreter itself tells."""
    deadline = time.monotonic() + PROBE_SECONDS
    with tempfile.TemporaryFile() as output:
        try:
            process = processes.start([str(python), "-c", _PROBE], Path(tempfile.gettempdir()), output)
        except OSError as error:
            raise _broken(python, error.strerror or str(error)) from error
        try:
            while process.poll() is None:
                if time.monotonic() > deadline:
                    raise _broken(python, f"no answer within {PROBE_SECONDS:g} seconds")
                yield Progress("Starting Python")
        finally:
            processes.kill(process)
        output.seek(0)
        text = output.read().decode("utf-8", errors="replace")
    for line in text.splitlines():
        if process.returncode == 0 and line.startswith(_MARK):
            return line.removeprefix(_MARK).strip()
    said = processes.last_line(text)
    raise _broken(python, processes.describe_end(process.returncode) + (f": {said}" if said else ""), text)


def _packages(python: Path, script: Path) -> Generator[Progress, None, dict[str, str]]:
    """What the worker's method ``versions`` answers: a version per package, empty where it is missing.

    The packages may stand under the key ``packages`` or beside the version of Python.
    """
    worker = Worker(python, script)
    try:
        answer: dict[str, Any] = yield from worker.call("versions", {})
    except UserError as error:
        if error.code != "worker.died":
            raise
        raise _broken(python, error.message, error.details) from error
    finally:
        worker.close(grace=0)
    packages = answer.get("packages", answer)
    return {name: str(version or "") for name, version in packages.items() if name != "python"}


def _judge(python: Path, packages: dict[str, str]) -> None:
    """Raise what is wrong with the packages."""
    if not packages.get("tensorflow"):
        raise UserError(
            "interpreter.no_tensorflow",
            f"{python} has no TensorFlow.",
            f'Install it with: "{python}" -m pip install tensorflow "{KERAS_REQUIREMENT}" pillow h5py',
        )
    keras = packages.get("keras", "")
    if _numbers(keras) < OLDEST_KERAS:
        raise UserError(
            "interpreter.old_keras",
            f"{python} has Keras {keras}; 3.15.1 or newer is needed." if keras else f"{python} has no Keras.",
            f'Install it with: "{python}" -m pip install --upgrade "{KERAS_REQUIREMENT}"',
        )
    missing = sorted(name for name, version in packages.items() if not version)
    if missing:
        raise UserError(
            "interpreter.incomplete",
            f"{python} lacks {', '.join(missing)}.",
            f'Install it with: "{python}" -m pip install {" ".join(missing)}',
        )


def _broken(python: Path, reason: str, details: str = "") -> UserError:
    return UserError("interpreter.broken", f"{python} does not work: {reason.rstrip('.')}.", _CHOOSE, details)


def _numbers(version: str) -> tuple[int, ...]:
    """The leading numbers of a version, for comparing: ``3.15.1rc2`` gives (3, 15, 1)."""
    numbers = []
    for part in version.split("."):
        digits = part[: len(part) - len(part.lstrip("0123456789"))]
        if not digits:
            break
        numbers.append(int(digits))
    return tuple(numbers)
