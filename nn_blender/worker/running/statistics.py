"""Measures every neuron over all samples while they pass, without keeping them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...core.recording import Statistics


class StreamingStatistics:
    """What `core.recording.Statistics.of` gives for all rows together, from a few rows at a time.

    Squared distances from the mean are joined as in Chan, Golub and LeVeque (1979), so that the spread of large values
    that differ little keeps its digits.

    Args:
        groups: into how many groups samples may be sorted, each of which has means of its own.
    """

    def __init__(self, neurons: int, groups: int = 0) -> None:
        self._count = 0
        self._sum = np.zeros(neurons)
        self._squares = np.zeros(neurons)
        self._active = np.zeros(neurons, np.int64)
        self._lowest = np.full(neurons, np.inf)
        self._highest = np.full(neurons, -np.inf)
        self._group_sums = np.zeros((groups, neurons))
        self._group_counts = np.zeros(groups, np.int64)

    def add(self, activations: np.ndarray, groups: Sequence[int | None] = ()) -> None:
        """Take in float32 (samples, neurons), at least one sample.

        Args:
            groups: the group of every sample, None for one that is in no group; empty where there are no groups.
        """
        exact = activations.astype(np.float64)
        finite = np.isfinite(exact)
        count = len(exact)
        # Not a number is what a mean of opposite infinities is, and a spread of any.
        with np.errstate(invalid="ignore"):
            total = exact.sum(axis=0)
            self._squares += ((exact - total / count) ** 2).sum(axis=0)
            if self._count:
                apart = total / count - self._sum / self._count
                self._squares += apart**2 * (count * self._count / (count + self._count))
            self._sum += total
        self._count += count
        self._active += (exact > 0).sum(axis=0)
        self._lowest = np.minimum(self._lowest, np.where(finite, exact, np.inf).min(axis=0))
        self._highest = np.maximum(self._highest, np.where(finite, exact, -np.inf).max(axis=0))
        for group in {group for group in groups if group is not None}:
            members = exact[[other == group for other in groups]]
            with np.errstate(invalid="ignore"):
                self._group_sums[group] += members.sum(axis=0)
            self._group_counts[group] += len(members)

    def group_means(self) -> np.ndarray:
        """Float32 (groups, neurons); NaN for a group without samples, and where a mean is not finite as it is."""
        with np.errstate(invalid="ignore", over="ignore"):
            return (self._group_sums / self._group_counts[:, np.newaxis]).astype(np.float32)

    def result(self) -> Statistics:
        none = self._lowest > self._highest
        rows = (
            self._sum / self._count,
            np.sqrt(self._squares / self._count),
            self._active / self._count,
            np.where(none, np.nan, self._lowest),
            np.where(none, np.nan, self._highest),
        )
        return Statistics(*(row.astype(np.float32) for row in rows))
