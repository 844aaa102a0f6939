"""Keys in the 3D viewport: Alt and a page key for samples, with Shift for layers, Shift alone for neurons."""

from __future__ import annotations

from typing import Any

import bpy

KEYS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("nn.show_sample", {"alt": True}),
    ("nn.step_layer", {"alt": True, "shift": True}),
    ("nn.step_neuron", {"shift": True}),
)
"""Operators and the keys that are held with a page key. Blender's own keys in the 3D viewport are others."""

STEPS: tuple[tuple[Any, int], ...] = (("PAGE_DOWN", 1), ("PAGE_UP", -1))

_added: list[tuple[bpy.types.KeyMap, bpy.types.KeyMapItem]] = []


def start() -> None:
    configuration = bpy.context.window_manager.keyconfigs.addon
    if configuration is None:  # In background mode.
        return
    keymap = configuration.keymaps.new(name="3D View", space_type="VIEW_3D")
    for operator, held in KEYS:
        for key, step in STEPS:
            item = keymap.keymap_items.new(operator, key, "PRESS", repeat=True, **held)
            item.properties.step = step
            _added.append((keymap, item))


def stop() -> None:
    for keymap, item in _added:
        keymap.keymap_items.remove(item)
    _added.clear()
