"""Arranges the parts of a network in a picture, for any state of opening: books, trays, labels, boards and routes.

A block's children stand in ranks and lanes (`plans`); their sizes decide how far these are apart. While a block opens
the same arrangement is made with its children still small and its cover, which is the picture of one of them, still
large; so nothing ever overlaps, and nothing jumps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ..layout.lettering import text_width
from ..layout.picture import Board, Book, Fold, Folds, Label, Line, Picture, Rect, Route, Tray
from ..network import Network
from .books import NAME_LIMIT, TITLE_ROOM, BookSize, BookSizes, mixed
from .boxes import Box
from .hierarchy import INPUT, Part
from .lane_grids import fold_of, set_in_grid
from .plans import ENTRY, EXIT, Answer, Plan, Plans

LEAST_PIXELS = 16.0
"""Letters are at least so high in a picture of `FRAME_HEIGHT` pixels, where there is room for them."""
FRAME_HEIGHT = 1080
TITLE_BAND, LEGEND_BAND, SIDE_BAND = 0.127, 0.067, 0.035
"""Shares of the frame's height above and below, and of its width on both sides, that are kept free."""
MOST_ROWS = 5
"""Lines of an answer that are told."""
INSIDE_ASPECT = 2.6
_ROUNDS = 6
_PAD, _TITLE_GAP = 0.26, 0.2


def arrange(
    network: Network,
    root: Part,
    opened: Mapping[str, float] | None = None,
    *,
    answers: Sequence[Answer] | None = None,
    aspect: float = 16 / 9,
    folds: Folds | None = None,
) -> Picture:
    """Places of everything in one state of opening.

    Args:
        root: the network's hierarchy.
        opened: how far blocks are open, from 0 to 1, by id; those that are not named are closed.
        answers: of the outputs that are shown; all of them where it is None.
        aspect: width of the frame by its height.
        folds: how rows are folded and how small letters may be, to be kept while blocks open; found for the blocks
            that are not closed, as if they were open, where it is None. For a film in which blocks open and close, take
            those of the picture in which all of them are open.
    """
    states = {id_: min(max(float(value), 0.0), 1.0) for id_, value in (opened or {}).items()}
    shown = tuple(Answer(output) for output in network.outputs) if answers is None else tuple(answers)
    plans = Plans(network, root, shown)
    if folds is None:
        picture = _when_open(plans, [id_ for id_, value in states.items() if value > 0], aspect)
        if all(value in (0.0, 1.0) for value in states.values()):
            return picture
        folds = picture.folds
    return _Arrangement(plans, states, aspect, folds).picture()


def _when_open(plans: Plans, opened: Sequence[str], aspect: float) -> Picture:
    """The picture while some blocks are open.

    Letters take room, which makes the picture larger and letters smaller; so both are found in a few rounds.
    """
    states = dict.fromkeys(opened, 1.0)
    letters = 0.0
    for _ in range(_ROUNDS):
        picture = _Arrangement(plans, states, aspect, Folds({}, letters)).picture()
        needed = min(picture.frame.height * LEAST_PIXELS / FRAME_HEIGHT, NAME_LIMIT)
        if abs(needed - letters) < 0.02 * needed:
            break
        letters = needed
    return picture


