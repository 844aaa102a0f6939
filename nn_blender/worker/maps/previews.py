"""Shows samples as a network sees them. Needs no TensorFlow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from ...core.inputs import INPUT_KINDS, InputKind
from ...core.inputs.pictures import GAP, curve, heat
from ...core.maps.packing import HIGHEST_LEVEL, Atlas, AtlasLayout, to_levels
from ...core.recording import Sample, Skipped
from ...core.requests.samples import PreviewAnswer, PreviewRequest
from ..common.events import Task
from ..samples.batches import Feeder, no_samples
from ..samples.levels import levels_of
from ..samples.readers import Reader, SampleReader, make_reader
from .atlas_layout import DEFAULT_PIXELS, average_positions, lay_out_atlas
from .written import written

_CURVE_ROWS, _LEAST_CURVE_ROWS, _SHORTEST_CURVE = 48, 12, 8
"""Pixels: how high a curve is, how high it is at least, and how many steps it has at least."""


@dataclass
class Extent:
    """What all samples together need: room, colours, range.

    Attributes:
        kind: of the input.
        are_levels: whether all are pictures from black to full brightness, or have colours of their own, and are shown
            as they are.
        has_gaps: whether there are pixels that stand for no number, as between planes.
        low: smallest finite number that the network is given, infinity where there is none; an array of the input's
            shape where each number has its own range.
        high: the largest, likewise.
    """

    kind: InputKind
    height: int = 0
    width: int = 0
    channels: int = 1
    are_levels: bool = True
    has_gaps: bool = False
    low: np.ndarray = field(default_factory=lambda: np.array(np.inf))
    high: np.ndarray = field(default_factory=lambda: np.array(-np.inf))
    samples: list[Sample] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)

    @property
    def limits(self) -> tuple[float, float]:
        """Low and high of all numbers; 0 and 0 where nothing is finite."""
        low, high = float(self.low.min()), float(self.high.max())
        return (low, high) if low <= high else (0.0, 0.0)

    def take_in(self, values: np.ndarray, fed: np.ndarray) -> None:
        """Widen to hold a batch: what was read and what the network is given."""
        levels = levels_of(values)
        picture = _as_picture(self.kind, values[0] if levels is None else levels[0])
        height, width, channels = picture.shape
        is_of_another_size = bool(self.height) and (height, width) != (self.height, self.width)
        self.has_gaps = self.has_gaps or is_of_another_size or bool(_gaps(self.kind, values.shape[1:]).any())
        self.height, self.width = max(self.height, height), max(self.width, width)
        self.channels = max(self.channels, channels)
        is_picture = levels is not None and bool(((levels >= 0) & (levels <= HIGHEST_LEVEL)).all())
        self.are_levels = self.are_levels and (self.kind.has_own_colours or is_picture)
        if fed.dtype == object:
            return
        finite = np.isfinite(fed)
        low, high = np.where(finite, fed, np.inf), np.where(finite, fed, -np.inf)
        is_each = self.kind.scales_each and (self.low.ndim == 0 or self.low.shape == fed.shape[1:])
        axes = 0 if is_each else None
        before = (self.low, self.high) if is_each else (self.low.min(), self.high.max())
        self.low, self.high = np.minimum(before[0], low.min(axis=axes)), np.maximum(before[1], high.max(axis=axes))


def preview(task: Task, request: PreviewRequest) -> PreviewAnswer:
    """Serve a `PreviewRequest`.

    Raises:
        UserError: ``samples.none``, where no sample could be read.
    """
    reader = make_reader(request.input, request.spec)
    extent = measure_input(task, request.samples, reader, INPUT_KINDS.find(request.input.kind))
    if not extent.samples:
        raise no_samples(extent.skipped)
    atlas = draw_input(task, extent, reader, DEFAULT_PIXELS, "preview")
    return PreviewAnswer(atlas, *extent.limits, tuple(extent.skipped))


def measure_input(task: Task, samples: Sequence[Sample], reader: Reader, kind: InputKind) -> Extent:
    """Read all samples and find what it takes to show them.

    Args:
        samples: with the value that the reader is for alone.
        kind: of the input.
    """
    extent = Extent(kind)
    feeder: Feeder[None] = Feeder(samples, SampleReader((reader,)))
    for batch in feeder.batches():
        (values,) = batch.values
        extent.take_in(values, reader.as_input(values))
        task.progress("Reading samples", feeder.looked_at, len(samples))
    extent.samples, extent.skipped = feeder.used, feeder.skipped
    return extent


def draw_input(task: Task, extent: Extent, reader: Reader, budget: int, name: str) -> Atlas | None:
    """The atlas of an input, every sample in the middle of its cell; None where it does not fit into the budget.

    Args:
        name: of the picture's file.
    """
    height = _curve_rows(extent, budget) or extent.height
    layout = lay_out_atlas(1, height, extent.width, len(extent.samples), budget)
    if layout is None:
        return None
    is_coloured = not extent.are_levels and (extent.kind.is_coloured or extent.has_gaps)
    channels = 3 if is_coloured else extent.channels
    levels = np.zeros((*layout.size, channels), np.uint8)
    alpha = np.full((*layout.size, 1), HIGHEST_LEVEL, np.uint8)
    feeder: Feeder[None] = Feeder(extent.samples, SampleReader((reader,)))
    number = 0
    for batch in feeder.batches():
        task.stop_if_cancelled()
        for values in batch.values[0]:
            place = layout.block(number)
            levels[place], finite = _draw(values, extent, reader, layout)
            alpha[place] = np.where(finite, HIGHEST_LEVEL, 0)
            number += 1
    is_whole = bool(alpha.all())
    pixels = levels if is_whole else np.concatenate([levels, alpha], axis=2)
    file = task.save_picture(name, Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels))
    limits = reader.preprocessing.limits if extent.are_levels and reader.preprocessing else extent.limits
    return Atlas.of(layout, layer="", file=file, low=limits[0], high=limits[1], channels=channels)


def list_values(task: Task, extent: Extent, reader: Reader) -> np.ndarray:
    """What the network is given of every sample, all of one shape: float64 (samples, values)."""
    rows = []
    for batch in Feeder[None](extent.samples, SampleReader((reader,))).batches():
        task.stop_if_cancelled()
        rows += [values.ravel() for values in reader.as_input(batch.values[0])]
    return np.array(rows, np.float64)


def _draw(values: np.ndarray, extent: Extent, reader: Reader, layout: AtlasLayout) -> tuple[np.ndarray, np.ndarray]:
    """A sample's cell: levels (height, width, channels) and where they are finite (height, width, 1)."""
    if extent.are_levels:
        levels = levels_of(values)
        image = _as_picture(extent.kind, values if levels is None else levels).astype(np.float32)
        if reader.preprocessing and reader.preprocessing.invert:
            image = HIGHEST_LEVEL - image
        shown = _as_cell(image, extent, layout, np.nan if extent.kind.has_own_colours else 0)
        shown = np.where(np.isnan(shown), np.array(GAP[: shown.shape[2]]), shown)
        return np.rint(shown).astype(np.uint8), np.ones((*shown.shape[:2], 1), bool)
    fed = reader.as_input(values[np.newaxis])[0]
    shown = _as_cell(extent.kind.as_picture(fed), extent, layout, np.nan)
    gaps = np.isnan(_as_cell(np.where(_gaps(extent.kind, fed.shape), np.nan, 0), extent, layout, np.nan))
    finite = np.isfinite(shown)
    if layout.cell_height > len(shown):
        places = curve(shown, *extent.limits, layout.cell_height)
        gaps, finite = (np.broadcast_to(where, (*places.shape[:2], 1)) for where in (gaps, finite))
    else:
        places = _as_levels(shown, finite, extent, layout)
    if gaps.any():
        places = np.where(gaps, np.array(GAP, np.uint8), places)
    return places, (finite | gaps).all(axis=2, keepdims=True)


