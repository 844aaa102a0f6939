"""Classes, the best of them as the answer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...core.layout.boards import BoardStyle
from ...core.outputs import OUTPUT_KINDS
from ...core.recording import class_name, class_of_label, format_output
from ..looks import materials
from . import DRAWINGS, Given, OutputDrawing
from .board import Board
from .rows import Rows, class_rows, draw_rows


def draw_classes(board: Board, given: Given) -> None:
    """A row with a bar for each class; of one value, for the case that it is and for the case that it is not."""
    if given.values is None:
        return
    values = given.output.class_values(given.values)
    if values is None:
        return
    intact = None if given.intact is None else given.output.class_values(given.intact)
    are_probabilities = given.output.class_values_are_probabilities
    in_row = board.room is not None and board.room.leads
    bars = draw_rows(board, Rows(values, given.classes, are_probabilities, given.full, intact, in_row))
    if given.output.kind == "binary" and are_probabilities and not given.output.gives_probabilities:
        _say_derived(board, given.values, bars.rows)
    name = given.output.name if given.is_named else ""
    told = _best(values, given, board.style) if in_row else answers(given)
    board.head(name, told, *verdicts(given), before(given), in_first_row=in_row)


def _say_derived(board: Board, logits: np.ndarray, rows: int) -> None:
    """Below the rows: that probabilities are not the network's own, and the logit that they follow from."""
    style, material = board.style, board.parts.material(materials.dim_ink)
    texts = [
        f"derived: sigmoid of the logit {format_output(float(logit), is_probability=False)}" for logit in logits[:, 0]
    ]
    board.text("derived", texts, style.note, material, (0.0, -rows * style.pitch))


def answers(given: Given) -> list[str]:
    """What the output says of each sample, in a line."""
    return _texts(given, given.values)


def _best(values: np.ndarray, given: Given, style: BoardStyle) -> list[str]:
    """The name of each sample's best class, whose value stands in its row."""
    return [class_name(given.classes, int(row[0])) for row in class_rows(values, style)]


def before(given: Given) -> list[str]:
    """Under an intervention, what it said without that."""
    return _texts(given, given.intact)


def _texts(given: Given, values: np.ndarray | None) -> list[str]:
    text = OUTPUT_KINDS.find(given.output.kind).text
    return [] if values is None else [text(given.output, one, given.classes) for one in values]


def verdicts(given: Given) -> tuple[Sequence[str], Sequence[str]]:
    """For samples of which the answer is right, and for those of which it is wrong, what is said of that."""
    right = ["right" if one.right else "" for one in given.verdicts]
    wrong = [
        f"wrong, {_truth(given, label)}" if one.right is False else ""
        for one, label in zip(given.verdicts, given.labels, strict=True)
    ]
    return right, wrong


def _truth(given: Given, label: str) -> str:
    named = label if given.output.kind == "multi-label" else class_of_label(given.classes, label)
    return f"{given.output.truth} {named}"


CLASSES = DRAWINGS.register(OutputDrawing("classes", draw_classes))