class _Arrangement:
    """One state of opening.

    Attributes:
        found: the folds that were used, by the block's id.
    """

    def __init__(self, plans: Plans, states: Mapping[str, float], aspect: float, folds: Folds):
        self.found: dict[str, Fold] = {}
        self._plans = plans
        self._graph = plans.graph
        self._root = plans.root
        self._states = states
        self._aspect = aspect
        self._folds = folds
        self._sizes = BookSizes(plans.graph, plans.root, folds.letters)

    def picture(self) -> Picture:
        root, folds = self._root, self._folds
        box = self._children(root, 1.0, 1.0, None) if root.children else Box(1.0, 0.5, 0.5)
        things, routes = box.flattened()
        frame, content = _frame(things, routes, self._aspect)
        return Picture(
            frame,
            content,
            Folds(dict(self.found), folds.letters),
            books=tuple(thing for thing in things if isinstance(thing, Book)),
            labels=tuple(thing for thing in things if isinstance(thing, Label)),
            trays=tuple(thing for thing in things if isinstance(thing, Tray)),
            boards=tuple(thing for thing in things if isinstance(thing, Board)),
            routes=tuple(routes),
        )

    def _state(self, part: Part) -> float:
        """How far a part is open, eased; the network always is."""
        if part is self._root:
            return 1.0
        t = self._states.get(part.id, 0.0) if part.is_block else 0.0
        return t * t * (3 - 2 * t)

    def _box(self, part: Part, scale: float, grown: float, book: BookSize | None, line: float) -> Box:
        """The box of a part.

        Args:
            scale: of the part when all around it is open.
            grown: how much of that its surroundings have grown already, from 0 to 1.
            book: its book, where that is the cover of a block around it that opens.
            line: how far below the middle labels begin in its lane, when all around it is open.
        """
        born = book.born if book else grown
        still = self._sizes.closed(part, scale)
        gap = born * max(still.gap, line - still.up)
        if book is None:
            book = replace(self._cover_book(part, scale * grown), gap=gap, own_gap=gap, born=grown)
        else:
            book = replace(book, gap=book.gap + grown / born * (gap - book.own_gap), own_gap=gap)
        return _book_box(part, book) if self._state(part) == 0 else self._tray(part, scale, grown, book)

    def _cover_book(self, part: Part, scale: float) -> BookSize:
        """The book of a block, or what its cover has become while it opens."""
        own = self._sizes.closed(part, scale)
        state = self._state(part)
        if state == 0:
            return own
        inside = self._cover_book(part.cover_child, scale * self._sizes.child_scale(part))
        return mixed(own, inside, state)

    def _tray(self, part: Part, scale: float, grown: float, book: BookSize) -> Box:
        state = self._state(part)
        inner = self._children(part, scale * self._sizes.child_scale(part), grown * state, book)
        here = scale * grown * state
        pad, size = _PAD * here, self._sizes.name_size(scale) * grown * state
        name = part.name + (f"  ×{part.repeats}" if part.repeats > 1 else "")
        lines = (Line(name, size), Line(f"{part.layers} layers", size * 0.72))
        title = sum(text_width(line.text, line.size) for line in lines) + _TITLE_GAP * here
        width = max(inner.width, title) + 2 * pad
        up, down = inner.up + size * TITLE_ROOM + pad * 0.5, inner.down + pad
        box = Box(width, up, down)
        level = self._sizes.depth(part) - 1
        box.add(Tray(part.id, Rect(0.0, -up, width, up + down), level, state))
        title_rect = Rect(pad, -up + size * 0.4, title, size * 1.3)
        box.add(Label(part.id, part.id, title_rect, lines, max(0.0, 2 * state - 1), is_title=True))
        left = (width - inner.width) / 2
        box.put(inner, left, 0.0)
        if inner.has_entry:
            box.routes.append(Route(part.id, part.id, "main", ((0.0, 0.0), (left, 0.0)), here, False))
        if inner.has_exit:
            box.routes.append(Route(part.id, part.id, "main", ((left + inner.width, 0.0), (width, 0.0)), here, False))
        return box

    def _children(self, part: Part, scale: float, grown: float, book: BookSize | None) -> Box:
        """The children of an open part in their ranks and lanes, around the line that data enters along."""
        plan = self._plans.of(part)
        lines = self._label_lines(part, plan, scale)
        boxes: list[Box] = []
        cover = part.cover_child if book else None
        for node, child in enumerate(part.children):
            is_cover = child is cover
            boxes.append(self._box(child, scale, grown, book if is_cover else None, lines[node]))
        boxes += [self._answer(answer, scale) for answer in plan.answers]
        aspect = self._content_aspect() if part is self._root else INSIDE_ASPECT
        fold = self._folds.blocks.get(part.id) or fold_of(plan, boxes, scale * grown, aspect, part is self._root)
        self.found[part.id] = fold
        is_tray = [self._state(child) > 0 for child in part.children]
        where = part.children.index(part.cover_child), self._state(part)
        box = set_in_grid(plan, boxes, scale * grown, fold, is_tray, where)
        edges = {ENTRY: part.id, EXIT: part.id}
        box.routes = [
            replace(route, source=edges.get(route.source, route.source), target=edges.get(route.target, route.target))
            for route in box.routes
        ]
        return box

    def _content_aspect(self) -> float:
        return self._aspect * (1 - 2 * SIDE_BAND) / (1 - TITLE_BAND - LEGEND_BAND)

    def _label_lines(self, part: Part, plan: Plan, scale: float) -> list[float]:
        """How far below the middle of each child's book its label begins: the same for all in a lane."""
        halves: dict[float, float] = {}
        books = [self._sizes.closed(child, scale) for child in part.children]
        for node, book in enumerate(books):
            lane = plan.lanes.lanes[node]
            weight = 1 - self._state(part.children[node])
            halves[lane] = max(halves.get(lane, 0.0), book.up * weight)
        return [halves[plan.lanes.lanes[node]] + book.gap for node, book in enumerate(books)]

    def _answer(self, answer: Answer, scale: float) -> Box:
        name = self._graph.name_of_output(answer.output)
        size = self._sizes.name_size(scale) * 0.9
        shape = self._graph.shape(name)
        if self._graph.sizes[self._graph.place[name]] > 1:
            many = len(self._plans.of(self._root).answers) > 1
            part = Part(answer.id, answer.output if many else "answer", INPUT, name)
            book = self._sizes.closed(part, scale)
            return _book_box(part, book)
        count = max(1, shape[-1]) if shape else 1
        names = answer.names or (f"class {count - 1}" if count > 1 else answer.output,)
        rows = min(MOST_ROWS, count)
        room = max(text_width(text, size) for text in names)
        width = room + 0.17 * scale + 0.72 * scale + text_width("99.9 %", size)
        height = rows * size * 1.6
        box = Box(width, height / 2, height / 2)
        box.add(Board(answer.output, Rect(0.0, -height / 2, width, height), rows, size, room))
        box.inlet = -0.06 * scale
        return box


