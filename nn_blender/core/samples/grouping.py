"""Samples by their true class."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from ..recording import MOST_CLASSES, ClassMeans, Sample, class_of_label, number_of_label

Entry = TypeVar("Entry")


@dataclass(frozen=True)
class Grouping:
    """Into which classes samples are sorted.

    Attributes:
        names: of the classes that have means of their own.
        more: how many further classes occur.
    """

    names: tuple[str, ...] = ()
    more: int = 0

    def numbers(self, samples: Sequence[Sample], classes: tuple[str, ...]) -> list[int | None] | None:
        """The number of each sample's class among the names; None for a sample of none of them."""
        places = {name: place for place, name in enumerate(self.names)}
        return [places.get(class_of_label(classes, sample.label)) for sample in samples] if places else None

    def class_means(self, samples: Sequence[Sample], classes: tuple[str, ...], means: np.ndarray) -> ClassMeans:
        """What was measured of the samples that could be read; ``means`` is float32 (classes, neurons)."""
        counts = Counter(self.numbers(samples, classes) or ())
        return ClassMeans(self.names, tuple(counts[place] for place in range(len(self.names))), means, self.more)


def group_by_class(samples: Sequence[Sample], classes: tuple[str, ...]) -> Grouping:
    """The true classes with most samples, in the order of the network's classes, others by name after them."""
    counts = Counter(class_of_label(classes, sample.label) for sample in samples if sample.label)
    chosen = [name for name, _ in counts.most_common(MOST_CLASSES)]
    places = {name: place for place, name in enumerate(classes)}
    chosen.sort(key=lambda name: (places.get(name, len(places)), _number(name), name))
    return Grouping(tuple(chosen), len(counts) - len(chosen))


def spread_over_classes(
    samples: Sequence[Sample], classes: tuple[str, ...], count: int, most: int
) -> tuple[Sample, ...]:
    """Samples whose label is a class of the network, as many of each class as can be, evenly out of all of it.

    Args:
        count: how many classes the network has.
        most: how many samples are wanted.
    """
    groups: dict[int, list[Sample]] = {}
    for sample in samples:
        number = number_of_label(sample.label, classes, count)
        if number is not None:
            groups.setdefault(number, []).append(sample)
    quotas, left = dict.fromkeys(groups, 0), most
    while left and (unused := [number for number, group in groups.items() if quotas[number] < len(group)]):
        for number in evenly(unused, left):
            quotas[number] += 1
            left -= 1
    return tuple(sample for number, group in groups.items() for sample in evenly(group, quotas[number]))


def evenly(entries: Sequence[Entry], count: int) -> list[Entry]:
    """So many of the entries, at equal distances."""
    count = min(count, len(entries))
    return [entries[k * len(entries) // count] for k in range(count)]


def _number(name: str) -> float:
    """What a name counts as in an order of numbers; names that are none come last."""
    return int(name) if name.isdecimal() else math.inf
