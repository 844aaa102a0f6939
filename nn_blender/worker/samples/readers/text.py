"""Texts enter the network as they are: entries of arrays of strings, or lines of a text file."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ....core.recording import SampleValue
from ....core.samples.finding import TEXTS, read_lines
from ....core.samples.fitting import in_shape
from ....core.texts import format_shape
from ..arrays import read_entry
from . import READERS, Reader, ReaderKind, UnreadableSample, entry_title

_opened: dict[tuple[str, int, int], list[str]] = {}
"""The lines of the text file that was read from last."""


class TextReader(Reader):
    """Gives strings, as an array of Python's, in the shape of the input."""

    def load(self, value: SampleValue) -> np.ndarray:
        file = Path(value.file)
        if value.index is None:
            raise UnreadableSample(
                "it is an image, but the network's input reads texts, for which a .npy or .npz file of strings, or a "
                ".txt file with one text a line, is needed"
            )
        if file.suffix.lower() in TEXTS:
            lines = _lines_of(file)
            if value.index >= len(lines):
                raise UnreadableSample(f"its line {value.index + 1} no longer exists")
            entry = np.array(lines[value.index])
        else:
            entry = read_entry(file, value.index, value.member)
        if entry.dtype.kind == "S":
            entry = np.char.decode(entry, "utf-8", "replace")
        if entry.dtype.kind != "U":
            raise UnreadableSample(f"{entry_title(value.index)} is numbers, but the network's input reads texts")
        shape = in_shape(entry.shape, self.stated_shape)
        if shape is None:
            given, wanted = format_shape(entry.shape) or "one text", format_shape(self.stated_shape) or "one text"
            raise UnreadableSample(f"{entry_title(value.index)} is {given}, but the network reads {wanted}")
        return self.in_chosen_size(value, entry.astype(object).reshape(shape))

    def as_input(self, values: np.ndarray) -> np.ndarray:
        return values


def _lines_of(file: Path) -> list[str]:
    """The lines of a text file.

    Raises:
        UserError: code ``samples.unreadable``.
    """
    try:
        stat = file.stat()
    except OSError as error:
        raise UnreadableSample(f"it cannot be read: {error.strerror}") from error
    key = (str(file), stat.st_size, stat.st_mtime_ns)
    if key not in _opened:
        lines = read_lines(file)
        _opened.clear()
        _opened[key] = lines
    return _opened[key]


READERS.register(ReaderKind("text", TextReader))
