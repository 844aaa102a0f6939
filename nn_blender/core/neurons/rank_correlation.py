"""Rank correlation: how well two measures agree on an order."""

from __future__ import annotations

import numpy as np

FEWEST = 3
"""Pairs below which an order says nothing."""


def spearman(first: np.ndarray, second: np.ndarray) -> float | None:
    """Spearman's rank correlation, -1 to 1: Pearson's correlation of the ranks, equal values sharing their mean rank.

    C. Spearman, "The Proof and Measurement of Association between Two Things", American Journal of Psychology 15
    (1904); for ties M. G. Kendall, "Rank Correlation Methods" (1948), chapter 3.

    Args:
        first: (pairs,); pairs with a NaN on either side are left out.
        second: (pairs,).

    Returns:
        None where fewer than 3 pairs are left, or all values of a side are the same.

    >>> spearman(np.array([1.0, 2.0, 3.0, 4.0]), np.array([10.0, 30.0, 20.0, 40.0]))
    0.8
    """
    known = ~(np.isnan(first) | np.isnan(second))
    if known.sum() < FEWEST:
        return None
    one, other = (_deviations(mid_ranks(values[known])) for values in (first, second))
    size = np.sqrt((one**2).sum() * (other**2).sum())
    return float((one * other).sum() / size) if size else None


def mid_ranks(values: np.ndarray) -> np.ndarray:
    """Ranks from 1 on, float64 (values,); equal values share the mean of the places that they take together."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts - 1) / 2)[place]


def _deviations(ranks: np.ndarray) -> np.ndarray:
    return ranks - ranks.mean()
