"""Long work on files in slices of time, so that whoever drives a job stays responsive."""

from __future__ import annotations

import os
import time
from collections.abc import Generator
from pathlib import Path

from .jobs import Progress

_SECONDS = 0.03


class TimeSlices:
    """Says when it is time to let others work; how long they take does not count."""

    def __init__(self) -> None:
        self._until: float | None = None

    def due(self) -> bool:
        now = time.monotonic()
        if self._until is None:
            self._until = now + _SECONDS
        if now < self._until:
            return False
        self._until = None
        return True


def remove_tree(folder: Path, progress: Progress) -> Generator[Progress, None, None]:
    """Remove a folder with all that is in it; links are removed, not followed. Nothing happens where there is none.

    Raises:
        OSError: something cannot be removed.
    """
    slices = TimeSlices()
    for parent, folders, files in os.walk(folder, topdown=False):
        for name in files:
            Path(parent, name).unlink(missing_ok=True)
            if slices.due():
                yield progress
        for name in folders:
            path = Path(parent, name)
            if path.is_symlink():
                path.unlink()
            else:
                path.rmdir()
    if folder.is_dir():
        folder.rmdir()
