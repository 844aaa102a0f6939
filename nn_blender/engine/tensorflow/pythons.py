"""Python interpreters: what one tells about itself, and which ones this computer has."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from ...core.errors import UserError
from .. import process as processes
from ..jobs import Progress
from ..programs import capture

PYTHONS = ((3, 11), (3, 13))
"""Oldest and newest Python version that works."""

PROBE_SECONDS = 30.0

_WINDOWS = sys.platform == "win32"
_PREFERRED = ("3.13", "3.12", "3.11")
_MARK = "nn_blender-python"
# The first line is understood by every Python since 2.7, so that an old one can be told from a broken one.
_PROBE = f"""
import sys; print('{_MARK} %d.%d.%d' % sys.version_info[:3])
import importlib.util, json, platform, sysconfig
has = [name for name in ('venv', 'ensurepip', 'pip', 'virtualenv') if importlib.util.find_spec(name)]
windows = sys.platform == 'win32'
machine = sysconfig.get_platform().partition('-')[2] if windows else platform.machine()
odd = 'musl' in (sysconfig.get_config_var('SOABI') or '') or sysconfig.get_config_var('Py_GIL_DISABLED')
odd = bool(odd) or sys.implementation.name != 'cpython' or sys.maxsize < 2**32
print(json.dumps(dict(executable=sys.executable, system=sys.platform + '-' + machine.lower(), odd=odd, has=has)))
"""


@dataclass(frozen=True)
class Python:
    """An interpreter that runs.

    Attributes:
        path: where it is, as it says itself: version managers put others in front of it.
        version: for example ``3.11.7``.
        system: operating system and processor it was built for, for example ``linux-x86_64``.
        odd: of a kind for which no packages are published (no CPython, 32 bits, free-threaded, another C library).
        has: which of the modules ``venv``, ``ensurepip``, ``pip`` and ``virtualenv`` it has.
    """

    path: Path
    version: str
    system: str = ""
    odd: bool = False
    has: tuple[str, ...] = ()

    @property
    def supported(self) -> bool:
        """Whether its version is one that TensorFlow is used with."""
        return PYTHONS[0] <= numbers(self.version)[:2] <= PYTHONS[1]


def find(python: Path, fix: str) -> Path:
    """The executable that a path or a command name stands for.

    Args:
        python: a path or a command name.
        fix: what a person can do where there is none.

    Raises:
        UserError: code ``interpreter.missing`` or ``interpreter.broken``.
    """
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
        raise UserError("interpreter.broken", f"{python} is not an executable program.", fix)
    raise UserError("interpreter.missing", f"There is no {python}.", fix)


def look(python: Path, fix: str, seconds: float = PROBE_SECONDS) -> Generator[Progress, None, Python]:
    """Start an interpreter and hear what it tells about itself. Of an old one only the version is known.

    Args:
        python: the executable.
        fix: what a person can do where it does not work.
        seconds: it may take.

    Raises:
        UserError: code ``interpreter.broken``.
    """
    try:
        ended = yield from capture([str(python), "-c", _PROBE], seconds, Progress("Starting Python"))
    except OSError as error:
        raise broken(python, error.strerror or str(error), fix) from error
    if ended.code is None:
        raise broken(python, f"no answer within {seconds:g} seconds", fix)
    lines = ended.output.splitlines()
    first = next((index for index, line in enumerate(lines) if line.startswith(_MARK)), None)
    if first is None:
        raise broken(python, ended.reason, fix, ended.output)
    found = Python(python, lines[first].removeprefix(_MARK).strip())
    if ended.code != 0:
        if found.supported:
            raise broken(python, ended.reason, fix, ended.output)
        return found
    try:
        told = json.loads(lines[first + 1])
        return replace(
            found, path=Path(told["executable"]), system=told["system"], odd=told["odd"], has=tuple(told["has"])
        )
    except (IndexError, KeyError, TypeError, ValueError):
        return found


def find_interpreters() -> Generator[Progress, None, list[Python]]:
    """The interpreters of this computer that TensorFlow can be set up with, newest version first; all were started."""
    found: dict[Path, Python] = {}
    for candidate in [*_candidates(), *(yield from _known_to_launcher())]:
        executable = processes.find_interpreter(candidate)
        # A virtual environment is no base: it may go away, and another one needs none of its packages.
        if executable is None or (executable.parent.parent / "pyvenv.cfg").exists() or _real(executable) in found:
            continue
        try:
            python = yield from look(executable, "", seconds=10)
        except UserError:
            continue
        if python.supported and not python.odd:
            found[_real(python.path)] = python
    return sorted(found.values(), key=lambda python: numbers(python.version), reverse=True)


def numbers(version: str) -> tuple[int, ...]:
    """The leading numbers of a version, for comparing: ``3.15.1rc2`` gives (3, 15, 1)."""
    result = []
    for part in version.split("."):
        digits = part[: len(part) - len(part.lstrip("0123456789"))]
        if not digits:
            break
        result.append(int(digits))
    return tuple(result)


def broken(python: Path, reason: str, fix: str, details: str = "") -> UserError:
    return UserError("interpreter.broken", f"{python} does not work: {reason.rstrip('.')}.", fix, details)


def _real(executable: Path) -> Path:
    return Path(os.path.realpath(executable))


def _known_to_launcher() -> Generator[Progress, None, list[Path]]:
    """What Windows's launcher ``py`` has registered."""
    if not _WINDOWS:
        return []
    try:
        ended = yield from capture(["py", "-0p"], 10, Progress("Looking for Python"))
    except OSError:
        return []
    return [Path(path) for path in re.findall(r"[A-Za-z]:\\.*python\.exe", ended.output, re.IGNORECASE)]


def _candidates() -> Iterator[Path]:
    """Paths and command names under which one may be found."""
    for version in _PREFERRED:
        yield Path(f"python{version}")
        for folder, pattern in _places(version):
            yield from sorted(folder.glob(pattern), reverse=True)
    yield Path("python3")
    yield Path("python")


def _places(version: str) -> Iterator[tuple[Path, str]]:
    """Where distributions, python.org, Homebrew, pyenv and uv keep interpreters, as folder and glob pattern."""
    home = Path.home()
    name = "python.exe" if _WINDOWS else f"bin/python{version}"
    pyenv = Path(os.environ.get("PYENV_ROOT", home / (".pyenv/pyenv-win" if _WINDOWS else ".pyenv")))
    if _WINDOWS:
        local = Path(os.environ.get("LOCALAPPDATA", home / "AppData/Local"))
        short = version.replace(".", "")
        yield local / "Programs/Python", f"Python{short}*/{name}"
        yield Path(os.environ.get("PROGRAMFILES", "C:/Program Files")), f"Python{short}*/{name}"
        yield local / "Python", f"pythoncore-{version}*/{name}"
        yield Path(os.environ.get("APPDATA", home / "AppData/Roaming")) / "uv/python", f"cpython-{version}.*/{name}"
    else:
        yield Path("/usr/bin"), f"python{version}"
        yield Path("/usr/local/bin"), f"python{version}"
        yield Path("/opt/homebrew/bin"), f"python{version}"
        yield Path("/Library/Frameworks/Python.framework/Versions"), f"{version}/{name}"
        data = Path(os.environ.get("XDG_DATA_HOME", home / ".local/share"))
        yield Path(os.environ.get("UV_PYTHON_INSTALL_DIR", data / "uv/python")), f"cpython-{version}.*/{name}"
    yield pyenv / "versions", f"{version}.*/{name}"
