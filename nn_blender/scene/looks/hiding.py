"""Hiding what is inside closed blocks, without forgetting what users had hidden themselves."""

from __future__ import annotations

import json

import bpy

from ..base import contract
from ..base.curves import curves_of

_FLAGS = ("hide_viewport", "hide_render")


def set_closed(obj: bpy.types.Object, is_closed: bool) -> None:
    """Hide an object with the closed block that it is inside of, or show it as it was before.

    Keys of these flags wait until the block opens: they would show the object inside it.
    """
    if is_closed == (contract.SHOWN_OPEN in obj):
        # Every flag that is written has Blender look at the whole scene again.
        return
    _mute_keys(obj, is_closed)
    if is_closed:
        obj[contract.SHOWN_OPEN] = [int(obj.hide_viewport), int(obj.hide_render)]
        obj.hide_viewport = obj.hide_render = True
    else:
        obj.hide_viewport, obj.hide_render = map(bool, obj[contract.SHOWN_OPEN])
        del obj[contract.SHOWN_OPEN]


def set_hidden(obj: bpy.types.Object, viewport: bool, render: bool) -> None:
    """Hide or show an object for its own sake; inside a closed block that counts from when this is opened."""
    if contract.SHOWN_OPEN in obj:
        obj[contract.SHOWN_OPEN] = [int(viewport), int(render)]
    else:
        obj.hide_viewport, obj.hide_render = viewport, render


def key_hidden(obj: bpy.types.Object) -> None:
    """Key at the current frame whether an object is hidden for its own sake; see `set_hidden`."""
    kept = obj.get(contract.SHOWN_OPEN)
    if kept is None:
        for flag in _FLAGS:
            obj.keyframe_insert(flag)
        return
    for flag, is_hidden in zip(_FLAGS, kept, strict=True):
        setattr(obj, flag, bool(is_hidden))
        obj.keyframe_insert(flag)
        setattr(obj, flag, True)
    _mute_keys(obj, True)


def _mute_keys(obj: bpy.types.Object, is_muted: bool) -> None:
    """Those that users made: a film's know which blocks are open."""
    filmed = {path for path, _ in json.loads(obj.get(contract.FILMED, "[]"))}
    for curve in curves_of(obj):
        if curve.data_path in _FLAGS and curve.data_path not in filmed:
            curve.mute = is_muted


def hidden(obj: bpy.types.Object) -> tuple[bool, bool]:
    """Whether an object is hidden for its own sake: in the viewport, and in renders."""
    viewport, render = obj.get(contract.SHOWN_OPEN, (obj.hide_viewport, obj.hide_render))
    return bool(viewport), bool(render)
