"""What goes along in a picture where users moved parts of a network from their places."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import accumulate, pairwise

from .picture import ELEVATION, UNIT, Label, Picture, Point, Route, book_end


def seen_move(move: Sequence[float]) -> Point:
    """How far something goes in the picture that goes so far in the world.

    Args:
        move: along X, Y and Z, in Blender units.
    """
    x, y, z = move
    return x / UNIT, -(y * math.sin(ELEVATION) + z * math.cos(ELEVATION)) / UNIT


def move_parts(picture: Picture, moved: Mapping[str, Point]) -> Picture:
    """The picture with the labels of moved parts below them, and the ways of data between where they are.

    Books stay: their objects are moved already.

    Args:
        moved: how far parts with books or boards were moved in the picture, by their ids as ends of routes have them.
    """
    if not moved:
        return picture
    # Where a block stands open too, its id is the edge of its tray.
    trays = {tray.part for tray in picture.trays}
    ends = {part: move for part, move in moved.items() if part not in trays}
    ends |= {book_end(part): move for part, move in moved.items()}
    return replace(
        picture,
        labels=tuple(_move_label(label, moved) for label in picture.labels),
        routes=tuple(_move_route(route, ends) for route in picture.routes),
    )


def _move_label(label: Label, moved: Mapping[str, Point]) -> Label:
    move = moved.get(label.part)
    return label if move is None or label.is_title else replace(label, rect=label.rect.moved(*move))


def _move_route(route: Route, moved: Mapping[str, Point]) -> Route:
    """Its points go along with its ends, each as much as it is near to them along the way."""
    if not {route.source, route.target} & moved.keys():
        return route
    start, end = (moved.get(part, (0.0, 0.0)) for part in (route.source, route.target))
    lengths = list(accumulate((math.dist(*step) for step in pairwise(route.points)), initial=0.0))
    whole = lengths[-1] or 1.0
    points = tuple(
        (x + start[0] + (end[0] - start[0]) * length / whole, v + start[1] + (end[1] - start[1]) * length / whole)
        for (x, v), length in zip(route.points, lengths, strict=True)
    )
    return replace(route, points=points)
