"""Arranges the parts of a network in a picture, for any state of opening: books, trays, labels, boards and routes.

A block's children stand in ranks and lanes (`plans`); their sizes decide how far these are apart. While a block opens
the same arrangement is made with its children still small and its cover, which is the picture of one of them, still
large; so nothing ever overlaps, and nothing jumps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ..inputs import NetworkInput
from ..layout.boards import BoardRoom
from ..layout.legible import LINE
from ..layout.lettering import text_width
from ..layout.picture import Board, Book, Caption, Fold, Folds, Label, Line, Picture, Rect, Route, Tray
from ..network import Network
from .answers import Answer, answers_of
from .books import LABEL_GAP, NAME_LIMIT, TITLE_ROOM, BookSize, BookSizes, input_proportions, mixed
from .boxes import Box, Thing
from .explanation_maps import WantedMaps, with_maps
from .hierarchy import INPUT, Part
from .lane_grids import fold_of, limited, set_in_grid
from .plans import ENTRY, EXIT, Plan, Plans

LEAST_PIXELS = 16.0
"""Letters are at least so high in a picture of `FRAME_HEIGHT` pixels, where there is room for them."""
FRAME_HEIGHT = 1080
TITLE_BAND, LEGEND_BAND, SIDE_BAND = 0.138, 0.07, 0.035
"""Shares of the frame's height above and below, and of its width on both sides, that are kept free."""
ANSWER_LETTERS = 1.02
"""Height of the letters of an answer's rows, relative to that of names."""
ANSWER_LINE = 0.6
"""Of a board's height, from its top, where data comes in: amid what is mostly told, since lines for verdicts are above.
"""
CAPTION_WIDTH, CAPTION_LINES = 11.0, 2
"""Room for the name of a sample and what is known of it, in heights of the letters."""
INSIDE_ASPECT = 2.6
STRIP = 1.3
"""What is so many times as wide as high has its label just below it; other labels of a lane are level."""
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
    inputs: Sequence[NetworkInput] = (),
    maps: WantedMaps | None = None,
) -> Picture:
    """Places of everything in one state of opening.

    Args:
        root: the network's hierarchy.
        opened: how far blocks are open, from 0 to 1, by id; those that are not named are closed.
        answers: of the outputs that are shown, see `answers_of`; of all, as far as the network tells, where it is None.
        aspect: width of the frame by its height.
        folds: how rows are folded and how small letters may be, to be kept while blocks open; found for the blocks
            that are not closed, as if they were open, where it is None. For a film in which blocks open and close, take
            those of the picture in which all of them are open.
        inputs: their kinds; as far as the network tells them where they are not given.
        maps: that explain answers and have to have room too.
    """
    states = {id_: min(max(float(value), 0.0), 1.0) for id_, value in (opened or {}).items()}
    shown = answers_of(network) if answers is None else tuple(answers)
    plans = Plans(network, root, shown)
    proportions = input_proportions(network, inputs)
    proportions |= {answer.id: answer.proportions for answer in shown if answer.proportions is not None}
    first = f"{INPUT} {network.inputs[0].name}" if network.inputs else ""
    common = _Common(plans, aspect, proportions, first, maps)
    if folds is None:
        picture = _when_open(common, [id_ for id_, value in states.items() if value > 0])
        if all(value in (0.0, 1.0) for value in states.values()):
            return picture
        folds = picture.folds
    return _Arrangement(common, states, folds).picture()


@dataclass(frozen=True)
class _Common:
    """What is the same in all states.

    Attributes:
        proportions: see `BookSizes`.
        captioned: id of the input that a caption stands above.
        maps: that explain answers.
    """

    plans: Plans
    aspect: float
    proportions: Mapping[str, tuple[float, float]]
    captioned: str
    maps: WantedMaps | None = None


