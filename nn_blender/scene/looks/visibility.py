"""Show and hide one kind of objects of a whole network: slabs, neurons, feature maps, labels and so on."""

from __future__ import annotations

from collections.abc import Iterator

import bpy

from ..base import contract
from ..base.find import all_objects, objects
from .hiding import hidden, key_hidden, set_hidden

PARTS = {
    "slab": "Slabs",
    "block": "Blocks",
    "book": "Closed Blocks",
    "tray": "Trays",
    "ribbon": "Data Flow",
    "neurons": "Neurons",
    "connections": "Connections",
    "card": "Feature Maps",
    "cover": "Covers of Layers",
    "composite": "Summaries",
    "label": "Names and Shapes",
    "input": "Input",
    "output": "Output",
    "legend": "Legend",
    "title": "Title",
    "closeup": "Large Maps",
    "explanation overlay": "Explanation over the Input",
    "explanation card": "Explanation beside the Input",
}
"""What can be shown and hidden, and its name for users."""

_ROLES = {
    "input": ("input", "input frame"),
    "output": ("bars",),
    "closeup": ("closeup", "closeup frame"),
    "explanation card": ("explanation card", "explanation picture", "explanation frame", "explanation label"),
}
_TEXTS = {
    "label": ("names", "facts"),
    "input": ("caption",),
    "output": ("classes", "values", "answer", "right", "wrong"),
}
"""Texts all have one role; their part tells where they belong."""
_PARTS = {role: part for part in PARTS for role in _ROLES.get(part, (part,)) if role != "label"}
"""The part that objects of a role belong to."""
_BEGINNINGS = {"closeup": "closeup ", "input": "tiles "}
"""What the parts of further texts begin with."""


def is_shown(root: bpy.types.Collection, part: str) -> bool:
    """Whether anything of a part is visible."""
    return any(not hidden(obj)[0] for obj in objects_of(root, part))


def shown_parts(root: bpy.types.Collection) -> dict[str, bool]:
    """The parts that a network has, in the order of `PARTS`, and whether anything of each is visible."""
    found: dict[str, bool] = {}
    for obj in all_objects(root):
        for part in _parts_of(obj):
            found[part] = found.get(part, False) or not hidden(obj)[0]
    return {part: found[part] for part in PARTS if part in found}


def are_all_hidden(root: bpy.types.Collection, part: str) -> tuple[bool, bool]:
    """Whether there is something of a part, and nothing of it visible: in the viewport, and in renders."""
    flags = [hidden(obj) for obj in objects_of(root, part)]
    return bool(flags) and all(unseen for unseen, _ in flags), bool(flags) and all(unseen for _, unseen in flags)


def show_part(root: bpy.types.Collection, part: str, show: bool) -> None:
    """Show or hide a part in viewport and renders; with Auto Keying on, the change is keyed at the current frame."""
    is_keying = bpy.context.scene.tool_settings.use_keyframe_insert_auto
    for obj in objects_of(root, part):
        set_hidden(obj, not show, not show)
        if is_keying:
            key_hidden(obj)


def objects_of(root: bpy.types.Collection, part: str) -> Iterator[bpy.types.Object]:
    """The objects that make up a part."""
    texts = _TEXTS.get(part, ())
    for role in _ROLES.get(part, (part,)):
        if role != "label":
            yield from (obj for obj in objects(root, role) if obj.type != "EMPTY")
    yield from (obj for obj in objects(root, "label") if _belongs(obj.get(contract.PART, ""), part, texts))


def _parts_of(obj: bpy.types.Object) -> list[str]:
    """The parts that an object belongs to."""
    role = obj.get(contract.ROLE, "")
    if role == "label":
        text = obj.get(contract.PART, "")
        return [part for part in PARTS if _belongs(text, part, _TEXTS.get(part, ()))]
    return [_PARTS[role]] if role in _PARTS and obj.type != "EMPTY" else []


def _belongs(text: str, part: str, texts: tuple[str, ...]) -> bool:
    beginning = _BEGINNINGS.get(part)
    return text in texts or (beginning is not None and text.startswith(beginning))
