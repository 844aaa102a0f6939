"""Values: numbers with the name of the output, and how far they are from what is right."""

from __future__ import annotations

import math

import numpy as np

from ...core.outputs.labels import numbers_of
from ...core.outputs.values import format_value
from ..looks import materials
from . import DRAWINGS, Given, OutputDrawing
from .board import Board
from .classes import answers, before


def draw_values(board: Board, given: Given) -> None:
    """One value in large letters; several below each other, with their numbers."""
    if given.values is None:
        return
    if given.values.shape[1] == 1:
        _draw_value(board, given)
        return
    _draw_rows(board, given, given.values)


def _draw_rows(board: Board, given: Given, values: np.ndarray) -> None:
    """Several values below each other."""
    style, room, count = board.style, board.room, values.shape[1]
    rows = style.rows_of(count) if room else min(count, style.most)
    board.stand_at(rows)
    tail = [f"+{count - rows} more"] if count > rows else []
    numbers = ["\n".join([*map(str, range(rows)), *tail])] * len(values)
    now, then = _written(values, rows), _written(given.intact, rows)
    ink, dim_ink = board.parts.material(materials.ink), board.parts.material(materials.dim_ink)
    if then and not room:
        pairs = zip(now, then, strict=True)
        now = [[f"{value}   before  {former}" for value, former in zip(*pair, strict=True)] for pair in pairs]
    texts = ["\n".join(some) for some in now]
    right = board.names_and_values(numbers, texts, (dim_ink, ink), style.gap * (1 if room else 2))
    if room:
        former_texts = ["\n".join(some) for some in then] or [""] * len(texts)
        board.column("values before", former_texts, "RIGHT", room.width, dim_ink)
        place, width = (room.width, style.answer_rise), room.width - right - style.gap
        board.text(
            "rows before", ["before" if then else ""] * len(texts), style.verdict, dim_ink, place, "RIGHT", room=width
        )
    nothing = [""] * len(given.samples)
    board.head("", [given.output.name] * len(given.samples), nothing, nothing)
    left = right if room and then else None
    board.text("error", _errors(given), style.verdict, dim_ink, (0.0, style.answer_rise), room=left)


def _written(values: np.ndarray | None, rows: int) -> list[list[str]]:
    """The first so many values of every sample."""
    return [] if values is None else [[format_value(float(value)) for value in some] for some in values[:, :rows]]


def _draw_value(board: Board, given: Given) -> None:
    """One that stands alone, its name above it and what is right below."""
    size, verdict = board.style.value, board.style.verdict
    board.stand_at(0, height=size * 1.2)
    ink, dim_ink = board.parts.material(materials.ink), board.parts.material(materials.dim_ink)
    now, then = answers(given), before(given)
    if board.room:
        texts = [f"before  {text}" for text in then] or [""] * len(now)
        board.text("before", texts, verdict, dim_ink, (0.0, -size - verdict * 3.2))
    elif then:
        now = [f"{text}   before  {former}" for text, former in zip(now, then, strict=True)]
    board.text("answer", now, size, ink, (0.0, -size))
    board.text("name", [given.output.name] * len(given.samples), verdict, dim_ink, (0.0, 0.3 if board.room else -0.02))
    board.text("error", _errors(given), verdict, dim_ink, (0.0, -size - verdict * 1.8))


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
