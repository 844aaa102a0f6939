"""Rows of names, values and bars, one row for each of an output's values."""

from __future__ import annotations

from dataclasses import dataclass

import bpy
import numpy as np

from ...core.layout.boards import BoardStyle
from ...core.recording import class_name, format_output
from ..base import contract, meshes
from ..base.parts import set_nodes
from ..looks import materials
from ..nodes.bars import make_bars
from .board import Board

_BEHIND = 0.05
"""From a bar to its track, in heights of letters."""


@dataclass(frozen=True)
class Rows:
    """What stands in rows.

    Attributes:
        values: float32 (samples, classes).
        classes: names, in order; may be fewer.
        are_probabilities: how values are written, and that a bar of full length is 1.
        full: else, what a bar of full length stands for.
        intact: under an intervention, the values without it.
        has_lead: whether the name in the first row is the answer, which is written larger.
    """

    values: np.ndarray
    classes: tuple[str, ...]
    are_probabilities: bool
    full: float
    intact: np.ndarray | None = None
    has_lead: bool = False


def class_rows(values: np.ndarray, style: BoardStyle) -> np.ndarray:
    """Which value stands in which row: int (samples, rows).

    Where there is a row for every value they stand in their own order; else there are the highest of each sample.
    """
    samples, count = values.shape
    rows = style.rows_of(count)
    if rows == count:
        return np.tile(np.arange(count), (samples, 1))
    order = np.argsort(-np.nan_to_num(values, nan=-np.inf), axis=1, kind="stable")
    return order[:, :rows]


@dataclass(frozen=True)
class Bars:
    """Where bars are.

    Attributes:
        start: where they begin along x.
        length: of a full one.
        rows: how many there are.
    """

    start: float
    length: float
    rows: int


def draw_rows(board: Board, given: Rows) -> Bars:
    """Make the rows, or bring them in line with other values."""
    rows = class_rows(given.values, board.style)
    board.stand_at(rows.shape[1])
    ink, dim_ink = board.parts.material(materials.ink), board.parts.material(materials.dim_ink)
    gap = board.style.gap
    values_right = board.names_and_values(_names(given, rows), _values(given, rows), (ink, dim_ink), gap)
    bars = Bars(values_right + gap, board.room.bars if board.room else board.style.bar, rows.shape[1])
    _bars(board, given, rows, bars)
    if board.room:
        _tracks(board, bars)
    return bars


def _names(given: Rows, rows: np.ndarray) -> list[str]:
    more = given.values.shape[1] - rows.shape[1]
    tail = [f"+{more} more"] if more else []
    names = [[class_name(given.classes, int(index)) for index in sample] for sample in rows]
    return ["\n".join([*(["", *some[1:]] if given.has_lead else some), *tail]) for some in names]


def _values(given: Rows, rows: np.ndarray) -> list[str]:
    shown = np.take_along_axis(given.values, rows, axis=1)
    return ["\n".join(format_output(float(value), given.are_probabilities) for value in values) for values in shown]


def _tracks(board: Board, where: Bars) -> None:
    """Behind every bar, how long it would be if it were full."""
    half, pitch = board.style.thickness / 2, board.style.pitch

    def mesh() -> bpy.types.Mesh:
        corners = [
            (x, 0.0, z - row * pitch)
            for row in range(where.rows)
            for x, z in ((0.0, -half), (1.0, -half), (1.0, half), (0.0, half))
        ]
        made = bpy.data.meshes.new("Bar tracks")
        made.from_pydata(corners, [], [range(4 * row, 4 * row + 4) for row in range(where.rows)])
        made.materials.append(board.parts.material(materials.bar_track))
        return made

    tracks = board.mesh("bar tracks", "Bar tracks", mesh)
    tracks.location = (where.start, _BEHIND, 0.0)
    tracks.scale.x = where.length


def _bars(board: Board, given: Rows, rows: np.ndarray, where: Bars) -> None:
    start, count, style = where.start, where.rows, board.style

    def mesh() -> bpy.types.Mesh:
        down = -style.pitch * np.arange(count)
        positions = np.column_stack([np.full(count, start), np.zeros(count), down]).astype(np.float32)
        return meshes.point_mesh("Bars", positions)

    bars = board.mesh("bars", "Bars", mesh)
    # Other names than those of before may be longer.
    bars.location.x = start - bars.data.vertices[0].co.x
    board.reach(start + where.length)
    meshes.write_samples(bars.data, contract.PROBABILITY, np.take_along_axis(given.values, rows, axis=1))
    before = given.values[:0] if given.intact is None else given.intact
    meshes.write_samples(bars.data, contract.INTACT, np.take_along_axis(before, rows[: len(before)], axis=1))
    material = board.parts.material
    lasting = {"Thickness": style.thickness, "Material": material(materials.bar)}
    lasting |= {"Change": material(materials.bar_change)}
    full = 1.0 if given.are_probabilities else given.full
    measured = {"Full": full, "Changed": given.intact is not None}
    # In a picture names decide how much room is left for bars, and others may be known later.
    (measured if board.room else lasting)["Length"] = where.length
    set_nodes(bars, board.parts.group(make_bars), lasting, measured)
