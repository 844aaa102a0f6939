"""Arrays: their shape and what their values reach."""

from __future__ import annotations

from ...core.outputs.values import format_value
from ..looks import materials
from . import DRAWINGS, Given, OutputDrawing
from .board import Board

_ROWS = ("lowest", "mean", "highest")


def draw_array(board: Board, given: Given) -> None:
    """Lowest value, mean and highest, below the output's name."""
    board.stand_at(len(_ROWS))
    values = ["\n".join(format_value(float(value)) for value in row) for row in given.summary]
    names = ["\n".join(_ROWS)] * len(values)
    ink, dim_ink = board.parts.material(materials.ink), board.parts.material(materials.dim_ink)
    board.names_and_values(names, values, (dim_ink, ink), board.style.gap * (1 if board.room else 2))
    nothing = [""] * len(values)
    board.head("", [given.output.name] * len(values), nothing, nothing)


ARRAY = DRAWINGS.register(OutputDrawing("array", draw_array))
