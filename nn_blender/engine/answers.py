"""Answers from the worker: their files, and the errors that may stand in their place."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from ..core.codec import from_dict
from ..core.errors import Cancelled, UserError
from ..core.protocol import CANCELLED, Event, Request
from . import process as processes
from .jobs import Progress

_UNREADABLE = "Unreadable event"
"""How `core.protocol.EventReader` begins when it reports a line that is no event."""

Value = TypeVar("Value")
Answer = dict[str, Any] | UserError | Cancelled


@dataclass
class Call:
    """A request under way and what has been heard of it.

    Attributes:
        sent: how often a process that still lives has been given the request; twice where an event was lost on the way.
        partials: partial results that nobody has taken yet.
        answer: None until there is one.
    """

    request: Request
    sent: int = 0
    progress: Progress = field(default=Progress())
    partials: deque[dict[str, Any]] = field(default_factory=deque)
    answer: Answer | None = None
    _next_partial: int = 0
    _incomplete: int = 0

    @property
    def has_lost_partials(self) -> bool:
        """Whether all results came after fewer partial results than they say there were."""
        return self.answer is None and 0 < self._incomplete == self.sent

    def begin_anew(self) -> None:
        """Forget the process that was given the request; its successor answers from the first partial result on."""
        self.sent = self._incomplete = self._next_partial = 0

    def receive(self, event: Event) -> None:
        """Take in an event of this request. What makes no sense is an answer too: ``worker.bad_result``."""
        if self.answer is not None:
            return
        try:
            if event.kind == "progress":
                data = event.data
                self.progress = Progress(str(data.get("message", "")), int(data["step"]), int(data["total"]))
            elif event.kind == "partial":
                self._receive_partial(int(event.data["number"]), dict(event.data["value"]))
            elif event.kind == "result":
                self._receive_result(dict(event.data["value"]), int(event.data.get("partials", 0)))
            elif event.kind == "error":
                error = UserError.from_dict(event.data["error"])
                self.answer = Cancelled() if error.code == CANCELLED else error
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            if event.kind != "progress":
                self.answer = bad_result(f"to {self.request.method!r} cannot be understood: {error!r}")

    def _receive_partial(self, number: int, value: dict[str, Any]) -> None:
        if number == 0:  # The first, perhaps of a request that was sent again.
            self._next_partial = 0
        if number == self._next_partial:
            self.partials.append(value)
            self._next_partial += 1

    def _receive_result(self, value: dict[str, Any], partials: int) -> None:
        if partials == self._next_partial:
            self.answer = value
        else:
            self._incomplete += 1


def is_unreadable(event: Event) -> bool:
    """Whether it stands for a line that was damaged on the way, perhaps an answer."""
    return event.id == 0 and event.kind == "log" and str(event.data.get("message", "")).startswith(_UNREADABLE)


def value_of(answer: Answer) -> dict[str, Any]:
    """The result's value; raises the answer where it is an error."""
    if isinstance(answer, Exception):
        raise answer
    return answer


def read_value(cls: type[Value], value: dict[str, Any], method: str) -> Value:
    """A result's value as what the request says that it is.

    Raises:
        UserError: code ``worker.bad_result``.
    """
    try:
        return from_dict(cls, value)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise bad_result(f"to {method!r} cannot be understood: {error!r}") from error


def locate(folder: Path, name: str) -> Path:
    """Where a file named in a result is.

    Raises:
        UserError: code ``worker.bad_result``, where the name leads out of the session folder.
    """
    inside = folder.resolve()
    try:
        path = (inside / name).resolve()
    except (TypeError, ValueError, OSError) as error:
        raise bad_result(f"names the file {name!r}: {error}") from error
    if inside not in path.parents:
        raise bad_result(f"names the file {name!r}, which is outside its folder")
    return path


def load_array(path: Path) -> np.ndarray:
    """The array in a file, read-only and read from disk as it is used.

    Raises:
        UserError: code ``worker.bad_result``, where the file is missing, truncated or no array.
    """
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except Exception as error:  # A damaged header makes numpy raise anything from OverflowError to SyntaxError.
        raise bad_result(f"names the file {path.name!r}, which cannot be read: {error}") from error
    if not isinstance(array, np.ndarray):
        array.close()
        raise bad_result(f"names the file {path.name!r}, which is not a single array")
    return array


def bad_result(what: str) -> UserError:
    return UserError("worker.bad_result", f"The answer from TensorFlow's process {what}.", "Try again.")


def not_found(python: Path, reason: str) -> UserError:
    return UserError(
        "worker.not_found",
        f"{python} could not be started: {reason}.",
        f"Choose another interpreter as {processes.PREFERENCE}.",
    )


def start_timeout(seconds: float, log: str) -> UserError:
    """The process runs, but has not said a word.

    Args:
        seconds: that it was given.
        log: the end of what it printed.
    """
    said = processes.last_line(log)
    message = f"TensorFlow's process did not start within {seconds:g} seconds" + (f": {said}" if said else "")
    return UserError(
        "worker.start_timeout",
        message if message.endswith(".") else f"{message}.",
        "Try again; a virus scanner or a slow disk may have held it up.",
        log,
    )


def disk_full(log: str) -> UserError:
    """The process cannot tell us anything any more, nor that it cannot."""
    return UserError(
        "session.failed",
        "The disk for temporary files is full, so TensorFlow's process was ended.",
        "Free some disk space, or set the environment variable TMPDIR to a folder on a larger disk, then try again.",
        log,
    )


def died(code: int, log: str, request: Request) -> UserError:
    """The process ended before it answered.

    Args:
        code: its exit code, negative for a signal.
        log: the end of what it printed.
        request: what it was asked.
    """
    how = processes.describe_end(code)
    said = processes.last_line(log)
    fix = "Try again; TensorFlow is started anew."
    if how.endswith("SIGKILL") or "bad_alloc" in said:
        fix = f"The computer may have run out of memory. {request.memory_advice}"
    elif how.endswith("SIGILL"):
        fix = "This computer's processor lacks instructions that this build of TensorFlow needs. Use another computer."
    message = f"TensorFlow's process ended unexpectedly ({how})" + (f": {said}" if said else "")
    return UserError("worker.died", message if message.endswith(".") else f"{message}.", fix, log)
