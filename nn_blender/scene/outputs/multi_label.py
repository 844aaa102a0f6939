"""Several labels at once, with the threshold above which they are the answer."""

from __future__ import annotations

from ...core.layout.grids import SPHERE_PITCH
from ..base import meshes
from ..looks import materials
from . import DRAWINGS, Given, OutputDrawing
from .board import Board
from .classes import answers, verdicts
from .rows import BAR_LENGTH, Rows, draw_rows

_LINE = 0.025


def draw_labels(board: Board, given: Given) -> None:
    """A row with a bar for each label, and a line through the bars where the threshold is."""
    if given.values is None:
        return
    are_probabilities = given.output.gives_probabilities
    rows = Rows(given.values, given.classes, are_probabilities, given.full, given.intact)
    start, count = draw_rows(board, rows)
    line = board.mesh("threshold", "Threshold", lambda: meshes.box_mesh("Threshold", (_LINE, _LINE, 1.0), 0.0))
    if not line.data.materials:
        line.data.materials.append(board.parts.material(materials.dim_ink))
    full = 1.0 if are_probabilities else given.full
    line.location = (start + BAR_LENGTH * given.output.threshold / full, -0.05, -(count - 1) / 2 * SPHERE_PITCH)
    line.scale = (1.0, 1.0, count * SPHERE_PITCH)
    board.head(given.output.name if given.is_named else "", answers(given), *verdicts(given))


MULTI_LABEL = DRAWINGS.register(OutputDrawing("multi-label", draw_labels))
