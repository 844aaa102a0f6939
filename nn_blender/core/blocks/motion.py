"""The way from one state of opening to another: pictures in between, in which nothing jumps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np

from ..layout.picture import Book, Fold, Folds, Line, Picture, Point, Rect, Route
from .hierarchy import Part
from .opening import Opening

Make = Callable[[Mapping[str, float], Folds], Picture]
"""Arranges a state of opening, how far blocks are open by their ids, with folds that it keeps; see `arrange`."""

_POINTS = 32
"""Of a route that is bent otherwise where the motion begins than it would be with the folds of where it ends."""


def kept_folds(start: Opening, opened: Mapping[str, float]) -> Folds | None:
    """What stays as it is on the way to another state: all, where the same blocks are not closed; else nothing."""
    is_same = {id_ for id_, value in start.opened.items() if value > 0} == {
        id_ for id_, value in opened.items() if value > 0
    }
    return start.picture.folds if is_same else None


class Motion:
    """The pictures from one state of opening to another of the same hierarchy.

    Rows may fold anew between them. So all pictures have the folds of the end, and what is there from the beginning is
    moved from where it was; less and less.

    Args:
        make: arranges the states in between.
    """

    def __init__(self, start: Opening, end: Opening, make: Make):
        self._start, self._end, self._make = start, end, make
        blocks: dict[str, Fold] = {**start.picture.folds.blocks, **end.picture.folds.blocks}
        self._folds = Folds(blocks, end.picture.folds.letters)

    def at(self, share: float) -> Picture:
        """The picture after a share of the way: that of the start at 0, that of the end at 1."""
        if share <= 0:
            return self._start.picture
        if share >= 1:
            return self._end.picture
        ids = {*self._start.opened, *self._end.opened}
        before, after = self._start.opened, self._end.opened
        states = {id_: before.get(id_, 0.0) + share * (after.get(id_, 0.0) - before.get(id_, 0.0)) for id_ in ids}
        picture = self._make(states, self._folds)
        return self._moves.moved(picture, 1 - share * share * (3 - 2 * share))

    def pictures(self, count: int) -> Iterator[Picture]:
        """So many pictures at even steps, the first and the last included."""
        for number in range(count):
            yield self.at(number / max(count - 1, 1))

    @cached_property
    def _moves(self) -> _Moves:
        return _Moves(self._start.root, self._start.picture, self._make(self._start.opened, self._folds))


@dataclass(frozen=True)
class _Move:
    """How a rectangle differs from another one: its middle by a distance, its sizes by factors."""

    x: float = 0.0
    v: float = 0.0
    wide: float = 1.0
    high: float = 1.0

    @staticmethod
    def between(rect: Rect, to: Rect) -> _Move:
        wide = to.width / rect.width if rect.width > 0 and to.width > 0 else 1.0
        high = to.height / rect.height if rect.height > 0 and to.height > 0 else 1.0
        x = to.x + to.width / 2 - rect.x - rect.width / 2
        return _Move(x, to.v + to.height / 2 - rect.v - rect.height / 2, wide, high)

    def part(self, share: float) -> _Move:
        return _Move(share * self.x, share * self.v, 1 + share * (self.wide - 1), 1 + share * (self.high - 1))

    def of(self, rect: Rect) -> Rect:
        width, height = rect.width * self.wide, rect.height * self.high
        x, v = rect.x + rect.width / 2 + self.x, rect.v + rect.height / 2 + self.v
        return Rect(x - width / 2, v - height / 2, width, height)


_STAY = _Move()


class _Moves:
    """What leads from a picture to the same state with other folds."""

    def __init__(self, root: Part, to: Picture, picture: Picture):
        self._parents = {child.id: part.id for part in root.walk() for child in part.children}
        self._covers = {part.id: part.cover for part in root.walk()}
        self._frame = _Move.between(picture.frame, to.frame)
        self._content = _Move.between(picture.content, to.content)
        self._covers_moves = _pairs(
            {self._cover(book): book.rect for book in picture.books},
            {self._cover(book): book.rect for book in to.books},
        )
        self._trays = _pairs({one.part: one.rect for one in picture.trays}, {one.part: one.rect for one in to.trays})
        self._labels = _pairs(
            {(one.part, one.shown, one.is_title): one.rect for one in picture.labels},
            {(one.part, one.shown, one.is_title): one.rect for one in to.labels},
        )
        self._boards = _pairs(
            {one.output: one.rect for one in picture.boards}, {one.output: one.rect for one in to.boards}
        )
        self._caption = _STAY
        if picture.caption is not None and to.caption is not None:
            self._caption = _Move.between(picture.caption.rect, to.caption.rect)
        self._places = {book.part: self._covers_moves[self._cover(book)] for book in picture.books}
        self._places |= {board.output: self._boards[board.output] for board in picture.boards}
        self._places |= self._trays
        self._routes = self._bends(picture, to)

    def moved(self, picture: Picture, share: float) -> Picture:
        """A picture whose things are moved by a share of the way."""
        books = []
        for book in picture.books:
            move = self._covers_moves.get(self._cover(book), self._place(book.part)).part(share)
            cover = book.cover[0] * move.wide, book.cover[1] * move.high
            books.append(replace(book, rect=move.of(book.rect), cover=cover, thickness=book.thickness * move.wide))
        labels = []
        for label in picture.labels:
            key = label.part, label.shown, label.is_title
            move = self._labels.get(key, self._place(label.part)).part(share)
            lines = tuple(Line(line.text, line.size * move.high) for line in label.lines)
            labels.append(replace(label, rect=move.of(label.rect), lines=lines))
        boards = []
        for board in picture.boards:
            move = self._boards.get(board.output, _STAY).part(share)
            letters, names = board.letters * move.high, board.names * move.wide
            boards.append(replace(board, rect=move.of(board.rect), letters=letters, names=names))
        caption, move = picture.caption, self._caption.part(share)
        if caption is not None:
            caption = replace(caption, rect=move.of(caption.rect), letters=caption.letters * move.high)
        return replace(
            picture,
            caption=caption,
            frame=self._frame.part(share).of(picture.frame),
            content=self._content.part(share).of(picture.content),
            books=tuple(books),
            labels=tuple(labels),
            boards=tuple(boards),
            trays=tuple(replace(tray, rect=self._place(tray.part).part(share).of(tray.rect)) for tray in picture.trays),
            routes=tuple(replace(route, points=self._bent(key, route, share)) for key, route in _keyed(picture.routes)),
        )

    def _cover(self, book: Book) -> str:
        """What the covers of a block and of the child that it becomes have in common."""
        return self._covers.get(book.part, book.part)

    def _place(self, part: str) -> _Move:
        """How a part moves, or the nearest block around it that was there at first."""
        while part not in self._places and part in self._parents:
            part = self._parents[part]
        return self._places.get(part, _STAY)

    def _bends(self, picture: Picture, to: Picture) -> dict[tuple[str, str, int], np.ndarray]:
        """Float (`_POINTS`, 2): from routes to where they were, for those that are other ways then."""
        own, bends = dict(_keyed(picture.routes)), {}
        for key, route in _keyed(to.routes):
            if key in own and not _is_same(own[key].points, route.points):
                bends[key] = _even(route.points) - _even(own[key].points)
        return bends

    def _bent(self, key: tuple[str, str, int], route: Route, share: float) -> tuple[Point, ...]:
        if key in self._routes:
            points = _even(route.points) + share * self._routes[key]
            return tuple((float(x), float(v)) for x, v in points)
        source, target = self._place(route.source).part(share), self._place(route.target).part(share)
        if source == target == _STAY:
            return route.points
        ways = np.linspace(0, 1, len(route.points))
        return tuple(
            (x + source.x + way * (target.x - source.x), v + source.v + way * (target.v - source.v))
            for (x, v), way in zip(route.points, ways.tolist(), strict=True)
        )


def _pairs(rects: Mapping[Any, Rect], to: Mapping[Any, Rect]) -> dict[Any, _Move]:
    return {key: _Move.between(rect, to[key]) for key, rect in rects.items() if key in to}


def _keyed(routes: Sequence[Route]) -> list[tuple[tuple[str, str, int], Route]]:
    """Routes with their ends, and how many of the same ends come before each."""
    counts: dict[tuple[str, str], int] = {}
    keyed = []
    for route in routes:
        ends = route.source, route.target
        counts[ends] = counts.get(ends, -1) + 1
        keyed.append(((*ends, counts[ends]), route))
    return keyed


def _is_same(points: Sequence[Point], others: Sequence[Point]) -> bool:
    return len(points) == len(others) and np.allclose(points, others, atol=1e-6)


def _even(points: Sequence[Point]) -> np.ndarray:
    """`_POINTS` points evenly along a polyline."""
    steps = [float(np.hypot(to[0] - x, to[1] - v)) for (x, v), to in pairwise(points)]
    along = np.concatenate([[0.0], np.cumsum(steps)])
    wanted, where = np.linspace(0.0, along[-1], _POINTS), np.array(points, float)
    return np.stack([np.interp(wanted, along, where[:, axis]) for axis in (0, 1)], axis=1)
