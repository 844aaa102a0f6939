"""Draws maps over what they are of: pictures, words, curves and features. Needs no TensorFlow."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from PIL import Image, ImageDraw

from ...core.inputs import InputKind
from ...core.maps.packing import HIGHEST_LEVEL
from ...core.texts import format_number
from ..samples.levels import levels_of
from ..samples.readers import Reader
from .letters import Font, Letters
from .overlay_colours import AGAINST, FOR, on_paper, over_picture, shares_of

LEAST_SIDE = 448
"""Pixels of the longer side of a picture at least; smaller ones are enlarged by a whole factor."""
PAPER, INK, PALE = (255, 255, 255), (28, 30, 34), (128, 134, 142)
MARGIN = 12

LETTERS, SMALL_LETTERS = 15, 13
"""Pixels: sizes of letters."""
_LINE = 26
_WIDTH = 640
"""Pixels across a page of words."""
_MOST_LINES = 60
_LEAST_PADDING = 4
"""Zeros at the end of tokens that are drawn as one."""
_CURVE_ROWS, _MOST_CURVES, _WIDEST = 120, 8, 1600
_BAR_ROW, _MOST_BARS = 24, 40


CountSteps: TypeAlias = Callable[[Sequence[str]], Sequence[int]]
"""From the pieces of a text, words and the spaces between them, to how many steps of the network each is."""


def one_per_word(pieces: Sequence[str]) -> Sequence[int]:
    """Where nothing else is known of how a network splits texts."""
    return [int(not piece.isspace()) for piece in pieces]


@dataclass(frozen=True)
class Subject:
    """A sample's value for one input, and the map of it.

    Attributes:
        name: of the input.
        kind: of the input.
        reader: that read it.
        read: what the reader gave for it.
        values: the map, see `core.requests.explanations.ExplainedMap.values`.
        scale: the value with the strongest colour; 0 where all are 0.
        is_signed: whether the map speaks for and against the score.
        letters: what texts are written with.
        count_steps: how many steps each piece of a text is.
    """

    name: str
    kind: InputKind
    reader: Reader
    read: np.ndarray
    values: np.ndarray
    scale: float
    is_signed: bool
    letters: Letters
    count_steps: CountSteps = one_per_word

    @property
    def is_on_paper(self) -> bool:
        """Whether it is drawn on white paper, with its colours, and not as a picture."""
        is_wide = self.kind.name == "sequence" and self.fed.ndim == 2 and self.fed.shape[1] > _MOST_CURVES
        return self.kind.name in _ON_PAPER and not is_wide

    @property
    def shares(self) -> np.ndarray:
        return shares_of(self.values, self.scale)

    @property
    def fed(self) -> np.ndarray:
        """What the network is given."""
        return self.reader.as_input(self.read[np.newaxis])[0]


def draw_subject(subject: Subject) -> Image.Image:
    """The map over what it is of, without a legend."""
    return _ON_PAPER[subject.kind.name](subject) if subject.is_on_paper else _draw_picture(subject)


def shortened(text: str, width: float, font: Font) -> str:
    """A text that fits into a width, cut off with an ellipsis where it does not; empty where not even that fits."""
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(f"{text}…") > width:
        text = text[:-1]
    return f"{text}…" if text else ""


def _draw_picture(subject: Subject) -> Image.Image:
    """Pixels, each enlarged to a square."""
    picture = _picture_of(subject)
    height, width = picture.shape[:2]
    values = subject.values
    if values.shape != (height, width):
        values = subject.kind.as_picture(np.asarray(values, np.float32))[..., 0]
    drawn = Image.fromarray(over_picture(picture, shares_of(values, subject.scale), subject.is_signed))
    factor = max(math.ceil(LEAST_SIDE / max(height, width)), 1)
    return drawn.resize((width * factor, height * factor), Image.Resampling.NEAREST)


def _picture_of(subject: Subject) -> np.ndarray:
    """What the network sees, uint8 (height, width, 3); numbers that are no levels from dark to bright."""
    levels = levels_of(subject.read)
    if levels is not None:
        shown = subject.kind.as_picture(levels).astype(np.float64)
        if subject.reader.preprocessing and subject.reader.preprocessing.invert:
            shown = HIGHEST_LEVEL - shown
    else:
        shown = subject.kind.as_picture(subject.fed).astype(np.float64)
        if not subject.kind.has_own_colours:
            finite = shown[np.isfinite(shown)]
            low, high = (finite.min(), finite.max()) if finite.size else (0.0, 0.0)
            shown = (shown - low) / (high - low or 1.0) * HIGHEST_LEVEL
    shown = np.nan_to_num(shown, nan=0.0, posinf=HIGHEST_LEVEL, neginf=0.0).clip(0, HIGHEST_LEVEL)
    coloured = shown if shown.shape[2] == 3 else np.repeat(shown[..., :1], 3, axis=2)
    return np.rint(coloured).astype(np.uint8)


def _draw_words(subject: Subject) -> Image.Image:
    """Words or numbers in lines, each on the colour of its step."""
    placed, right, line, dropped = [], MARGIN, 0, 0
    for word, share in _words_of(subject):
        font = subject.letters.font(LETTERS, word)
        text = shortened(word, _WIDTH - 2 * MARGIN - 10, font)
        width = font.getlength(text) + 10
        if right + width > _WIDTH - MARGIN and right > MARGIN:
            right, line = MARGIN, line + 1
        if line < _MOST_LINES:
            placed.append((right, line, width, text, share, font))
        else:
            dropped += 1
        right += width + 3
    lines = min(line + 1, _MOST_LINES) + bool(dropped)
    page = Image.new("RGB", (_WIDTH, 2 * MARGIN + lines * _LINE), PAPER)
    draw = ImageDraw.Draw(page)
    for left, line, width, text, share, font in placed:
        top = MARGIN + line * _LINE
        box = (left, top + 1, left + width, top + _LINE - 3)
        draw.rounded_rectangle(box, 4, fill=on_paper(share, PAPER))
        draw.text((left + 5, top + _LINE / 2 - 1), text, fill=INK, font=font, anchor="lm")
    if dropped:
        font = subject.letters.font(LETTERS)
        draw.text((MARGIN, MARGIN + (lines - 0.5) * _LINE), f"+{dropped:,} more", fill=PALE, font=font, anchor="lm")
    return page


def _words_of(subject: Subject) -> Iterator[tuple[str, float]]:
    """Words or numbers in reading order, with what `shares_of` gives for each; zeros at the end are one."""
    shares = subject.shares.ravel()
    if subject.read.dtype == object:
        yield from _words_of_text(subject, shares)
        return
    tokens = np.asarray(subject.fed).ravel()
    used = np.flatnonzero(tokens)
    end = int(used[-1]) + 1 if used.size else 0
    end = end if len(tokens) - end >= _LEAST_PADDING else len(tokens)
    for token, share in zip(tokens[:end], shares, strict=False):
        yield format_number(float(token)), float(share)
    if end < len(tokens):
        rest = shares[end:]
        yield f"0 × {len(tokens) - end:,}", float(rest[np.abs(rest).argmax()]) if rest.size else 0.0


def _words_of_text(subject: Subject, shares: np.ndarray) -> Iterator[tuple[str, float]]:
    """Words, or where there is one text per step these; a word of several steps has the strongest one's colour."""
    texts = [str(text) for text in subject.read.ravel()]
    if len(texts) > 1 and len(texts) == len(shares):
        yield from zip(texts, map(float, shares), strict=True)
        return
    pieces = [piece for piece in re.split(r"(\s+)", " ".join(texts)) if piece]
    first = 0
    for piece, count in zip(pieces, subject.count_steps(pieces) if pieces else (), strict=True):
        own = shares[first : first + count]
        first += count
        if not piece.isspace():
            yield piece, float(own[np.abs(own).argmax()]) if own.size else 0.0


