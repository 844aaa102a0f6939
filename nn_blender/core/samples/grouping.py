"""Samples by their true class."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..recording import MOST_CLASSES, ClassMeans, Sample, class_of_label


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


def _number(name: str) -> float:
    """What a name counts as in an order of numbers; names that are none come last."""
    return int(name) if name.isdecimal() else math.inf
