"""Selectivity of a neuron: its preferred class, and how much more it responds to it than to the others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Selectivity:
    """The class with the highest mean activation.

    Attributes:
        best: number of the class.
        index: the class selectivity index of Morcos, Barrett, Rabinowitz and Botvinick, "On the importance of single
            directions for generalization" (ICLR 2018): highest mean minus the mean of the other classes, divided by
            their sum; 0 where all classes are the same, 1 where only one of them is answered. None where it is not
            defined: below 0, without any activation, or where a mean is not finite.
        distance: highest mean minus the mean of the other classes.
    """

    best: int
    index: float | None
    distance: float


def selectivity(means: np.ndarray, is_nonnegative: bool) -> Selectivity | None:
    """Measure a neuron's mean activation by class, float32 (classes,); None with fewer than two that are finite.

    Args:
        is_nonnegative: whether the layer's activations are never below 0.
    """
    exact = np.asarray(means, np.float64)
    finite = np.isfinite(exact)
    if finite.sum() < 2:
        return None
    best = int(np.where(finite, exact, -np.inf).argmax())
    highest = exact[best]
    others = np.delete(exact, best)
    rest = others[np.isfinite(others)].mean()
    is_defined = is_nonnegative and finite.all() and highest + rest > 0
    return Selectivity(best, float((highest - rest) / (highest + rest)) if is_defined else None, float(highest - rest))


def strongest(values: np.ndarray, most: int) -> list[int]:
    """The numbers of the highest values, highest first; NaN counts as lowest and is left out."""
    order = np.argsort(-np.nan_to_num(values, nan=-np.inf, posinf=np.inf, neginf=-np.inf), kind="stable")[:most]
    return [int(number) for number in order if not np.isnan(values[number])]
