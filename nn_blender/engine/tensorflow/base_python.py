"""The Python that an environment is built on, and how one is built where it lacks a part."""

from __future__ import annotations

import sys
from collections.abc import Generator, Sequence
from pathlib import Path

from ...core.errors import UserError
from ..jobs import Progress
from ..programs import END_WITH_PARENT
from .builds import Variant
from .pythons import Python, find, find_interpreters, look, numbers

PREFERENCE = "“Base Python” in the extension's preferences (on the command line: --python)"
"""How messages call the place where it is chosen."""

_CHOOSE = f"Choose another interpreter as {PREFERENCE}."


def choose(base: Path | None, variant: Variant) -> Generator[Progress, None, Python]:
    """The interpreter to build on, checked before anything is downloaded.

    Args:
        base: chosen by the user; None takes the running one where it can be used, or else another of this computer.
        variant: what is to be installed.

    Raises:
        UserError: code ``interpreter.missing``, ``interpreter.broken``, ``environment.unsupported_python``,
            ``environment.unsupported_system``, ``environment.no_venv``.
    """
    if base is not None:
        found = yield from look(find(base, _CHOOSE), _CHOOSE)
        yield from _judge(found, variant)
        return found
    own = yield from look(Path(sys.executable), _CHOOSE)
    if own.supported and not own.odd and ways_to_make(own, Path()):
        yield from _judge(own, variant)
        return own
    for other in (yield from find_interpreters()):
        if other.system in variant.systems and ways_to_make(other, Path()):
            return other
    yield from _judge(own, variant)
    return own


def ways_to_make(base: Python, folder: Path, arguments: Sequence[str] = ()) -> list[list[str]]:
    """Commands that make an environment with pip, one after the other; none where the interpreter cannot.

    Args:
        base: the interpreter.
        folder: the environment's.
        arguments: for ``pip install``, where that is needed.
    """
    # -P and not -I: pip and virtualenv may stand among the user's own packages.
    run = [str(base.path), "-P", str(END_WITH_PARENT)]
    has = set(base.has)
    if {"venv", "ensurepip"} <= has:
        return [[*run, "venv", str(folder)]]
    if "virtualenv" in has:
        return [[*run, "virtualenv", "--no-periodic-update", str(folder)]]
    if {"venv", "pip"} <= has:
        inner = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
        bootstrap = [
            *run,
            "pip",
            "--python",
            str(inner),
            "install",
            "--no-input",
            "--progress-bar",
            "off",
            *arguments,
            "pip",
        ]
        return [[*run, "venv", "--without-pip", str(folder)], bootstrap]
    return []


def _judge(base: Python, variant: Variant) -> Generator[Progress, None, None]:
    """Raise why the interpreter cannot be used."""
    if not base.supported or base.odd:
        kind = "is of a kind that TensorFlow is not published for" if base.supported else "is not among them"
        raise UserError(
            "environment.unsupported_python",
            f"TensorFlow needs Python 3.11, 3.12 or 3.13; {base.path} ({base.version}) {kind}.",
            (yield from _what_instead(variant)),
        )
    if base.system not in variant.systems:
        raise UserError(
            "environment.unsupported_system",
            f"TensorFlow ({variant.label}) is not published for this kind of computer ({base.system}).",
            "Choose the build for the CPU." if variant.name != "cpu" else "Use another computer.",
        )
    if not ways_to_make(base, Path()):
        version = ".".join(map(str, numbers(base.version)[:2]))
        raise UserError(
            "environment.no_venv",
            f"{base.path} cannot create virtual environments: its modules venv and ensurepip are missing.",
            f"Install the package python{version}-venv (on Debian and Ubuntu: sudo apt install python{version}-venv), "
            f"or choose another interpreter as {PREFERENCE}.",
        )


def _what_instead(variant: Variant) -> Generator[Progress, None, str]:
    for other in (yield from find_interpreters()):
        if other.system in variant.systems:
            return f"Choose {other.path} (Python {other.version}) as {PREFERENCE}."
    return f"Install Python 3.13 from python.org or your system's packages, then choose it as {PREFERENCE}."
