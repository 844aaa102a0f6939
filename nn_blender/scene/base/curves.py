"""F-curves of data-blocks, whichever way this Blender keeps them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import bpy
import numpy as np

from . import contract

CONSTANT, LINEAR = 0, 1
"""How an F-curve goes from one key to the next, as Blender numbers it."""


def curves_of(block: bpy.types.ID) -> Any:
    """The collection of a data-block's F-curves; empty where it is not animated."""
    data: Any = block.animation_data
    if data is None or data.action is None:
        return ()
    if not hasattr(data, "action_slot"):  # Before Blender 4.4.
        return data.action.fcurves
    for layer in data.action.layers:
        for strip in layer.strips:
            bag = strip.channelbag(data.action_slot)
            if bag is not None:
                return bag.fcurves
    return ()


def find_curve(block: bpy.types.ID, path: str, index: int = 0) -> Any:
    """The F-curve of a property; None where it is not animated."""
    return next((curve for curve in curves_of(block) if curve.data_path == path and curve.array_index == index), None)


def write_curve(
    block: bpy.types.ID,
    path: str,
    index: int,
    frames: Sequence[int],
    values: Sequence[float],
    interpolation: int,
    role: str = "film",
) -> None:
    """Animate a property, in place of what animated it; where that has these very keys, nothing is written.

    Args:
        index: of the element; -1 where it has none.
        interpolation: `CONSTANT` or `LINEAR`.
        role: of the action, where the data-block has none yet.
    """
    keys = np.stack([frames, values], axis=1).astype(np.float32)
    curve = find_curve(block, path, max(index, 0))
    if curve is not None and np.array_equal(read_keys(curve), keys) and _interpolations(curve) == {interpolation}:
        return
    remove_curve(block, path, max(index, 0))
    block.keyframe_insert(path, index=index, frame=frames[0])
    action: Any = block.animation_data.action
    if contract.ROLE not in action:
        contract.tag(action, block[contract.NETWORK], role)
    curve = find_curve(block, path, max(index, 0))
    curve.keyframe_points.add(len(frames) - 1)
    curve.keyframe_points.foreach_set("co", keys.ravel())
    curve.keyframe_points.foreach_set("interpolation", np.full(len(frames), interpolation, np.int32))
    curve.update()


def read_keys(curve: Any) -> np.ndarray:
    """Frames and values of an F-curve's keys, float32 (keys, 2), in their order in time."""
    points = curve.keyframe_points
    keys = np.empty((len(points), 2), np.float32)
    points.foreach_get("co", keys.ravel())
    return keys


def _interpolations(curve: Any) -> set[int]:
    numbers = np.empty(len(curve.keyframe_points), np.int32)
    curve.keyframe_points.foreach_get("interpolation", numbers)
    return set(numbers.tolist())


def remove_curve(block: bpy.types.ID, path: str, index: int = 0) -> None:
    """Let nothing animate a property any more; an action without curves goes too."""
    curve = find_curve(block, path, index)
    if curve is None:
        return
    curves: Any = curves_of(block)
    curves.remove(curve)
    if len(curves_of(block)) == 0:
        action: Any = block.animation_data.action
        block.animation_data_clear()
        if action.users == 0:
            bpy.data.actions.remove(action)
