"""Where a card lies in the viewport, and what lies where in it. All in pixels of the region, from its lower left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, PADDING, GAP = 236.0, 10.0, 6.0
"""Pixels at the interface's usual scale, as all sizes here: of the card, around what it holds, between its rows."""
TITLE, LINE = 18.0, 16.0
LARGE, CAPTION = 128.0, 14.0
BUTTON, SMALL_BUTTON = 24.0, 18.0
FROM_OBJECT = 28.0
"""Between the card and what it tells of."""


@dataclass(frozen=True)
class Box:
    left: float
    bottom: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.left + self.width

    @property
    def top(self) -> float:
        return self.bottom + self.height

    @property
    def centre(self) -> tuple[float, float]:
        return self.left + self.width / 2, self.bottom + self.height / 2

    def grown(self, by: float) -> Box:
        """A box that is larger on all sides."""
        return Box(self.left - by, self.bottom - by, self.width + 2 * by, self.height + 2 * by)

    def nearest(self, x: float, y: float) -> tuple[float, float]:
        """The point of the box that is nearest to a point."""
        return min(max(x, self.left), self.right), min(max(y, self.bottom), self.top)

    def holds(self, x: float, y: float) -> bool:
        return self.left <= x <= self.right and self.bottom <= y <= self.top


@dataclass(frozen=True)
class Plan:
    """Where the parts of a card are.

    Attributes:
        title: leaves room for the small buttons beside it.
        lines: one box per line of text, from above.
        large: of the large picture; None where there is none.
        tiles: small pictures, from the left; under each is room for its caption.
        buttons: with their names beside them, from the left.
        corner: small buttons beside the title, from the left.
    """

    card: Box
    title: Box
    lines: tuple[Box, ...]
    large: Box | None
    tiles: tuple[Box, ...]
    buttons: tuple[Box, ...]
    corner: tuple[Box, ...]


def size_of(lines: int, tiles: int, buttons: int, scale: float, *, has_large: bool) -> tuple[float, float]:
    """Width and height of a card that holds so much, at a scale of the interface."""
    height = PADDING + TITLE + lines * LINE + PADDING
    if has_large:
        height += GAP + LARGE
    if tiles:
        height += GAP + _tile_side(tiles) + CAPTION
    if buttons:
        height += GAP + BUTTON
    return scale * WIDTH, scale * height


def plan_card(
    place: tuple[float, float], lines: int, tiles: int, buttons: int, corner: int, scale: float, *, has_large: bool
) -> Plan:
    """Lay out a card whose lower left corner is at a place."""
    width, height = size_of(lines, tiles, buttons, scale, has_large=has_large)
    card = Box(*place, width, height)
    left, inner = card.left + scale * PADDING, width - 2 * scale * PADDING
    top = card.top - scale * PADDING
    small = scale * SMALL_BUTTON
    title = Box(left, top - scale * TITLE, inner - corner * small, scale * TITLE)
    corners = tuple(
        Box(title.right + number * small, title.bottom + (title.height - small) / 2, small, small)
        for number in range(corner)
    )
    top = title.bottom
    texts = tuple(Box(left, top - (number + 1) * scale * LINE, inner, scale * LINE) for number in range(lines))
    top -= lines * scale * LINE
    large = None
    if has_large:
        side = scale * LARGE
        large = Box(left + (inner - side) / 2, top - scale * GAP - side, side, side)
        top = large.bottom
    side = scale * _tile_side(tiles)
    step = side + scale * GAP
    small_pictures = tuple(Box(left + number * step, top - scale * GAP - side, side, side) for number in range(tiles))
    if tiles:
        top -= scale * (GAP + CAPTION) + side
    share = inner / max(buttons, 1)
    rows = tuple(
        Box(left + number * share, top - scale * (GAP + BUTTON), share, scale * BUTTON) for number in range(buttons)
    )
    return Plan(card, title, texts, large, small_pictures, rows, corners)


def place_beside(size: tuple[float, float], about: Box | None, free: Box, scale: float) -> tuple[float, float]:
    """Lower left corner of a card beside what it tells of, inside the part of the region that nothing lies over.

    Args:
        about: where that is seen; None where it is out of sight: the card then lies in the lower left corner.
    """
    gap = scale * FROM_OBJECT
    if about is None:
        return place_within((free.left + gap, free.bottom + gap), size, free)
    width, height = size
    left = about.right + gap
    if left + width > free.right and about.left - gap - width >= free.left:
        left = about.left - gap - width
    return place_within((left, about.centre[1] - height / 2), size, free)


def place_within(place: tuple[float, float], size: tuple[float, float], free: Box) -> tuple[float, float]:
    """The lower left corner nearest to a place with which a card lies inside; the low ends where it is too large."""
    (left, bottom), (width, height) = place, size
    return _within(left, free.left, free.right - width), _within(bottom, free.bottom, free.top - height)


def free_part(width: int, height: int, over: Sequence[tuple[str, int, int]]) -> Box:
    """The part of a region that no bar lies over.

    Args:
        over: alignment (``LEFT``, ``RIGHT``, ``TOP`` or ``BOTTOM``), width and height of each bar over the region.
    """
    taken = {"LEFT": 0, "RIGHT": 0, "TOP": 0, "BOTTOM": 0}
    for side, wide, high in over:
        if side in taken:
            taken[side] += wide if side in {"LEFT", "RIGHT"} else high
    across, up = taken["LEFT"] + taken["RIGHT"], taken["TOP"] + taken["BOTTOM"]
    return Box(taken["LEFT"], taken["BOTTOM"], max(width - across, 1), max(height - up, 1))


def _tile_side(tiles: int) -> float:
    """As wide as they fit beside each other, one as wide as if it were one of four."""
    count = max(tiles, 4)
    return (WIDTH - 2 * PADDING - (count - 1) * GAP) / count


def _within(value: float, low: float, high: float) -> float:
    """The lower bound where there is no room."""
    return max(min(value, high), low)
