"""Virtual environments, made once per set of pinned requirements and kept in the user's cache folder."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from .console import DevError, Steps, run_followed, say
from .paths import REQUIREMENTS, cache_folder
from .pythons import find_python

STAMP = "complete.txt"


@dataclass(frozen=True)
class Environment:
    """A virtual environment: what goes in and which Pythons can host it, the preferred one first."""

    name: str
    purpose: str
    pythons: tuple[str, ...]
    requirements: str
    without_dependencies: str | None = None


WORKER = Environment(
    "worker-dev",
    "TensorFlow and Keras for the worker and its tests",
    ("3.11", "3.13", "3.12"),
    "worker-dev.txt",
    without_dependencies="models.txt",
)
LINT = Environment("lint", "formatter, linter and type checker", ("3.13", "3.12", "3.11"), "lint.txt")
BLENDERS = {
    version: Environment(f"bpy-{version}", f"Blender {version} as a Python module", (python,), f"bpy-{version}.txt")
    for version, python in (("4.2", "3.11"), ("4.5", "3.11"), ("5.2", "3.13"))
}
EVERY = (WORKER, LINT, *BLENDERS.values())


def preferred_blender() -> Environment:
    """Give the Blender that runs the command line: 4.5, whose files every later version opens, or else 5.2."""
    chosen = next((BLENDERS[version] for version in ("4.5", "5.2") if is_possible(BLENDERS[version])), None)
    if chosen is None:
        raise DevError("Blender's Python module needs Python 3.11 or 3.13, and neither was found. Install one of them.")
    return chosen


def is_possible(environment: Environment) -> bool:
    """Say whether the environment exists already or a Python for it is on this machine."""
    return finished_python(environment) is not None or any(find_python(version) for version in environment.pythons)


def python_of(environment: Environment) -> Path:
    """Give the environment's interpreter, making the environment first where needed."""
    existing = finished_python(environment)
    if existing is not None:
        return existing
    for version in environment.pythons:
        base = find_python(version)
        if base is not None:
            return _make(environment, version, base)
    wanted = " or ".join(environment.pythons)
    raise DevError(f"{environment.name} ({environment.purpose}) needs Python {wanted}, which was not found here.")


def finished_python(environment: Environment) -> Path | None:
    """Give the interpreter of an environment that is complete, without making one."""
    for version in environment.pythons:
        folder = cache_folder() / "environments" / folder_name(environment, version)
        python = _interpreter(folder)
        if (folder / STAMP).exists() and python.exists():
            return python
    return None


def site_packages(environment: Environment) -> Path:
    """Give the folder of installed packages of an environment that exists."""
    root = python_of(environment).parent.parent
    return next(root.glob("Lib/site-packages" if os.name == "nt" else "lib/python3*/site-packages"))


def requirement_lines(path: Path) -> Iterator[str]:
    """Yield the requirements of a file, following `-r`, without comments: what decides the environment's content."""
    for raw in path.read_text(encoding="utf-8").splitlines():
        line = raw.split("#", 1)[0].strip()
        if line.startswith("-r "):
            yield from requirement_lines(path.parent / line[3:].strip())
        elif line:
            yield line


def folder_name(environment: Environment, python_version: str) -> str:
    """Give the environment's folder: a changed pin gives another name, so no environment is ever half updated."""
    text = "\n".join(requirement_lines(REQUIREMENTS / environment.requirements))
    if environment.without_dependencies:
        text += "\n--no-deps\n" + "\n".join(requirement_lines(REQUIREMENTS / environment.without_dependencies))
    digest = hashlib.sha256(f"{platform.machine()}\n{text}".encode()).hexdigest()[:10]
    return f"{environment.name}-py{python_version}-{digest}"


def _interpreter(folder: Path) -> Path:
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _make(environment: Environment, version: str, base: Path) -> Path:
    """Build the environment in its final place (they cannot be moved); the stamp written last says it is complete."""
    folder = cache_folder() / "environments" / folder_name(environment, version)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with locked(folder.with_name(f"{folder.name}.lock"), environment.name):
        if (folder / STAMP).exists() and _interpreter(folder).exists():
            return _interpreter(folder)
        if folder.exists():
            shutil.rmtree(folder)
        say(f"[{environment.name}] setting up {environment.purpose} with Python {version}, once, in {folder}")
        steps = Steps(environment.name)
        _check_venv(base, version)
        steps.step("making a virtual environment")
        run_followed([base, "-m", "venv", folder], steps)
        _install(folder, ["-r", REQUIREMENTS / environment.requirements], steps)
        if environment.without_dependencies:
            _install(folder, ["--no-deps", "-r", REQUIREMENTS / environment.without_dependencies], steps)
        (folder / STAMP).write_text(f"{base}\n", encoding="utf-8")
        steps.done("ready")
    return _interpreter(folder)


def _check_venv(base: Path, version: str) -> None:
    """Debian and Ubuntu split `ensurepip` off Python; say how to get it instead of a half-made environment."""
    answer = subprocess.run([base, "-c", "import ensurepip, venv"], capture_output=True, check=False)
    if answer.returncode:
        raise DevError(
            f"{base} cannot create virtual environments. On Debian or Ubuntu: apt-get install python{version}-venv"
        )


def _install(folder: Path, arguments: list[str | Path], steps: Steps) -> None:
    pip: list[str | Path] = [
        _interpreter(folder),
        "-m",
        "pip",
        "install",
        "--progress-bar",
        "off",
        "--no-input",
        "--no-color",
    ]
    environment = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PYTHONUNBUFFERED": "1"}
    environment.pop("PYTHONPATH", None)
    run_followed([*pip, *arguments], steps, _pip_step, environment)


def _pip_step(line: str) -> str | None:
    """Keep the lines of pip that a person waiting wants to read."""
    text = line.strip()
    if text.startswith("Collecting "):
        return f"resolving {text.split()[1]}"
    if text.startswith(("Downloading ", "Using cached ", "Processing ")):
        return f"{text.split()[0].lower()} {text.split(maxsplit=1)[1].rsplit('/', 1)[-1]}"
    if text.startswith("Installing collected packages:"):
        return f"installing {text.count(',') + 1} packages"
    return None


@contextmanager
def locked(path: Path, name: str) -> Iterator[None]:
    """Hold a lock file, waiting where another run of this tool is busy with the same thing."""
    with path.open("a+") as file:
        if not _try_lock(file):
            steps = Steps(name)
            steps.step("waiting for another run of this tool to finish it")
            _lock(file)
            steps.done("finished by the other run")
        yield


if sys.platform == "win32":
    import msvcrt
    import time

    def _try_lock(file: IO[str]) -> bool:
        file.seek(0)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _lock(file: IO[str]) -> None:
        while not _try_lock(file):
            time.sleep(1)

else:
    import fcntl

    def _try_lock(file: IO[str]) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _lock(file: IO[str]) -> None:
        fcntl.flock(file, fcntl.LOCK_EX)
