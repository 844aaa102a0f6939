"""Looks at the heaps of texts in HDF5 files, in which a damaged length can keep the HDF5 library busy for ever."""

from __future__ import annotations

import mmap
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_START = b"GCOL\x01\0\0\0"
_SIZE = struct.Struct("<Q")
_ENTRY = struct.Struct("<HHxxxxQ")
"""Number of an entry, 0 for the room that is left, how often it is used, and its length."""


PATIENCE = 20.0
"""Seconds in which all attributes of a file are read, unless the library goes round in circles."""
_READ_ATTRIBUTES = """
import sys, h5py
with h5py.File(sys.argv[1]) as file:
    dict(file.attrs)
    file.visititems(lambda _, entry: dict(entry.attrs) and None)
"""


@contextmanager
def content_of(path: Path) -> Iterator[mmap.mmap]:
    """The bytes of a file that is not empty, read as they are looked at."""
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        yield content


def check_heaps(content: mmap.mmap | bytes) -> None:
    """Whether the entries of every heap come one after the other up to its end.

    Raises:
        ValueError: they do not.
    """
    place = content.find(_START)
    while place >= 0:
        _check_heap(content, place)
        place = content.find(_START, place + len(_START))


def comes_to_an_end(path: Path) -> bool:
    """Whether the HDF5 library reads the attributes of a file, or refuses to, and does not hang or crash.

    Tried in a process of its own. A heap that is wrong may be one that nothing refers to any more.
    """
    command = [sys.executable, "-I", "-c", _READ_ATTRIBUTES, str(path)]
    quiet = subprocess.DEVNULL
    try:
        done = subprocess.run(command, stdin=quiet, stdout=quiet, stderr=quiet, timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode >= 0


def _check_heap(content: mmap.mmap | bytes, start: int) -> None:
    head = start + len(_START)
    (size,) = _SIZE.unpack(content[head : head + _SIZE.size].ljust(_SIZE.size, b"\0"))
    end = start + size
    place = head + _SIZE.size
    if end > len(content):
        raise ValueError("a heap of texts goes beyond the end")
    while place + _ENTRY.size <= end:
        number, _, length = _ENTRY.unpack(content[place : place + _ENTRY.size])
        # The room that is left counts its own head; texts do not, and are filled up to whole words.
        step = _ENTRY.size + (length + 7) // 8 * 8 if number else length
        if step < _ENTRY.size or place + step > end:
            raise ValueError("the lengths in a heap of texts are wrong")
        place += step
