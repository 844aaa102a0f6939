"""What a closed block's book shows: which neurons stand on its cover, where, and how strongly each page glows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ..layout.lettering import text_width

MOST_MAPS, MOST_NUMBERS, FEWEST_NUMBERS = 16, 40, 32
"""Cells of a cover: of feature maps at most, of neurons without maps at most, and of those at least where there are
more than have room."""
RIM, MARGIN = 0.035, 0.06
"""Of a cover around its face, and around its cells, as shares of its shorter side."""
GAP = 0.07
"""Between cells, as a share of a cell."""
TEXT_ROW = 0.13
"""Of what is left for neurons without maps, the share that the text on further ones takes."""
TEXT_WIDTH = 0.86
"""Of its room that a text fills at most."""
MOST_PAGES = 26
DARK, BRIGHT = 0.14, 0.76
"""Places on the ramp of positive values between which pages glow."""
LOW_PERCENTILE, HIGH_PERCENTILE = 8, 95
_SMALLEST = 1e-9


@dataclass(frozen=True, eq=False)
class CoverGrid:
    """Where the cells of a cover are. Lengths are in the cover's unit, from the middle of its lower edge.

    Attributes:
        count: how many cells show a neuron.
        centres: float32 (count, 2), of each cell in reading order: to the right, and up.
        cell: width and height of a cell.
        text: middle, then width and height, of the room for the text on further neurons; None where all are shown.
    """

    count: int
    centres: np.ndarray
    cell: tuple[float, float]
    text: tuple[float, float, float, float] | None

    def has_room(self, text: str) -> bool:
        """Whether a line of text is as high as its room, not smaller because it is too long."""
        return self.text is not None and text_width(text, self.text[3]) <= TEXT_WIDTH * self.text[2]


def map_grid(cover: tuple[float, float], neurons: int, aspect: float, drawn: int | None = None) -> CoverGrid:
    """Cells for feature maps of a width-to-height ratio; the last one has the text where there are more neurons.

    Args:
        drawn: how many of the neurons can be shown; all where None.
    """
    drawn = neurons if drawn is None else drawn
    has_text = drawn < neurons or neurons > MOST_MAPS
    slots = min(drawn + has_text, MOST_MAPS)
    left, up, width, height = _room(cover)
    columns, rows, cell = _largest_cells(slots, width, height, aspect)
    pitch = width / columns, height / rows
    index = np.arange(slots)
    centres = np.stack(
        [left + (index % columns + 0.5) * pitch[0], up - (index // columns + 0.5) * pitch[1]], axis=1
    ).astype(np.float32)
    text = None
    if has_text:
        x, z = (float(value) for value in centres[-1])
        text = (x, z, *cell)
    count = slots - has_text
    return CoverGrid(count, centres[:count], cell, text)


def number_grid(cover: tuple[float, float], neurons: int, drawn: int | None = None) -> CoverGrid:
    """Square cells for neurons without feature maps; a row below has the text where there are more neurons.

    Args:
        drawn: how many of the neurons can be shown; all where None.
    """
    drawn = neurons if drawn is None else drawn
    left, up, width, height = _room(cover)
    if neurons == drawn <= MOST_NUMBERS:
        text, count = None, neurons
        columns, rows, cell = _largest_cells(count, width, height, 1.0)
    else:
        row = TEXT_ROW * height
        text = (left + width / 2, up - height + row / 2, width, row)
        height -= row
        columns, rows, cell = _fullest_cells(width, height)
        count = min(columns * rows, drawn)
    pitch = min(width / columns, height / rows)
    index = np.arange(count)
    x = left + width / 2 + (index % columns - (columns - 1) / 2) * pitch
    z = up - height / 2 - (index // columns - (rows - 1) / 2) * pitch
    return CoverGrid(count, np.stack([x, z], axis=1).astype(np.float32), cell, text)


def strongest_neurons(activations: np.ndarray, count: int) -> np.ndarray:
    """The neurons of the largest magnitude for each sample, int (samples, count), in the order of their numbers.

    What is NaN or infinite comes before all that is finite; of equal ones the first.

    Args:
        activations: float32 (samples, neurons).

    >>> strongest_neurons(np.array([[0.1, -3.0, 2.0], [0.5, 0.1, 0.2]]), 2).tolist()
    [[1, 2], [0, 2]]
    """
    return np.sort(_ranked(activations)[:, :count], axis=1)


def graded_neurons(activations: np.ndarray, count: int) -> np.ndarray:
    """Neurons from that of the largest magnitude to that of the smallest, at equal steps, for each sample.

    Numbers alone, without maps, are told from each other by how high they are: the strongest ones all look alike. Int
    (samples, count), in the order of their numbers. What is NaN or infinite counts as the strongest.

    Args:
        activations: float32 (samples, neurons).

    >>> graded_neurons(np.array([[0.1, -3.0, 2.0, 0.2, 0.3]]), 3).tolist()
    [[0, 1, 4]]
    """
    neurons = activations.shape[1]
    ranked = _ranked(activations)
    steps = np.linspace(0, neurons - 1, min(count, neurons)).round().astype(int)
    return np.sort(ranked[:, steps], axis=1)


def mean_magnitudes(activations: np.ndarray) -> np.ndarray:
    """Mean magnitude of a layer's neurons for each sample, float64 (samples,); not finite where one of them is not.

    Args:
        activations: float32 (samples, neurons), at least one neuron.
    """
    means: np.ndarray = np.abs(activations).mean(axis=1, dtype=np.float64)
    return means


def page_layers(layers: int) -> tuple[slice, ...]:
    """Which of a block's layers each page stands for: one each, and several in turn where there are many."""
    ends = np.linspace(0, layers, min(layers, MOST_PAGES) + 1).round().astype(int).tolist()
    return tuple(slice(start, end) for start, end in pairwise(ends))


