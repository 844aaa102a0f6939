"""Rows of names, values and bars, one row for each of an output's values."""

from __future__ import annotations

from dataclasses import dataclass

import bpy
import numpy as np

from ...core.layout.grids import SPHERE_PITCH
from ...core.recording import class_name, format_output
from ..base import contract, meshes
from ..base.parts import set_nodes
from ..looks import materials
from ..nodes.bars import make_bars
from .board import Board

ROWS_AT_MOST = 20
ROWS_WHEN_RANKED = 10
BAR_LENGTH = 2.4
BAR_THICKNESS = 0.17


@dataclass(frozen=True)
class Rows:
    """What stands in rows.

    Attributes:
        values: float32 (samples, classes).
        classes: names, in order; may be fewer.
        are_probabilities: how values are written, and that a bar of full length is 1.
        full: else, what a bar of full length stands for.
        intact: under an intervention, the values without it.
    """

    values: np.ndarray
    classes: tuple[str, ...]
    are_probabilities: bool
    full: float
    intact: np.ndarray | None = None


def class_rows(values: np.ndarray) -> np.ndarray:
    """Which value stands in which row: int (samples, rows).

    Up to `ROWS_AT_MOST` values stand in their own order; of more, the highest of each sample.
    """
    samples, count = values.shape
    if count <= ROWS_AT_MOST:
        return np.tile(np.arange(count), (samples, 1))
    order = np.argsort(-np.nan_to_num(values, nan=-np.inf), axis=1, kind="stable")
    return order[:, :ROWS_WHEN_RANKED]


def draw_rows(board: Board, given: Rows) -> tuple[float, int]:
    """Make the rows, or bring them in line with other values; where bars begin along x, and how many rows there are."""
    rows = class_rows(given.values)
    board.stand_at(rows.shape[1])
    ink, dim_ink = board.parts.material(materials.ink), board.parts.material(materials.dim_ink)
    gap = board.parts.theme.gaps.classes
    names, values = _names(given, rows), _values(given, rows)
    values_right = board.width_of(names) + gap + board.width_of(values)
    board.column("classes", names, "LEFT", 0.0, ink)
    board.column("values", values, "RIGHT", values_right, dim_ink)
    _bars(board, given, rows, values_right + gap)
    return values_right + gap, rows.shape[1]


def _names(given: Rows, rows: np.ndarray) -> list[str]:
    more = given.values.shape[1] - rows.shape[1]
    tail = [f"+{more} more"] if more else []
    return ["\n".join([class_name(given.classes, int(index)) for index in sample] + tail) for sample in rows]


def _values(given: Rows, rows: np.ndarray) -> list[str]:
    shown = np.take_along_axis(given.values, rows, axis=1)
    return ["\n".join(format_output(float(value), given.are_probabilities) for value in values) for values in shown]


def _bars(board: Board, given: Rows, rows: np.ndarray, start: float) -> None:
    count = rows.shape[1]

    def mesh() -> bpy.types.Mesh:
        down = -SPHERE_PITCH * np.arange(count)
        positions = np.column_stack([np.full(count, start), np.zeros(count), down]).astype(np.float32)
        return meshes.point_mesh("Bars", positions)

    bars = board.mesh("bars", "Bars", mesh)
    # Other names than those of before may be longer.
    bars.location.x = start - bars.data.vertices[0].co.x
    board.reach(start + BAR_LENGTH)
    meshes.write_samples(bars.data, contract.PROBABILITY, np.take_along_axis(given.values, rows, axis=1))
    before = given.values[:0] if given.intact is None else given.intact
    meshes.write_samples(bars.data, contract.INTACT, np.take_along_axis(before, rows[: len(before)], axis=1))
    material = board.parts.material
    lasting = {"Length": BAR_LENGTH, "Thickness": BAR_THICKNESS, "Material": material(materials.bar)}
    lasting |= {"Change": material(materials.bar_change)}
    full = 1.0 if given.are_probabilities else given.full
    measured = {"Full": full, "Changed": given.intact is not None}
    set_nodes(bars, board.parts.group(make_bars), lasting, measured)
