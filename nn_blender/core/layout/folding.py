"""Sets a long line in rows, like words of a text, and draws the ways from row to row."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate

from .picture import Point

_CURVE, _CORNER = 14, 8
"""Into how many pieces curves and corners are cut."""


def break_rows(
    widths: Sequence[float], gaps: Sequence[float], may_break: Sequence[int], rows: int
) -> tuple[int, ...] | None:
    """Where each of so many rows starts, so that the widest is as narrow as can be; None for too few breaks.

    Args:
        widths: of the columns.
        gaps: behind each column but the last.
        may_break: columns after which a row may end.
    """
    if len(may_break) < rows - 1:
        return None
    ends = [column + 1 for column in may_break] + [len(widths)]
    total = [0.0, *accumulate(width + gap for width, gap in zip(widths, [*gaps, 0.0], strict=True))]

    def width(start: int, end: int) -> float:
        return total[end] - total[start] - (gaps[end - 1] if end < len(widths) else 0.0)

    best: dict[int, tuple[float, tuple[int, ...]]] = {0: (0.0, ())}
    for _ in range(rows):
        following: dict[int, tuple[float, tuple[int, ...]]] = {}
        for end in ends:
            ways = [
                (max(widest, width(start, end)), (*starts, start))
                for start, (widest, starts) in best.items()
                if start < end
            ]
            if ways:
                following[end] = min(ways, key=lambda way: (way[0], [-start for start in way[1]]))
        best = following
    return best[len(widths)][1] if len(widths) in best else None


def s_curve(start: Point, end: Point) -> list[Point]:
    """Points from one to another, level at both ends; without the first one."""
    (x0, v0), (x1, v1) = start, end
    if abs(v1 - v0) < 1e-9 or x1 - x0 < 1e-9:
        return [end]
    steps = (k / _CURVE for k in range(1, _CURVE + 1))
    return [(x0 + (x1 - x0) * t, v0 + (v1 - v0) * t * t * (3 - 2 * t)) for t in steps]


def rounded(points: Sequence[Point], radius: float) -> list[Point]:
    """A polyline with round corners."""
    result = [points[0]]
    for a, b, c in zip(points, points[1:], points[2:], strict=False):
        before, after = math.dist(a, b), math.dist(b, c)
        if before < 1e-9 or after < 1e-9:
            continue
        reach = min(radius, before / 2, after / 2)
        start = (b[0] + (a[0] - b[0]) * reach / before, b[1] + (a[1] - b[1]) * reach / before)
        end = (b[0] + (c[0] - b[0]) * reach / after, b[1] + (c[1] - b[1]) * reach / after)
        result += [_on_curve(start, b, end, k / _CORNER) for k in range(_CORNER + 1)]
    return [*result, points[-1]]


def _on_curve(start: Point, corner: Point, end: Point, t: float) -> Point:
    """The point at ``t``, from 0 to 1, of a curve that leaves for a corner and turns to its end before it."""
    x, v = ((1 - t) ** 2 * a + 2 * t * (1 - t) * b + t * t * c for a, b, c in zip(start, corner, end, strict=True))
    return x, v
