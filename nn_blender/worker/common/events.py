"""The worker's half of the protocol: events out, arrays and pictures as files, cancels in."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...core.codec import to_dict
from ...core.errors import Cancelled, UserError
from ...core.protocol import EVENTS_FILE, Event

if TYPE_CHECKING:
    import numpy as np
    from PIL import Image

FAST_PNG = 1
"""Level of compression: the files live as long as the session, so time counts more than size."""


class EventLog:
    """Appends events to the session's file; each is one write, so that a reader never sees two mixed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._file = (folder / EVENTS_FILE).open("ab", buffering=0)
        self._lock = threading.Lock()  # The thread that reads requests reports too.

    def write(self, event: Event) -> None:
        line = event.to_line().encode("utf-8")
        with self._lock:
            self._file.write(line)

    def log(self, message: str, **data: Any) -> None:
        """An event that belongs to no request."""
        self.write(Event(0, "log", {"message": message, **data}))


class Task:
    """One request while it is served: where its progress, its files and its cancel go.

    Attributes:
        partials: how many partial results were given.
    """

    def __init__(self, request_id: int, log: EventLog, is_cancelled: Callable[[], bool]) -> None:
        self.id = request_id
        self._log = log
        self._is_cancelled = is_cancelled
        self.partials = 0

    def stop_if_cancelled(self) -> None:
        """Go on only while the request is wanted.

        Raises:
            Cancelled: the request was cancelled.
        """
        if self._is_cancelled():
            raise Cancelled

    def progress(self, message: str, step: int = 0, total: int = 0) -> None:
        """Report, and stop here where the user has asked for it.

        Raises:
            Cancelled: the request was cancelled.
        """
        self.stop_if_cancelled()
        self._log.write(Event(self.id, "progress", {"step": step, "total": total, "message": message}))

    def partial(self, value: Any) -> None:
        """Answer with a part of the result, an object of the class that the request names for it.

        Raises:
            Cancelled: the request was cancelled.
        """
        self.stop_if_cancelled()
        self._log.write(Event(self.id, "partial", {"number": self.partials, "value": to_dict(value)}))
        self.partials += 1

    def save_array(self, name: str, array: np.ndarray) -> str:
        """Write an array into the session folder and return the file's name."""
        import numpy as np

        return self._save(f"{name}-{self.id}.npy", lambda stream: np.save(stream, array, allow_pickle=False))

    def save_picture(self, name: str, picture: Image.Image) -> str:
        """Write a picture into the session folder and return the file's name."""
        return self._save(f"{name}-{self.id}.png", lambda stream: picture.save(stream, "PNG", compress_level=FAST_PNG))

    def _save(self, name: str, write: Callable[[Any], object]) -> str:
        # Renaming makes the file appear whole or not at all.
        unfinished = self._log.folder / f"{name}.part"
        try:
            with unfinished.open("wb") as stream:
                write(stream)
            unfinished.replace(self._log.folder / name)
        except OSError as error:
            raise UserError(
                "session.failed",
                f"Results cannot be written to {self._log.folder}: {error.strerror or error}.",
                "Free some disk space, or set the environment variable TMPDIR to a folder on a larger disk, "
                "then try again.",
            ) from error
        finally:
            unfinished.unlink(missing_ok=True)
        return name
