"""Values: numbers with the name of the output, and how far they are from what is right."""

from __future__ import annotations

import math

from ...core.outputs.labels import numbers_of
from ...core.outputs.values import format_value
from ..looks import materials
from . import DRAWINGS, Given, OutputDrawing
from .board import Board
from .classes import answers

ROWS_AT_MOST = 20
_TALLEST = 1.0
"""Height of the letters of a value that stands alone."""


def draw_values(board: Board, given: Given) -> None:
    """One value in large letters; several below each other, with their numbers."""
    if given.values is None:
        return
    errors = _errors(given)
    nothing = [""] * len(given.samples)
    if given.values.shape[1] == 1:
        board.stand_at(0, height=_TALLEST * 1.2)
        ink, dim_ink = board.parts.material(materials.ink), board.parts.material(materials.dim_ink)
        verdict = board.parts.theme.letters.verdict
        board.text("answer", answers(given), _TALLEST, ink, (0.0, -_TALLEST))
        board.text("name", [given.output.name] * len(given.samples), verdict, dim_ink, (0.0, -0.02))
        board.text("error", errors, verdict, dim_ink, (0.0, -_TALLEST - verdict * 1.8))
        return
    shown = given.values[:, :ROWS_AT_MOST]
    more = given.values.shape[1] - shown.shape[1]
    board.stand_at(shown.shape[1])
    tail = [f"+{more} more"] if more else []
    numbers = ["\n".join([*map(str, range(shown.shape[1])), *tail])] * len(shown)
    texts = ["\n".join(_line(given, row, column) for column in range(shown.shape[1])) for row in range(len(shown))]
    ink, dim_ink = board.parts.material(materials.ink), board.parts.material(materials.dim_ink)
    right = board.width_of(numbers) + board.parts.theme.gaps.classes * 2 + board.width_of(texts)
    board.column("classes", numbers, "LEFT", 0.0, dim_ink)
    board.column("values", texts, "RIGHT", right, ink)
    board.head("", [given.output.name] * len(given.samples), nothing, nothing)
    letters, gaps = board.parts.theme.letters, board.parts.theme.gaps
    board.text("error", errors, letters.verdict, dim_ink, (0.0, gaps.answer_rise))


def _line(given: Given, sample: int, column: int) -> str:
    assert given.values is not None
    value = format_value(float(given.values[sample, column]))
    if given.intact is None:
        return value
    return f"{value}   before  {format_value(float(given.intact[sample, column]))}"


def _errors(given: Given) -> list[str]:
    """What is right, and how far off the value is, of the samples of which that is known."""
    alone = given.values is not None and given.values.shape[1] == 1
    texts = []
    for label, verdict in zip(given.labels, given.verdicts, strict=True):
        if math.isnan(verdict.error):
            texts.append("")
        else:
            off = f"off by {format_value(verdict.error)}"
            numbers = numbers_of(label, 1) if alone else None
            texts.append(f"true {format_value(numbers[0])}, {off}" if numbers else f"on average {off}")
    return texts


VALUES = DRAWINGS.register(OutputDrawing("values", draw_values))
