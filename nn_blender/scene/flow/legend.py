"""What the legend says about ribbons."""

from __future__ import annotations

import bpy

from ...core.layout.picture import MAIN, SKIP
from ..base.find import objects
from .ribbons import ROLE, kinds_of

_ENTRIES = {MAIN: ("data flow", "flow.main"), SKIP: ("skip", "flow.skip")}


def flow_entries(root: bpy.types.Collection) -> list[tuple[str, str]]:
    """For each kind of ribbon that is there and seen, its name and what the theme calls its colour, as a path."""
    kinds = {kind for obj in objects(root, ROLE) if not obj.hide_render for kind in kinds_of(obj)}
    return [entry for kind, entry in _ENTRIES.items() if kind in kinds]
