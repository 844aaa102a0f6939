"""Recordings: everything measured while samples went through a network."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

import numpy as np

STATISTICS = ("mean", "max", "positive")
"""How a neuron with positions becomes one number: their mean, their maximum, or the mean of what is above 0."""

MOST_CLASSES = 64
"""Of how many true classes neurons have means of their own."""

CLASS_NUMBERS = 16_000_000
"""How many such means a network may have in all; the worker keeps eight bytes of each, the scene four."""


WHOLE = -1
"""In place of an entry's number: the whole array."""


@dataclass(frozen=True)
class SampleValue:
    """Where a picture or an array is.

    Attributes:
        index: which entry of an array file, or `WHOLE`; None for a picture.
        member: name of the array in an .npz file; empty where `core.samples.finding` knows it by its name.
    """

    file: str
    index: int | None = None
    member: str = ""


@dataclass(frozen=True)
class Truth:
    """What an output should give for a sample, where that is known besides the sample's label.

    Attributes:
        output: name of the output; empty for the one that is the network's answer.
        text: a class, several, or numbers; see `core.outputs`.
        value: where it is a picture or an array.
    """

    output: str
    text: str = ""
    value: SampleValue | None = None


@dataclass(frozen=True)
class Sample:
    """One value per input, and where known what the network should answer.

    Attributes:
        values: in the order of the network's inputs.
        label: what the network should answer, as text.
        truths: what its outputs should give, where more is known than the label.
    """

    name: str
    values: tuple[SampleValue, ...]
    label: str = ""
    truths: tuple[Truth, ...] = ()

    @property
    def file(self) -> str:
        """Of the first input."""
        return self.values[0].file

    @property
    def index(self) -> int | None:
        """Of the first input."""
        return self.values[0].index

    def truth_of(self, output: str, is_answer: bool) -> str:
        """What an output should give, as text; empty where that is not known.

        Args:
            is_answer: whether it is the network's answer, which the label is about.
        """
        named = next((truth.text for truth in self.truths if truth.text and truth.output.lower() == output.lower()), "")
        return named or (self.label if is_answer else "")

    def true_value_of(self, output: str, is_answer: bool) -> SampleValue | None:
        """The picture or array that an output should give; None where that is not known. As `truth_of`."""
        of_answer = [truth.value for truth in self.truths if truth.value and is_answer and not truth.output]
        named = [truth.value for truth in self.truths if truth.value and truth.output.lower() == output.lower()]
        return next(iter((*named, *of_answer)), None)

    def only(self, number: int) -> Sample:
        """The sample with its value for one input alone."""
        return replace(self, values=(self.values[number],))


@dataclass(frozen=True)
class Skipped:
    """A file that could not be shown to the network, and why."""

    file: str
    reason: str


@dataclass(frozen=True)
class Prediction:
    """A class and the value the network's output gives it (a probability after softmax or sigmoid)."""

    index: int
    label: str
    probability: float


@dataclass(frozen=True)
class Statistics:
    """Every neuron's activation over all samples; float32 (neurons,), the layers side by side. NaN and infinity stay.

    Attributes:
        mean: the arithmetic mean.
        spread: the standard deviation, with the number of samples as divisor.
        active: share of the samples, 0 to 1, in which the activation is above 0.
        lowest: smallest finite activation; NaN where none was finite.
        highest: largest finite activation; NaN where none was finite.
    """

    mean: np.ndarray
    spread: np.ndarray
    active: np.ndarray
    lowest: np.ndarray
    highest: np.ndarray

    @classmethod
    def of(cls, activations: np.ndarray) -> Statistics:
        """Measure float32 (samples, neurons), in double precision."""
        exact = activations.astype(np.float64)
        finite = np.isfinite(exact)
        with np.errstate(invalid="ignore", over="ignore"):
            mean, spread = exact.mean(axis=0), exact.std(axis=0)
        lowest = np.where(finite, exact, np.inf).min(axis=0)
        highest = np.where(finite, exact, -np.inf).max(axis=0)
        none = ~finite.any(axis=0)
        lowest[none] = highest[none] = np.nan
        rows = (mean, spread, (exact > 0).mean(axis=0), lowest, highest)
        return cls(*(row.astype(np.float32) for row in rows))

    @classmethod
    def from_array(cls, rows: np.ndarray) -> Statistics:
        """From float32 (5, neurons), one row per attribute in their order."""
        return cls(*np.asarray(rows, np.float32))

    def to_array(self) -> np.ndarray:
        return np.stack([self.mean, self.spread, self.active, self.lowest, self.highest])


