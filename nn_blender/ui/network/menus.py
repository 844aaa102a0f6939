"""Entries in Blender's own menus."""

from __future__ import annotations

import bpy


def _draw_import(self: bpy.types.Menu, context: bpy.types.Context) -> None:
    self.layout.operator("nn.import_network", text="Keras Network (.keras/.h5)")


def start() -> None:
    bpy.types.TOPBAR_MT_file_import.append(_draw_import)


def stop() -> None:
    bpy.types.TOPBAR_MT_file_import.remove(_draw_import)
