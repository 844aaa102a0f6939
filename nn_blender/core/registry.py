"""Registries: input and output kinds, quantities, recorders, themes; an entry is a file that registers itself."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Iterator
from typing import Generic, Protocol, TypeVar


class Named(Protocol):
    @property
    def name(self) -> str: ...


Entry = TypeVar("Entry", bound=Named)


class Registry(Generic[Entry]):
    """The entries of one kind, by their names.

    A folder holds the registry in its ``__init__.py`` and one file per entry beside it. Whoever asks for an entry first
    makes every file of the folder be imported, so adding an entry is adding a file::

        # shapes/__init__.py
        SHAPES: Registry[Shape] = Registry(__name__)

        # shapes/circle.py
        from . import SHAPES

        CIRCLE = SHAPES.register(Shape("circle"))

    Args:
        package: ``__name__`` of the folder with the files.
    """

    def __init__(self, package: str) -> None:
        self._package = package
        self._entries: dict[str, tuple[int, Entry]] = {}
        self._discovered = False

    def register(self, entry: Entry, rank: int = 0) -> Entry:
        """Add an entry and return it.

        Args:
            rank: entries with a lower one come first; those of equal rank in the order of their names.

        Raises:
            ValueError: another entry has that name.
        """
        if entry.name in self._entries:
            raise ValueError(f"{self._package} has two entries named {entry.name!r}.")
        self._entries[entry.name] = rank, entry
        return entry

    def find(self, name: str) -> Entry:
        """The entry of that name.

        Raises:
            KeyError: there is none.
        """
        self._discover()
        return self._entries[name][1]

    def __contains__(self, name: object) -> bool:
        self._discover()
        return name in self._entries

    def __iter__(self) -> Iterator[Entry]:
        """All entries, by rank and then by name."""
        self._discover()
        ranked = sorted(self._entries.items(), key=lambda item: (item[1][0], item[0]))
        return iter([entry for _, (_, entry) in ranked])

    def _discover(self) -> None:
        if not self._discovered:
            for module in pkgutil.iter_modules(sys.modules[self._package].__path__):
                importlib.import_module(f"{self._package}.{module.name}")
            self._discovered = True