def _draw_curves(subject: Subject) -> Image.Image:
    """A curve per feature, before the colours of its steps."""
    steps = np.asarray(subject.fed, np.float64)
    steps = steps if steps.ndim == 2 else steps[:, np.newaxis]
    shares = subject.shares.reshape(len(steps), -1)
    across = min(max(math.ceil(_WIDTH / len(steps)), 1) * len(steps), _WIDEST)
    features = steps.shape[1]
    head = 20 if features > 1 else 0
    row = head + _CURVE_ROWS + MARGIN
    page = Image.new("RGB", (across + 2 * MARGIN, MARGIN + features * row), PAPER)
    draw, font = ImageDraw.Draw(page), subject.letters.font(SMALL_LETTERS)
    for feature in range(features):
        top = MARGIN + feature * row
        if head:
            draw.text((MARGIN, top + head / 2), f"feature {feature}", fill=INK, font=font, anchor="lm")
        column = shares[:, min(feature, shares.shape[1] - 1)]
        page.paste(_curve(steps[:, feature], column, across), (MARGIN, top + head))
    return page


def _curve(values: np.ndarray, shares: np.ndarray, across: int) -> Image.Image:
    """One feature over the steps, drawn twice as large and then smoothed.

    Where there are more steps than pixels, each column has the colour of its strongest step, and a line from the lowest
    to the highest value.
    """
    factor = 2
    picture = Image.new("RGB", (across * factor, _CURVE_ROWS * factor), (244, 245, 247))
    draw = ImageDraw.Draw(picture)
    lows, highs, strongest = _in_columns(values, shares, across)
    edges = np.arange(len(lows) + 1) * across * factor / len(lows)
    for k, share in enumerate(strongest):
        if share:
            draw.rectangle((edges[k], 0, edges[k + 1] - 1, picture.height), fill=on_paper(float(share), PAPER))
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    rest, room = 8 * factor, (_CURVE_ROWS - 16) * factor
    scale = room / (high - low) if high > low else 0.0
    places = [rest + room - (level - low) * scale for level in (lows, highs)]
    middles = (edges[:-1] + edges[1:]) / 2
    path = np.stack([np.repeat(middles, 2), np.stack(places, axis=1).ravel()], axis=1)
    for start, end in pairwise(path):
        if np.isfinite(start).all() and np.isfinite(end).all():
            draw.line((*start, *end), fill=INK, width=2 * factor, joint="curve")
    return picture.resize((across, _CURVE_ROWS), Image.Resampling.BOX)


