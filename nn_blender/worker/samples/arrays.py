"""Reads single samples out of .npy and .npz files."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ...core.errors import UserError
from ...core.samples.finding import DAMAGED, array_header, damaged_array

_opened: dict[tuple[str, int, int], np.ndarray] = {}
"""The file that was read from last, by path, size and time of its last change."""


def read_entry(file: Path, index: int) -> np.ndarray:
    """One entry along the first axis of a file's array of samples, as it is stored.

    An array in a .npy file is read from disk entry by entry; one in an .npz file is compressed, so it is kept whole.

    Raises:
        UserError: code ``samples.unreadable`` or ``samples.changed``.
    """
    array = _open(file)
    if index >= len(array):
        raise UserError(
            "samples.changed", f"{file} holds {len(array)} samples, so number {index} no longer exists.",
            "Measure the network again.",
        )  # fmt: skip
    return np.asarray(array[index])


def _open(file: Path) -> np.ndarray:
    try:
        stat = file.stat()
        key = (str(file), stat.st_size, stat.st_mtime_ns)
        if key not in _opened:
            _opened.clear()
            _opened[key] = _load(file)
    except OSError as error:
        message = f"{file} cannot be read: {error.strerror}."
        raise UserError("samples.unreadable", message, "Choose another file.") from error
    return _opened[key]


def _load(file: Path) -> np.ndarray:
    member = array_header(file).member
    try:
        if not member:
            return np.load(file, mmap_mode="r", allow_pickle=False)
        with np.load(file, allow_pickle=False) as archive:
            return np.asarray(archive[member])
    except DAMAGED as error:
        raise damaged_array(file, error, member) from error
