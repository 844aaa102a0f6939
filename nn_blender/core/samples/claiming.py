"""Which outputs arrays beside samples are about: those of their names, or else, as masks do, the answer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ..outputs import NetworkOutput
from ..outputs.labels import numbers_of
from ..recording import Sample, Truth

ANSWERS = frozenset({"mask", "masks", "output", "outputs", "segmentation", "segmentations"})
"""What arrays of right answers are called, besides labels, where no output bears the name."""
_SETS = frozenset({"test", "val", "valid", "validation", "train", "dev"})
_MOST_NAMED = 5


def claim_truths(samples: Sequence[Sample], outputs: Sequence[str], notes: list[str]) -> list[Sample]:
    """The samples, where an array of masks or outputs is about the network's answer if no output has its name.

    Args:
        outputs: names of the network's outputs.
        notes: a sentence on arrays that are about no output is added here.
    """
    known = {"", *(name.lower() for name in outputs)}
    claimed: list[Sample] = []
    unknown: dict[str, None] = {}
    for sample in samples:
        strange = [truth for truth in sample.truths if truth.output.lower() not in known]
        is_open = not sample.label and len(strange) == len(sample.truths)
        chosen = next((truth for truth in strange if is_open and _is_of_answer(truth, sample)), None)
        unknown |= {truth.output: None for truth in strange if truth is not chosen and _is_of_set(truth, sample)}
        claimed.append(sample if chosen is None else _with_answer(sample, chosen))
    if unknown:
        more = f", +{len(unknown) - _MOST_NAMED} more" if len(unknown) > _MOST_NAMED else ""
        listed = ", ".join(list(unknown)[:_MOST_NAMED])
        named = "output's name" if len(outputs) == 1 else "outputs' names"
        notes.append(f"Arrays that do not bear the {named}, {', '.join(outputs)}, are left out: {listed}{more}.")
    return claimed


def label_by_answer(samples: Sequence[Sample], answer: NetworkOutput, classes: Sequence[str] = ()) -> list[Sample]:
    """The samples, where an array that bears the answer's name labels them, and numbers of classes are whole ones.

    Of one value, classes may be told by -1 and 1; these become 0 and 1.

    Args:
        classes: names of the classes, which stay as they are.
    """
    labelled = []
    for sample in samples:
        label = sample.truth_of(answer.name, is_answer=True)
        if answer.kind in ("binary", "classes") and label not in classes and not label.isdecimal():
            label = _class_number(label, can_be_negative=answer.kind == "binary")
        labelled.append(sample if label == sample.label else replace(sample, label=label))
    return labelled


def _class_number(label: str, can_be_negative: bool) -> str:
    """A label such as 2.0 as 2, and -1 as 0 where that is a class; others as they are."""
    numbers = numbers_of(label) or ()
    if len(numbers) != 1 or not numbers[0].is_integer() or (numbers[0] < 0 and not can_be_negative):
        return label
    return str(int(max(numbers[0], 0.0)))


def _is_of_set(truth: Truth, sample: Sample) -> bool:
    """Whether an array may be of the set that the sample is of, unlike ``y_train`` beside ``x_test``."""
    return (_words(truth.output) & _SETS) <= _words(sample.values[0].member)


def _is_of_answer(truth: Truth, sample: Sample) -> bool:
    """Whether an array is called like one of right answers, of the set that the sample is of."""
    words = _words(truth.output)
    return bool(words & ANSWERS) and words - ANSWERS == _words(sample.values[0].member) & _SETS


def _with_answer(sample: Sample, truth: Truth) -> Sample:
    others = tuple(one for one in sample.truths if one is not truth)
    if truth.value is None:
        return replace(sample, label=truth.text, truths=others)
    return replace(sample, truths=(replace(truth, output=""), *others))


def _words(name: str) -> set[str]:
    return set(re.findall(r"[a-z]+", name.lower()))