def _in_columns(values: np.ndarray, shares: np.ndarray, across: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The lowest value, the highest one and the strongest share of each column; of each step where there is room."""
    if len(values) <= across:
        return values, values, shares
    starts = np.arange(across) * len(values) // across
    low, high = np.minimum.reduceat(shares, starts), np.maximum.reduceat(shares, starts)
    strongest = np.where(-low > high, low, high)
    return np.fmin.reduceat(values, starts), np.fmax.reduceat(values, starts), strongest


def _draw_bars(subject: Subject) -> Image.Image:
    """A bar per feature beside its number and value; of many the longest."""
    fed, values, shares = np.asarray(subject.fed).ravel(), subject.values.ravel(), subject.shares.ravel()
    chosen = np.arange(len(values))
    if len(values) > _MOST_BARS:
        chosen = np.sort(np.argsort(-np.abs(shares), kind="stable")[:_MOST_BARS])
    font, more = subject.letters.font(LETTERS, subject.name), len(values) - len(chosen)
    names = [subject.name if len(values) == 1 else f"feature {k}" for k in chosen]
    numbers = [f"= {format_number(float(fed[k]))}" for k in chosen]
    notes = [format_number(float(values[k])) for k in chosen]
    columns = [min(max(map(font.getlength, texts)), 200) for texts in (names, numbers, notes)]
    left = MARGIN + columns[0] + 10 + columns[1] + 14
    right = _WIDTH - MARGIN - columns[2] - 8
    foot, reach = ((left + right) / 2, (right - left) / 2) if subject.is_signed else (left, right - left)
    page = Image.new("RGB", (_WIDTH, 2 * MARGIN + (len(chosen) + bool(more)) * _BAR_ROW), PAPER)
    draw = ImageDraw.Draw(page)
    for row, k in enumerate(chosen):
        top = MARGIN + row * _BAR_ROW
        middle, share = top + _BAR_ROW / 2, float(shares[k])
        draw.text((MARGIN, middle), shortened(names[row], columns[0] + 1, font), fill=INK, font=font, anchor="lm")
        draw.text((MARGIN + columns[0] + 10, middle), numbers[row], fill=PALE, font=font, anchor="lm")
        draw.rectangle((left, top + 4, right, top + _BAR_ROW - 5), fill=(244, 245, 247))
        ends = sorted((foot, foot + reach * share))
        if share:
            draw.rectangle((ends[0], top + 4, ends[1], top + _BAR_ROW - 5), fill=FOR if share > 0 else AGAINST)
        draw.text((_WIDTH - MARGIN, middle), notes[row], fill=INK, font=font, anchor="rm")
    draw.line((foot, MARGIN, foot, MARGIN + len(chosen) * _BAR_ROW - 1), fill=INK)
    if more:
        place = (MARGIN, page.height - MARGIN - _BAR_ROW / 2)
        draw.text(place, f"+{more:,} more features with shorter bars", fill=PALE, font=font, anchor="lm")
    return page


_ON_PAPER: dict[str, Callable[[Subject], Image.Image]] = {
    "tokens": _draw_words,
    "text": _draw_words,
    "sequence": _draw_curves,
    "table": _draw_bars,
}
"""By the name of the input's kind; others are pictures."""
