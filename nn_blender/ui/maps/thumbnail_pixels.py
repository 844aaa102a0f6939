"""Cells of atlases as pixels for Blender's icons, which are square."""

from __future__ import annotations

import bpy
import numpy as np

from ...core.recording import PLANES, Atlas


def read_pixels(image: bpy.types.Image) -> np.ndarray:
    """Uint8 (height, width, 4), the highest row first."""
    width, height = image.size
    values = np.empty(width * height * 4, np.float32)
    image.pixels.foreach_get(values)
    # In place: the values of a large atlas take hundreds of megabytes.
    values *= 255
    np.rint(values, out=values)
    return values.astype(np.uint8).reshape(height, width, 4)[::-1]


def cut_cell(pixels: np.ndarray, atlas: Atlas, sample: int, neuron: int = 0) -> np.ndarray | None:
    """A neuron's cell of an atlas, uint8 (height, width, 4), the lowest row first; None where there is no such cell."""
    if not 0 <= neuron < atlas.columns * atlas.rows or sample < 0:
        return None
    block, plane = divmod(sample, atlas.planes)
    row = block // atlas.blocks_across * atlas.rows + neuron // atlas.columns
    column = block % atlas.blocks_across * atlas.columns + neuron % atlas.columns
    top, left = row * atlas.cell_height, column * atlas.cell_width
    cell = pixels[top : top + atlas.cell_height, left : left + atlas.cell_width]
    if cell.shape[:2] != (atlas.cell_height, atlas.cell_width):
        return None
    return (cell if atlas.planes == 1 else _of_plane(cell, plane))[::-1]


def _of_plane(cell: np.ndarray, plane: int) -> np.ndarray:
    """The levels of one plane in red, green and blue, and alpha 0 where its values are not finite."""
    missing = np.rint((255 - cell[..., 3].astype(np.float32)) / 255 * ((1 << PLANES) - 1)).astype(np.uint8)
    alpha = np.where(missing >> plane & 1, np.uint8(0), np.uint8(255))
    return np.dstack([cell[..., [plane] * 3], alpha])


def as_shares(cell: np.ndarray) -> np.ndarray:
    """From uint8 to float32 between 0 and 1."""
    return np.ascontiguousarray(cell, np.float32) / 255


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
