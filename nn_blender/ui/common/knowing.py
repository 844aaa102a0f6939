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
from ...scene.base.find import LONGER, MOMENT, objects
from ...scene.interventions import switches
from ...scene.network.description import read_description, writes
from ...scene.neurons import selection


@dataclass(frozen=True)
class _Told:
    answer: Any
    state: Hashable
    until: float


class _Changes:
    """How often Blender said that something in the file changed, or that another frame is shown."""

    count = 0


Memory = dict[Hashable, _Told]
"""Answers, by what was asked."""
_descriptions: Memory = {}
_selections: Memory = {}
_edited: Memory = {}
_others: Memory = {}
KEPT = 64
"""Answers that are remembered in each of them."""


def known_description(root: bpy.types.Collection) -> Description | None:
    """As `read_description`."""
    return _recall(_descriptions, (root,), writes.count, MOMENT, read_description)  # type: ignore[no-any-return]


def known_selection(root: bpy.types.Collection) -> Mapping[str, np.ndarray]:
    """As `selected`."""
    return _recall(_selections, (root,), selection.writes.count, LONGER, selection.selected)  # type: ignore[no-any-return]


def known(root: bpy.types.Collection, ask: Callable[..., Any], *about: Hashable) -> Any:
    """What a function says of a network, for what is drawn; it is asked again once anything in the file has changed.

    Args:
        ask: called with the network and ``about``. Nothing of Blender's own may be in what it gives.
    """
    state = _Changes.count, writes.count, selection.writes.count, switches.writes.count
    return _recall(_others, (root, *about), state, LONGER, ask)


def are_neurons_edited(root: bpy.types.Collection) -> bool:
    """Whether neurons of a network are in Edit Mode. Looked up again whenever a mode or an active object changes."""
    return bool(_recall(_edited, (root,), tuple(_modes()), LONGER, _is_any_edited))


def _recall(memory: Memory, asked: tuple[Any, ...], state: Hashable, seconds: float, ask: Callable[..., Any]) -> Any:
    """What was told before; it is asked again in another state of the file, and after some time.

    Args:
        asked: what ``ask`` is called with, the network first.
    """
    root, *about = asked
    key, now = (root.session_uid, ask, *about), time.monotonic()
    told = memory.get(key)
    if told is None or told.state != state or now > told.until:
        if len(memory) >= KEPT:
            memory.clear()
        told = memory[key] = _Told(ask(*asked), state, now + seconds)
    return told.answer


def _is_any_edited(root: bpy.types.Collection) -> bool:
    meshes: Iterator[Any] = (obj.data for obj in objects(root, "neurons"))
    return any(mesh.is_editmode for mesh in meshes)


def _modes() -> Iterator[tuple[int, str]]:
    """Session number and mode of what is active, of every view layer."""
    for scene in bpy.data.scenes:
        for view_layer in scene.view_layers:
            active = view_layer.objects.active
            if active is not None:
                yield active.session_uid, active.mode


def forget() -> None:
    """Read anew what is asked for next."""
    for memory in (_descriptions, _selections, _edited, _others):
        memory.clear()


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
