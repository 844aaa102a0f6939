"""What Blender's window shows: operators, panels, lists, preferences. Thin; the work is done in actions."""

from __future__ import annotations

import bpy

from . import import_operator, jobs, lists, menus, operators, panels, preferences, properties, tensorflow_operators

_MODULES = (preferences, properties, import_operator, operators, tensorflow_operators, lists, panels)
_CLASSES = tuple(cls for module in _MODULES for cls in module.CLASSES)


def register() -> None:
    for cls in _CLASSES:
        bpy.utils.register_class(cls)
    properties.add()
    menus.add()
    jobs.start_listening()


def unregister() -> None:
    jobs.stop_listening()
    menus.remove()
    properties.remove()
    for cls in reversed(_CLASSES):
        bpy.utils.unregister_class(cls)
