"""Hiding what is inside closed blocks, without forgetting what users had hidden themselves.

What users want is on the objects' flags; of what is inside a closed block, and of what a film closes at any time, it is
in ``nn_shown_open``, with the keys that they made.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import bpy

from ..base import contract
from ..base.curves import CONSTANT, curves_of, find_curve, remove_curve, write_curve
from ..base.find import is_closed

_FLAGS = ("hide_viewport", "hide_render")
_OWN = f'["{contract.SHOWN_OPEN}"]'
_CLOSED = f'["{contract.CLOSED}"]'


def set_closed(obj: bpy.types.Object, closed: bool) -> None:
    """Hide an object with the closed block that it is inside of, or show it as it was before.

    Keys of these flags wait until the block opens: they would show the object inside it.
    """
    if closed == is_closed(obj):
        # Every flag that is written has Blender look at the whole scene again.
        return
    if contract.SHOWN_OPEN not in obj:
        obj[contract.SHOWN_OPEN] = [int(obj.hide_viewport), int(obj.hide_render)]
    if contract.CLOSED in obj:
        obj[contract.CLOSED] = int(closed)
    else:
        _mute_keys(obj, closed)
    obj.hide_viewport, obj.hide_render = (True, True) if closed else map(bool, obj[contract.SHOWN_OPEN])
    if not closed and contract.CLOSED not in obj:
        del obj[contract.SHOWN_OPEN]


def set_hidden(obj: bpy.types.Object, viewport: bool, render: bool) -> None:
    """Hide or show an object for its own sake; inside a closed block that counts from when this is opened."""
    if contract.SHOWN_OPEN in obj:
        obj[contract.SHOWN_OPEN] = [int(viewport), int(render)]
    if contract.CLOSED in obj:
        _follow(obj)
    if not is_closed(obj):
        obj.hide_viewport, obj.hide_render = viewport, render


def key_hidden(obj: bpy.types.Object) -> None:
    """Key at the current frame whether an object is hidden for its own sake; see `set_hidden`."""
    kept = obj.get(contract.SHOWN_OPEN)
    if contract.CLOSED in obj:
        for index in range(len(_FLAGS)):
            obj.keyframe_insert(_OWN, index=index)
            for point in find_curve(obj, _OWN, index).keyframe_points:
                point.interpolation = "CONSTANT"
        _follow(obj)
        return
    if kept is None:
        for flag in _FLAGS:
            obj.keyframe_insert(flag)
        return
    for flag, is_hidden in zip(_FLAGS, kept, strict=True):
        setattr(obj, flag, bool(is_hidden))
        obj.keyframe_insert(flag)
        setattr(obj, flag, True)
    _mute_keys(obj, True)


def hidden(obj: bpy.types.Object) -> tuple[bool, bool]:
    """Whether an object is hidden for its own sake: in the viewport, and in renders."""
    viewport, render = obj.get(contract.SHOWN_OPEN, (obj.hide_viewport, obj.hide_render))
    return bool(viewport), bool(render)


def film_closed(obj: bpy.types.Object, frames: Sequence[int], closed: Sequence[bool]) -> None:
    """Let an object be hidden at the frames of a film at which it is inside a closed block.

    Its own flags, and their keys, go on to say what is seen of it at the others.

    Args:
        frames: one after the other.
    """
    set_closed(obj, False)
    obj[contract.SHOWN_OPEN] = [int(obj.hide_viewport), int(obj.hide_render)]
    for index, flag in enumerate(_FLAGS):
        _move_keys(obj, (flag, 0), (_OWN, index))
    obj[contract.CLOSED] = int(closed[0])
    changes = [k for k in range(len(closed)) if k == 0 or closed[k] != closed[k - 1]]
    write_curve(obj, _CLOSED, -1, [frames[k] for k in changes], [float(closed[k]) for k in changes], CONSTANT)
    _follow(obj)


def unfilm_closed(obj: bpy.types.Object) -> None:
    """Take back `film_closed`: what is shown now stays, and flags are animated by users' own keys alone."""
    if contract.CLOSED not in obj:
        return
    closed = is_closed(obj)
    for flag in _FLAGS:
        remove_curve(obj, flag)
    remove_curve(obj, _CLOSED)
    del obj[contract.CLOSED]
    for index, flag in enumerate(_FLAGS):
        _move_keys(obj, (_OWN, index), (flag, 0))
    if closed:
        obj.hide_viewport = obj.hide_render = True
        _mute_keys(obj, True)
    else:
        obj.hide_viewport, obj.hide_render = map(bool, obj[contract.SHOWN_OPEN])
        del obj[contract.SHOWN_OPEN]
        _mute_keys(obj, False)


def _follow(obj: bpy.types.Object) -> None:
    """Animate the flags of an object in a film: hidden is what is inside a closed block, and what users hid."""
    closed = find_curve(obj, _CLOSED)
    for index, flag in enumerate(_FLAGS):
        own = find_curve(obj, _OWN, index)
        ranges = [curve.range() for curve in (closed, own) if curve is not None]
        if not ranges:  # A user cleared the animation of the object: it is as it is at all frames.
            continue
        frames = range(math.floor(min(first for first, _ in ranges)), math.ceil(max(last for _, last in ranges)) + 1)
        now = obj[contract.CLOSED], obj[contract.SHOWN_OPEN][index]
        values = [_is_on(closed, now[0], frame) or _is_on(own, now[1], frame) for frame in frames]
        changes = [k for k in range(len(values)) if k == 0 or values[k] != values[k - 1]]
        write_curve(obj, flag, -1, [frames[k] for k in changes], [float(values[k]) for k in changes], CONSTANT)


def _is_on(curve: Any, now: float, frame: int) -> bool:
    """What a property that is or is not animated says at a frame."""
    return bool((now if curve is None else curve.evaluate(frame)) >= 0.5)


def _move_keys(obj: bpy.types.Object, before: tuple[str, int], after: tuple[str, int]) -> None:
    """Let keys of a property, if there are any, animate another one."""
    curve: Any = find_curve(obj, *before)
    if curve is not None:
        curve.data_path, curve.array_index = after
        curve.mute = False


def _mute_keys(obj: bpy.types.Object, is_muted: bool) -> None:
    for curve in curves_of(obj):
        if curve.data_path in _FLAGS:
            curve.mute = is_muted
