"""Shows samples as a network sees them. Needs no TensorFlow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from ...core.maps.packing import HIGHEST_LEVEL, Atlas, AtlasLayout, to_levels
from ...core.recording import Sample, Skipped
from ...core.requests.samples import PreviewAnswer, PreviewRequest
from ..common.events import Task
from ..samples.batches import Feeder, no_samples
from ..samples.levels import levels_of
from ..samples.readers import Reader, SampleReader, make_reader
from .atlas_layout import DEFAULT_PIXELS, average_positions, lay_out_atlas


@dataclass
class Extent:
    """What all samples together need: room, colours, range.

    Attributes:
        only_pixels: whether all are pictures from black to full brightness, so that levels are shown as they are.
        low: smallest finite number that the network is given; infinity where there is none.
        high: the largest, likewise.
    """

    height: int = 0
    width: int = 0
    channels: int = 1
    only_pixels: bool = True
    low: float = np.inf
    high: float = -np.inf
    samples: list[Sample] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)

    @property
    def limits(self) -> tuple[float, float]:
        """Low and high; 0 and 0 where nothing is finite."""
        return (self.low, self.high) if self.low <= self.high else (0.0, 0.0)

    def take_in(self, values: np.ndarray, fed: np.ndarray) -> None:
        """Widen to hold a batch: what was read and what the network is given."""
        levels = levels_of(values)
        height, width, channels = as_image(values[0] if levels is None else levels[0]).shape
        self.height, self.width = max(self.height, height), max(self.width, width)
        self.channels = max(self.channels, channels)
        self.only_pixels = self.only_pixels and levels is not None and bool(((levels >= 0) & (levels <= 255)).all())
        finite = fed[np.isfinite(fed)]
        if finite.size:
            self.low, self.high = min(self.low, float(finite.min())), max(self.high, float(finite.max()))


def preview(task: Task, request: PreviewRequest) -> PreviewAnswer:
    """Serve a `PreviewRequest`.

    Raises:
        UserError: ``samples.none``, where no sample could be read.
    """
    reader = make_reader(request.input, request.spec)
    extent = measure_input(task, request.samples, reader)
    if not extent.samples:
        raise no_samples(extent.skipped)
    atlas = draw_input(task, extent, reader, DEFAULT_PIXELS, "preview")
    return PreviewAnswer(atlas, *extent.limits, tuple(extent.skipped))


def measure_input(task: Task, samples: Sequence[Sample], reader: Reader) -> Extent:
    """Read all samples and find what it takes to show them.

    Args:
        samples: with the value that the reader is for alone.
    """
    extent = Extent()
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
    layout = lay_out_atlas(1, extent.height, extent.width, len(extent.samples), budget)
    if layout is None:
        return None
    levels = np.zeros((*layout.size, extent.channels), np.uint8)
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
    shows_levels = extent.only_pixels and reader.preprocessing is not None
    limits = reader.preprocessing.limits if shows_levels and reader.preprocessing else extent.limits
    return Atlas.of(layout, layer="", file=file, low=limits[0], high=limits[1], channels=extent.channels)


def as_image(values: np.ndarray) -> np.ndarray:
    """Any array as (height, width, 1 or 3): a list is one high, a volume its maximum along its first axis."""
    if values.ndim < 3:
        return values.reshape((*(1,) * (2 - values.ndim), *values.shape, 1))
    while values.ndim > 3:
        values = values.max(axis=0)
    if values.shape[2] in (3, 4):
        return values[..., :3]  # Alpha is left out.
    return values.max(axis=2, keepdims=True)


def _draw(values: np.ndarray, extent: Extent, reader: Reader, layout: AtlasLayout) -> tuple[np.ndarray, np.ndarray]:
    """A sample's cell: levels (height, width, channels) and where they are finite (height, width, 1)."""
    levels = levels_of(values)
    if levels is None or not extent.only_pixels:
        low, high = extent.limits
        image = as_image(reader.as_input(values[np.newaxis])[0])
        shown = average_positions(_centred(image, extent, low)[np.newaxis], layout.reduction)[0]
        finite = np.isfinite(shown)
        places = to_levels(np.where(finite, shown, low), np.array([low]), np.array([high]))
        return places, finite.all(axis=2, keepdims=True)
    image = as_image(levels).astype(np.float32)
    if reader.preprocessing and reader.preprocessing.invert:
        image = 255 - image
    shown = average_positions(_centred(image, extent, 0)[np.newaxis], layout.reduction)[0]
    return np.rint(shown).astype(np.uint8), np.ones((*shown.shape[:2], 1), bool)


def _centred(image: np.ndarray, extent: Extent, empty: float) -> np.ndarray:
    """An image in the middle of a cell for the largest one."""
    height, width = image.shape[:2]
    cell = np.full((extent.height, extent.width, extent.channels), empty, np.float32)
    top, left = (extent.height - height) // 2, (extent.width - width) // 2
    cell[top : top + height, left : left + width] = image
    return cell
