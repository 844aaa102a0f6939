"""Volumes enter the network as they are."""

from __future__ import annotations

from . import READERS, ReaderKind
from .array import ArrayReader


class VolumeReader(ArrayReader):
    takes = "a volume"
    is_centred = True


READERS.register(ReaderKind("volume", VolumeReader))
