"""Where everything of a network stands in the picture that the default camera makes of it.

Lengths in the picture are in *picture units*: 1 is the side of the largest cover of the top level. ``x`` grows to the
right, with the data, ``v`` downwards. The camera is orthographic and looks along +Y, `ELEVATION` above the floor; what
stands on the floor at (x, v) in the picture is at X = x, Y = -v / sin(`ELEVATION`), Z = 0 in the world. Things whose
rectangles do not overlap in the picture are apart in the world.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from ..codec import from_dict, to_dict
from ..errors import UserError

ELEVATION = math.radians(27)
"""Of the camera above the floor."""
TURN = math.radians(56)
"""How far a cover is turned from the direction of the data towards the camera, about Z."""
UNIT = 4.0
"""Blender units in a picture unit."""

MAPS, VECTOR = "maps", "vector"
"""Kinds of covers: feature maps in a square, or numbers without positions in an upright strip."""
MAIN, SKIP = "main", "skip"
"""Kinds of routes."""

Point = tuple[float, float]


@dataclass(frozen=True)
class Rect:
    """A rectangle in the picture: its upper left corner and its sizes, in picture units."""

    x: float
    v: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.v + self.height

    def moved(self, x: float, v: float) -> Rect:
        return Rect(self.x + x, self.v + v, self.width, self.height)


@dataclass(frozen=True)
class Line:
    """A line of text, and the height of its letters in picture units."""

    text: str
    size: float


@dataclass(frozen=True)
class Book:
    """A closed block, a layer, or what enters or leaves the network: a cover with pages behind it.

    Attributes:
        part: id of the part of the hierarchy; `answer_end` for the picture that is a network's answer.
        shown: id of the part whose cover it is; another one than ``part`` while that is opened.
        rect: around all that is seen of it.
        cover: width and height of its cover in the world.
        thickness: of cover and pages together, in the world.
        kind: `MAPS` or `VECTOR`.
        pages: how many layers it stands for.
    """

    part: str
    shown: str
    rect: Rect
    cover: tuple[float, float]
    thickness: float
    kind: str
    pages: int

    @property
    def foot(self) -> Point:
        """Where in the picture the middle of the cover's lower edge is, which stands on the floor."""
        width = self.cover[0]
        return (
            self.rect.x + width / 2 * math.sin(TURN),
            self.rect.bottom - width / 2 * math.cos(TURN) * math.sin(ELEVATION),
        )


@dataclass(frozen=True)
class Label:
    """Text below a book, or in the upper left corner of a tray as its title.

    Attributes:
        part: id of what it belongs to, as that of a book.
        shown: id of the part that it names.
        opacity: from 0 to 1; a label fades while its block opens.
        is_title: whether it is a tray's; its lines stand side by side then, at the ends of its rectangle.
    """

    part: str
    shown: str
    rect: Rect
    lines: tuple[Line, ...]
    opacity: float = 1.0
    is_title: bool = False


@dataclass(frozen=True)
class Tray:
    """What an open block's children stand on.

    Attributes:
        level: how many trays it stands on.
        opened: from 0 for a closed block to 1 for an open one, already eased.
    """

    part: str
    rect: Rect
    level: int
    opened: float


@dataclass(frozen=True)
class Board:
    """Where an answer is told: a head and rows with bars, or what is said of a picture; see `core.layout.boards`.

    Attributes:
        output: name of the network's output.
        rows: how many lines with a value.
        letters: height of the letters of rows in picture units.
        names: room for the names in picture units, from the left; bars and numbers share the rest.
    """

    output: str
    rect: Rect
    rows: int
    letters: float
    names: float


@dataclass(frozen=True)
class Caption:
    """Where the name of the sample shown is told, above the network's first input.

    Attributes:
        letters: height of the letters in picture units.
    """

    rect: Rect
    letters: float


@dataclass(frozen=True)
class ExplanationMaps:
    """Where maps that explain answers stand: books with words below them, and lines above them all.

    Attributes:
        cards: of each map the book that it stands in as an input does; ``part`` is its number.
        words: below each.
        heading: above them all, `HEADING_LINES` lines.
        letters: height of all these letters in picture units.
    """

    cards: tuple[Book, ...]
    words: tuple[Rect, ...]
    heading: Rect
    letters: float


