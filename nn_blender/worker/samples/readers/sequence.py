"""Sequences enter the network as they are."""

from __future__ import annotations

from . import READERS, ReaderKind
from .array import ArrayReader


class SequenceReader(ArrayReader):
    takes = "a sequence"


READERS.register(ReaderKind("sequence", SequenceReader))
