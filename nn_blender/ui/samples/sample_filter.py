"""Filters and sorts the list of samples."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ...core.description.answers import ShownSample

ORDERS = ("shown", "uncertain")


@dataclass(frozen=True)
class Filter:
    """What the user looks for in the list of samples.

    Attributes:
        only_wrong: whether only samples that were predicted wrong are wanted.
        label: the true class that is wanted; empty for all.
        text: part of the name, the true class or the best prediction; empty for all.
        order: one of `ORDERS`: as they are shown, or the least certain ones first.
    """

    only_wrong: bool = False
    label: str = ""
    text: str = ""
    order: str = "shown"


def choose(samples: Sequence[ShownSample], wanted: Filter) -> list[int]:
    """Indices of the samples that pass, in the wanted order; those of unknown certainty come last."""
    passing = [index for index, sample in enumerate(samples) if _passes(sample, wanted)]
    if wanted.order == "uncertain":
        passing.sort(key=lambda index: _certainty(samples[index]))
    return passing


def neighbour(chosen: list[int], shown: int, step: int) -> int:
    """The sample that is ``step`` further among the chosen ones, at most the first or last of them.

    Where the shown one is not among them, the first step leads to the next of them in the order of the timeline.
    """
    if not chosen:
        return shown
    if shown in chosen:
        return chosen[min(max(chosen.index(shown) + step, 0), len(chosen) - 1)]
    if step > 0:
        return next((index for index in chosen if index > shown), chosen[-1])
    return next((index for index in reversed(chosen) if index < shown), chosen[0])


def labels(samples: Sequence[ShownSample]) -> list[str]:
    """The true classes that occur, numbers in their order."""
    found = {shown.sample.label for shown in samples if shown.sample.label}
    return sorted(found, key=lambda label: (not label.isdecimal(), int(label) if label.isdecimal() else 0, label))


def _passes(shown: ShownSample, wanted: Filter) -> bool:
    if wanted.only_wrong and shown.answer.right is not False:
        return False
    if wanted.label and shown.sample.label != wanted.label:
        return False
    text = f"{shown.sample.name}\n{shown.sample.label}\n{shown.answer.best}"
    return wanted.text.lower() in text.lower()


def _certainty(shown: ShownSample) -> float:
    return math.inf if math.isnan(shown.certainty) else shown.certainty
