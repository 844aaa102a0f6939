"""What Blender's window shows: operators, panels, lists, preferences. Thin; the work is done in actions.

Every folder lists its modules in ``MODULES``. A module may declare, by these names, what it adds to Blender:

- ``CLASSES``: what is registered, each after what it refers to. Where a panel stands among others is its ``bl_order``;
- ``OnScene``, ``OnNetwork``, ``OnWindow``, ``OnWorkspace``: classes whose annotations are properties, which then are
  ``scene.nn.NAME``, ``root.nn.NAME`` on a network's root collection, ``window_manager.nn.NAME`` and
  ``workspace.nn.NAME``; undo leaves alone what stands on the last two, and files keep what stands on workspaces;
- ``start`` and ``stop``: functions that add and remove handlers, menu entries, keys and the like.
"""

from __future__ import annotations

import bpy

from . import (
    blocks,
    card,
    common,
    explanations,
    inspector,
    interventions,
    layers,
    looks,
    maps,
    network,
    neurons,
    render,
    samples,
    tensorflow,
)
from .properties import make_group

FOLDERS = (
    common,
    network,
    tensorflow,
    layers,
    samples,
    interventions,
    neurons,
    explanations,
    looks,
    maps,
    blocks,
    render,
    inspector,
    card,
)
"""In the order of registration."""

MODULES = tuple(module for folder in FOLDERS for module in folder.MODULES)

GROUPS = {
    bpy.types.WorkSpace: make_group("NN_PG_workspace", MODULES, "OnWorkspace"),
    bpy.types.WindowManager: make_group("NN_PG_window", MODULES, "OnWindow"),
    bpy.types.Scene: make_group("NN_PG_scene", MODULES, "OnScene"),
    bpy.types.Collection: make_group("NN_PG_network", MODULES, "OnNetwork"),
}
"""What stands as ``nn`` on data of Blender's own. What the scene holds elsewhere is only read and set from there."""

CLASSES = (*(cls for module in MODULES for cls in getattr(module, "CLASSES", ())), *GROUPS.values())


def register() -> None:
    for cls in CLASSES:
        bpy.utils.register_class(cls)
    for owner, group in GROUPS.items():
        owner.nn = bpy.props.PointerProperty(type=group)
    for module in MODULES:
        if hasattr(module, "start"):
            module.start()


def unregister() -> None:
    for module in reversed(MODULES):
        if hasattr(module, "stop"):
            module.stop()
    for owner in GROUPS:
        del owner.nn
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
