"""What a network is grabbed by: its anchor, drawn as a bar along the network's front edge, which no render shows."""

from __future__ import annotations

from typing import Any

import bpy

from ...core.layout.layout import Place
from ...core.layout.picture import UNIT, Rect, floor_point

_TICK = 0.02
"""How far the ends of the bar reach up, as a share of the frame's height."""


def place_handle(anchor: bpy.types.Object, frame: Rect) -> None:
    """Draw the handle below what stands in a frame; in older scenes the anchor has axes of that size instead."""
    (left, y, z), (right, _, _) = (floor_point((x, frame.bottom)) for x in (frame.x, frame.right))
    _draw(anchor, left, right, y, z, _TICK * UNIT * frame.height)


def place_row_handle(anchor: bpy.types.Object, bounds: Place) -> None:
    """Draw the handle before a network that is a row, at its foot."""
    (left, y, _), (right, _, high) = bounds.low, bounds.high
    _draw(anchor, left, right, y, bounds.z, 2 * _TICK * (high - bounds.z))


def _draw(anchor: bpy.types.Object, left: float, right: float, y: float, z: float, tick: float) -> None:
    if anchor.type == "EMPTY":
        anchor.empty_display_size = tick
        return
    mesh: Any = anchor.data
    middle = (left + right) / 2
    places = [(left, y, z), (right, y, z)]
    places += [(x, y, z + tick) for x in (left, right)]
    places += [(middle - tick, y, z), (middle, y, z + 2 * tick), (middle + tick, y, z)]
    mesh.clear_geometry()
    mesh.from_pydata(places, [(0, 4), (6, 1), (0, 2), (1, 3), (4, 5), (5, 6)], [])
    mesh.update()
