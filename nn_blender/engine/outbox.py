"""Writing to a process that may be busy or hung, without ever waiting for it."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from typing import IO

# Windows writes to a pipe that does not wait all or nothing, so a portion has to fit the pipe's buffer.
_PORTION = 4096 if sys.platform == "win32" else 65536
_FULL = (errno.EAGAIN, errno.ENOSPC)


class Outbox:
    """What is to be written to a pipe, sent as fast as the other side reads.

    Args:
        stream: the unbuffered writing end of a pipe.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._waiting = bytearray()
        _do_not_wait(stream.fileno())

    def queue(self, data: bytes) -> None:
        """Take in what the next `flush` writes."""
        self._waiting += data

    def flush(self) -> None:
        """Write what fits now.

        Raises:
            OSError: the process at the other end is gone.
        """
        while self._waiting:
            try:
                written = os.write(self._stream.fileno(), self._waiting[:_PORTION])
            except OSError as error:
                if error.errno in _FULL:
                    return
                raise
            if not written:
                return
            del self._waiting[:written]

    def close(self) -> None:
        """Close the pipe; a process that reads it sees the end of its input."""
        self._waiting.clear()
        with contextlib.suppress(OSError):  # The other end is gone; nothing of ours is lost.
            self._stream.close()


if sys.platform == "win32":
    import ctypes
    import msvcrt
    from ctypes import wintypes

    def _do_not_wait(descriptor: int) -> None:
        # os.set_blocking knows pipes on Windows only since Python 3.12.
        set_state = ctypes.windll.kernel32.SetNamedPipeHandleState
        set_state.argtypes = [wintypes.HANDLE, wintypes.LPDWORD, wintypes.LPDWORD, wintypes.LPDWORD]
        no_wait = wintypes.DWORD(1)
        if not set_state(msvcrt.get_osfhandle(descriptor), ctypes.byref(no_wait), None, None):
            raise ctypes.WinError()
else:

    def _do_not_wait(descriptor: int) -> None:
        os.set_blocking(descriptor, False)
