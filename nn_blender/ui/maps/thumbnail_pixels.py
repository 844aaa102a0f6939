"""Cells of atlases as pixels for Blender's icons, which are square."""

from __future__ import annotations

import bpy
import numpy as np

from ...core.maps.packing import HIGHEST_LEVEL


def read_pixels(image: bpy.types.Image) -> np.ndarray:
    """Uint8 (height, width, 4), the highest row first."""
    width, height = image.size
    values = np.empty(width * height * 4, np.float32)
    image.pixels.foreach_get(values)
    # In place: the values of a large atlas take hundreds of megabytes.
    values *= HIGHEST_LEVEL
    np.rint(values, out=values)
    return values.astype(np.uint8).reshape(height, width, 4)[::-1]


def as_shares(cell: np.ndarray) -> np.ndarray:
    """From uint8 to float32 between 0 and 1."""
    return np.ascontiguousarray(cell, np.float32) / HIGHEST_LEVEL


def square(pixels: np.ndarray) -> np.ndarray:
    """In the middle of a transparent square, since icons are square."""
    height, width = pixels.shape[:2]
    side = max(height, width)
    padded = np.zeros((side, side, 4), np.float32)
    top, left = (side - height) // 2, (side - width) // 2
    padded[top : top + height, left : left + width] = pixels
    return padded


def shrink(pixels: np.ndarray, side: int) -> np.ndarray:
    """Square pixels to a number of pixels along a side: averaged where they are fewer, repeated where they are more."""
    factor = max(len(pixels) // side, 1)
    count = len(pixels) // factor
    blocks = pixels[: count * factor, : count * factor].reshape(count, factor, count, factor, 4).mean(axis=(1, 3))
    nearest = np.arange(side) * count // side
    return np.ascontiguousarray(blocks[nearest][:, nearest])


def enlarge(pixels: np.ndarray, least: int) -> np.ndarray:
    """Square pixels, every one as a small square of its own, so that Blender does not blur them."""
    factor = max(-(-least // len(pixels)), 1)
    return pixels.repeat(factor, axis=0).repeat(factor, axis=1)
