"""Room in a network's picture for maps that explain its answers."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from ..layout.legible import LINE
from ..layout.picture import MAPS, Book, ExplanationMaps, Rect, silhouette
from .books import THINNEST, picture_cover

HEADING_LINES = 2
"""What method, and of which layer."""
SIDE = 0.178
"""How high the slab of a square map is seen, as a share of the frame's height."""
LETTERS = 0.0225
"""Height of letters, likewise: 24 pixels of 1080."""
FEWEST_WORDS, MOST_WORDS = 6.5, 11.0
"""Room for the words below a map, in heights of letters, at least and at most."""
GAP, LINE_GAP, AWAY = 0.018, 0.35, 0.055
"""Between maps, and from them to everything else, as shares of the frame's height; between map and words in letters."""
RAGGED = 1.06
"""A frame may be so much higher before rows that are not full are better."""
_ROUNDS = 12


@dataclass(frozen=True)
class WantedMaps:
    """Maps that are to have room.

    Attributes:
        count: how many stand beside each other.
        height: of a map in its own units, as ``width``.
        words: how wide the words below a map are at most, in heights of letters.
    """

    count: int
    height: float
    width: float
    words: float = FEWEST_WORDS


@dataclass(frozen=True)
class _Grid:
    """Where maps stand relative to the content of the picture.

    Attributes:
        columns: how many stand side by side.
        is_beside: whether they stand to the left of the content, else below it.
    """

    columns: int
    is_beside: bool


def with_maps(
    bounds: Rect, explained: Rect, wanted: WantedMaps, frame_around: Callable[[Rect], Rect]
) -> tuple[Rect, ExplanationMaps]:
    """The frame around a picture's content and its maps, where these are.

    They stand to the left of everything, beside the input that they are about, or below: wherever the picture stays
    larger.

    Args:
        bounds: of the content.
        explained: the input; maps beside the content are level with it as far as they find room there.
        frame_around: the frame that has room for a rectangle.
    """
    columns = range(1, wanted.count + 1)
    grids = [*(_Grid(count, True) for count in columns), _Grid(wanted.count, False)]
    found = [_placed((bounds, explained), wanted, grid, frame_around) for grid in grids]
    costs = [
        frame.height * (RAGGED if wanted.count % grid.columns else 1.0)
        for (frame, _), grid in zip(found, grids, strict=True)
    ]
    return found[costs.index(min(costs))]


def _placed(
    content: tuple[Rect, Rect], wanted: WantedMaps, grid: _Grid, frame_around: Callable[[Rect], Rect]
) -> tuple[Rect, ExplanationMaps]:
    """The frame and the maps in one way; how large they are depends on the frame, so both are found in rounds.

    Args:
        content: its bounds, and the input.
    """
    bounds, _ = content
    frame = frame_around(bounds)
    for _ in range(_ROUNDS):
        room, maps = _set_out(content, wanted, grid, frame.height)
        fitting = frame_around(_around(bounds, room))
        if abs(fitting.height - frame.height) < 1e-4 * frame.height:
            break
        frame = fitting
    room, maps = _set_out(content, wanted, grid, frame.height)
    return frame_around(_around(bounds, room)), maps


def _set_out(
    content: tuple[Rect, Rect], wanted: WantedMaps, grid: _Grid, height: float
) -> tuple[Rect, ExplanationMaps]:
    """The maps of a frame so high, and all the room they take."""
    bounds, explained = content
    letters, gap = LETTERS * height, GAP * height
    wide, high = picture_cover(wanted.height, wanted.width)
    scale = SIDE * height / silhouette(1.0, 1.0, THINNEST)[1]
    cover, thickness = (scale * wide, scale * high), THINNEST * scale * high
    seen = silhouette(*cover, thickness)
    cell = max(seen[0], wanted.words * letters), seen[1] + (LINE_GAP + LINE) * letters
    rows = math.ceil(wanted.count / grid.columns)
    heading = (HEADING_LINES * LINE + LINE_GAP) * letters
    width = grid.columns * cell[0] + (grid.columns - 1) * gap
    whole = heading + rows * cell[1] + (rows - 1) * gap
    away = AWAY * height
    if grid.is_beside:
        level = explained.v + explained.height / 2 - (heading + seen[1] / 2 if rows == 1 else whole / 2)
        spare = bounds.height - whole
        v = bounds.v + (min(max(level - bounds.v, 0.0), spare) if spare > 0 else spare / 2)
        x = bounds.x - away - width
    else:
        x, v = bounds.x, bounds.bottom + away
    cards, words = [], []
    for number in range(wanted.count):
        row, column = divmod(number, grid.columns)
        left, top = x + column * (cell[0] + gap), v + heading + row * (cell[1] + gap)
        rect = Rect(left + (cell[0] - seen[0]) / 2, top, *seen)
        cards.append(Book(str(number), str(number), rect, cover, thickness, MAPS, 1))
        words.append(Rect(left, top + seen[1] + LINE_GAP * letters, cell[0], LINE * letters))
    lines = Rect(x, v, width, HEADING_LINES * LINE * letters)
    return Rect(x, v, width, whole), ExplanationMaps(tuple(cards), tuple(words), lines, letters)


def _around(one: Rect, other: Rect) -> Rect:
    x, v = min(one.x, other.x), min(one.v, other.v)
    return Rect(x, v, max(one.right, other.right) - x, max(one.bottom, other.bottom) - v)
