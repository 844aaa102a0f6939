"""The shapes of ribbons: where their points are, and how thick they are there, arrow heads included."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...core.layout.picture import SKIP, UNIT, Rect, Route
from ..base.picture_space import in_space
from ..nodes.distance import LEAST_PIXELS, PICTURE_SIZE

RADIUS = 0.0175
"""Of a ribbon, in picture units at the top level."""
_SKIP_RADIUS = 0.85
"""Of a skip, relative to the main path."""
_GROWN = 0.2
"""Scale below which a ribbon may be thinner than any: it grows out of nothing while its block opens."""
_HEIGHT, _PER_LEVEL = 0.22, 0.022
"""Above the floor, in picture units at the top level; more for every tray below."""
_HEAD_RADIUS, _HEAD_LENGTH, _HEAD_SHARE = 2.8, 6.0, 0.6
"""Of an arrow head, relative to the ribbon's radius; and the most of the way that it takes."""
_BENT = 4.0
"""How much of the way may turn aside for an arrow head, in lengths of it."""
_TIP = 0.02
_SAME = 1e-6


@dataclass(frozen=True)
class Ribbon:
    """A tube, in Blender units.

    Attributes:
        points: float (count, 3), in the space of the anchor.
        widths: its radius at every point, float (count,). At an arrow head's base it is there twice.
        shaft: how many points are before the arrow head.
    """

    points: np.ndarray
    widths: np.ndarray
    shaft: int


def thinnest(frame: Rect) -> float:
    """The least radius of ribbons in a picture with that frame, in picture units."""
    return LEAST_PIXELS * frame.height / PICTURE_SIZE[1]


def own_radius(route: Route) -> float:
    """The radius of a route's ribbon in picture units, where it need not be seen from further away."""
    return _of_kind(route, RADIUS * route.scale)


def _of_kind(route: Route, radius: float) -> float:
    return _SKIP_RADIUS * radius if route.kind == SKIP else radius


def ways_to_tip(ribbon: Ribbon) -> np.ndarray:
    """From the points around the base of a ribbon's arrow head to its tip, 0 elsewhere; float (count, 3)."""
    ways = np.zeros_like(ribbon.points)
    if ribbon.shaft < len(ribbon.points):
        base = ribbon.shaft - 1
        ways[base:-1] = ribbon.points[-1] - ribbon.points[base:-1]
    return ways


def ribbon_of(route: Route, levels: int, least: float = 0.0, shaft_points: int | None = None) -> Ribbon | None:
    """The shape of a route's ribbon; None where it is too short to have one.

    Args:
        levels: how many trays are below it.
        least: radius in picture units that it has at least.
        shaft_points: how many it shall have before the arrow head, where there is one, and as many with one as without;
            by default those of the route. Corners, where points of a route are close together, keep their share.
    """
    points = _without_repeats(np.array(route.points))
    if len(points) < 2:
        return None
    radius = max(own_radius(route), _of_kind(route, least * min(1.0, route.scale / _GROWN)))
    length = _lengths(points)[-1]
    head = min(_HEAD_LENGTH * radius, _HEAD_SHARE * length) if route.has_head else 0.0
    shaft = _shortened(points, head)
    if shaft_points is not None:
        places = np.linspace(0.0, len(shaft) - 1.0, shaft_points)
        shaft = np.stack([np.interp(places, np.arange(len(shaft)), shaft[:, axis]) for axis in range(2)], axis=1)
    widths = np.full(len(shaft), radius)
    if route.has_head:
        base = shaft[-1] + (points[-1] - shaft[-1]) * 1e-3
        thickness = _HEAD_RADIUS * radius * min(1.0, head / (_HEAD_LENGTH * radius))
        end, end_widths = np.stack([base, points[-1]]), [max(radius, thickness), _TIP * radius]
    elif shaft_points is not None:
        end, end_widths = np.stack([points[-1]] * 2), [radius, radius]
    else:
        end, end_widths = np.zeros((0, 2)), []
    height = _HEIGHT * route.scale + _PER_LEVEL * levels
    shape = in_space(np.concatenate([shaft, end]), height)
    return Ribbon(shape, UNIT * np.concatenate([widths, end_widths]), len(shaft))


def _without_repeats(points: np.ndarray) -> np.ndarray:
    if len(points) < 2:
        return points
    steps = np.linalg.norm(np.diff(points, axis=0), axis=1)
    return points[np.concatenate([[True], steps > _SAME])]


def _lengths(points: np.ndarray) -> np.ndarray:
    """How far along a polyline each of its points is."""
    return np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])


def _at_lengths(points: np.ndarray, lengths: Sequence[float] | np.ndarray) -> np.ndarray:
    """Points of a polyline so far along it."""
    along = _lengths(points)
    return np.stack([np.interp(lengths, along, points[:, axis]) for axis in range(2)], axis=1)


def _shortened(points: np.ndarray, length: float) -> np.ndarray:
    """A polyline that ends so far before its end, level with it, so that an arrow head there points along the data."""
    if not length:
        return points
    along = _lengths(points)
    end = along[-1] - length
    shaft = np.concatenate([points[along < end - _SAME], _at_lengths(points, [end])])
    # Where the way comes in steeply, its last part turns aside.
    turn = points[-1] - (length, 0.0) - shaft[-1]
    bent = min(_BENT * length, end)
    share = np.clip((_lengths(shaft) - end + bent) / bent, 0.0, 1.0)
    return shaft + (share * share * (3 - 2 * share))[:, None] * turn
