"""The way from one state of opening to another: pictures in between, in which nothing jumps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from ..layout.picture import Book, ExplanationMaps, Fold, Folds, Line, Picture, Point, Rect, Route, answer_end
from .hierarchy import Part
from .opening import Opening

Make = Callable[[Mapping[str, float], Folds], Picture]
"""Arranges a state of opening, how far blocks are open by their ids, with folds that it keeps; see `arrange`."""


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
        # A label stays with what it names, even where that has become a child of its block.
        self._labels = _pairs(*({(one.shown, one.is_title): one.rect for one in each.labels} for each in (picture, to)))
        before, after = ({(one.shown, one.is_title): one.lines for one in each.labels} for each in (picture, to))
        self._letters = {key: _grown(before[key], after[key]) for key in before.keys() & after.keys()}
        self._boards = _pairs(
            {one.output: one.rect for one in picture.boards}, {one.output: one.rect for one in to.boards}
        )
        self._caption = _STAY
        if picture.caption is not None and to.caption is not None:
            self._caption = _Move.between(picture.caption.rect, to.caption.rect)
        self._maps = _map_moves(picture.maps, to.maps)
        self._places = {book.part: self._covers_moves[self._cover(book)] for book in picture.books}
        self._places |= {answer_end(output): move for output, move in self._boards.items()}
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
            key = label.shown, label.is_title
            move = self._labels.get(key, self._place(label.part)).part(share)
            grown = self._letters.get(key, ())
            sizes = [1 + share * (more - 1) for more in grown] + [move.high] * (len(label.lines) - len(grown))
            lines = tuple(Line(line.text, line.size * size) for line, size in zip(label.lines, sizes, strict=False))
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
            maps=_moved_maps(picture.maps, [move.part(share) for move in self._maps]),
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

    def _bends(self, picture: Picture, to: Picture) -> dict[tuple[str, str, int], tuple[np.ndarray, np.ndarray]]:
        """From routes to where they were, for those that are other ways then: how far along, and moves (count, 2)."""
        own, bends = dict(_keyed(picture.routes)), {}
        for key, route in _keyed(to.routes):
            if key in own and not _is_same(own[key].points, route.points):
                ways = np.unique(np.concatenate([_shares(own[key].points), _shares(route.points)]))
                bends[key] = ways, _at(route.points, ways) - _at(own[key].points, ways)
        return bends

    def _bent(self, key: tuple[str, str, int], route: Route, share: float) -> tuple[Point, ...]:
        if key in self._routes:
            corners, move = self._routes[key]
            # Corners of the route now, and those of where it was.
            ways = np.unique(np.concatenate([_shares(route.points), corners]))
            moves = np.stack([np.interp(ways, corners, move[:, axis]) for axis in (0, 1)], axis=1)
            return tuple(map(tuple, (_at(route.points, ways) + share * moves).tolist()))
        source, target = self._place(route.source).part(share), self._place(route.target).part(share)
        if source == target == _STAY:
            return route.points
        ways = np.linspace(0, 1, len(route.points))
        return tuple(
            (x + source.x + way * (target.x - source.x), v + source.v + way * (target.v - source.v))
            for (x, v), way in zip(route.points, ways.tolist(), strict=True)
        )


def _map_moves(maps: ExplanationMaps | None, to: ExplanationMaps | None) -> list[_Move]:
    """How the maps of an explanation move, their words and heading with them; none where both are not as many."""
    if maps is None or to is None or len(maps.cards) != len(to.cards):
        return []
    rects = [[*(card.rect for card in one.cards), *one.words, one.heading] for one in (maps, to)]
    return [_Move.between(rect, other) for rect, other in zip(*rects, strict=True)]


def _moved_maps(maps: ExplanationMaps | None, moves: Sequence[_Move]) -> ExplanationMaps | None:
    if maps is None or not moves:
        return maps
    count = len(maps.cards)
    cards = [
        replace(
            card,
            rect=move.of(card.rect),
            cover=(card.cover[0] * move.wide, card.cover[1] * move.high),
            thickness=card.thickness * move.wide,
        )
        for card, move in zip(maps.cards, moves, strict=False)
    ]
    words = [move.of(rect) for rect, move in zip(maps.words, moves[count:], strict=False)]
    heading = moves[-1]
    return ExplanationMaps(tuple(cards), tuple(words), heading.of(maps.heading), maps.letters * heading.high)


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


def _grown(lines: Sequence[Line], to: Sequence[Line]) -> list[float]:
    """How much larger the letters of lines are elsewhere."""
    return [other.size / line.size if line.size > 0 else 1.0 for line, other in zip(lines, to, strict=False)]


def _shares(points: Sequence[Point]) -> np.ndarray:
    """How far along a polyline its points are, from 0 to 1."""
    steps = np.linalg.norm(np.diff(np.array(points, float), axis=0), axis=1)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    return along / along[-1] if along[-1] > 0 else along


def _at(points: Sequence[Point], shares: np.ndarray) -> np.ndarray:
    """Float (count, 2): the points so far along a polyline."""
    along, where = _shares(points), np.array(points, float)
    return np.stack([np.interp(shares, along, where[:, axis]) for axis in (0, 1)], axis=1)
