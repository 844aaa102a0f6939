"""Running another program to its end as a part of a job: it never waits, and ends with the job."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path

from . import process as processes
from .jobs import Progress

END_WITH_PARENT = Path(__file__).resolve().with_name("end_with_parent.py")
"""Script that runs a module for as long as we live."""


@dataclass(frozen=True)
class Ended:
    """How a program ended.

    Attributes:
        code: its exit code, negative for a signal, None where it took too long and was ended.
        output: what it printed.
    """

    code: int | None
    output: str

    @property
    def reason(self) -> str:
        """Exit code or signal and the last line it printed, without a full stop."""
        how = "it took too long" if self.code is None else processes.describe_end(self.code)
        said = processes.last_line(self.output)
        return (f"{how}: {said}" if said else how).rstrip(".")


def capture(command: list[str], seconds: float, progress: Progress) -> Generator[Progress, None, Ended]:
    """Run a program that prints little and give what it printed.

    Args:
        command: program and arguments.
        seconds: after which it is ended.
        progress: is yielded while it runs.

    Raises:
        OSError: it could not be started.
    """
    deadline = time.monotonic() + seconds
    with tempfile.TemporaryFile() as output:
        process = processes.start(command, Path(tempfile.gettempdir()), output)
        try:
            while (code := process.poll()) is None and time.monotonic() < deadline:
                yield progress
        finally:
            processes.kill(process)
        output.seek(0)
        return Ended(code, output.read().decode("utf-8", errors="replace"))


def follow(
    command: list[str],
    log: Path,
    settings: dict[str, str],
    on_look: Callable[[list[str]], Progress],
) -> Generator[Progress, None, int]:
    """Run a program that prints to a log file; gives its exit code.

    Args:
        command: program and arguments; its standard input stays open for as long as this process lives.
        log: file that its output is appended to; the program runs in the file's folder.
        settings: environment variables besides the usual ones.
        on_look: is called with the lines printed since the last look, and says how far it is.

    Raises:
        OSError: it could not be started, or the log cannot be written.
    """
    with log.open("ab") as output:
        lines = _Lines(log, output.tell())
        process = processes.start(command, log.parent, output, takes_input=True, settings=settings)
    try:
        # Asked before reading: what a program wrote before it ended is then certainly read.
        while (code := process.poll()) is None:
            yield on_look(lines.read())
        on_look(lines.read())
        return code
    finally:
        processes.kill(process)
        if process.stdin is not None:
            process.stdin.close()


class _Lines:
    """The whole lines appended to a file since the last look; a carriage return ends a line too."""

    def __init__(self, path: Path, offset: int) -> None:
        self._path = path
        self._offset = offset

    def read(self) -> list[str]:
        with self._path.open("rb") as stream:
            stream.seek(self._offset)
            data = stream.read()
        complete = data[: max(data.rfind(b"\n"), data.rfind(b"\r")) + 1]
        self._offset += len(complete)
        return complete.decode("utf-8", errors="replace").splitlines()
