"""Rows of features enter the network as they are."""

from __future__ import annotations

from . import READERS, ReaderKind
from .array import ArrayReader


class TableReader(ArrayReader):
    takes = "a table"


READERS.register(ReaderKind("table", TableReader))