@dataclass(frozen=True)
class Route:
    """The way of an edge between two things that are seen, as a polyline in the picture.

    Attributes:
        source, target: ids of parts, or `answer_end` for an answer. An edge into an open block has two routes: one
            that ends at its tray, with the block as target, and one that begins there, with the block as source; and so
            has one that leaves it. Where a block stands open and as a book, `book_end` is the book.
        kind: `MAIN`, or `SKIP` where data takes a shorter way beside what else reads it.
        scale: of its width; 1 at the top level.
        has_head: whether an arrow head is at its end.
    """

    source: str
    target: str
    kind: str
    points: tuple[Point, ...]
    scale: float = 1.0
    has_head: bool = True


@dataclass(frozen=True)
class Fold:
    """How a block's children are set in rows; does not change while blocks open.

    Attributes:
        rows: rank of the first child in each row, from 0 on; see `core.layout.lanes.Lanes`.
        justified: for each row, whether it is spread to the width of the widest one.
        pitch: how far the levels of a U shape are apart, relative to what they need.
        stretch: what is added to every gap where there is room, relative to the scale of the children.
        beside: whether the network's answers stand to the right of all rows, instead of at the end of the last one.
    """

    rows: tuple[int, ...] = (0,)
    justified: tuple[bool, ...] = (False,)
    pitch: float = 1.0
    stretch: float = 0.0
    beside: bool = False


@dataclass(frozen=True)
class Folds:
    """What stays as it is while blocks open: rows of every open block, by its id, and the least height of letters."""

    blocks: dict[str, Fold]
    letters: float


@dataclass(frozen=True)
class Picture:
    """Places of everything that is seen in one state of opening.

    Attributes:
        frame: what the camera sees, of the ratio that was asked for, title and legend included.
        content: the part of the frame that everything is in.
        caption: None where the first input is not seen.
        maps: None where no explanation is shown.
    """

    frame: Rect
    content: Rect
    folds: Folds
    books: tuple[Book, ...]
    labels: tuple[Label, ...]
    trays: tuple[Tray, ...]
    boards: tuple[Board, ...]
    routes: tuple[Route, ...]
    caption: Caption | None = None
    maps: ExplanationMaps | None = None


def picture_to_dict(picture: Picture) -> dict[str, Any]:
    """Ready for JSON."""
    return to_dict(picture)


def picture_from_dict(data: Any) -> Picture:
    """Read what `picture_to_dict` gives.

    Raises:
        UserError: ``picture.unreadable`` where it is something else.
    """
    try:
        return from_dict(Picture, data)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise UserError(
            "picture.unreadable",
            "The places kept for the network are not written as places are.",
            "Lay the network out again.",
        ) from error


def book_end(block: str) -> str:
    """What stands for the book of a block among the ends of routes, where the block's children stand there too."""
    return f"book {block}"


def answer_end(output: str) -> str:
    """What stands for an answer among ids of parts and ends of routes, by the name of the network's output."""
    return f"output {output}"


def silhouette(width: float, height: float, thickness: float) -> tuple[float, float]:
    """Width and height in the picture of a book with a cover of that size in the world."""
    return (
        width * math.sin(TURN) + thickness * math.cos(TURN),
        height * math.cos(ELEVATION) + (width * math.cos(TURN) + thickness * math.sin(TURN)) * math.sin(ELEVATION),
    )


def world_point(point: Point, z: float = 0.0) -> tuple[float, float, float]:
    """X, Y and Z in the world of what is seen at a point of the picture, ``z`` above the floor."""
    x, v = point
    return x, -(v + z * math.cos(ELEVATION)) / math.sin(ELEVATION), z


def floor_point(point: Point) -> tuple[float, float, float]:
    """X, Y and Z in Blender units of what stands on the floor at a point of the picture."""
    x, y, z = world_point(point)
    return UNIT * x, UNIT * y, UNIT * z
