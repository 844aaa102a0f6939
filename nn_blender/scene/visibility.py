"""Show and hide kinds of things of a whole network."""

from __future__ import annotations

from collections.abc import Iterator

import bpy

from . import contract
from .find import objects

PARTS = {
    "slab": "Slabs",
    "block": "Blocks",
    "neurons": "Neurons",
    "connections": "Connections",
    "card": "Feature Maps",
    "composite": "Summaries",
    "label": "Names and Shapes",
    "input": "Input",
    "output": "Output",
    "legend": "Legend",
    "title": "Title",
    "closeup": "Large Maps",
}
"""What can be shown and hidden, and its name for users."""

_ROLES = {
    "input": ("input", "input frame"),
    "output": ("bars",),
    "closeup": ("closeup", "closeup frame"),
}
_TEXTS = {
    "label": ("names", "facts"),
    "input": ("caption",),
    "output": ("classes", "values", "answer", "right", "wrong"),
}
"""Texts all have one role; their part tells where they belong."""


def is_shown(root: bpy.types.Collection, part: str) -> bool:
    """Whether anything of a part is visible."""
    return any(not thing.hide_viewport for thing in things(root, part))


def are_all_hidden(root: bpy.types.Collection, part: str) -> tuple[bool, bool]:
    """Whether there is something of a part, and nothing of it visible: in the viewport, and in renders."""
    flags = [(thing.hide_viewport, thing.hide_render) for thing in things(root, part)]
    return bool(flags) and all(unseen for unseen, _ in flags), bool(flags) and all(unseen for _, unseen in flags)


def show_part(root: bpy.types.Collection, part: str, show: bool) -> None:
    """Show or hide a part in viewport and renders; with Auto Keying on, the change is keyed at the current frame."""
    is_keying = bpy.context.scene.tool_settings.use_keyframe_insert_auto
    for thing in things(root, part):
        thing.hide_viewport = thing.hide_render = not show
        if is_keying:
            thing.keyframe_insert("hide_viewport")
            thing.keyframe_insert("hide_render")


def things(root: bpy.types.Collection, part: str) -> Iterator[bpy.types.Object]:
    """The objects that make up a part."""
    texts = _TEXTS.get(part, ())
    for role in _ROLES.get(part, (part,)):
        if role != "label":
            yield from (thing for thing in objects(root, role) if thing.type != "EMPTY")
    yield from (thing for thing in objects(root, "label") if _belongs(thing.get(contract.PART, ""), part, texts))


def _belongs(text: str, part: str, texts: tuple[str, ...]) -> bool:
    return text in texts or (part == "closeup" and text.startswith("closeup "))
