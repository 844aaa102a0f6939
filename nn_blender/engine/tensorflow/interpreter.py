"""Whether an interpreter can be the worker's: does it run, is its version right, has it TensorFlow and Keras."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from ...core.errors import UserError
from ...core.requests.models import VersionsRequest
from .. import process as processes
from ..jobs import Progress
from ..worker import SCRIPT, Worker
from .pythons import PYTHONS, broken, find, look, numbers

OLDEST_KERAS = (3, 15, 1)
UNTESTED_KERAS = (3, 17)
"""The first Keras version that this extension was not tested with."""

KERAS_REQUIREMENT = "keras>=3.15.1,<3.17"
OPTIONAL = ("tf_keras",)
CHOOSE = f"Choose another interpreter as {processes.PREFERENCE}."


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
    version = (yield from look(find(python, CHOOSE), CHOOSE)).version
    if not PYTHONS[0] <= numbers(version)[:2] <= PYTHONS[1]:
        raise UserError(
            "interpreter.unsupported",
            f"{python} is Python {version}; TensorFlow is used with Python 3.11, 3.12 or 3.13.",
            CHOOSE,
        )
    packages = yield from _packages(python, script)
    _judge(python, packages)
    verdict = f"Python {version}, TensorFlow {packages['tensorflow']} and Keras {packages['keras']} are ready."
    if packages.get("tf_keras"):
        verdict += f" Keras 2 is there too (tf_keras {packages['tf_keras']})."
    if numbers(packages["keras"])[:2] >= UNTESTED_KERAS:
        verdict += " This Keras is newer than the versions this extension was tested with."
    return InterpreterReport(python, version, packages, verdict)


def _packages(python: Path, script: Path) -> Generator[Progress, None, dict[str, str]]:
    """A version per package, empty where it is missing; no entry for a missing one that is optional."""
    worker = Worker(python, script)
    try:
        answer = yield from worker.ask(VersionsRequest())
    except UserError as error:
        if error.code not in ("worker.died", "worker.start_timeout"):
            raise
        raise broken(python, error.message, CHOOSE, error.details) from error
    finally:
        worker.close(grace=0)
    found = {name: version or "" for name, version in vars(answer).items() if name != "python"}
    return {name: version for name, version in found.items() if version or name not in OPTIONAL}


def _judge(python: Path, packages: dict[str, str]) -> None:
    """Raise what is wrong with the packages."""
    if not packages.get("tensorflow"):
        raise UserError(
            "interpreter.no_tensorflow",
            f"{python} has no TensorFlow.",
            f'Install it with: "{python}" -m pip install tensorflow "{KERAS_REQUIREMENT}" pillow h5py',
        )
    keras = packages.get("keras", "")
    if numbers(keras) < OLDEST_KERAS:
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
