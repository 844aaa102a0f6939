"""What panels ask for many times in one redraw, read once: the text that describes a large network is long.

What we write ourselves, undo, redo and opening a file are noticed at once; what others write is after a moment, and
neurons that they mark after a second.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np
from bpy.app.handlers import persistent

from ...core.description.description import Description
from ...scene.base.find import LONGER, MOMENT
from ...scene.network.description import read_description, writes
from ...scene.neurons import selection


@dataclass(frozen=True)
class _Read:
    about: Description | None
    writes: int
    until: float


@dataclass(frozen=True)
class _Marked:
    neurons: Mapping[str, np.ndarray]
    writes: int
    until: float


_known: dict[int, _Read] = {}
_marked: dict[int, _Marked] = {}


def known_description(root: bpy.types.Collection) -> Description | None:
    """As `read_description`."""
    key, now = root.session_uid, time.monotonic()
    read = _known.get(key)
    if read is None or read.writes != writes.count or now > read.until:
        _known.clear()  # Of networks that are gone nothing is kept.
        read = _known[key] = _Read(read_description(root), writes.count, now + MOMENT)
    return read.about


def known_selection(root: bpy.types.Collection) -> Mapping[str, np.ndarray]:
    """As `selected`."""
    key, now = root.session_uid, time.monotonic()
    marked = _marked.get(key)
    if marked is None or marked.writes != selection.writes.count or now > marked.until:
        _marked.clear()
        marked = _marked[key] = _Marked(selection.selected(root), selection.writes.count, now + LONGER)
    return marked.neurons


def forget() -> None:
    """Read anew what is asked for next."""
    _known.clear()
    _marked.clear()


def start() -> None:
    for handlers in _handlers():
        handlers.append(_after_jump)


def stop() -> None:
    for handlers in _handlers():
        handlers.remove(_after_jump)
    forget()


def _handlers() -> list[list[Any]]:
    calls = bpy.app.handlers
    return [calls.undo_post, calls.redo_post, calls.load_post]


@persistent
def _after_jump(*_: object) -> None:
    forget()
