"""The virtual environment that the extension makes for TensorFlow: where it is, what state it is in, its removal."""

from __future__ import annotations

import contextlib
import enum
import json
import re
import sys
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

from ...core.errors import UserError
from ..jobs import Progress
from ..locks import try_lock
from ..time_slices import remove_tree
from .builds import KERAS_2, VARIANTS, Addition, Variant
from .installation import Installation

MARKER = "made-by-nn_blender.txt"
STAMP = "complete.json"
_MARKER_TEXT = (
    "This folder was made by the NN Blender extension, which also removes it. Keep nothing of your own here.\n"
)
_LOCK = "in-use.lock"


class Status(enum.StrEnum):
    """What can be seen of an environment without running anything.

    ``outdated`` works, but has the packages of another version of the extension. All but ``ready`` and ``absent`` are
    mended by setting it up again.
    """

    ABSENT = "absent"
    INCOMPLETE = "incomplete"
    DAMAGED = "damaged"
    OUTDATED = "outdated"
    READY = "ready"


_RECORD = re.compile(r"tensorflow(?:_cpu)?-([\d.]+)\.dist-info")
"""What pip writes TensorFlow's files down in."""


class Environment:
    """A virtual environment with its log and its records, in a folder of its own.

    Args:
        folder: need not exist yet; one that holds other things is refused.
        choices: variants that may be in it.
        keras_2: what may be added to them.
    """

    def __init__(self, folder: Path, choices: tuple[Variant, ...] = VARIANTS, keras_2: Addition = KERAS_2) -> None:
        self.folder = folder
        self._choices = choices
        self._keras_2 = keras_2

    @property
    def python(self) -> Path:
        """The interpreter for the worker, whether it is there or not."""
        return self._venv / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")

    @property
    def log(self) -> Path:
        """What the last set-up printed."""
        return self.folder / "setup.log"

    @property
    def variant(self) -> Variant | None:
        """What is in it; None before it is complete."""
        name = self._read_stamp().get("variant")
        return next((variant for variant in self._choices if variant.name == name), None)

    @property
    def tensorflow(self) -> str:
        """Version of TensorFlow in it; empty before it is complete."""
        found = (_RECORD.fullmatch(entry) for entry in self._read_stamp().get("entries", ()))
        return next((match[1] for match in found if match), "")

    @property
    def has_keras_2(self) -> bool:
        """Whether Keras 2 was added to it."""
        return bool(self._read_stamp().get("keras_2"))

    @property
    def status(self) -> Status:
        """Takes a millisecond: looks whether interpreter and package folders are there, not into them."""
        if not (self.folder / MARKER).exists():
            return Status.ABSENT
        stamp = self._read_stamp()
        if not stamp:
            return Status.INCOMPLETE
        packages = self._venv / stamp["packages"]
        if not self._has_python(stamp["python"]) or not all((packages / entry).exists() for entry in stamp["entries"]):
            return Status.DAMAGED
        variant = self.variant
        is_present = variant is not None and variant.fingerprint == stamp["requirements"]
        is_present = is_present and stamp.get("keras_2", "") in ("", self._keras_2.fingerprint)
        return Status.READY if is_present else Status.OUTDATED

    def set_up(
        self,
        variant: Variant,
        base_python: Path | None = None,
        extra_pip_arguments: str = "",
        with_keras_2: bool = False,
    ) -> Generator[Progress, None, Path]:
        """Make the environment, or what is missing of it, and return its interpreter.

        What an earlier attempt has left is used; packages that lack files are installed anew.

        Args:
            variant: what goes in.
            base_python: interpreter to build on. By default what is there is kept; a new environment is built on the
                running one, or on another one where that cannot be used. Asking for another version replaces all.
            extra_pip_arguments: for ``pip install``, as one would type them.
            with_keras_2: whether Keras 2 goes in too; it stays where it is in already.

        Raises:
            UserError: see `base_python.choose` and `pip_output.failure`; or code ``environment.foreign``,
                ``environment.busy``, ``environment.unwritable``, ``environment.no_space``,
                ``environment.bad_arguments``, ``environment.not_working``.
        """
        return self._install(variant, base_python, extra_pip_arguments, with_keras_2, contents=False)

    def repair(
        self,
        variant: Variant | None = None,
        base_python: Path | None = None,
        extra_pip_arguments: str = "",
        with_keras_2: bool = False,
    ) -> Generator[Progress, None, Path]:
        """As `set_up`, but reads every file, so that damage inside of files is found too.

        Args:
            variant: by default the one that is in it, or else the first.
            base_python: see `set_up`.
            extra_pip_arguments: see `set_up`.
            with_keras_2: see `set_up`.
        """
        chosen = variant or self.variant or self._choices[0]
        return self._install(chosen, base_python, extra_pip_arguments, with_keras_2, contents=True)

    def remove(self) -> Generator[Progress, None, None]:
        """Remove the folder. Workers that run in it have to be closed first.

        Raises:
            UserError: code ``environment.foreign``, ``environment.busy``, ``environment.unwritable``.
        """
        if not self.folder.exists():
            return
        if not (self.folder / MARKER).exists():
            raise self._foreign()
        progress = Progress("Removing TensorFlow's environment")
        try:
            with self._claimed():
                (self.folder / STAMP).unlink(missing_ok=True)
                for path in self.folder.iterdir():
                    if path.is_dir() and not path.is_symlink():
                        yield from remove_tree(path, progress)
            # The marker goes last, so that a removal that was interrupted can be taken up again.
            for path in sorted(self.folder.iterdir(), key=lambda path: path.name == MARKER):
                path.unlink()
            self.folder.rmdir()
        except OSError as error:
            raise self._unwritable(error) from error

    @property
    def _venv(self) -> Path:
        return self.folder / "venv"

    def _has_python(self, version: str) -> bool:
        """Whether the interpreter is there and, as far as its name tells, has not become one of another version."""
        if not self.python.exists():
            return False
        named = re.search(r"python(\d+\.\d+)$", self.python.resolve().name)
        return named is None or version.startswith(f"{named[1]}.")

    def _install(
        self, variant: Variant, base: Path | None, arguments: str, with_keras_2: bool, contents: bool
    ) -> Generator[Progress, None, Path]:
        addition = self._keras_2 if with_keras_2 or self.has_keras_2 else None
        installation = Installation(self.folder, self._venv, self.python, self.log, variant, addition)
        yield from installation.prepare(base, arguments)
        try:
            with self._claimed():
                packages, entries = yield from installation.run(self._forget_stamp, contents)
                self._write_stamp(
                    variant=variant.name,
                    requirements=variant.fingerprint,
                    keras_2=addition.fingerprint if addition else "",
                    python=installation.version,
                    packages=packages.relative_to(self._venv).as_posix(),
                    entries=sorted(entries),
                )
        except OSError as error:
            raise self._unwritable(error) from error
        return self.python

    @contextlib.contextmanager
    def _claimed(self) -> Iterator[None]:
        """The folder is there, ours, and nobody else's at the same time."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if not (self.folder / MARKER).exists():
            if any(self.folder.iterdir()):
                raise self._foreign()
            (self.folder / MARKER).write_text(_MARKER_TEXT, encoding="utf-8")
        with (self.folder / _LOCK).open("ab+") as lock:
            with contextlib.suppress(OSError):  # A file system without locks: two at once are unlikely enough.
                if not try_lock(lock):
                    raise UserError(
                        "environment.busy",
                        "Another Blender is setting up or removing TensorFlow right now.",
                        "Wait for it to finish.",
                    )
            yield

    def _forget_stamp(self) -> None:
        (self.folder / STAMP).unlink(missing_ok=True)

    def _read_stamp(self) -> dict[str, Any]:
        """Empty where there is none, or none that can be understood."""
        try:
            stamp = json.loads((self.folder / STAMP).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return (
            stamp
            if isinstance(stamp, dict) and {"packages", "entries", "requirements", "python"} <= stamp.keys()
            else {}
        )

    def _write_stamp(self, **facts: Any) -> None:
        unfinished = self.folder / f"{STAMP}.part"
        unfinished.write_text(json.dumps(facts, indent=1), encoding="utf-8")
        unfinished.replace(self.folder / STAMP)

    def _foreign(self) -> UserError:
        return UserError(
            "environment.foreign",
            f"{self.folder} holds files that this extension did not create.",
            "Choose another folder, or empty this one yourself.",
        )

    def _unwritable(self, error: OSError) -> UserError:
        return UserError(
            "environment.unwritable",
            f"{error.filename or self.folder} cannot be written: {error.strerror or error}.",
            "Close other programs that use it, or give yourself write permission there, then try again.",
            repr(error),
        )
