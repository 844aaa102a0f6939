"""Several labels at once, with the threshold above which they are the answer."""

from __future__ import annotations

from ..base import meshes
from ..looks import materials
from . import DRAWINGS, Given, OutputDrawing
from .board import Board
from .classes import answers, before, verdicts
from .rows import Rows, draw_rows

_LINE = 0.08
"""Width of the line, in heights of the letters of rows."""


def draw_labels(board: Board, given: Given) -> None:
    """A row with a bar for each label, and a line through the bars where the threshold is."""
    if given.values is None:
        return
    are_probabilities = given.output.gives_probabilities
    rows = Rows(given.values, given.classes, are_probabilities, given.full, given.intact)
    bars, pitch, width = draw_rows(board, rows), board.style.pitch, _LINE * board.style.letters
    line = board.mesh("threshold", "Threshold", lambda: meshes.box_mesh("Threshold", (width, width, 1.0), 0.0))
    if not line.data.materials:
        line.data.materials.append(board.parts.material(materials.dim_ink))
    full = 1.0 if are_probabilities else given.full
    x = bars.start + bars.length * given.output.threshold / full
    line.location = (x, -0.05, -(bars.rows - 1) / 2 * pitch)
    line.scale = (1.0, 1.0, bars.rows * pitch)
    board.head(given.output.name if given.is_named else "", answers(given), *verdicts(given), before(given))


MULTI_LABEL = DRAWINGS.register(OutputDrawing("multi-label", draw_labels))
