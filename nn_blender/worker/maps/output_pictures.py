"""Pictures of what a network gives: in their own colours, in those of classes, or values from low to high."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image

from ...core.layout.budgets import INPUT_PIXELS
from ...core.maps.packing import HIGHEST_LEVEL, Atlas, AtlasLayout, to_levels
from ...core.outputs import OUTPUT_KINDS, NetworkOutput
from ...core.requests.maps import MapsRequest
from ..common.events import Task
from ..running.runs import ReadyModel, inputs_of
from ..running.switches import Switches
from ..samples.batches import Feeder, refuse_skipped
from ..samples.readers import SampleReader
from .atlas_layout import average_positions, lay_out_atlas

USUAL_RANGES = ((0.0, 1.0), (-1.0, 1.0), (0.0, 255.0))
"""Of colours; a picture whose values hardly leave one of them is shown in it."""
_BEYOND = 0.1
"""How far values of such a picture may be outside, in spans of the range."""


class _Pictures:
    """The pictures of one output for all samples, each no larger than its cell needs to be."""

    def __init__(self, output: NetworkOutput, count: int, budget: int) -> None:
        self.output = output
        self._count, self._budget = count, budget
        self._layout: AtlasLayout | None = None
        self._cells: list[np.ndarray] = []

    def add(self, values: np.ndarray) -> None:
        """Take in what a sample gives, of the output's shape."""
        draw = OUTPUT_KINDS.find(self.output.kind).picture
        assert draw is not None
        picture = draw(self.output, values)
        if self._layout is None and not self._cells:
            height, width = picture.shape[:2]
            self._layout = lay_out_atlas(1, height, width, self._count, self._budget)
        self._cells.append(picture if self._layout is None else _reduced(picture, self._layout))

    def save(self, task: Task, name: str) -> Atlas | None:
        """None where even a pixel per sample is too much."""
        if self._layout is None:
            return None
        coloured = self._cells[0].dtype == np.uint8
        low, high = (0.0, 1.0) if coloured else colour_range(self.output, self._cells)
        channels = self._cells[0].shape[2]
        pixels = np.zeros((*self._layout.size, channels + 1), np.uint8)
        for number, cell in enumerate(self._cells):
            finite = np.isfinite(cell).all(axis=2)
            ends = np.array([low]), np.array([high])
            levels = cell if coloured else to_levels(np.clip(np.nan_to_num(cell, nan=low), low, high), *ends)
            pixels[self._layout.block(number)] = np.dstack(
                [levels, np.where(finite, HIGHEST_LEVEL, 0).astype(np.uint8)]
            )
        file = task.save_picture(name, Image.fromarray(pixels))
        return Atlas.of(
            self._layout, layer="", file=file, low=low, high=high, channels=channels, output=self.output.name
        )


def draw_outputs(
    task: Task, model: ReadyModel, request: MapsRequest, reader: SampleReader, switches: Switches
) -> list[Atlas]:
    """The atlases of the outputs that a request wants pictures of."""
    names = list(model.network.outputs)
    wanted = [one for one in request.outputs if OUTPUT_KINDS.find(one.kind).picture and one.name in names]
    if not wanted:
        return []
    samples = request.samples
    pictures = [_Pictures(one, len(samples), INPUT_PIXELS // len(wanted)) for one in wanted]
    feeder: Feeder[None] = model.feeder(samples, reader)
    for batch in feeder.batches():
        given = model.recorder.outputs(inputs_of(reader, batch), switches, len(samples), task.stop_if_cancelled)
        for drawn in pictures:
            for values in given[names.index(drawn.output.name)]:
                drawn.add(values)
        task.progress("Drawing outputs", feeder.looked_at, len(samples))
    refuse_skipped(feeder.skipped)
    atlases = [drawn.save(task, f"output-picture-{number}") for number, drawn in enumerate(pictures)]
    return [atlas for atlas in atlases if atlas is not None]


def colour_range(output: NetworkOutput, pictures: Sequence[np.ndarray]) -> tuple[float, float]:
    """Which values are dark and bright: what the activation allows, else what colours usually have, else the extremes.

    Args:
        pictures: float32 (height, width, channels).
    """
    if output.activation in ("sigmoid", "hard_sigmoid", "tanh"):
        return (-1.0, 1.0) if output.activation == "tanh" else (0.0, 1.0)
    finite = [picture[np.isfinite(picture)] for picture in pictures]
    lows, highs = [float(one.min()) for one in finite if one.size], [float(one.max()) for one in finite if one.size]
    if not lows:
        return 0.0, 1.0
    if output.kind == "image":
        for low, high in USUAL_RANGES:
            room = _BEYOND * (high - low)
            if low - room <= min(lows) and max(highs) <= high + room:
                return low, high
    return min(lows), max(highs)


def _reduced(picture: np.ndarray, layout: AtlasLayout) -> np.ndarray:
    """A picture as its cell: in the middle of it where it is smaller, cut where it is larger."""
    size = (layout.cell_height, layout.cell_width)
    step = layout.reduction
    # Colours of classes stand for themselves only.
    small = picture[::step, ::step] if picture.dtype == np.uint8 else average_positions(picture[np.newaxis], step)[0]
    small = small[: size[0], : size[1]]
    if small.shape[:2] == size:
        return small
    cell = np.zeros((*size, picture.shape[2]), picture.dtype)
    top, left = (size[0] - small.shape[0]) // 2, (size[1] - small.shape[1]) // 2
    cell[top : top + small.shape[0], left : left + small.shape[1]] = small
    return cell
