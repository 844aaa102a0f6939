"""Histograms of a layer's activations, filled sample by sample, without holding all of them at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .saturation import OFTEN, Bounds

BINS = 32


@dataclass(frozen=True)
class Histogram:
    """How many activations fall between ``low`` and ``high``, in bins of the same width.

    What is exactly 0 is counted apart: after a rectifier it would dwarf everything else.

    Attributes:
        counts: int64 (`BINS`,).
        zeros: how many are exactly 0.
        not_finite: how many are NaN or infinite.
    """

    low: float
    high: float
    counts: np.ndarray
    zeros: int
    not_finite: int

    @classmethod
    def of(cls, values: np.ndarray, low: float, high: float) -> Histogram:
        """Of float32 (values,), of which the finite ones are between ``low`` and ``high``."""
        exact = values[np.isfinite(values)].astype(np.float64)
        nonzero = exact[exact != 0]
        span = high - low
        places = np.zeros(len(nonzero), np.int64)
        if span > 0:
            places = np.clip(((nonzero - low) / span * BINS).astype(np.int64), 0, BINS - 1)
        counts = np.bincount(places, minlength=BINS)
        return cls(low, high, counts, len(exact) - len(nonzero), len(values) - len(exact))

    @property
    def total(self) -> int:
        return int(self.counts.sum()) + self.zeros + self.not_finite

    def __add__(self, other: Histogram) -> Histogram:
        """Of both together; they have the same bins."""
        return Histogram(
            self.low,
            self.high,
            self.counts + other.counts,
            self.zeros + other.zeros,
            self.not_finite + other.not_finite,
        )


@dataclass(frozen=True)
class LayerHistograms:
    """A layer's activations for the samples in the scene.

    Attributes:
        of_samples: one per sample, all with the same bins.
        saturated: numbers of the neurons that are at a bound of their activation function in at least
            `saturation.OFTEN` of the samples; None where it has no bounds.
    """

    of_samples: tuple[Histogram, ...]
    saturated: tuple[int, ...] | None

    @cached_property
    def of_all(self) -> Histogram:
        first, *others = self.of_samples
        return sum(others, start=first)


class HistogramMaker:
    """Goes twice through the samples, one at each step: for the range, and to count.

    Args:
        samples: how many there are, at least one.
        bounds: of the layer's activation function.
    """

    def __init__(self, samples: int, bounds: Bounds | None) -> None:
        self._samples = samples
        self._bounds = bounds
        self._done = 0
        self._low, self._high = np.inf, -np.inf
        self._near: np.ndarray | None = None
        self._histograms: list[Histogram] = []

    @property
    def result(self) -> LayerHistograms | None:
        """None before it is done."""
        if len(self._histograms) < self._samples:
            return None
        saturated = None
        if self._bounds is not None and self._near is not None:
            saturated = tuple(int(neuron) for neuron in np.flatnonzero(self._near >= OFTEN * self._samples))
        return LayerHistograms(tuple(self._histograms), saturated)

    def step(self, read: Callable[[int], np.ndarray]) -> None:
        """Take in one more sample; ``read`` gives its activations, float32 (neurons,)."""
        sample = self._done % self._samples
        values = read(sample)
        if self._done < self._samples:
            self._widen(values)
        else:
            low, high = (self._low, self._high) if self._low <= self._high else (0.0, 0.0)
            self._histograms.append(Histogram.of(values, low, high))
        self._done += 1

    def _widen(self, values: np.ndarray) -> None:
        finite = values[np.isfinite(values)]
        if finite.size:
            self._low = min(self._low, float(finite.min()))
            self._high = max(self._high, float(finite.max()))
        if self._bounds is not None:
            near = self._bounds.near(values).astype(np.int64)
            self._near = near if self._near is None else self._near + near