def _book_box(part: Part, book: BookSize) -> Box:
    """A book with its label below."""
    width, height = book.rect
    box = Box(book.width, book.up, book.down)
    left = (book.width - width) / 2
    rect = Rect(left, -height / 2, width, height)
    pages = max(part.layers, 1)
    box.add(Book(part.id, book.shown.id, rect, book.cover, book.thickness, book.kind, pages))
    label = Rect((book.width - book.label[0]) / 2, book.line, *book.label)
    box.add(Label(part.id, book.shown.id, label, book.lines, book.opacity))
    box.inlet, box.outlet = left, left + width
    return box


def _frame(things: Sequence[Book | Label | Tray | Board], routes: Sequence[Route], aspect: float) -> tuple[Rect, Rect]:
    """What the camera sees, around everything; and the part of it that is free of title and legend."""
    rects = [thing.rect for thing in things]
    xs = [x for rect in rects for x in (rect.x, rect.right)] + [x for route in routes for x, _v in route.points]
    vs = [v for rect in rects for v in (rect.v, rect.bottom)] + [v for route in routes for _x, v in route.points]
    left, right = min(xs, default=0.0), max(xs, default=1.0)
    top, bottom = min(vs, default=0.0), max(vs, default=1.0)
    room = 1 - TITLE_BAND - LEGEND_BAND
    height = max((bottom - top) / room, (right - left) / (1 - 2 * SIDE_BAND) / aspect)
    width = height * aspect
    x = (left + right) / 2 - width / 2
    v = (top + bottom) / 2 - height * (TITLE_BAND + room / 2)
    frame = Rect(x, v, width, height)
    content = Rect(x + SIDE_BAND * width, v + TITLE_BAND * height, width * (1 - 2 * SIDE_BAND), height * room)
    return frame, content
