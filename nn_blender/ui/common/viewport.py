"""The user's 3D viewport."""

from __future__ import annotations

import contextlib

import bpy


def show_in_viewport(scene: bpy.types.Scene) -> None:
    """Let the largest 3D viewport show the scene as its camera does, in colours that glow, without grid and axes.

    All of these are settings of the viewport, which undo leaves alone and users switch back in its header.
    """
    areas = [
        area
        for window in bpy.context.window_manager.windows
        if window.scene == scene
        for area in window.screen.areas
        if area.type == "VIEW_3D"
    ]
    if not areas:
        return
    space = max(areas, key=lambda area: area.width * area.height).spaces.active
    if space.shading.type in ("WIREFRAME", "SOLID"):
        # Workbench, and other engines without materials of Blender's, have no such preview.
        with contextlib.suppress(TypeError):
            space.shading.type = "MATERIAL"
        space.shading.use_scene_lights = True
        space.shading.use_scene_world = True
    # Every part hangs on one parent and labels follow one focus: their lines would cover the network, as grids would.
    overlay = space.overlay
    overlay.show_relationship_lines = False
    overlay.show_floor = overlay.show_ortho_grid = overlay.show_axis_x = overlay.show_axis_y = False
    if scene.camera is not None:
        space.region_3d.view_perspective = "CAMERA"
