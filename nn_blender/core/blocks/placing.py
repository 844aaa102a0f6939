"""Where blocks of layers stand: the box that a block is while closed, and the part of it that each slab has then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ..layout.layout import Layout, Place, Slab
from .blocks import Block

CLEAR_HEIGHTS = 3.0
"""Slabs that are not higher than so many times their distance do not hide each other."""


@dataclass(frozen=True)
class BlockPlace:
    """Where a block stands.

    Attributes:
        closed: the box that it is while closed.
        parts: which part of that box each layer's slab fills, by the layer's path; one behind the other along x.
        pitch: how far its layers are from each other on average; of a single layer, from the nearest other. Where slabs
            stand so close that they hide each other it counts as less: one has to come nearer to make them out.
    """

    closed: Place
    parts: dict[str, Place]
    pitch: float


def place_blocks(blocks: Sequence[Block], layout: Layout) -> tuple[BlockPlace, ...]:
    """Places blocks of a layout's layers."""
    return tuple(_place(block, layout) for block in blocks)


def _place(block: Block, layout: Layout) -> BlockPlace:
    own = [layout.layers[path] for path in block.layers]
    around = Place.around(own)
    closed = layout.blocks.get(block.name, around)
    ends = [(end - around.low[0]) / around.depth for end in _ends(own, around)]
    parts = {
        path: Place.from_corners(
            (closed.low[0] + start * closed.depth, *closed.low[1:]),
            (closed.low[0] + end * closed.depth, *closed.high[1:]),
        )
        for path, (start, end) in zip(block.layers, pairwise(ends), strict=True)
    }
    pitch = _tree_length(own) / (len(own) - 1) if len(own) > 1 else _nearest(own[0], layout.slabs)
    return BlockPlace(closed, parts, _crowded(pitch, max(slab.height for slab in own)))


def _ends(own: Sequence[Slab], around: Place) -> list[float]:
    """Where slabs that together fill the box around them meet, along x: midway between two that follow each other.

    Where they do not follow each other along x, as in lanes and rows, each has the same share.
    """
    ends = [around.low[0], *((before.x + after.x) / 2 for before, after in pairwise(own)), around.high[0]]
    if all(before < after for before, after in pairwise(ends)):
        return ends
    return [float(end) for end in np.linspace(around.low[0], around.high[0], len(own) + 1)]


def _feet(slabs: Sequence[Slab]) -> np.ndarray:
    return np.array([(slab.x, slab.y, slab.z) for slab in slabs])


def _tree_length(slabs: Sequence[Slab]) -> float:
    """The length of the shortest lines that join all slabs; along a row, from the first to the last."""
    feet = _feet(slabs)
    nearest = np.linalg.norm(feet - feet[0], axis=1)
    nearest[0], length = np.inf, 0.0
    for _ in range(len(slabs) - 1):
        joined = int(nearest.argmin())
        length += float(nearest[joined])
        is_apart = np.isfinite(nearest)
        is_apart[joined] = False
        distances = np.linalg.norm(feet - feet[joined], axis=1)
        nearest = np.where(is_apart, np.minimum(nearest, distances), np.inf)
    return length


def _nearest(slab: Slab, slabs: Sequence[Slab]) -> float:
    """How far it is from a slab to another."""
    others = [other for other in slabs if other is not slab]
    return float(np.linalg.norm(_feet(others) - _feet([slab]), axis=1).min())


def _crowded(pitch: float, height: float) -> float:
    return pitch * min(1.0, CLEAR_HEIGHTS * pitch / height) ** 0.25
