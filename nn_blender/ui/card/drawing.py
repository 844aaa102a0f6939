"""Draws a card with its texts and pictures over a viewport, in the colours of Blender's tooltips."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Sequence
from typing import Any

import blf
import bpy
import gpu
import numpy as np
from gpu_extras.batch import batch_for_shader

from ..common.drawing import FONT, draw_box
from ..maps.thumbnail_pixels import enlarge, square
from ..maps.thumbnails import Source
from .content import Content
from .geometry import Box, Plan

KEPT = 32
"""Pictures that stay in the graphics card's memory."""
FINEST = 128
"""Pixels along a side that a picture has there at least, so that its own pixels stay squares."""
LEADER = 1.5
"""Pixels, the width of the line to what the card tells of."""
FAINT = 0.15
"""Opacity of the card's edge, and of a picture that is not read yet."""
DESCENT = 0.28
"""Of a line's height, what lies below its letters' feet."""


class Pictures:
    """Pictures on the graphics card, those that were drawn last."""

    def __init__(self) -> None:
        self._textures: OrderedDict[Hashable, gpu.types.GPUTexture] = OrderedDict()

    def find(self, source: Source) -> gpu.types.GPUTexture | None:
        """The picture of a source; None where there is none."""
        texture = self._textures.get(source.key)
        if texture is None:
            pixels = source.pixels()
            if pixels is None:
                return None
            texture = self._textures[source.key] = _texture(enlarge(square(pixels), FINEST))
        self._textures.move_to_end(source.key)
        while len(self._textures) > KEPT:
            self._textures.popitem(last=False)
        return texture

    def forget(self) -> None:
        self._textures.clear()


pictures = Pictures()
"""The one store of a Blender session."""


def draw_card(plan: Plan, content: Content, names: Sequence[str], leader: tuple[float, float] | None) -> None:
    """Draw all of a card but its buttons.

    Args:
        names: of the buttons, which stand beside them.
        leader: what the card tells of, in pixels; None for no line to it.
    """
    preferences = bpy.context.preferences
    colours: Any = preferences.themes[0].user_interface.wcol_tooltip
    ink = tuple(colours.text[:3])
    if leader is not None:
        _draw_leader(plan.card, leader, ink)
    _fill(plan.card.grown(1.0), (*ink, FAINT))
    _fill(plan.card, (*colours.inner[:3], 1.0))
    _draw_text(content.title, plan.title, ink, 1.0)
    for line, box in zip(content.lines, plan.lines, strict=True):
        _draw_text(line, box, ink, 0.9)
    if plan.large is not None:
        _draw_picture(content.large, plan.large, ink)
    for tile, box in zip(content.tiles, plan.tiles, strict=True):
        _draw_picture(tile.picture, box, ink)
        height = plan.title.height * 0.75
        _draw_text(tile.caption, Box(box.left, box.bottom - height, box.width, height), ink, 0.75)
    for name, box in zip(names, plan.buttons, strict=True):
        _draw_text(
            name, Box(box.left + box.height * 1.15, box.bottom, box.width - box.height * 1.15, box.height), ink, 0.9
        )


def fitting(text: str, width: float) -> str:
    """As much of a text as fits, with an ellipsis in place of its middle where something was left out.

    Args:
        width: in pixels, for the font at the size that was set last.
    """
    if blf.dimensions(FONT, text)[0] <= width:
        return text
    for kept in range(len(text) - 1, 0, -1):
        end = kept // 2
        shorter = f"{text[: kept - end]}…{text[len(text) - end :]}"
        if blf.dimensions(FONT, shorter)[0] <= width:
            return shorter
    return "…"


def _fill(box: Box, colour: tuple[float, ...]) -> None:
    draw_box(box.left, box.bottom, box.width, box.height, colour)


def _draw_text(text: str, box: Box, colour: tuple[float, ...], size: float) -> None:
    """On the left of a box, in letters of a share of the usual size."""
    preferences = bpy.context.preferences
    blf.size(FONT, size * preferences.ui_styles[0].widget.points * preferences.system.ui_scale)
    red, green, blue = colour
    blf.color(FONT, red, green, blue, 1.0)
    blf.position(FONT, box.left, box.bottom + DESCENT * box.height, 0)
    blf.draw(FONT, fitting(text, box.width))


def _draw_picture(source: Source | None, box: Box, ink: tuple[float, ...]) -> None:
    """Or a faint box until it is read."""
    texture = pictures.find(source) if source is not None else None
    if texture is None:
        _fill(box, (*ink, FAINT))
        return
    shader = gpu.shader.from_builtin("IMAGE")
    corners = [(box.left, box.bottom), (box.right, box.bottom), (box.right, box.top), (box.left, box.top)]
    places: Any = {"pos": [(x, y, 0.0) for x, y in corners], "texCoord": [(0, 0), (1, 0), (1, 1), (0, 1)]}
    batch = batch_for_shader(shader, "TRIS", places, indices=[(0, 1, 2), (0, 2, 3)])
    gpu.state.blend_set("ALPHA")
    shader.bind()
    shader.uniform_sampler("image", texture)
    batch.draw(shader)
    gpu.state.blend_set("NONE")


def _draw_leader(card: Box, end: tuple[float, float], ink: tuple[float, ...]) -> None:
    """A line from the nearest point of the card's edge."""
    start = card.nearest(*end)
    shader = gpu.shader.from_builtin("POLYLINE_UNIFORM_COLOR")
    batch = batch_for_shader(shader, "LINES", {"pos": [(*start, 0.0), (*end, 0.0)]})
    gpu.state.blend_set("ALPHA")
    shader.bind()
    viewport: Any = gpu.state.viewport_get()
    shader.uniform_float("viewportSize", viewport[2:])
    shader.uniform_float("lineWidth", LEADER * bpy.context.preferences.system.pixel_size)
    shader.uniform_float("color", (*ink, 0.7))
    batch.draw(shader)
    gpu.state.blend_set("NONE")


def _texture(pixels: np.ndarray) -> gpu.types.GPUTexture:
    height, width = pixels.shape[:2]
    values = np.ascontiguousarray(pixels, np.float32).ravel()
    types: Any = gpu.types  # What is known of their arguments elsewhere is out of date.
    texture: gpu.types.GPUTexture = types.GPUTexture(
        (width, height), format="RGBA16F", data=types.Buffer("FLOAT", len(values), values)
    )
    return texture
