"""Finding a Python of a given version, wherever the usual tools put one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

WINDOWS = sys.platform == "win32"


@cache
def find_python(version: str) -> Path | None:
    """Give a Python interpreter of the version that really starts, or None.

    Args:
        version: Major and minor version, such as "3.11".

    Every candidate is started: version managers put shims on PATH for versions that are not active, and those only
    fail when they run.
    """
    for candidate in _candidates(version):
        executable = _started(candidate, version)
        if executable is not None:
            return executable
    return None


def _started(command: tuple[str, ...], version: str) -> Path | None:
    """Start a candidate and ask it who it is."""
    question = "import sys; print('%d.%d' % sys.version_info[:2]); print(sys.executable)"
    try:
        answer = subprocess.run([*command, "-c", question], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    lines = answer.stdout.split("\n")
    if answer.returncode != 0 or lines[0].strip() != version:
        return None
    return Path(lines[1].strip())


def _candidates(version: str) -> Iterator[tuple[str, ...]]:
    if version == f"{sys.version_info.major}.{sys.version_info.minor}":
        # Inside a virtual environment the interpreter it was made from is the one to build on.
        yield (getattr(sys, "_base_executable", sys.executable),)
    on_path = shutil.which(f"python{version}")
    if on_path:
        yield (on_path,)
    if WINDOWS and shutil.which("py"):
        yield ("py", f"-{version}")
    for folder, pattern in _install_places(version):
        for found in sorted(folder.glob(pattern), reverse=True):
            yield (str(found),)


def _install_places(version: str) -> Iterator[tuple[Path, str]]:
    """Where pyenv, uv, Homebrew, python.org and distributions keep interpreters, as folder and glob pattern."""
    home = Path.home()
    name = "python.exe" if WINDOWS else f"bin/python{version}"
    pyenv = Path(os.environ.get("PYENV_ROOT", home / (".pyenv/pyenv-win" if WINDOWS else ".pyenv")))
    yield pyenv / "versions", f"{version}.*/{name}"
    if WINDOWS:
        local = Path(os.environ.get("LOCALAPPDATA", home / "AppData/Local"))
        yield Path(os.environ.get("APPDATA", home / "AppData/Roaming")) / "uv/python", f"cpython-{version}.*/{name}"
        yield local / "Programs/Python", f"Python{version.replace('.', '')}*/{name}"
        return
    data = Path(os.environ.get("XDG_DATA_HOME", home / ".local/share"))
    yield Path(os.environ.get("UV_PYTHON_INSTALL_DIR", data / "uv/python")), f"cpython-{version}.*/{name}"
    yield Path("/opt/homebrew/bin"), f"python{version}"
    yield Path("/usr/local/bin"), f"python{version}"
    yield Path("/usr/bin"), f"python{version}"
    yield Path("/Library/Frameworks/Python.framework/Versions"), f"{version}/{name}"
