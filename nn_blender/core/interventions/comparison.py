"""Comparison of answers with and without an intervention: accuracy, classes, confusions, changed answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..errors import UserError
from ..network import plain
from ..recording import Recording, Sample, best_class, class_name, class_of_label, is_of_label


@dataclass(frozen=True)
class ClassChange:
    """Of the samples of a true class, how many are recognised before and after."""

    label: str
    samples: int
    before: int
    after: int


@dataclass(frozen=True)
class ConfusionChange:
    """How many samples of a true class are answered with another one, or with itself, before and after."""

    true: str
    predicted: str
    before: int
    after: int


@dataclass(frozen=True)
class Flip:
    """A sample whose answer changed.

    Attributes:
        sample: its number among all samples that were compared.
        was_right: whether the answer was right before; None where the true class is not known.
    """

    sample: int
    name: str
    label: str
    before: str
    after: str
    was_right: bool | None
    is_right: bool | None


@dataclass(frozen=True)
class Comparison:
    """The answers of a network before and after something was changed in it.

    Attributes:
        samples: how many were compared.
        labelled: of how many the true class is known.
        right_before: how many of these were recognised.
        flipped: how many samples are answered with another class; ``flips`` may list fewer.
        confused: how many pairs of true class and answer changed; ``confusion`` may list fewer.
        classes: every true class that occurs, those that changed most first.
        confusion: pairs whose count changed, those that changed most first.
        flips: in the order of the samples.
    """

    samples: int
    labelled: int
    right_before: int
    right_after: int
    flipped: int
    confused: int
    classes: tuple[ClassChange, ...]
    confusion: tuple[ConfusionChange, ...]
    flips: tuple[Flip, ...]

    @property
    def accuracy_before(self) -> float | None:
        """Share of the labelled samples, 0 to 1; None where there are none."""
        return self.right_before / self.labelled if self.labelled else None

    @property
    def accuracy_after(self) -> float | None:
        return self.right_after / self.labelled if self.labelled else None

    def shortened(self, most: int) -> Comparison:
        """At most so many confusions and flips are listed; how many there are is still stated."""
        return replace(self, confusion=self.confusion[:most], flips=self.flips[:most])

    def to_dict(self) -> dict[str, Any]:
        lists = {name: [plain(one) for one in getattr(self, name)] for name in ("classes", "confusion", "flips")}
        return plain(self) | lists

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Comparison:
        """Read what `to_dict` gives; further entries are left alone."""
        known = {name: data[name] for name in cls.__dataclass_fields__}
        parts = (("classes", ClassChange), ("confusion", ConfusionChange), ("flips", Flip))
        return cls(**known | {name: tuple(kind(**one) for one in data[name]) for name, kind in parts})


def compare(before: Recording, after: Recording, classes: tuple[str, ...]) -> Comparison:
    """Compare the outputs of two recordings of the same samples.

    As everywhere, the answer is the highest output, NaN counting as lowest.

    Args:
        classes: names of the output's classes; may be shorter than the output.

    Raises:
        UserError: code ``comparison.no_classes``, where the output is not one value per class.
    """
    was, now = before.class_values, after.class_values
    if was is None or now is None or was.shape[1] < 2:
        raise UserError(
            "comparison.no_classes",
            "The network does not give one value per class, so there are no answers to compare.",
            "Compare the activations of its last layer instead.",
        )
    names = [class_name(classes, index) for index in range(was.shape[1])]
    answers = [best_class(values).tolist() for values in (was, now)]
    tally = _Tally(names)
    for number, sample in enumerate(before.samples):
        both = [one[number] for one in answers]
        verdicts = [is_of_label(best, sample.label, classes, len(names)) for best in both]
        truth = class_of_label(classes, sample.label) if verdicts[0] is not None else None
        tally.add(number, sample, truth, both, verdicts)
    return tally.comparison(len(before.samples))


class _Tally:
    """Counts while samples come in."""

    def __init__(self, names: list[str]) -> None:
        self._names = names
        # A name may stand for several classes; the first one's place counts.
        self._places = {name: place for place, name in reversed(list(enumerate(names)))}
        self._classes: dict[str, list[int]] = {}
        self._pairs: dict[tuple[str, str], list[int]] = {}
        self._flips: list[Flip] = []

    def add(self, number: int, sample: Sample, truth: str | None, both: list[int], right: list[bool | None]) -> None:
        """Count a sample; ``both`` are its answers before and after, ``right`` whether they are."""
        before, after = (self._names[best] for best in both)
        if both[0] != both[1]:
            self._flips.append(Flip(number, sample.name, sample.label, before, after, *right))
        if truth is None:
            return
        counts = self._classes.setdefault(truth, [0, 0, 0])
        counts[0] += 1
        for place, answer in enumerate((before, after)):
            counts[place + 1] += bool(right[place])
            self._pairs.setdefault((truth, answer), [0, 0])[place] += 1

    def comparison(self, samples: int) -> Comparison:
        totals = np.array(list(self._classes.values()), int).reshape(-1, 3).sum(axis=0)
        labelled, right_before, right_after = (int(total) for total in totals)
        confusion = self._confusion()
        classes = tuple(ClassChange(label, *counts) for label, counts in self._classes.items())
        return Comparison(
            samples,
            labelled,
            right_before,
            right_after,
            flipped=len(self._flips),
            confused=len(confusion),
            classes=tuple(sorted(classes, key=lambda one: (-abs(one.after - one.before), self._places[one.label]))),
            confusion=confusion,
            flips=tuple(self._flips),
        )

    def _confusion(self) -> tuple[ConfusionChange, ...]:
        pairs = (ConfusionChange(*pair, *counts) for pair, counts in self._pairs.items())
        changed = (pair for pair in pairs if pair.before != pair.after)
        places = self._places
        return tuple(
            sorted(changed, key=lambda one: (-abs(one.after - one.before), places[one.true], places[one.predicted]))
        )
