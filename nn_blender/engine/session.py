"""The folder that Blender and one worker share: private, removed after use, and after a crash at the next start."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import IO

from ..core.errors import UserError

PREFIX = "nn_blender-"
LOCK_FILE = "owner.lock"


class Session:
    """A new folder that only this user can enter. Its name carries the owner's process id.

    As long as the owner lives it holds a lock on a file in the folder. The operating system drops the lock when the
    process ends, however it ends, so a folder whose lock is free is abandoned. A process id alone would not tell: it
    is reused, and Blenders in different containers may share a folder for temporary files but not their ids.

    Raises:
        UserError: code ``session.failed``, where no folder can be made (full disk, read-only folder).
    """

    def __init__(self) -> None:
        remove_abandoned()
        try:
            self.folder, self._lock = _make_folder()
        except OSError as error:
            raise UserError(
                "session.failed",
                f"No folder for temporary files could be made: {error.strerror or error}.",
                "Free some disk space, or set the environment variable TMPDIR to a folder you can write to.",
                repr(error),
            ) from error

    def exists(self) -> bool:
        """Whether the folder is still there; systems tidy up temporary files after some days."""
        return (self.folder / LOCK_FILE).exists()

    def close(self) -> None:
        """Remove the folder. What another program still holds open on Windows goes at the next start."""
        if self._lock.closed:
            return
        _remove_locked(self.folder, self._lock)


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
            if _try_lock(lock):
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
            locked = _try_lock(lock)
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


if sys.platform == "win32":
    import msvcrt

    def _try_lock(file: IO[bytes]) -> bool:
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        return True
else:
    import fcntl

    def _try_lock(file: IO[bytes]) -> bool:
        """Lock the file unless another holds it; raises OSError where the file system has no locks."""
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
