"""The cube that Blender starts with, which stands where a network's input does."""

from __future__ import annotations

import bpy
import numpy as np

from ..base import contract

_NAMES = {"Camera", "Cube", "Light"}


def find_startup_cube(scene: bpy.types.Scene) -> bpy.types.Object | None:
    """Blender's cube where a scene holds, besides networks, just what Blender starts with, and it is as it was."""
    cube = scene.objects.get("Cube")
    others = {obj.name for obj in scene.objects if contract.NETWORK not in obj}
    if cube is None or others != _NAMES or not isinstance(cube.data, bpy.types.Mesh):
        return None
    is_changed = cube.modifiers or cube.constraints or cube.animation_data or cube.parent or cube.hide_render
    if is_changed or not cube.visible_get() or not np.array_equal(np.array(cube.matrix_world), np.eye(4)):
        return None
    corners = np.array([vertex.co for vertex in cube.data.vertices])
    return cube if len(corners) == 8 and (np.abs(corners) == 1).all() else None


def hide_cube(root: bpy.types.Collection, cube: bpy.types.Object) -> None:
    """Hide it in viewport and renders until the network is removed."""
    _set_hidden(cube, True)
    root[contract.HIDDEN_CUBE] = cube


def give_back_cube(scene: bpy.types.Scene, root: bpy.types.Collection, heir: bpy.types.Collection | None) -> None:
    """Show it again with the last network of the scene; before that, another network remembers it.

    Args:
        heir: that other network.
    """
    cube = root.get(contract.HIDDEN_CUBE)
    if cube is None:
        return
    if heir is not None:
        heir[contract.HIDDEN_CUBE] = cube
    elif cube.name in scene.objects:
        _set_hidden(cube, False)


def _set_hidden(cube: bpy.types.Object, hidden: bool) -> None:
    cube.hide_render = hidden
    for scene in cube.users_scene:
        for layer in scene.view_layers:
            if cube.name in layer.objects:
                cube.hide_set(hidden, view_layer=layer)
