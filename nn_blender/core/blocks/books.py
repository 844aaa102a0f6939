"""Sizes of closed blocks in the picture: the book, its label, and how both change while the block opens."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..inputs import INPUT_KINDS, NetworkInput, decide_inputs
from ..layout.legible import LINE, NAME_LINE
from ..layout.lettering import cut_name, text_width
from ..layout.picture import MAPS, VECTOR, Line, silhouette
from ..network import Network
from ..texts import format_count, format_sizes
from .graph import LayerGraph
from .hierarchy import INPUT, Part

CHILD_SCALE, GRANDCHILD_SCALE = 0.8, 0.84
"""Of the children of an open block of the top level, and of one further down, relative to the block itself."""
SMALLEST_SIDE, VECTOR_SIDE = 0.70, 0.80
"""Of a cover with the fewest positions, and of one without, where the largest is 1."""
VECTOR_WIDTH, FEW_WIDTH, FEW = 0.46, 0.30, 8
"""Of a cover without positions, relative to its height; of one with at most so many values."""
MOST_STRETCHED, LONGEST_SIDE = 2.5, 1.25
"""How much longer one side of a picture that enters or leaves may be; its longest, where a square's is 1."""
THINNEST, THIN, THICKEST, PAGES = 0.05, 0.10, 0.42, 16
"""Thickness of one layer, of a thin book, what many layers add to it, and how many layers add most of that."""
NAME_LETTERS, SMALL_LETTERS, TITLE_ROOM = 0.185, 0.125, 1.9
"""Heights of letters; the room of a tray's title relative to its letters."""
NAME_LIMIT, SMALL_LIMIT = 0.34, 0.29
"""Letters are never higher than so, even where they are too small to be read."""
LABEL_GAP = 0.10


@dataclass(frozen=True)
class BookSize:
    """A book with its label, before it has a place. Lengths in picture units, cover and thickness in the world's.

    Attributes:
        shown: the part that its label names.
        cover: width and height.
        label: width and height.
        gap: from the book's lower end to its label.
        own_gap: what that would be where the part that is deepest inside stands still.
        born: how much the surroundings of the block had grown whose cover it was at first.
    """

    shown: Part
    kind: str
    cover: tuple[float, float]
    thickness: float
    lines: tuple[Line, ...]
    label: tuple[float, float]
    gap: float
    own_gap: float = 0.0
    born: float = 1.0
    opacity: float = 1.0

    @property
    def rect(self) -> tuple[float, float]:
        """Width and height of what is seen of the book."""
        return silhouette(*self.cover, self.thickness)

    @property
    def width(self) -> float:
        """Of book and label."""
        return max(self.rect[0], self.label[0])

    @property
    def up(self) -> float:
        """From the middle of the book to its top."""
        return self.rect[1] / 2

    @property
    def down(self) -> float:
        """From the middle of the book to the bottom of its label."""
        return self.line + self.label[1]

    @property
    def line(self) -> float:
        """From the middle of the book to the top of its label."""
        return self.up + self.gap


