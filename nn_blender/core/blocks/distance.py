"""A network whose blocks the distance opens: all of it laid out open, with a book for every block in its place.

Nothing moves when something opens or closes: each block has its book in the middle of the room that its children take,
and what is seen is chosen out of all that stands there.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping
from dataclasses import dataclass, replace

from ..layout.folding import s_curve
from ..layout.picture import Book, Label, Picture, Rect, Route, book_end
from ..network import Network
from .books import BookSizes
from .graph import LayerGraph
from .hierarchy import Part

ROOM = 0.86
"""How much of the room of its children a book with its label fills at most, across and upwards."""
LEVEL = 0.75
"""How large it is at least, relative to that, so that it is level with the line that data comes in along."""
_ROUNDS = 8
STEP, MOST_SPREAD = 1.03, 2.0
"""How much larger things appear when one block opens than when another one did, at least; for all blocks of a network
together at most, so steps are smaller where there are many."""


@dataclass(frozen=True)
class Shown:
    """When something is seen.

    Attributes:
        inside: id of the block that has to be open; empty where it need be none.
        instead: id of the block that has to be closed; empty where it need be none.
    """

    inside: str = ""
    instead: str = ""


def with_books(network: Network, root: Part, picture: Picture) -> Picture:
    """A picture in which all blocks are open, and all are there as books too, with labels and routes to these.

    A block's book stands where data comes in, as large as there is room. From the ends of the routes to the block two
    more lead to its book, see `core.layout.picture.book_end`.
    """
    graph = LayerGraph(network)
    # What stands in no other block is named from wherever it is seen.
    named, inner = (BookSizes(graph, root, letters) for letters in (picture.folds.letters, 0.0))
    trays = {tray.part: tray.rect for tray in picture.trays}
    books, labels, routes = [], [], []
    for block in root.blocks:
        rect = trays[block.id]
        ways = [route for route in picture.routes if route.source == route.target == block.id]
        line = ways[0].points[0][1] if ways and ways[0].points[0][0] <= rect.x else None
        if line is None and ways:
            line = ways[-1].points[-1][1]
        book, label = _standing(named if block in root.children else inner, block, rect, line)
        books.append(book)
        labels.append(label)
        routes += [_to_book(way, book) for way in ways]
    return replace(
        picture,
        books=(*picture.books, *books),
        labels=(*picture.labels, *labels),
        routes=(*picture.routes, *routes),
    )


def _standing(sizes: BookSizes, block: Part, room: Rect, line: float | None) -> tuple[Book, Label]:
    """A closed block's book and label in the room of its children.

    The book's middle is on the line that data comes in along, or close to it where it would be too small there.
    """
    line = room.v + room.height / 2 if line is None else line
    level = _fitting(sizes, block, room, line - room.v, room.bottom - line)
    own = sizes.closed(block, max(level, LEVEL * _fitting(sizes, block, room)))
    middle = room.x + room.width / 2
    width, height = own.rect
    v = max(min(line, room.bottom - own.down), room.v + own.up)
    rect = Rect(middle - width / 2, v - height / 2, width, height)
    book = Book(block.id, block.id, rect, own.cover, own.thickness, own.kind, block.layers)
    return book, Label(block.id, block.id, Rect(middle - own.label[0] / 2, v + own.line, *own.label), own.lines)


def _fitting(sizes: BookSizes, block: Part, room: Rect, above: float = math.inf, below: float = math.inf) -> float:
    """At which scale a block's book has room, with its label.

    Args:
        above, below: how much there is above the book's middle, and below.
    """
    scale = 1.0
    # Letters do not grow as books do.
    for _ in range(_ROUNDS):
        own = sizes.closed(block, scale)
        high = min(room.height / (own.up + own.down), above / own.up, below / own.down)
        scale *= ROOM * min(room.width / own.width, high)
    return scale


def _to_book(way: Route, book: Book) -> Route:
    """What leads from the edge of a block's room to its book where another way leads to its children, or back."""
    end, v = book_end(book.part), book.rect.v + book.rect.height / 2
    if way.points[0][0] < book.rect.x:
        points = (way.points[0], *s_curve(way.points[0], (book.rect.x, v)))
        return replace(way, target=end, points=points, has_head=True)
    return replace(way, source=end, points=((book.rect.right, v), *s_curve((book.rect.right, v), way.points[-1])))


class Tiers:
    """What is seen of a network whose blocks the distance opens, see `with_books`, while which blocks are open."""

    def __init__(self, root: Part, picture: Picture):
        self._root, self._picture = root, picture
        self._around = {child.id: part.id for part in root.walk() for child in part.children}
        self._blocks = {part.id for part in root.blocks}

    def of_part(self, id_: str) -> Shown:
        """A part's book, or a layer with all that is on its stand; always seen where no part has the id."""
        return Shown(self._around.get(id_, ""), id_ if id_ in self._blocks else "")

    def of_tray(self, id_: str) -> Shown:
        return Shown(id_)

    def of_label(self, part: str, is_title: bool) -> Shown:
        return self.of_tray(part) if is_title else self.of_part(part)

    def of_route(self, source: str, target: str) -> Shown:
        for id_ in self._blocks & {source, target}:
            if book_end(id_) in (source, target):
                return self.of_part(id_)
        if source == target:
            return Shown(source)
        source_in, target_in = self._around.get(source, ""), self._around.get(target, "")
        if source_in == target:
            return Shown(target)
        return Shown(source if target_in == source else source_in if source in self._around else target_in)

    def sizes(self) -> Mapping[str, float]:
        """What decides when a block opens: how high its children are, half of them at least; in picture units.

        A block's is larger than those of the blocks inside, so that it opens before them, and no two are the same.
        """
        heights = {book.part: book.cover[1] for book in self._picture.books}
        sizes: dict[str, float] = {}

        def measure(part: Part) -> float:
            inner = [measure(child) for child in part.children if child.is_block]
            own = statistics.median_high([heights[child.id] for child in part.children])
            sizes[part.id] = max(own, *inner, 0.0)
            return sizes[part.id]

        measure(self._root)
        del sizes[self._root.id]
        order = [part.id for part in self._root.blocks]
        step = min(STEP, MOST_SPREAD ** (1 / max(len(order), 1)))
        last = float("inf")
        # Sorting is stable, and blocks come before those inside.
        for id_ in sorted(order, key=lambda id_: -sizes[id_]):
            last = sizes[id_] = min(sizes[id_], last / step)
        return {id_: sizes[id_] for id_ in order}
