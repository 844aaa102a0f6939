"""Lines and texts over a viewport, in pixels of its region."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import blf
import bpy
import gpu
import numpy as np
from gpu_extras.batch import batch_for_shader
from mathutils.geometry import convex_hull_2d

LIGHT, DARK = (1.0, 1.0, 1.0, 1.0), (0.0, 0.0, 0.0, 0.8)
LIGHT_WIDTH, DARK_WIDTH = 2.0, 5.0
"""A light line in a dark one stands out from anything."""

FONT = 0
PADDING, LINE, FROM_MOUSE = 0.6, 1.5, 1.4
"""Of a box of texts, in sizes of its letters: around the texts, from line to line, from the mouse."""

Point = tuple[float, float]


def hull(pixels: np.ndarray) -> list[Point]:
    """The closed line around points (count, 2)."""
    points = [(float(x), float(y)) for x, y in pixels]
    around = [points[index] for index in convex_hull_2d(points)]
    return [*around, around[0]]


def draw_line(points: Sequence[Point]) -> None:
    shader = gpu.shader.from_builtin("POLYLINE_UNIFORM_COLOR")
    batch = batch_for_shader(shader, "LINE_STRIP", {"pos": [(x, y, 0.0) for x, y in points]})
    gpu.state.blend_set("ALPHA")
    shader.bind()
    viewport: Any = gpu.state.viewport_get()
    shader.uniform_float("viewportSize", viewport[2:])
    scale = bpy.context.preferences.system.pixel_size
    for colour, width in ((DARK, DARK_WIDTH), (LIGHT, LIGHT_WIDTH)):
        shader.uniform_float("color", colour)
        shader.uniform_float("lineWidth", width * scale)
        batch.draw(shader)
    gpu.state.blend_set("NONE")


def draw_texts(lines: Sequence[str], mouse: Point) -> None:
    """A box of lines beside the mouse, inside the region, that looks like Blender's own tooltips."""
    preferences = bpy.context.preferences
    size = preferences.ui_styles[0].widget.points * preferences.system.ui_scale
    blf.size(FONT, size)
    width = max(blf.dimensions(FONT, line)[0] for line in lines) + 2 * PADDING * size
    height = (len(lines) - 1) * LINE * size + size + 2 * PADDING * size
    region = bpy.context.region
    left = min(mouse[0] + FROM_MOUSE * size, region.width - width)
    below = mouse[1] - FROM_MOUSE * size - height
    bottom = below if below > 0 else mouse[1] + FROM_MOUSE * size
    colours: Any = preferences.themes[0].user_interface.wcol_tooltip
    draw_box(left, bottom, width, height, tuple(colours.inner))
    red, green, blue = colours.text[:3]
    blf.color(FONT, red, green, blue, 1.0)
    for number, line in enumerate(lines):
        top = bottom + height - PADDING * size
        blf.position(FONT, left + PADDING * size, top - size * 0.85 - number * LINE * size, 0)
        blf.draw(FONT, line)


def draw_box(left: float, bottom: float, width: float, height: float, colour: tuple[float, ...]) -> None:
    shader = gpu.shader.from_builtin("UNIFORM_COLOR")
    right, top = left + width, bottom + height
    corners = [(left, bottom, 0.0), (right, bottom, 0.0), (right, top, 0.0), (left, top, 0.0)]
    batch = batch_for_shader(shader, "TRIS", {"pos": corners}, indices=[(0, 1, 2), (0, 2, 3)])
    gpu.state.blend_set("ALPHA")
    shader.uniform_float("color", colour)
    batch.draw(shader)
    gpu.state.blend_set("NONE")
