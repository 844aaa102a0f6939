"""What panels ask for at every redraw, read once: the text that describes a large network is long, its objects many.

What we write ourselves, undo, redo and opening a file are noticed at once; what others write into the description is
after a moment, and what else they change without Blender's notice, as scripts can, after a second.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np
from bpy.app.handlers import persistent

from ...core.description.description import Description
from ...scene.base.find import LONGER, MOMENT, forget_gone, objects
from ...scene.interventions import switches
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


@dataclass(frozen=True)
class _Told:
    answer: Any
    state: Hashable
    until: float


class _Changes:
    """How often Blender said that something in the file changed, or that another frame is shown."""

    count = 0


_known: dict[int, _Read] = {}
_marked: dict[int, _Marked] = {}
_told: dict[Hashable, _Told] = {}
_edited: dict[int, _Told] = {}
KEPT = 64
"""Answers that are remembered."""


def known_description(root: bpy.types.Collection) -> Description | None:
    """As `read_description`."""
    key, now = root.session_uid, time.monotonic()
    read = _known.get(key)
    if read is None or read.writes != writes.count or now > read.until:
        forget_gone(_known)
        read = _known[key] = _Read(read_description(root), writes.count, now + MOMENT)
    return read.about


def known_selection(root: bpy.types.Collection) -> Mapping[str, np.ndarray]:
    """As `selected`."""
    key, now = root.session_uid, time.monotonic()
    marked = _marked.get(key)
    if marked is None or marked.writes != selection.writes.count or now > marked.until:
        forget_gone(_marked)
        marked = _marked[key] = _Marked(selection.selected(root), selection.writes.count, now + LONGER)
    return marked.neurons


def known(root: bpy.types.Collection, ask: Callable[..., Any], *about: Hashable) -> Any:
    """What a function says of a network, for what is drawn; it is asked again once anything in the file has changed.

    Args:
        ask: called with the network and ``about``. Nothing of Blender's own may be in what it gives.
    """
    now = time.monotonic()
    state = _Changes.count, writes.count, selection.writes.count, switches.writes.count
    key = root.session_uid, ask, *about
    told = _told.get(key)
    if told is None or told.state != state or now > told.until:
        if len(_told) >= KEPT:
            _told.clear()
        told = _told[key] = _Told(ask(root, *about), state, now + LONGER)
    return told.answer


def are_neurons_edited(root: bpy.types.Collection) -> bool:
    """Whether neurons of a network are in Edit Mode. Looked up again whenever a mode or an active object changes."""
    now, modes = time.monotonic(), tuple(_modes())
    told = _edited.get(root.session_uid)
    if told is None or told.state != modes or now > told.until:
        forget_gone(_edited)
        meshes: Iterator[Any] = (obj.data for obj in objects(root, "neurons"))
        told = _edited[root.session_uid] = _Told(any(mesh.is_editmode for mesh in meshes), modes, now + LONGER)
    return bool(told.answer)


def _modes() -> Iterator[tuple[int, str]]:
    """Session number and mode of what is active, of every view layer."""
    for scene in bpy.data.scenes:
        for view_layer in scene.view_layers:
            active = view_layer.objects.active
            if active is not None:
                yield active.session_uid, active.mode


def forget() -> None:
    """Read anew what is asked for next."""
    for remembered in (_known, _marked, _told, _edited):
        remembered.clear()


def start() -> None:
    for handlers, function in _handlers():
        handlers.append(function)


def stop() -> None:
    for handlers, function in _handlers():
        handlers.remove(function)
    forget()


def _handlers() -> list[tuple[list[Any], Any]]:
    calls = bpy.app.handlers
    return [
        (calls.undo_post, _after_jump),
        (calls.redo_post, _after_jump),
        (calls.load_post, _after_jump),
        (calls.depsgraph_update_post, _after_change),
        (calls.frame_change_post, _after_change),
    ]


@persistent
def _after_jump(*_: object) -> None:
    forget()


@persistent
def _after_change(*_: object) -> None:
    _Changes.count += 1
