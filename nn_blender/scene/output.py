"""The network's answer: class names with bars, and the winner above them."""

from __future__ import annotations

import bpy
import numpy as np

from ..core.layout import SPHERE_PITCH, Layout
from ..core.recording import Recording, class_name, format_output
from . import contract, materials, meshes, texts
from .contents import Contents
from .kit import Kit, add_nodes
from .sample_texts import add_sample_text
from .versions import set_modifier_input

ROWS_AT_MOST = 20
ROWS_WHEN_RANKED = 10
BAR_LENGTH = 2.4
TEXT_SIZE, ANSWER_SIZE = 0.3, 0.42
ANSWER_RISE = 0.62
LETTER_WIDTH = 0.56
GAP = 0.22


def add_output(kit: Kit, layout: Layout) -> None:
    """A board beside the last slab; nothing where the output is not one value per class."""
    recording = kit.contents.recording
    if recording is None or recording.class_values is None:
        return
    place = next(place for place in layout.places if place.path == kit.contents.network.outputs[0])
    board = bpy.data.objects.new("Output", None)
    board.empty_display_size = 0.2
    kit.add(board, contract.OUTPUT_COLLECTION, "output", kit.anchor)
    rows = class_rows(recording.class_values)
    pitch = SPHERE_PITCH
    top = place.height / 2 + (rows.shape[1] - 1) / 2 * pitch
    board.location = (place.x + 0.3, -layout.clear_of(place.x) - 0.45, max(top, (rows.shape[1] - 0.5) * pitch))
    texts.face(board, kit.focus, upright=True)

    names, values = _names(kit.contents, rows), _values(kit.contents, recording, rows)
    names_width = LETTER_WIDTH * TEXT_SIZE * max(len(line) for text in names for line in text.split("\n"))
    values_width = LETTER_WIDTH * TEXT_SIZE * max(len(line) for text in values for line in text.split("\n"))
    values_right = names_width + GAP + values_width
    baseline = -0.36 * TEXT_SIZE
    _column(kit, board, "Classes", names, "LEFT", (0.0, baseline), kit.ink)
    _column(kit, board, "Values", values, "RIGHT", (values_right, baseline), kit.dim_ink)
    _bars(kit, board, recording, rows, values_right + GAP)
    answer = add_sample_text(
        kit,
        "Answer",
        _answers(kit.contents, recording),
        contract.OUTPUT_COLLECTION,
        size=ANSWER_SIZE,
        material=kit.ink,
        parent=board,
    )
    answer.location.z = ANSWER_RISE


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
    shown = np.take_along_axis(recording.class_values, rows, axis=1)
    is_probability = contents.outputs_are_probabilities
    return ["\n".join(format_output(float(value), is_probability) for value in values) for values in shown]


def _answers(contents: Contents, recording: Recording) -> list[str]:
    answers = []
    for sample in range(len(recording.samples)):
        best = recording.predictions(sample, contents.classes, 1)[0]
        answers.append(f"{best.label}   {format_output(best.probability, contents.outputs_are_probabilities)}")
    return answers


def _bars(kit: Kit, board: bpy.types.Object, recording: Recording, rows: np.ndarray, start: float) -> None:
    count = rows.shape[1]
    down = -SPHERE_PITCH * np.arange(count)
    positions = np.column_stack([np.full(count, start), np.zeros(count), down]).astype(np.float32)
    mesh = meshes.point_mesh("Bars", positions)
    shown = np.take_along_axis(recording.class_values, rows, axis=1)
    for sample, values in enumerate(shown):
        meshes.write_floats(mesh, contract.sampled(contract.PROBABILITY, sample), values)
    finite = np.abs(recording.class_values[np.isfinite(recording.class_values)])
    full = 1.0 if kit.contents.outputs_are_probabilities else float(finite.max(initial=0.0)) or 1.0
    bars = kit.mesh_object("Bars", mesh, contract.OUTPUT_COLLECTION, "bars", board)
    modifier = add_nodes(bars, kit.bars_group())
    material = kit.material("Bar", materials.bar)
    inputs = {"Length": BAR_LENGTH, "Thickness": 0.17, "Full": full, "Material": material}
    for name, value in inputs.items():
        set_modifier_input(modifier, name, value)


def _column(
    kit: Kit,
    board: bpy.types.Object,
    name: str,
    texts: list[str],
    align_x: str,
    place: tuple[float, float],
    material: bpy.types.Material,
) -> None:
    column = add_sample_text(
        kit,
        name,
        texts,
        contract.OUTPUT_COLLECTION,
        size=TEXT_SIZE,
        material=material,
        parent=board,
        align_x=align_x,
        line_pitch=SPHERE_PITCH,
    )
    column.location = (place[0], 0.0, place[1])
