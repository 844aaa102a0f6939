"""From the picture to the space of a network's anchor, for many points at once."""

from __future__ import annotations

import math

import numpy as np

from ...core.layout.picture import ELEVATION, UNIT


def in_space(points: np.ndarray, heights: np.ndarray | float) -> np.ndarray:
    """Where in the space of the anchor stands what is seen at some points of the picture.

    Args:
        points: x and v in picture units, float (count, 2).
        heights: how far above the floor, in picture units, (count,) or one for all.

    Returns:
        X, Y and Z in Blender units, float64 (count, 3).
    """
    z = np.broadcast_to(heights, len(points))
    y = -(points[:, 1] + z * math.cos(ELEVATION)) / math.sin(ELEVATION)
    return UNIT * np.stack([points[:, 0], y, z], axis=1)
