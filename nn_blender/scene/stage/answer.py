"""The network's answer: class names with bars, and the winner above them."""

from __future__ import annotations

from dataclasses import dataclass

import bpy
import numpy as np

from ...core.layout.grids import SPHERE_PITCH
from ...core.layout.layout import Layout
from ...core.network import Network
from ...core.recording import Answers, class_name, class_of_label, format_output
from ..base import contract, meshes
from ..base.parts import Parts, set_nodes
from ..looks import materials
from ..network import text_objects
from ..network.sample_texts import show_sample_text
from ..nodes.bars import make_bars

ROWS_AT_MOST = 20
ROWS_WHEN_RANKED = 10
BAR_LENGTH = 2.4
LETTER_WIDTH = 0.56


@dataclass(frozen=True)
class Answered:
    """What the board says.

    Attributes:
        output: name of the output that is the network's answer.
        answers: of which the first ``shown`` samples are on the board.
        classes: names of the output's classes, in order; may be shorter than the output.
        intact: under an intervention, the answers without it, of the samples that are shown.
    """

    network: Network
    output: str
    answers: Answers
    classes: tuple[str, ...] = ()
    intact: Answers | None = None


def add_output(parts: Parts, layout: Layout, answered: Answered) -> None:
    """A board beside the last slab; nothing where the output is not one value per class."""
    answers = answered.answers
    if answers.class_values is None:
        return
    letters, gaps = parts.theme.letters, parts.theme.gaps
    rows = class_rows(answers.class_values[: answers.shown])
    board = _board(parts, layout, answered, rows.shape[1])
    names, values = _names(answered, rows), _values(answered, rows)
    ink, dim_ink = parts.material(materials.ink), parts.material(materials.dim_ink)
    names_width = LETTER_WIDTH * letters.classes * max(len(line) for text in names for line in text.split("\n"))
    values_width = LETTER_WIDTH * letters.classes * max(len(line) for text in values for line in text.split("\n"))
    values_right = names_width + gaps.classes + values_width
    baseline = -0.36 * letters.classes
    _column(parts, board, "classes", names, "LEFT", (0.0, baseline), ink)
    _column(parts, board, "values", values, "RIGHT", (values_right, baseline), dim_ink)
    _bars(parts, board, answered, rows, values_right + gaps.classes)
    rise = gaps.answer_rise + gaps.verdict_room
    _text(parts, board, "answer", _answers(answered), letters.answer, ink, rise)
    for part, ink in (("right", parts.material(materials.right)), ("wrong", parts.material(materials.wrong))):
        verdicts = _verdicts(answered, part == "right")
        _text(parts, board, part, verdicts, letters.verdict, ink, gaps.answer_rise)


def _board(parts: Parts, layout: Layout, answered: Answered, rows: int) -> bpy.types.Object:
    board = parts.empty("Output", contract.OUTPUT_COLLECTION, "output", parts.anchor)
    if not board.constraints:
        place, layer = layout.outputs[answered.output], answered.network.layer_of_output(answered.output)
        slab = layout.layers[layer.path] if layer else place
        top = slab.height / 2 + (rows - 1) / 2 * SPHERE_PITCH
        height = max(top, (rows - 0.5) * SPHERE_PITCH)
        board.location = (place.low[0], place.high[1], place.z + height)
        text_objects.face(board, parts.focus, upright=True)
    return board


def class_rows(outputs: np.ndarray) -> np.ndarray:
    """Which class stands in which row: int (samples, rows).

    Up to `ROWS_AT_MOST` classes stand in their own order; of more, the highest of each sample.
    """
    samples, classes = outputs.shape
    if classes <= ROWS_AT_MOST:
        return np.tile(np.arange(classes), (samples, 1))
    order = np.argsort(-np.nan_to_num(outputs, nan=-np.inf), axis=1, kind="stable")
    return order[:, :ROWS_WHEN_RANKED]


def _class_values(answers: Answers) -> np.ndarray:
    """Float32 (samples, classes); there is a board only where there are classes."""
    values = answers.class_values
    assert values is not None
    return values