class BookSizes:
    """Makes the sizes of all books of a network.

    Args:
        letters: the least height of letters in picture units.
        proportions: height and width of pictures that enter or leave the network, by ids of parts.
    """

    def __init__(
        self,
        graph: LayerGraph,
        root: Part,
        letters: float,
        proportions: Mapping[str, tuple[float, float]] | None = None,
    ):
        self._graph = graph
        self._letters = letters
        self._proportions = proportions or {}
        self._largest = max((graph.sizes[graph.place[child.cover]] for child in root.children), default=1)
        self._depth: dict[str, int] = {}
        self._known: dict[tuple[str, float], BookSize] = {}
        waiting = [(root, 0)]
        while waiting:
            part, depth = waiting.pop()
            self._depth[part.id] = depth
            waiting += [(child, depth + 1) for child in part.children]

    def depth(self, part: Part) -> int:
        """How many parts it is in; 1 at the top level."""
        return self._depth.get(part.id, 1)

    def child_scale(self, part: Part) -> float:
        """Of an open block's children relative to the block."""
        depth = self.depth(part)
        return 1.0 if depth == 0 else CHILD_SCALE if depth == 1 else GRANDCHILD_SCALE

    def closed(self, part: Part, scale: float) -> BookSize:
        """The book of a part at a scale."""
        key = (part.id, scale)
        if key not in self._known:
            self._known[key] = self._closed(part, scale)
        return self._known[key]

    def _closed(self, part: Part, scale: float) -> BookSize:
        width, height, kind = self._cover(part, scale)
        thickness = height * THINNEST
        if part.layers > 1:
            thickness = height * (THIN + THICKEST * (1 - math.exp(-(part.layers - 1) / PAGES)))
        lines = self._lines(part, scale, silhouette(width, height, thickness)[0])
        label = (
            max(text_width(line.text, line.size) for line in lines),
            lines[0].size * NAME_LINE + sum(line.size * LINE for line in lines[1:]),
        )
        return BookSize(part, kind, (width, height), thickness, lines, label, LABEL_GAP * scale)

    def _cover(self, part: Part, scale: float) -> tuple[float, float, str]:
        proportions = self._proportions.get(part.id)
        if proportions is not None:
            side = scale * self._side(part)
            width, height = picture_cover(*proportions)
            return side * width, side * height, MAPS
        size = self._graph.sizes[self._graph.place[part.cover]]
        if size > 1:
            side = scale * self._side(part)
            return side, side, MAPS
        side = scale * VECTOR_SIDE
        shape = self._graph.shape(part.cover)
        if len(shape) > 1 and -1 in shape[:-1]:
            return scale, scale, MAPS
        return side * (VECTOR_WIDTH if not shape or shape[-1] > FEW or shape[-1] < 0 else FEW_WIDTH), side, VECTOR

    def _side(self, part: Part) -> float:
        """Of a square cover: the more positions there are, the larger it is."""
        size = self._graph.sizes[self._graph.place[part.cover]]
        if size <= 1:
            return VECTOR_SIDE
        share = min(1.0, math.log(size) / math.log(max(self._largest, 2)))
        return SMALLEST_SIDE + (1 - SMALLEST_SIDE) * share

    def _lines(self, part: Part, scale: float, width: float) -> tuple[Line, ...]:
        size = self.name_size(scale)
        small = self.small_size(scale)
        name = cut_name(part.name, size, max(1.7 * width, 1.5 * scale))
        texts = []
        if part.is_block:
            layers = f"{part.layers} layers" if part.layers != 1 else "1 layer"
            texts.append(f"×{part.repeats} · {layers}" if part.repeats > 1 else layers)
            if self.depth(part) < 2 and part.parameters:
                texts.append(f"{format_count(part.parameters)} params")
        else:
            texts.append(format_sizes(self._graph.shape(part.cover)) or "one number")
        return Line(name, size), *(Line(text, small) for text in texts)

    def name_size(self, scale: float) -> float:
        """Height of the letters of names at a scale."""
        return max(NAME_LETTERS * scale, min(1.15 * self._letters, NAME_LIMIT * scale))

    def small_size(self, scale: float) -> float:
        """Height of all other letters."""
        return max(SMALL_LETTERS * scale, min(self._letters, SMALL_LIMIT * scale))


def input_proportions(network: Network, inputs: Sequence[NetworkInput] = ()) -> dict[str, tuple[float, float]]:
    """Height and width of what enters a network as it is drawn, by ids of parts.

    Args:
        inputs: their kinds; as far as the network tells them where they are not given.
    """
    kinds = {one.name: INPUT_KINDS.find(one.kind) for one in inputs or decide_inputs(network)}
    return {f"{INPUT} {spec.name}": kinds[spec.name].proportions(spec.shape) for spec in network.inputs}


def picture_cover(height: float, width: float) -> tuple[float, float]:
    """Width and height of a cover for a picture in these proportions, where a square's side is 1."""
    ratio = min(max(max(width, 1.0) / max(height, 1.0), 1 / MOST_STRETCHED), MOST_STRETCHED)
    longer = min(math.sqrt(max(ratio, 1 / ratio)), LONGEST_SIDE)
    return (longer, longer / ratio) if ratio >= 1 else (longer * ratio, longer)


def mixed(first: BookSize, second: BookSize, share: float) -> BookSize:
    """One book on its way to become another: all sizes between theirs, the label of the nearer one."""

    def between(a: float, b: float) -> float:
        return a + (b - a) * share

    nearer = first if share < 0.5 else second
    label = between(first.label[0], second.label[0]), between(first.label[1], second.label[1])
    fit = min(1.0, *(room / own if own else 1.0 for room, own in zip(label, nearer.label, strict=True)))
    return BookSize(
        shown=nearer.shown,
        kind=nearer.kind,
        cover=(between(first.cover[0], second.cover[0]), between(first.cover[1], second.cover[1])),
        thickness=between(first.thickness, second.thickness),
        lines=tuple(Line(line.text, line.size * fit) for line in nearer.lines),
        label=label,
        gap=between(first.gap, second.gap),
        opacity=abs(2 * share - 1) * nearer.opacity,
    )
