"""The lines of text of a picture: where each stands, and from how wide a view it is too small to be read."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .lettering import text_width
from .picture import Label, Picture, Point, Tray

LEAST_PIXELS, PICTURE_HEIGHT = 8.0, 1080
"""Letters that are lower than so in a picture of that height are left out."""
TITLE_PIXELS, MOST_GROWN = 14.0, 1.45
"""Letters of titles that stand in no other tray grow to this height, or by this factor where that is less."""
NAME_LINE, LINE = 1.2, 1.35
"""Height of a label's first line and of a further one, relative to their letters."""
_NAME_BASELINE, _BASELINE, _TITLE_BASELINE = 0.9, 1.0, 0.95
"""From the top of a line, or of a title, to its baseline, relative to the letters."""
_RISE = 0.55
"""How far such a title's baseline sinks, relative to what its letters grow by."""
_GAP = 0.6
"""Before what a title says of names that are left out, and behind it, relative to its letters."""


@dataclass(frozen=True)
class TextLine:
    """A line of text in the picture.

    Attributes:
        place: the middle of its baseline.
        size: height of the letters in picture units.
        is_name: whether it names something; else it says something about that.
        widest: the widest view, in picture units, in which it is seen.
        narrowest: a view has to be wider than so for it to be seen.
        part: id of what it belongs to, as its label has it.
        is_title: whether it is in the title of a tray.
    """

    text: str
    place: Point
    size: float
    opacity: float = 1.0
    is_name: bool = False
    widest: float = math.inf
    narrowest: float = 0.0
    part: str = ""
    is_title: bool = False


@dataclass(frozen=True)
class _Shown:
    """A label, and what can be read of it.

    Attributes:
        around: the innermost tray that it stands in, but for the block's own; None where there is none.
        widest: of each line the widest view in which it can be read.
        is_read: whether its name can be read where the whole frame is seen.
        grown: how much larger its letters are than the label says.
    """

    label: Label
    around: Tray | None
    widest: tuple[float, ...]
    is_read: bool
    grown: float


def text_lines(picture: Picture) -> tuple[TextLine, ...]:
    """The lines of all labels.

    What is too small to be read when the whole frame is seen is left out, until somebody comes nearer; the title of the
    tray around it then says how many names that are. What stands in no tray is always named. Where blocks stand open
    and as books, it depends on the distance how many names are left out, and nothing says so.
    """
    labels = [label for label in picture.labels if label.lines]
    trays = {tray.part: tray for tray in picture.trays}
    shown = [
        _shown(picture, label, tray) for label, tray in zip(labels, _trays_around(labels, picture.trays), strict=True)
    ]
    are_books = any(label.part in trays and not label.is_title for label in labels)
    left_out = {} if are_books else _left_out(shown)
    lines: list[TextLine] = []
    for one in shown:
        part = one.label.part
        lines += _title(one, trays[part], left_out.get(part, ())) if one.label.is_title else _lines_below(one)
    return tuple(lines)


def _shown(picture: Picture, label: Label, around: Tray | None) -> _Shown:
    frame, grown = picture.frame, 1.0
    if label.is_title and around is None:
        # There is some room around the title of a tray that is in no other one.
        room = next(tray.rect.right for tray in picture.trays if tray.part == label.part) - label.rect.x
        grown = frame.height * TITLE_PIXELS / PICTURE_HEIGHT / label.lines[0].size
        grown = max(1.0, min(grown, MOST_GROWN, 0.9 * room / label.rect.width))
    widest = [grown * line.size * PICTURE_HEIGHT / LEAST_PIXELS * frame.width / frame.height for line in label.lines]
    is_read = around is None or widest[0] >= frame.width
    if around is None:
        widest[0] = math.inf
    return _Shown(label, around, tuple(widest), is_read, grown)


def _trays_around(labels: Sequence[Label], trays: Sequence[Tray]) -> list[Tray | None]:
    """See `_Shown.around`."""
    inner_first = sorted(trays, key=lambda tray: -tray.level)
    if not labels or not trays:
        return [None] * len(labels)
    rects = [label.rect for label in labels]
    middles = np.array([(rect.x + rect.width / 2, rect.v + rect.height / 2) for rect in rects])[:, None]
    low = np.array([(tray.rect.x, tray.rect.v) for tray in inner_first])
    high = np.array([(tray.rect.right, tray.rect.bottom) for tray in inner_first])
    own = np.array([[label.part == tray.part for tray in inner_first] for label in labels])
    inside = ((middles >= low) & (middles <= high)).all(axis=2) & ~own
    return [inner_first[int(row.argmax())] if row.any() else None for row in inside]


def _left_out(shown: Sequence[_Shown]) -> dict[str, list[float]]:
    """Of each tray whose title can be read, the widest views in which the names can be that are left out inside.

    A name whose tray has no such title counts for the tray around that.
    """
    titles = {one.label.part: one for one in shown if one.label.is_title}
    left_out: dict[str, list[float]] = {}
    for one in shown:
        tray = None if one.is_read else one.around
        while tray is not None and not titles[tray.part].is_read:
            tray = titles[tray.part].around
        if tray is not None:
            left_out.setdefault(tray.part, []).append(one.widest[0])
    return left_out


def _lines_below(one: _Shown) -> list[TextLine]:
    """Name and facts below a book."""
    rect = one.label.rect
    middle, v = rect.x + rect.width / 2, rect.v
    lines = []
    for number, (line, widest) in enumerate(zip(one.label.lines, one.widest, strict=True)):
        height, baseline = (LINE, _BASELINE) if number else (NAME_LINE, _NAME_BASELINE)
        place = middle, v + line.size * baseline
        part, opacity = one.label.part, one.label.opacity
        lines.append(TextLine(line.text, place, line.size, opacity, number == 0, widest, part=part))
        v += line.size * height
    return lines


def _title(one: _Shown, tray: Tray, left_out: Sequence[float]) -> list[TextLine]:
    """A tray's title: its name, how many layers it has, and how many names inside it are left out."""
    rect, grown = one.label.rect, one.grown
    name, facts = one.label.lines[0], one.label.lines[-1]
    baseline = rect.v + name.size * (_TITLE_BASELINE + (grown - 1) * _RISE)

    def line(text: str, x: float, size: float, widest: float, narrowest: float = 0.0) -> TextLine:
        place = x + text_width(text, size) / 2, baseline
        part, opacity = one.label.part, one.label.opacity
        return TextLine(text, place, size, opacity, text == name.text, widest, narrowest, part, is_title=True)

    end = rect.x + grown * rect.width
    start, widest, small = end - text_width(facts.text, grown * facts.size), one.widest[-1], grown * facts.size
    lines = [line(name.text, rect.x, grown * name.size, one.widest[0])]
    if left_out:
        told, nearest = f"+{len(left_out)}", min(left_out)
        further = end + _GAP * small
        if further + text_width(told, small) + _GAP * small > tray.rect.right:
            # There is no room beside the facts, so it takes their place.
            further, widest = start, min(widest, nearest)
        lines.append(line(told, further, small, one.widest[0], nearest))
    return [*lines, line(facts.text, start, small, widest)]