def _names(answered: Answered, rows: np.ndarray) -> list[str]:
    more = _class_values(answered.answers).shape[1] - rows.shape[1]
    tail = [f"+{more} more"] if more else []
    return ["\n".join([class_name(answered.classes, index) for index in sample] + tail) for sample in rows]


def _values(answered: Answered, rows: np.ndarray) -> list[str]:
    shown = np.take_along_axis(_class_values(answered.answers)[: answered.answers.shown], rows, axis=1)
    is_probability = answered.network.gives_probabilities(answered.output)
    return ["\n".join(format_output(float(value), is_probability) for value in values) for values in shown]


def _answers(answered: Answered) -> list[str]:
    texts = []
    for sample in range(answered.answers.shown):
        text = _answer(answered, answered.answers, sample)
        if answered.intact is not None:
            text += f"   before  {_answer(answered, answered.intact, sample)}"
        texts.append(text)
    return texts


def _answer(answered: Answered, answers: Answers, sample: int) -> str:
    best = answers.predictions(sample, answered.classes, 1)[0]
    return f"{best.label}  {format_output(best.probability, answered.network.gives_probabilities(answered.output))}"


def _verdicts(answered: Answered, is_right: bool) -> list[str]:
    """For samples that were predicted right, or wrong, what is true; nothing for the others."""
    answers, classes, verdicts = answered.answers, answered.classes, []
    for index, sample in enumerate(answers.samples[: answers.shown]):
        text = "right" if is_right else f"wrong, true class {class_of_label(classes, sample.label)}"
        verdicts.append(text if answers.is_right(index, classes) is is_right else "")
    return verdicts


def _bars(parts: Parts, board: bpy.types.Object, answered: Answered, rows: np.ndarray, start: float) -> None:
    count = rows.shape[1]

    def mesh() -> bpy.types.Mesh:
        down = -SPHERE_PITCH * np.arange(count)
        positions = np.column_stack([np.full(count, start), np.zeros(count), down]).astype(np.float32)
        return meshes.point_mesh("Bars", positions)

    bars = parts.mesh_object(("bars", "", ""), "Bars", mesh, contract.OUTPUT_COLLECTION, board)
    values = _class_values(answered.answers)
    shown = np.take_along_axis(values[: answered.answers.shown], rows, axis=1)
    meshes.write_samples(bars.data, contract.PROBABILITY, shown)
    before = values[:0] if answered.intact is None else _class_values(answered.intact)
    intact = np.take_along_axis(before, rows[: len(before)], axis=1)
    meshes.write_samples(bars.data, contract.INTACT, intact)
    both = np.concatenate([values, before])
    finite = np.abs(both[np.isfinite(both)])
    full = 1.0 if answered.network.gives_probabilities(answered.output) else float(finite.max(initial=0.0)) or 1.0
    lasting = {"Length": BAR_LENGTH, "Thickness": 0.17, "Material": parts.material(materials.bar)}
    lasting |= {"Change": parts.material(materials.bar_change)}
    set_nodes(bars, parts.group(make_bars), lasting, {"Full": full, "Changed": answered.intact is not None})


def _column(
    parts: Parts,
    board: bpy.types.Object,
    part: str,
    texts: list[str],
    align_x: str,
    place: tuple[float, float],
    material: bpy.types.Material,
) -> None:
    column = show_sample_text(
        parts,
        part,
        texts,
        contract.OUTPUT_COLLECTION,
        size=parts.theme.letters.classes,
        material=material,
        parent=board,
        align_x=align_x,
        line_pitch=SPHERE_PITCH,
    )
    column.location = (place[0], 0.0, place[1])


def _text(
    parts: Parts,
    board: bpy.types.Object,
    part: str,
    texts: list[str],
    size: float,
    material: bpy.types.Material,
    rise: float,
) -> None:
    text = show_sample_text(parts, part, texts, contract.OUTPUT_COLLECTION, size=size, material=material, parent=board)
    text.location.z = rise