@dataclass(frozen=True)
class ClassMeans:
    """Every neuron's mean activation over the samples of each true class.

    Attributes:
        names: of the classes.
        counts: how many samples each class has.
        means: float32 (classes, neurons), the neurons of all layers side by side. NaN and infinity stay.
        more: how many further classes occur, of which there are no means.
    """

    names: tuple[str, ...]
    counts: tuple[int, ...]
    means: np.ndarray
    more: int = 0


class ReadsClasses(Protocol):
    """An output, see `core.outputs.NetworkOutput`."""

    @property
    def class_values(self) -> Callable[[np.ndarray], np.ndarray | None]:
        """From float32 (samples, units) to (samples, classes); None where it has no classes."""


@dataclass(frozen=True)
class OutputResult:
    """What one output of a network gives for samples.

    Attributes:
        values: float32 (samples, units); None where a sample gives more than numbers in a row.
        summary: float32 (samples, 3), the lowest value, the mean and the highest. NaN and infinity stay.
        errors: float32 (samples,), how far pictures are from true ones, NaN where that is not known; None without any.
        table: int (classes, classes), of pictures of classes how many places of a true class (row) are taken for which.
    """

    values: np.ndarray | None
    summary: np.ndarray
    errors: np.ndarray | None = None
    table: np.ndarray | None = None

    @classmethod
    def of(cls, values: np.ndarray) -> OutputResult:
        """Of numbers in a row: float32 (samples, units)."""
        return cls(values, np.stack([values.min(axis=1), values.mean(axis=1), values.max(axis=1)], axis=1))

    def first(self, count: int) -> OutputResult:
        """The same of the first samples."""
        return self.in_order(range(min(count, len(self.summary))))

    def in_order(self, order: Sequence[int]) -> OutputResult:
        """The same of some of the samples, in another order."""
        rows = list(order)
        values, errors = (None if one is None else one[rows] for one in (self.values, self.errors))
        return OutputResult(values, self.summary[rows], errors, self.table)


class Answers:
    """What a network answers for some samples.

    Attributes:
        samples: all of them, those that are shown first.
        outputs: float32 (samples, units), what the output that is the answer gives where that is numbers in a row,
            else None.
        kind: how outputs are read as values of classes; None where they are that already.
    """

    samples: tuple[Sample, ...]
    outputs: np.ndarray | None
    kind: ReadsClasses | None

    @property
    def shown(self) -> int:
        """How many samples, from the first on, a scene shows."""
        return len(self.samples)

    @property
    def class_values(self) -> np.ndarray | None:
        """Float32 (samples, classes): a value per class; None where the output is not one number per class."""
        if self.outputs is None or self.kind is None:
            return self.outputs
        return self.kind.class_values(self.outputs)

    def predictions(self, sample: int, classes: tuple[str, ...], most: int = 5) -> list[Prediction]:
        """The ``most`` highest outputs for a sample, best first; NaN counts as lowest."""
        if self.class_values is None:
            return []
        values = self.class_values[sample]
        order = np.argsort(-np.nan_to_num(values, nan=-np.inf), kind="stable")[:most]
        return [Prediction(int(i), class_name(classes, int(i)), float(values[i])) for i in order]

    def is_right(self, sample: int, classes: tuple[str, ...]) -> bool | None:
        """Whether the first prediction is the sample's label, given by name or number; None where that is unknown."""
        label, values = self.samples[sample].label, self.class_values
        if values is None or values.shape[1] < 2:
            return None
        return is_of_label(int(best_class(values[sample])), label, classes, values.shape[1])

    def certainty(self, sample: int) -> float:
        """How far the highest output is above the second: 0 to 1 for probabilities; NaN where there are no classes."""
        if self.class_values is None or self.class_values.shape[1] < 2:
            return math.nan
        second, first = np.partition(self.class_values[sample], -2)[-2:]
        return float(first - second)

    def accuracy(self, classes: tuple[str, ...]) -> float | None:
        """Share of the samples predicted right, of those of which it is known; None where it is known of none."""
        known = self._verdicts(classes)
        return sum(known) / len(known) if known else None

    def labelled(self, classes: tuple[str, ...]) -> int:
        """Of how many samples it is known whether they are predicted right."""
        return len(self._verdicts(classes))

    def _verdicts(self, classes: tuple[str, ...]) -> list[bool]:
        verdicts = (self.is_right(sample, classes) for sample in range(len(self.samples)))
        return [verdict for verdict in verdicts if verdict is not None]


