"""The folder that Blender and one worker share: private, removed after use, and after a crash at the next start."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import IO

from ..core.errors import UserError
from .locks import try_lock

PREFIX = "nn_blender-"
LOCK_FILE = "owner.lock"
EVENT_BYTES = 16384
"""Room that an event may need."""


class Session:
    """A new folder that only this user can enter. Its name carries the owner's process id.

    As long as the owner lives it holds a lock on a file in the folder. The operating system drops the lock when the
    process ends, however it ends, so a folder whose lock is free is abandoned. A process id alone would not tell: it
    is reused, and Blenders in different containers may share a folder for temporary files but not their ids.

    Raises:
        UserError: code ``session.failed``, where no folder can be made (full disk, read-only folder).
    """

    def __init__(self) -> None:
        self._looked = 0.0
        try:
            remove_abandoned()
            self.folder, self._lock = _make_folder()
        except OSError as error:
            raise session_failed("No folder for temporary files could be made", error) from error

    def exists(self) -> bool:
        """Whether the folder is still there; systems tidy up temporary files after some days."""
        return (self.folder / LOCK_FILE).exists()

    def check(self) -> None:
        """Raise OSError where the folder is gone: whatever is written there now, nobody will read."""
        (self.folder / LOCK_FILE).stat()

    def is_full(self, every: float = 0.0) -> bool:
        """Whether an event no longer fits on the folder's disk.

        Args:
            every: seconds for which a disk that had room is believed to have it still.
        """
        if time.monotonic() < self._looked + every:
            return False
        try:
            full = shutil.disk_usage(self.folder).free < EVENT_BYTES
        except OSError:
            return False
        self._looked = 0.0 if full else time.monotonic()
        return full

    def close(self) -> None:
        """Remove the folder. What another program still holds open on Windows goes at the next start."""
        if self._lock.closed:
            return
        _remove_locked(self.folder, self._lock)


def session_failed(what: str, error: OSError) -> UserError:
    """What to tell where the folder or a file in it cannot be written.

    Args:
        what: could not be done.
        error: the reason.
    """
    return UserError(
        "session.failed",
        f"{what}: {error.strerror or error}.",
        "Free some disk space, or set the environment variable TMPDIR to a folder you can write to.",
        repr(error),
    )


def remove_abandoned() -> None:
    """Remove the session folders whose owners have died. Folders in use and other users' folders are left alone."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        if not _is_ours(folder):
            continue
        try:
            # Opened without creating it: a folder without the file is just being made by another process.
            lock = (folder / LOCK_FILE).open("rb+")
        except OSError:
            continue
        with lock, contextlib.suppress(OSError):
            if try_lock(lock):
                _remove_locked(folder, lock)


def _make_folder() -> tuple[Path, IO[bytes]]:
    while True:
        folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
        try:
            lock = (folder / LOCK_FILE).open("xb+")
        except OSError:
            folder.rmdir()
            raise
        try:
            locked = try_lock(lock)
        except OSError:
            # A file system without locks: the folder works, and nobody will ever find its lock free.
            return folder, lock
        # Between opening and locking, another process may have taken the folder for abandoned and removed it.
        if locked and (folder / LOCK_FILE).exists():
            return folder, lock
        lock.close()


def _remove_locked(folder: Path, lock: IO[bytes]) -> None:
    if sys.platform == "win32":
        # Windows removes no open file. For the same reason nobody can take the folder over between the two steps.
        lock.close()
    shutil.rmtree(folder, ignore_errors=True)
    lock.close()


def _is_ours(folder: Path) -> bool:
    if folder.is_symlink() or not folder.is_dir():
        return False
    if sys.platform == "win32":
        return True
    return folder.stat().st_uid == os.getuid()


def end_half_line(events: Path) -> None:
    """A predecessor that died while writing must not spoil its successor's first event."""
    with events.open("ab+") as stream:
        if stream.seek(0, 2) == 0:
            return
        stream.seek(-1, 2)
        if stream.read(1) != b"\n":
            stream.write(b"\n")
