"""Colours of objects that change with the sample, which the Solid viewport and Workbench show; plain F-curves."""

from __future__ import annotations

from typing import Any

import bpy
import numpy as np

from ..base import contract
from ..base.curves import CONSTANT, LINEAR, find_curve, read_keys, remove_curve, write_curve
from ..base.find import all_objects

SHOWING = ("slab", "book")
"""Roles of the objects that show the mean activation of their layers."""
_COLOUR = "color"


def write_colours(obj: bpy.types.Object, colours: np.ndarray, frames: int, fade: int) -> None:
    """Let an object have a colour for every sample, and blend them as values do while samples fade.

    Args:
        colours: linear RGB, float (samples, 3); where there are none, the object's own colour stays.
        frames: of every sample.
        fade: how many of those fade to the next sample.
    """
    starts = [1 + sample * frames for sample in range(len(colours))]
    keys, values, way = starts, colours, CONSTANT
    if fade:
        keys = [frame for start in starts for frame in (start, start + frames - fade)]
        values, way = np.repeat(colours, 2, axis=0), LINEAR
    for channel in range(3):
        if len(colours):
            write_curve(obj, _COLOUR, channel, keys, values[:, channel].tolist(), way, "colours")
        else:
            remove_curve(obj, _COLOUR, channel)


def read_colours(obj: bpy.types.Object, samples: int, frames: int) -> np.ndarray:
    """The colour of every sample, float (samples, 3); (0, 3) where the object has none that changes."""
    curves: list[Any] = [find_curve(obj, _COLOUR, channel) for channel in range(3)]
    if None in curves:
        return np.zeros((0, 3))
    starts = 1 + frames * np.arange(samples)
    channels = []
    for times, values in (read_keys(curve).T for curve in curves):
        channels.append(values[np.searchsorted(times, starts, side="right").clip(1) - 1])
    return np.stack(channels, axis=1)


def coloured(root: bpy.types.Collection) -> list[bpy.types.Object]:
    """What shows the mean activation of its layers."""
    return [obj for obj in all_objects(root) if obj.get(contract.ROLE) in SHOWING]
