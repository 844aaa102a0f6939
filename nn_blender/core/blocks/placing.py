"""Where blocks of layers stand: the box around a block's slabs, and the part of it that each slab has while closed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from ..layout.layout import THICKNESS, Layout, Place
from .blocks import Block

CLEAR_HEIGHTS = 3.0
"""Slabs that are not higher than so many times their distance do not hide each other."""

Vector = tuple[float, float, float]


@dataclass(frozen=True)
class BlockPlace:
    """The box around a block's slabs; it stands on z = 0 and is centred on y = 0.

    Attributes:
        parts: from where to where along x each layer's slab reaches while the block is closed.
        pitch: how far its layers are from each other on average; of a single layer, from the nearest other. Where slabs
            stand so close that they hide each other it counts as less: one has to come nearer to make them out.
    """

    name: str
    width: float
    height: float
    parts: tuple[tuple[float, float], ...]
    pitch: float

    @property
    def low(self) -> Vector:
        return self.parts[0][0], -self.width / 2, 0.0

    @property
    def high(self) -> Vector:
        return self.parts[-1][1], self.width / 2, self.height

    @property
    def length(self) -> float:
        return self.parts[-1][1] - self.parts[0][0]

    @property
    def middle(self) -> Vector:
        return (self.parts[0][0] + self.parts[-1][1]) / 2, 0.0, self.height / 2


def place_blocks(blocks: Sequence[Block], layout: Layout) -> tuple[BlockPlace, ...]:
    """Places blocks that together hold every layer of a layout, in its order."""
    places, found, start = (layout.input, *layout.places), [], 1
    for block in blocks:
        end = start + len(block.layers)
        own = places[start:end]
        height = max(place.height for place in own)
        middles = [(before.x + after.x) / 2 for before, after in pairwise(own)]
        ends = [own[0].x - THICKNESS / 2, *middles, own[-1].x + THICKNESS / 2]
        found.append(
            BlockPlace(
                name=block.name,
                width=max(place.width for place in own),
                height=height,
                parts=tuple(pairwise(ends)),
                pitch=_crowded(_pitch(own, places[start - 1], places[min(end, len(places) - 1)]), height),
            )
        )
        start = end
    return tuple(found)


def _pitch(own: Sequence[Place], before: Place, after: Place) -> float:
    if len(own) > 1:
        return (own[-1].x - own[0].x) / (len(own) - 1)
    neighbours = [abs(own[0].x - other.x) for other in (before, after) if other is not own[0]]
    return min(neighbours, default=THICKNESS)


def _crowded(pitch: float, height: float) -> float:
    return pitch * min(1.0, CLEAR_HEIGHTS * pitch / height) ** 0.25