def _when_open(common: _Common, opened: Sequence[str]) -> Picture:
    """The picture while some blocks are open.

    Letters take room, which makes the picture larger and letters smaller; so both are found in a few rounds.
    """
    states = dict.fromkeys(opened, 1.0)
    letters = 0.0
    for _ in range(_ROUNDS):
        picture = _Arrangement(common, states, Folds({}, letters)).picture()
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

    def __init__(self, common: _Common, states: Mapping[str, float], folds: Folds):
        self.found: dict[str, Fold] = {}
        self._plans = plans = common.plans
        self._graph = plans.graph
        self._root = plans.root
        self._states = states
        self._aspect = common.aspect
        self._captioned = common.captioned
        self._maps = common.maps
        self._folds = folds
        self._sizes = BookSizes(plans.graph, plans.root, folds.letters, common.proportions)

    def picture(self) -> Picture:
        root, folds = self._root, self._folds
        box = self._children(root, 1.0, 1.0, None) if root.children else Box(1.0, 0.5, 0.5)
        things, routes = box.flattened()
        bounds = _bounds(things, routes)
        frame = _frame(bounds, self._aspect)
        maps = None
        if self._maps is not None:
            explained = next((thing.rect for thing in things if _is_of(thing, self._captioned)), bounds)
            frame, maps = with_maps(bounds, explained, self._maps, lambda rect: _frame(rect, self._aspect))
        content = _content(frame)
        return Picture(
            frame,
            content,
            Folds(dict(self.found), folds.letters),
            books=tuple(thing for thing in things if isinstance(thing, Book)),
            labels=tuple(thing for thing in things if isinstance(thing, Label)),
            trays=tuple(thing for thing in things if isinstance(thing, Tray)),
            boards=tuple(thing for thing in things if isinstance(thing, Board)),
            routes=tuple(routes),
            caption=next((thing for thing in things if isinstance(thing, Caption)), None),
            maps=maps,
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
        is_strip = still.cover[0] > STRIP * still.cover[1]
        gap = born * (still.gap if is_strip else max(still.gap, line - still.up))
        if book is None:
            book = replace(self._cover_book(part, scale * grown), gap=gap, own_gap=gap, born=grown)
        else:
            book = replace(book, gap=book.gap + grown / born * (gap - book.own_gap), own_gap=gap)
        if self._state(part) > 0:
            return self._tray(part, scale, grown, book)
        box = _book_box(part, book)
        is_captioned = part.id == self._captioned and self._sizes.depth(part) == 1
        return self._with_caption(box, scale) if is_captioned else box

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
        inner = self._children(part, scale * self._sizes.child_scale(part), grown * state, book, grown * scale)
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
            box.routes.append(Route(part.id, part.id, "main", ((0.0, 0.0), (left, 0.0)), grown * scale, False))
        if inner.has_exit:
            ends = (left + inner.width, 0.0), (width, 0.0)
            box.routes.append(Route(part.id, part.id, "main", ends, grown * scale, False))
        return box

    def _children(self, part: Part, scale: float, grown: float, book: BookSize | None, around: float = 1.0) -> Box:
        """The children of an open part in their ranks and lanes, around the line that data enters along.

        Args:
            around: scale of routes around the part; as thick are those to and from its cover, which were there.
        """
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
        if part is self._root:
            fold = limited(plan, boxes, scale * grown, fold, aspect)
        is_tray = [self._state(child) > 0 for child in part.children]
        state = self._state(part)
        where = part.children.index(part.cover_child), state
        level = around + (scale * grown - around) * state
        box = set_in_grid(plan, boxes, scale * grown, fold, is_tray, where, level)
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

    def _with_caption(self, inner: Box, scale: float) -> Box:
        """An input with room for a caption above it."""
        letters, gap = self._sizes.small_size(scale), LABEL_GAP * scale
        width, height = CAPTION_WIDTH * letters, CAPTION_LINES * LINE * letters
        box = Box(max(width, inner.width), inner.up + gap + height, inner.down)
        left = (box.width - inner.width) / 2
        box.put(inner, left, 0.0)
        box.add(Caption(Rect((box.width - width) / 2, -box.up, width, height), letters))
        box.inlet, box.outlet = left + inner.inlet, left + inner.outlet
        return box

    def _answer(self, answer: Answer, scale: float) -> Box:
        letters = self._sizes.name_size(scale) * ANSWER_LETTERS
        if answer.proportions is not None:
            return self._given_picture(answer, scale, letters)
        if answer.room is None:
            return Box(0.0, 0.0, 0.0)
        width, height = answer.room.width * letters, answer.room.height * letters
        up = ANSWER_LINE * height
        box = Box(width, up, height - up)
        box.add(_board(answer, answer.room, 0.0, -up, letters))
        box.inlet = -0.12 * scale
        return box

    def _given_picture(self, answer: Answer, scale: float, letters: float) -> Box:
        """A picture that the network gives; what is told of it stands to its right, or in one line below its label."""
        many = len(self._plans.of(self._root).answers) > 1
        name = answer.output if many else "answer"
        part = Part(answer.id, name, INPUT, self._graph.name_of_output(answer.output))
        inner, room, gap = _book_box(part, self._sizes.closed(part, scale)), answer.room, LABEL_GAP * scale
        if room is None:
            return inner
        width, height = room.width * letters, room.height * letters
        if room.rows:
            box = Box(inner.width + 2 * gap + width, max(inner.up, height / 2), max(inner.down, height / 2))
            left, place = 0.0, (inner.width + 2 * gap, -height / 2)
        else:
            box = Box(max(inner.width, width), inner.up, inner.down + gap + height)
            left, place = (box.width - inner.width) / 2, ((box.width - width) / 2, inner.down + gap)
        box.put(inner, left, 0.0)
        box.add(_board(answer, room, *place, letters))
        box.inlet = left + inner.inlet
        return box


def _board(answer: Answer, room: BoardRoom, x: float, v: float, letters: float) -> Board:
    rect = Rect(x, v, room.width * letters, room.height * letters)
    return Board(answer.output, rect, room.rows, letters, room.names * letters)


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


def _is_of(thing: Thing, part: str) -> bool:
    return isinstance(thing, Book) and thing.part == part


def _bounds(things: Sequence[Thing], routes: Sequence[Route]) -> Rect:
    """What is around everything."""
    rects = [thing.rect for thing in things]
    xs = [x for rect in rects for x in (rect.x, rect.right)] + [x for route in routes for x, _v in route.points]
    vs = [v for rect in rects for v in (rect.v, rect.bottom)] + [v for route in routes for _x, v in route.points]
    left, right = min(xs, default=0.0), max(xs, default=1.0)
    top, bottom = min(vs, default=0.0), max(vs, default=1.0)
    return Rect(left, top, right - left, bottom - top)


def _frame(bounds: Rect, aspect: float) -> Rect:
    """What the camera sees, around everything, of a ratio of width to height."""
    room = 1 - TITLE_BAND - LEGEND_BAND
    height = max(bounds.height / room, bounds.width / (1 - 2 * SIDE_BAND) / aspect)
    width = height * aspect
    x = bounds.x + bounds.width / 2 - width / 2
    v = bounds.v + bounds.height / 2 - height * (TITLE_BAND + room / 2)
    return Rect(x, v, width, height)


def _content(frame: Rect) -> Rect:
    """The part of a frame that is free of title and legend."""
    band, side = TITLE_BAND * frame.height, SIDE_BAND * frame.width
    room = 1 - TITLE_BAND - LEGEND_BAND
    return Rect(frame.x + side, frame.v + band, frame.width - 2 * side, frame.height * room)
