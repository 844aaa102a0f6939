"""Sizes of the boards that tell what outputs give: of letters, lines and bars, and the room that all of them take.

Lengths of a board in a picture are in heights of the letters of its rows. Its origin is at the left end of the first
row's middle line; texts and bars begin there and run to the right, rows downwards.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class BoardStyle:
    """What is the same on all boards of a kind of scene.

    Attributes:
        letters: height of those of rows.
        answer: of the answer above them.
        verdict: of the output's name and of what is said of an answer.
        note: of what is said below the rows.
        pitch: from one row to the next.
        answer_rise: from the first row's middle up to the verdict's baseline.
        verdict_room: from there up to the answer's.
        gap: between columns.
        bar: length of a full bar, at least.
        thickness: of a bar.
        value: height of the letters of a value that stands alone.
        most: so many rows are all told.
        told: of more, so many.
    """

    letters: float
    answer: float
    verdict: float
    note: float
    pitch: float
    answer_rise: float
    verdict_room: float
    gap: float
    bar: float
    thickness: float
    value: float
    most: int
    told: int

    @property
    def name_room(self) -> float:
        """From the answer's baseline up to that of the output's name."""
        return 1.35 * self.answer

    @property
    def name_rise(self) -> float:
        """From the first row's middle up to the baseline of the output's name, with a verdict below the answer."""
        return self.answer_rise + self.verdict_room + self.name_room

    def rows_of(self, count: int) -> int:
        """How many of so many values are told."""
        return count if count <= self.most else self.told


IN_PICTURE = BoardStyle(
    letters=1.0,
    answer=1.3,
    verdict=0.95,
    note=0.75,
    pitch=1.5,
    answer_rise=1.55,
    verdict_room=1.35,
    gap=0.7,
    bar=5.0,
    thickness=0.75,
    value=1.5,
    most=10,
    told=5,
)
"""Of boards that stand as a picture has it."""


LEAD, LEAD_RISE = 1.2, 0.85
"""Of an answer that is the name in the first row of a picture's board: height of its letters, and from the row's middle
up to the baseline of what is said of it."""


@dataclass(frozen=True)
class BoardRoom:
    """The room of one board in a picture.

    Attributes:
        names: width of the column of names.
        values: width of the column of values.
        width: of all of it; what is longer is cut.
        up: from the first row's middle to the upper end.
        down: from there to the lower end.
        rows: how many there are.
        leads: whether the answer is the first of the rows; they are of the highest classes then, from the highest on.
    """

    names: float
    values: float
    width: float
    up: float
    down: float
    rows: int
    leads: bool = False

    @property
    def height(self) -> float:
        """Of all of it."""
        return self.up + self.down

    @property
    def bars(self) -> float:
        """Length of a full bar: what columns leave of the width."""
        return self.width - self.names - self.values - 2 * IN_PICTURE.gap