@dataclass(frozen=True)
class SampleAnswers(Answers):
    """Answers without activations."""

    samples: tuple[Sample, ...]
    outputs: np.ndarray | None
    kind: ReadsClasses | None = None


@dataclass(frozen=True)
class Recording(Answers):
    """Everything measured for some samples.

    Of all samples, the first ``shown`` have their activations here; of the others outputs and statistics are known.

    Attributes:
        samples: all of them, those that are shown first.
        activations: float32 (shown, neurons), the neurons of all layers side by side in layer order.
        outputs: as in `Answers`.
        skipped: files that were given but could not be read.
        remarks: what about the samples is not as one might expect, sentences for users.
        statistics: over all samples.
        statistic: one of `STATISTICS`.
        kind: how outputs are read as values of classes; None where they are that already.
        results: what each output of the network gives, in their order; empty where only the answer is known.
        class_means: over all samples of a class; None without labels, or where there would be too many numbers.
    """

    samples: tuple[Sample, ...]
    activations: np.ndarray
    outputs: np.ndarray | None
    skipped: tuple[Skipped, ...] = ()
    remarks: tuple[str, ...] = ()
    statistics: Statistics | None = None
    statistic: str = "mean"
    kind: ReadsClasses | None = None
    class_means: ClassMeans | None = None
    results: tuple[OutputResult, ...] = ()

    @property
    def shown(self) -> int:
        """How many samples, from the first on, have activations."""
        return len(self.activations)

    @cached_property
    def overall(self) -> Statistics:
        """Statistics over all samples, or over those that are shown where nobody measured the others."""
        return self.statistics or Statistics.of(self.activations)


def class_name(classes: tuple[str, ...], index: int) -> str:
    """The name of a class, its number where it has none."""
    return (classes[index] if index < len(classes) else "") or str(index)


def class_of_label(classes: tuple[str, ...], label: str) -> str:
    """The name of a label's class; labels may be names or numbers."""
    is_number = label not in classes and label.isdecimal()
    return class_name(classes, int(label)) if is_number else label


def best_class(values: np.ndarray) -> np.ndarray:
    """The class of the highest value of each sample, the first of equal ones; NaN counts as lowest.

    Args:
        values: (…, classes).
    """
    best: np.ndarray = np.nan_to_num(values, nan=-np.inf).argmax(axis=-1)
    return best


def is_of_label(index: int, label: str, classes: tuple[str, ...], count: int) -> bool | None:
    """Whether a class is that of a label, given by name or number; None where the label is none of the classes.

    Args:
        count: how many classes there are; some may have no name.
    """
    if not label or (label not in classes and not (label.isdecimal() and int(label) < count)):
        return None
    return class_name(classes, index) == label if label in classes else index == int(label)


def number_of_label(label: str, classes: tuple[str, ...], count: int) -> int | None:
    """The number of a label's class, given by name or number as in `Recording.is_right`; None where that is unknown.

    Args:
        count: how many classes there are.
    """
    if not label or count < 2:
        return None
    if label not in classes and not label.isdecimal():
        return None
    number = classes.index(label) if label in classes else int(label)
    return number if number < count else None


def json_number(value: float) -> float | None:
    """A number that any reader of JSON understands: NaN and infinity become null."""
    return value if math.isfinite(value) else None


def format_output(value: float, is_probability: bool, digits: int = 3) -> str:
    """A probability as per cent, any other output as a number of so many significant digits."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("∞" if value > 0 else "-∞")
    return f"{value * 100:.1f} %" if is_probability else f"{value:.{digits}g}"
