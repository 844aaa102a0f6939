"""One set-up of the environment, step by step: base, room, virtual environment, packages, proof that they work."""

from __future__ import annotations

import errno
import shlex
import shutil
import sys
from collections.abc import Callable, Generator
from pathlib import Path

from ...core.errors import UserError
from .. import process as processes
from ..jobs import Progress
from ..programs import END_WITH_PARENT, capture, follow
from ..time_slices import remove_tree
from . import base_python, packages
from .builds import MB, Addition, Variant
from .pip_output import PipProgress, failure
from .pythons import Python, look, numbers

TRY_OUT_SECONDS = 300.0
"""The first import of TensorFlow reads a gigabyte, past a virus scanner perhaps."""

_TOTAL = 1000
_MADE, _INSTALLED, _CHECKED = 50, 900, 930
"""Of `_TOTAL`, after the steps with these names."""

_PIP = ("--no-input", "--no-color", "--progress-bar", "off", "--disable-pip-version-check", "--only-binary", ":all:")
# The user's own settings for pip stay in force, but for those that would lead the packages elsewhere or hide its words.
_SETTINGS = {"PIP_USER": "0", "PIP_QUIET": "0", "PIP_VERBOSE": "0", "NO_COLOR": "1"}


class Installation:
    """Brings an environment to its variant's packages, from wherever it is.

    Args:
        folder: the environment's, which is ours.
        venv: where the virtual environment goes.
        python: its interpreter.
        log: what the programs print goes there.
        variant: what goes in.
        addition: what goes in besides.

    Attributes:
        version: of the environment's Python, once it is prepared.
    """

    def __init__(
        self, folder: Path, venv: Path, python: Path, log: Path, variant: Variant, addition: Addition | None = None
    ) -> None:
        self._folder = folder
        self._venv = venv
        self._python = python
        self._log = log
        self._variant = variant
        self._addition = addition
        self._arguments: list[str] = []
        self._base_is_wanted = False
        self._base: Python
        self.version = ""

    def prepare(self, base: Path | None, arguments: str) -> Generator[Progress, None, None]:
        """Check what was asked for; touches nothing. Arguments and errors as in `Environment.set_up`."""
        self._arguments = _split(arguments)
        self._base_is_wanted = base is not None
        self._base = yield from base_python.choose(base, self._variant)
        self.version = self._base.version

    def run(self, on_change: Callable[[], None], contents: bool) -> Generator[Progress, None, tuple[Path, set[str]]]:
        """Install what is missing.

        Args:
            on_change: is called before the first change to an environment that may be complete.
            contents: whether to look for damage inside of files.

        Returns:
            The packages' folder and what stands at its top.
        """
        found = yield from self._look_around(on_change, contents)
        self._check_room(found.size)
        for record_folder in found.damaged.values():
            on_change()
            yield from packages.discard(record_folder)
        self._log.unlink(missing_ok=True)
        if not self._has_pip():
            on_change()
            yield from self._make_venv()
        yield from self._install(on_change)
        if self._addition is not None:
            yield from self._add(self._addition, on_change)
        folder = self._packages
        found = yield from packages.check(folder, progress=Progress("Checking the packages", _INSTALLED, _TOTAL))
        if found.damaged:
            on_change()
            raise UserError(
                "environment.not_working",
                f"Files of {', '.join(sorted(found.damaged))} disappeared right after they were installed.",
                "A virus scanner may have removed them: add an exception for the folder, then repair.",
            )
        yield from self._try_out(on_change)
        yield from remove_tree(self._temporary, Progress("Tidying up", _TOTAL, _TOTAL))
        return folder, found.entries

    @property
    def _temporary(self) -> Path:
        """Not the system's, which is often small, and so that we can tidy up after a pip that was killed."""
        return self._folder / "temporary"

    @property
    def _packages(self) -> Path:
        folder = packages.packages_folder(self._venv)
        if folder is None:
            raise FileNotFoundError(errno.ENOENT, "the environment has no folder for packages", str(self._venv))
        return folder

    def _has_pip(self) -> bool:
        folder = packages.packages_folder(self._venv)
        return self._python.exists() and folder is not None and "pip" in packages.installed(folder)

    def _look_around(
        self, on_change: Callable[[], None], contents: bool
    ) -> Generator[Progress, None, packages.Findings]:
        """What is there already and can be kept."""
        yield from remove_tree(self._temporary, Progress("Tidying up"))
        self._temporary.mkdir()
        if self._venv.exists() and not (yield from self._fits()):
            on_change()
            yield from remove_tree(self._venv, Progress("Removing an unusable environment"))
        folder = packages.packages_folder(self._venv)
        if folder is None:
            return packages.Findings()
        yield from packages.discard_leftovers(folder)
        return (yield from packages.check(folder, contents))

    def _fits(self) -> Generator[Progress, None, bool]:
        """Whether the interpreter that is there runs, and is of the version of a base that was asked for."""
        if not self._python.exists():
            return False
        try:
            there = yield from look(self._python, "")
        except UserError:
            return False
        if self._base_is_wanted and numbers(there.version)[:2] != numbers(self._base.version)[:2]:
            return False
        self.version = there.version
        return there.supported

    def _check_room(self, present: int) -> None:
        variant = self._variant
        missing = min(max(variant.size_on_disk - present, 0) / variant.size_on_disk, 1.0)
        needed = int(variant.size_needed * missing)
        free = shutil.disk_usage(self._folder).free
        if free < needed:
            raise UserError(
                "environment.no_space",
                f"{self._folder} has {free / MB:,.0f} MB free; {needed / MB:,.0f} MB are needed while installing, "
                f"{variant.size_on_disk / MB:,.0f} MB in the end.",
                f"Free {(needed - free) / MB:,.0f} MB on that disk, then try again.",
            )

    def _make_venv(self) -> Generator[Progress, None, None]:
        progress = Progress("Creating the environment", 0, _TOTAL)
        for command in base_python.ways_to_make(self._base, self._venv, self._arguments):
            code = yield from follow(command, self._log, self._settings, lambda _lines: progress)
            if code != 0:
                raise self._failed(code)

    def _install(self, on_change: Callable[[], None]) -> Generator[Progress, None, None]:
        pip = PipProgress(self._variant, self._temporary, self._packages)

        def look(lines: list[str]) -> Progress:
            heard = pip.look(lines)
            if pip.installing:
                on_change()
            step = _MADE + (_INSTALLED - _MADE) * heard.step // heard.total
            return Progress(heard.message, step, _TOTAL)

        command = [str(self._python), "-I", str(END_WITH_PARENT), "pip", "install", *_PIP]
        command += ["-r", str(self._variant.requirements), *self._arguments]
        code = yield from follow(command, self._log, self._settings, look)
        if code != 0:
            raise self._failed(code)

    def _add(self, addition: Addition, on_change: Callable[[], None]) -> Generator[Progress, None, None]:
        progress = Progress(f"Installing {addition.name}", _INSTALLED, _TOTAL)

        def look(lines: list[str]) -> Progress:
            if any(line.startswith("Installing collected packages") for line in lines):
                on_change()
            return progress

        command = [str(self._python), "-I", str(END_WITH_PARENT), "pip", "install", *_PIP]
        command += ["--no-deps", "-r", str(addition.requirements), *self._arguments]
        code = yield from follow(command, self._log, self._settings, look)
        if code != 0:
            raise self._failed(code)

    def _try_out(self, on_change: Callable[[], None]) -> Generator[Progress, None, None]:
        modules = ", ".join((*self._variant.modules, *(self._addition.modules if self._addition else ())))
        command = [str(self._python), "-I", "-c", f"import {modules}"]
        ended = yield from capture(command, TRY_OUT_SECONDS, Progress("Testing TensorFlow", _CHECKED, _TOTAL))
        if ended.code == 0:
            return
        on_change()
        fix = "Repair the environment; if that does not help, remove it and set it up again."
        if "DLL load failed" in ended.output:
            fix = "Install Microsoft's Visual C++ Redistributable (x64) from its website, then try again."
        elif "SIGILL" in ended.reason:
            fix = "This computer's processor is too old for TensorFlow: it lacks the AVX instructions. Use another one."
        raise UserError(
            "environment.not_working",
            f"All packages are installed, but they do not start: {ended.reason}.",
            fix,
            ended.output,
        )

    @property
    def _settings(self) -> dict[str, str]:
        temporary = str(self._temporary)
        return {**_SETTINGS, "TMPDIR": temporary, "TEMP": temporary, "TMP": temporary}

    def _failed(self, code: int) -> UserError:
        return failure(code, processes.tail(self._log), self._folder)


def _split(arguments: str) -> list[str]:
    """The words of a command line; on Windows a backslash is a part of a path."""
    try:
        if sys.platform != "win32":
            return shlex.split(arguments)
        return [word.strip("\"'") for word in shlex.split(arguments, posix=False)]
    except ValueError as error:
        raise UserError(
            "environment.bad_arguments",
            f"The extra arguments for pip cannot be understood: {error}.",
            "Close every quotation mark.",
        ) from error
