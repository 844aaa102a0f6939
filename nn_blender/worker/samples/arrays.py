"""Reads single samples out of .npy and .npz files."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ...core.errors import UserError
from ...core.recording import WHOLE
from ...core.samples.archives import DAMAGED, array_header, damaged_array
from ...core.samples.finding import TEXTS

MOST_OPEN = 4
"""Arrays that are kept: those of a sample's inputs and truths are read in turns."""

LOOKED_AT = 1 << 26
"""Bytes of an array that are read to find its limits: 64 MB."""

Key = tuple[str, str, int, int]
"""Path, member, size and time of the file's last change."""

_opened: dict[Key, np.ndarray] = {}
"""The arrays that were read from last."""

_limits: dict[Key, tuple[float, float]] = {}
"""Of arrays of whole numbers that were asked for."""


def read_entry(file: Path, index: int, member: str = "") -> np.ndarray:
    """One entry along the first axis of a file's array, or the whole of it for `WHOLE`, as it is stored.

    An array in a .npy file is read from disk entry by entry; one in an .npz file is compressed, so it is kept whole.

    Args:
        member: name of the array in an .npz file; where it is empty, the array of samples, see `archives.array_header`.

    Raises:
        UserError: code ``samples.unreadable`` or ``samples.changed``.
    """
    if file.suffix.lower() in TEXTS:
        raise UserError(
            "samples.unreadable", f"{file} holds texts, but the network reads numbers.", "Choose images or arrays."
        )
    _, array = _open(file, member)
    if index == WHOLE:
        return np.asarray(array)
    if index >= len(array):
        raise UserError(
            "samples.changed", f"{file} holds {len(array)} samples, so number {index} no longer exists.",
            "Measure the network again.",
        )  # fmt: skip
    return np.asarray(array[index])


def limits_of(file: Path, member: str = "") -> tuple[float, float]:
    """The lowest and the highest number of a file's array, as far as entries that are spread over it show; 0 counts.

    Args:
        member: as in `read_entry`.

    Raises:
        UserError: as `read_entry`.
    """
    key, array = _open(file, member)
    if key not in _limits:
        count = min(len(array), max(1, LOOKED_AT // max(array[:1].nbytes, 1)))
        seen = array[np.linspace(0, len(array) - 1, count).astype(int)]
        _limits[key] = float(seen.min(initial=0)), float(seen.max(initial=0))
    return _limits[key]


def _open(file: Path, member: str) -> tuple[Key, np.ndarray]:
    try:
        stat = file.stat()
        key = (str(file), member, stat.st_size, stat.st_mtime_ns)
        if key not in _opened:
            while len(_opened) >= MOST_OPEN:
                del _opened[next(iter(_opened))]
            _opened[key] = _load(file, member)
    except OSError as error:
        message = f"{file} cannot be read: {error.strerror}."
        raise UserError("samples.unreadable", message, "Choose another file.") from error
    return key, _opened[key]


def _load(file: Path, member: str) -> np.ndarray:
    member = array_header(file, member).member
    try:
        if not member:
            return np.load(file, mmap_mode="r", allow_pickle=False)
        with np.load(file, allow_pickle=False) as archive:
            return np.asarray(archive[member])
    except DAMAGED as error:
        raise damaged_array(file, error, member) from error