def page_span(means: np.ndarray) -> tuple[float, float]:
    """The decadic logarithms between which pages of a network glow.

    Args:
        means: what `mean_magnitudes` gives of all layers for all samples.
    """
    finite = means[np.isfinite(means)]
    if not finite.size:
        return 0.0, 0.0
    low, high = np.percentile(_logarithms(finite), (LOW_PERCENTILE, HIGH_PERCENTILE))
    return float(low), float(high)


def page_glow(means: np.ndarray, span: tuple[float, float]) -> np.ndarray:
    """Places on the ramp of positive values, float64 like ``means``; NaN where a mean is not finite.

    Args:
        span: what `page_span` gives.
    """
    low, high = span
    finite = np.isfinite(means)
    reached = (_logarithms(np.where(finite, means, 0.0)) - low) / max(high - low, _SMALLEST)
    glow = DARK + (BRIGHT - DARK) * np.clip(reached, 0.0, 1.0)
    return np.where(finite, glow, np.nan)


def _ranked(activations: np.ndarray) -> np.ndarray:
    """Numbers of neurons from the largest magnitude on, int like ``activations``."""
    sizes = np.where(np.isfinite(activations), np.abs(activations), np.inf)
    return np.argsort(-sizes, axis=1, kind="stable")


def _logarithms(means: np.ndarray) -> np.ndarray:
    logarithms: np.ndarray = np.log10(np.maximum(means, _SMALLEST))
    return logarithms


def _room(cover: tuple[float, float]) -> tuple[float, float, float, float]:
    """Left and upper end of the room for cells, and its sizes."""
    width, height = cover
    margin = MARGIN * min(cover)
    return margin - width / 2, height - margin, width - 2 * margin, height - 2 * margin


def _largest_cells(count: int, width: float, height: float, aspect: float) -> tuple[int, int, tuple[float, float]]:
    """Columns and rows in which so many cells of a width-to-height ratio are largest, and a cell's sizes."""
    choices = []
    for columns in range(1, max(count, 1) + 1):
        rows = max(math.ceil(count / columns), 1)
        choices.append((min(width / columns / aspect, height / rows), -columns, rows))
    pitch, columns, rows = max(choices)
    side = pitch * (1 - GAP if count > 1 else 1)
    return -columns, rows, (side * aspect, side)


def _fullest_cells(width: float, height: float) -> tuple[int, int, tuple[float, float]]:
    """Full rows of square cells, as large as so many can be."""
    choices = [
        (min(width / columns, height / rows), columns, rows)
        for columns in range(1, MOST_NUMBERS + 1)
        for rows in range(1, MOST_NUMBERS // columns + 1)
        if columns * rows >= FEWEST_NUMBERS
    ]
    pitch, columns, rows = max(choices)
    side = pitch * (1 - GAP)
    return columns, rows, (side, side)
