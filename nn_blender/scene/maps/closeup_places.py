"""Where large maps stand in the picture of a network on stands: beside their layers, where they cover least."""

from __future__ import annotations

import math
from dataclasses import astuple

import bpy
import numpy as np

from ...core.blocks.hierarchy import Part
from ...core.layout.picture import ELEVATION, UNIT, Picture, Rect, floor_point
from ..base import contract
from ..base.find import objects
from ..base.parts import Parts

SIDE = 3.0
"""Of a large map that is not enlarged, in Blender units."""
SHARE = 0.2
"""Of the frame's height, that a large map's side takes."""
TALL = 1.36
"""How tall a large map is with its text, relative to its side."""
GAP = 0.04
"""Around it, relative to its side."""
COLUMNS, ROWS = 40, 24
"""How many places are tried."""
FAR = 0.5
"""How much of itself a large map rather covers than to stand the frame's width away from its layer."""
WORSE = 0.1
"""How much more of itself than elsewhere a large map has to cover before it leaves its place beside its layer."""


def place_closeups(parts: Parts, root: Part, picture: Picture) -> None:
    """Move all large maps to where they stand in a picture, turned to the viewer and in front of what they cover.

    While blocks open, each goes along with its layer, or with the closed block that this is in; once they are open it
    is where it covers least.
    """
    holders = sorted(
        objects(parts.root, "closeup holder"), key=lambda holder: (holder[contract.LAYER], _neuron(holder))
    )
    if not holders:
        return
    seen = _by_layer(root, picture)
    things = [one.rect for one in (*picture.books, *picture.labels, *picture.boards)]
    is_settled = all(tray.opened >= 1.0 for tray in picture.trays)
    for holder in holders:
        book = seen.get(holder[contract.LAYER])
        if book is None:
            continue
        rect = _place(holder, book, picture, things, is_settled)
        frame, (x, v) = picture.frame, _middle(book)
        holder[contract.BESIDE] = [(rect.x - x) / frame.width, (rect.v - v) / frame.height]
        _stand(holder, rect, things)
        things.append(rect)


def _neuron(holder: bpy.types.Object) -> int:
    return int(holder[contract.PART])


def _by_layer(root: Part, picture: Picture) -> dict[str, Rect]:
    """Where every layer is seen, or the closed block that it is in; on its way from there while that opens."""
    books = {book.part: book.rect for book in picture.books}
    opened = {tray.part: tray.opened for tray in picture.trays}
    found: dict[str, Rect] = {}

    def cover(part: Part) -> Rect:
        while part.id not in books:
            part = part.cover_child
        return books[part.id]

    def go(part: Part, here: Rect) -> None:
        share = opened.get(part.id, 0.0)
        if not part.children or not share:
            found.update(dict.fromkeys((leaf.cover for leaf in part.leaves), here))
            return
        for child in part.children:
            go(child, _between(here, cover(child), share))

    for child in root.children:
        go(child, cover(child))
    return found


def _between(one: Rect, other: Rect, share: float) -> Rect:
    x, v, width, height = (
        before + (after - before) * share for before, after in zip(astuple(one), astuple(other), strict=True)
    )
    return Rect(x, v, width, height)


def _place(holder: bpy.types.Object, book: Rect, picture: Picture, things: list[Rect], is_settled: bool) -> Rect:
    """Where a large map is seen, with its text."""
    frame = picture.frame
    side = SHARE * frame.height
    width, height = (1 + GAP) * side, (TALL + GAP) * side * math.cos(ELEVATION)
    shares = np.linspace(0.0, 1.0, COLUMNS), np.linspace(0.0, 1.0, ROWS)
    low, room = (frame.x, picture.content.v), (frame.width - width, picture.content.height - height)
    if room[1] < 0:
        low, room = (frame.x, frame.v), (room[0], frame.height - height)
    across, down = (start + share * space for start, share, space in zip(low, shares, room, strict=True))
    places = np.stack(np.meshgrid(across, down), axis=-1).reshape(-1, 2)
    kept = holder.get(contract.BESIDE)
    if kept is not None:
        beside = np.array(_middle(book)) + np.array(kept) * np.array((frame.width, frame.height))
        places = np.vstack([beside, places])
    covered = _covered(places, (width, height), things)
    ways = places + np.array((width, height)) / 2 - np.array(_middle(book))
    costs = covered + FAR * np.linalg.norm(ways, axis=1) / frame.width
    best = int(costs.argmin())
    if kept is not None and (not is_settled or covered[0] <= covered[best] + WORSE):
        best = 0
    x, v = places[best].tolist()
    return Rect(x, v, width, height)


def _middle(rect: Rect) -> tuple[float, float]:
    return rect.x + rect.width / 2, rect.v + rect.height / 2


def _covered(places: np.ndarray, size: tuple[float, float], things: list[Rect]) -> np.ndarray:
    """How much of a rectangle of that size would lie on others, at every place (count, 2), as a share of itself."""
    low = np.array([(one.x, one.v) for one in things]).reshape(-1, 2)
    high = low + np.array([(one.width, one.height) for one in things]).reshape(-1, 2)
    shared = np.minimum(places[:, np.newaxis] + size, high) - np.maximum(places[:, np.newaxis], low)
    return np.clip(shared, 0.0, None).prod(axis=2).sum(axis=1) / math.prod(size)


def _stand(holder: bpy.types.Object, rect: Rect, things: list[Rect]) -> None:
    """Put a large map upright where it is seen at a place, nearer to the viewer than what it would stand behind."""
    side = rect.width / (1 + GAP)
    x, y, _ = floor_point((rect.x + rect.width / 2, rect.bottom - GAP * side))
    touched = [one for one in things if _covered(np.array([(rect.x, rect.v)]), (rect.width, rect.height), [one])[0]]
    nearest = min([y, *(floor_point((0.0, one.bottom))[1] for one in touched)])
    # Along the line of sight, in which the picture stays the same.
    holder.location = x, nearest, UNIT * side / 2 + (y - nearest) * math.tan(ELEVATION)
    holder.scale = (UNIT * side / SIDE,) * 3
