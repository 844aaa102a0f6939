"""The network's answer: class names with bars, and the winner above them."""

from __future__ import annotations

from dataclasses import replace

import bpy
import numpy as np

from ...core.layout.layout import SPHERE_PITCH, Layout
from ...core.recording import Recording, class_name, format_output
from ..base import contract, meshes
from ..looks import materials
from ..network import text_objects
from ..network.contents import Contents
from ..network.parts import Kit, set_nodes
from ..network.sample_texts import show_sample_text

ROWS_AT_MOST = 20
ROWS_WHEN_RANKED = 10
BAR_LENGTH = 2.4
LETTER_WIDTH = 0.56


def add_output(kit: Kit, layout: Layout) -> None:
    """A board beside the last slab; nothing where the output is not one value per class."""
    recording = kit.contents.recording
    if recording is None or recording.class_values is None:
        return
    letters, gaps = kit.theme.letters, kit.theme.gaps
    rows = class_rows(recording.class_values[: recording.shown])
    board = _board(kit, layout, rows.shape[1])
    names, values = _names(kit.contents, rows), _values(kit.contents, recording, rows)
    names_width = LETTER_WIDTH * letters.classes * max(len(line) for text in names for line in text.split("\n"))
    values_width = LETTER_WIDTH * letters.classes * max(len(line) for text in values for line in text.split("\n"))
    values_right = names_width + gaps.classes + values_width
    baseline = -0.36 * letters.classes
    _column(kit, board, "classes", names, "LEFT", (0.0, baseline), kit.ink)
    _column(kit, board, "values", values, "RIGHT", (values_right, baseline), kit.dim_ink)
    _bars(kit, board, recording, rows, values_right + gaps.classes)
    rise = gaps.answer_rise + gaps.verdict_room
    _text(kit, board, "answer", _answers(kit.contents, recording), letters.answer, kit.ink, rise)
    for part, colour in (("right", kit.theme.ink.right), ("wrong", kit.theme.ink.wrong)):
        ink = kit.material(part.title(), materials.ink, colour)
        verdicts = _verdicts(kit.contents, recording, part == "right")
        _text(kit, board, part, verdicts, letters.verdict, ink, gaps.answer_rise)


def _board(kit: Kit, layout: Layout, rows: int) -> bpy.types.Object:
    place = next(place for place in layout.places if place.path == kit.contents.network.outputs[0])
    board = kit.empty("Output", contract.OUTPUT_COLLECTION, "output", kit.anchor)
    if not board.constraints:
        top = place.height / 2 + (rows - 1) / 2 * SPHERE_PITCH
        height = max(top, (rows - 0.5) * SPHERE_PITCH)
        board.location = (place.x + 0.3, -layout.clear_of(place.x) - 0.45, height)
        text_objects.face(board, kit.focus, upright=True)
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


def _names(contents: Contents, rows: np.ndarray) -> list[str]:
    more = contents.recording.class_values.shape[1] - rows.shape[1]
    tail = [f"+{more} more"] if more else []
    return ["\n".join([class_name(contents.classes, index) for index in sample] + tail) for sample in rows]


def _values(contents: Contents, recording: Recording, rows: np.ndarray) -> list[str]:
    shown = np.take_along_axis(recording.class_values[: recording.shown], rows, axis=1)
    is_probability = contents.outputs_are_probabilities
    return ["\n".join(format_output(float(value), is_probability) for value in values) for values in shown]


def _answers(contents: Contents, recording: Recording) -> list[str]:
    answers = []
    for sample in range(recording.shown):
        answer = _answer(contents, recording, sample)
        if contents.intact_outputs is not None:
            before = _answer(contents, replace(recording, outputs=contents.intact_outputs), sample)
            answer += f"   before  {before}"
        answers.append(answer)
    return answers


def _answer(contents: Contents, recording: Recording, sample: int) -> str:
    best = recording.predictions(sample, contents.classes, 1)[0]
    return f"{best.label}  {format_output(best.probability, contents.outputs_are_probabilities)}"


def _verdicts(contents: Contents, recording: Recording, is_right: bool) -> list[str]:
    """For samples that were predicted right, or wrong, what is true; nothing for the others."""
    verdicts = []
    for index, sample in enumerate(contents.shown_samples):
        text = "right" if is_right else f"wrong, true class {contents.class_of_label(sample.label)}"
        verdicts.append(text if recording.is_right(index, contents.classes) is is_right else "")
    return verdicts


def _bars(kit: Kit, board: bpy.types.Object, recording: Recording, rows: np.ndarray, start: float) -> None:
    count = rows.shape[1]

    def mesh() -> bpy.types.Mesh:
        down = -SPHERE_PITCH * np.arange(count)
        positions = np.column_stack([np.full(count, start), np.zeros(count), down]).astype(np.float32)
        return meshes.point_mesh("Bars", positions)

    bars = kit.mesh_object(("bars", "", ""), "Bars", mesh, contract.OUTPUT_COLLECTION, board)
    values = recording.class_values
    shown = np.take_along_axis(values[: recording.shown], rows, axis=1)
    meshes.write_samples(bars.data, contract.PROBABILITY, shown)
    before = kit.contents.intact_outputs
    if before is None:
        intact = np.zeros((0, count), np.float32)
    else:
        intact = np.take_along_axis(replace(recording, outputs=before).class_values, rows, axis=1)
    meshes.write_samples(bars.data, contract.INTACT, intact)
    both = values if before is None else np.concatenate([values, replace(recording, outputs=before).class_values])
    finite = np.abs(both[np.isfinite(both)])
    full = 1.0 if kit.contents.outputs_are_probabilities else float(finite.max(initial=0.0)) or 1.0
    lasting = {"Length": BAR_LENGTH, "Thickness": 0.17, "Material": kit.material("Bar", materials.bar, kit.theme)}
    lasting |= {"Change": kit.material("Bar Change", materials.bar_change, kit.theme)}
    set_nodes(bars, kit.bars_group(), lasting, {"Full": full, "Changed": before is not None})


def _column(
    kit: Kit,
    board: bpy.types.Object,
    part: str,
    texts: list[str],
    align_x: str,
    place: tuple[float, float],
    material: bpy.types.Material,
) -> None:
    column = show_sample_text(
        kit,
        part,
        texts,
        contract.OUTPUT_COLLECTION,
        size=kit.theme.letters.classes,
        material=material,
        parent=board,
        align_x=align_x,
        line_pitch=SPHERE_PITCH,
    )
    column.location = (place[0], 0.0, place[1])


def _text(
    kit: Kit,
    board: bpy.types.Object,
    part: str,
    texts: list[str],
    size: float,
    material: bpy.types.Material,
    rise: float,
) -> None:
    text = show_sample_text(kit, part, texts, contract.OUTPUT_COLLECTION, size=size, material=material, parent=board)
    text.location.z = rise
