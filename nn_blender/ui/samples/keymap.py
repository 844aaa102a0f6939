"""Keys in the 3D viewport."""

from __future__ import annotations

from typing import Any

import bpy

STEPS: tuple[tuple[Any, int], ...] = (("PAGE_DOWN", 1), ("PAGE_UP", -1))

_added: list[tuple[bpy.types.KeyMap, bpy.types.KeyMapItem]] = []


def start() -> None:
    """Alt and a page key go to the next or previous sample."""
    configuration = bpy.context.window_manager.keyconfigs.addon
    if configuration is None:  # In background mode.
        return
    keymap = configuration.keymaps.new(name="3D View", space_type="VIEW_3D")
    for key, step in STEPS:
        item = keymap.keymap_items.new("nn.show_sample", key, "PRESS", alt=True)
        item.properties.step = step
        _added.append((keymap, item))


def stop() -> None:
    for keymap, item in _added:
        keymap.keymap_items.remove(item)
    _added.clear()
