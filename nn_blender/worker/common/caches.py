"""Keeps what was computed, within bounds."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

Entry = TypeVar("Entry")


class Cache(Generic[Entry]):
    """Forgets what was not used for longest, as soon as all entries together take more than ``most_bytes``."""

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self._entries: OrderedDict[Hashable, tuple[Entry, int]] = OrderedDict()
        self._bytes = 0

    def get(self, key: Hashable) -> Entry | None:
        if key not in self._entries:
            return None
        self._entries.move_to_end(key)
        return self._entries[key][0]

    def put(self, key: Hashable, entry: Entry, size: int) -> None:
        """Keep an entry of ``size`` bytes; one that is larger than all room is not kept."""
        if key in self._entries:
            self._bytes -= self._entries.pop(key)[1]
        self._entries[key] = (entry, size)
        self._bytes += size
        while self._bytes > self.most_bytes:
            _, (_, freed) = self._entries.popitem(last=False)
            self._bytes -= freed
