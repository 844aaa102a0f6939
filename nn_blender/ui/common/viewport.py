"""The user's 3D viewport."""

from __future__ import annotations

import contextlib
import math
from typing import Any

import bpy

from ...scene.stage.rendering import picture_aspect

FILLED = 0.96
"""Of the room that sidebar and toolbar leave, the share that the camera's picture takes."""


def show_materials(space: Any) -> bool:
    """Let a 3D viewport show materials in the scene's light; whether it can."""
    if space.shading.type in ("WIREFRAME", "SOLID"):
        # Workbench, and other engines without materials of Blender's, have no such preview.
        with contextlib.suppress(TypeError):
            space.shading.type = "MATERIAL"
        space.shading.use_scene_lights = True
        space.shading.use_scene_world = True
    return space.shading.type not in ("WIREFRAME", "SOLID")


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
    area = max(areas, key=lambda area: area.width * area.height)
    space = area.spaces.active
    # In Solid, layers then have the colour of their mean activation.
    space.shading.color_type = "OBJECT"
    show_materials(space)
    # Every part hangs on one parent and labels follow one focus: their lines would cover the network, as grids would;
    # the 3D cursor usually is where the network begins, Blender's lines of text where its title is.
    overlay = space.overlay
    overlay.show_text = False
    overlay.show_relationship_lines = False
    overlay.show_cursor = overlay.show_floor = overlay.show_ortho_grid = overlay.show_axis_x = overlay.show_axis_y = (
        False
    )
    if scene.camera is not None:
        space.region_3d.view_perspective = "CAMERA"
        _fit_camera_view(area, space.region_3d, picture_aspect(scene))


def _fit_camera_view(area: bpy.types.Area, view: bpy.types.RegionView3D, aspect: float) -> None:
    """Let the camera's picture fill the viewport beside what lies over it.

    Args:
        aspect: width of the picture by its height.
    """
    regions = {region.type: region for region in area.regions}
    window, sidebar, tools = (regions[name] for name in ("WINDOW", "UI", "TOOLS"))
    left, right = window.x, window.x + window.width
    for region in (sidebar, tools):
        # Where nothing overlaps, these lie outside of the window's region; hidden ones are one pixel wide.
        if region.width <= 1:
            continue
        if region.alignment == "RIGHT":
            right = min(right, region.x)
        else:
            left = max(left, min(region.x + region.width, right))
    # At a zoom of 1 the longer side of the picture is as long as that of the viewport.
    longer = max(window.width, window.height)
    across, down = longer * min(aspect, 1), longer * min(1 / aspect, 1)
    # A sidebar may be as wide as the viewport.
    zoom = FILLED * min(max(right - left, 1) / across, window.height / down)
    # How Blender counts both, see ``BKE_screen_view3d_zoom_from_fac`` and ``BKE_camera_params_from_view3d``.
    view.view_camera_zoom = 50 * (2 * math.sqrt(zoom) - math.sqrt(2))
    moved = (left + right) / 2 - (window.x + window.width / 2)
    view.view_camera_offset = (-moved / (2 * zoom * window.width), 0.0)