def _as_picture(kind: InputKind, values: np.ndarray) -> np.ndarray:
    """A sample as `InputKind.as_picture` gives it; texts are written."""
    return written(values) if values.dtype == object else kind.as_picture(values)


def _curve_rows(extent: Extent, budget: int) -> int:
    """How many pixels high curves are; 0 where numbers are not drawn as such."""
    if not extent.kind.is_curve or extent.height > 1 or extent.width < _SHORTEST_CURVE:
        return 0
    rows = min(_CURVE_ROWS, budget // max(len(extent.samples) * extent.width, 1))
    return rows if rows >= _LEAST_CURVE_ROWS else 0


def _as_levels(shown: np.ndarray, finite: np.ndarray, extent: Extent, layout: AtlasLayout) -> np.ndarray:
    """Numbers as levels of grey or as colours."""
    low, high = extent.limits
    if not extent.kind.is_coloured:
        return to_levels(np.where(finite, shown, low), np.array([low]), np.array([high]))
    ends = [np.array(low), np.array(high)]
    if extent.low.ndim:
        finite_ends = (np.where(np.isfinite(end), end, 0) for end in (extent.low, extent.high))
        ends = [_as_cell(extent.kind.as_picture(end), extent, layout, 0) for end in finite_ends]
    return heat(shown, *ends)


def _gaps(kind: InputKind, shape: tuple[int, ...]) -> np.ndarray:
    """Where the picture of a sample has no number, whatever its values are: bool (height, width, channels)."""
    gaps: np.ndarray = np.isnan(kind.as_picture(np.zeros(shape, np.float32)))
    return gaps


def _as_cell(image: np.ndarray, extent: Extent, layout: AtlasLayout, empty: float) -> np.ndarray:
    """An image in the middle of a cell for the largest one, in the atlas's resolution."""
    height, width = image.shape[:2]
    cell = np.full((extent.height, extent.width, extent.channels), empty, np.float32)
    top, left = (extent.height - height) // 2, (extent.width - width) // 2
    cell[top : top + height, left : left + width] = image
    return average_positions(cell[np.newaxis], layout.reduction)[0]
