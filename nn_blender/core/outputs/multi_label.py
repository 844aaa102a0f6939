"""Several labels at once: each has a probability of its own, and those above the threshold are the answer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..network import CHOSEN
from ..recording import class_name, number_of_label
from . import OUTPUT_KINDS, Claim, NetworkOutput, OutputKind
from .endings import OF_ONE_CASE, Ending
from .labels import BETWEEN, numbers_of
from .metrics import Metric, f1_scores, label_accuracy, subset_accuracy

_MOST_NAMED = 5


def _claims(ending: Ending) -> Claim | None:
    if ending.units < 2 or ending.activation not in OF_ONE_CASE:
        return None
    labels = ending.labels
    is_measured = labels.are_rows_of(ending.units) and any(
        number not in (0.0, 1.0) for row in labels.rows or () for number in row
    )
    if ending.value_word or is_measured:
        return None
    return Claim(f"it gives {ending.units} values after {ending.activation}, each from 0 to 1 for itself")


def chosen(output: NetworkOutput, values: np.ndarray) -> np.ndarray:
    """Which labels are the answer: bool of the values' shape; NaN is above no threshold."""
    return values > output.threshold


def _truth(_output: NetworkOutput, text: str, units: int, classes: Sequence[str]) -> np.ndarray | None:
    """Bool (units,), from one label, several, or a row of 0 and 1 with one for each."""
    row = numbers_of(text)
    if row is not None and len(row) == units and set(row) <= {0.0, 1.0}:
        return np.array(row) == 1
    names = [text.strip()] if text.strip() in classes else [part.strip() for part in _parts(text, classes)]
    numbers = [number_of_label(name, tuple(classes), units) for name in names if name]
    known = [number for number in numbers if number is not None]
    if not known or len(known) < len(numbers):
        return None
    truth = np.zeros(units, bool)
    truth[known] = True
    return truth


def _parts(text: str, classes: Sequence[str]) -> list[str]:
    """At the first of ``;``, ``|`` and ``,`` that is there; else at spaces, where no class has one in its name."""
    for separator in ";|,":
        if separator in text:
            return text.split(separator)
    return [text] if any(" " in name for name in classes) else BETWEEN.split(text)


def _text(output: NetworkOutput, values: np.ndarray, classes: Sequence[str]) -> str:
    """The labels above the threshold, highest first."""
    numbers = [int(number) for number in np.argsort(-values, kind="stable") if values[number] > output.threshold]
    named = [class_name(tuple(classes), number) for number in numbers[:_MOST_NAMED]]
    more = [f"+{len(numbers) - _MOST_NAMED} more"] if len(numbers) > _MOST_NAMED else []
    return ", ".join(named + more) or "no label"


def _is_right(output: NetworkOutput, values: np.ndarray, truth: np.ndarray) -> bool:
    return bool(np.isfinite(values).all() and (chosen(output, values) == truth).all())


def _stacked(
    output: NetworkOutput, values: Sequence[np.ndarray], truths: Sequence[np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    return chosen(output, np.stack(values)), np.stack(truths)


METRICS = (
    Metric(
        "subset_accuracy",
        "Subset accuracy",
        lambda *given: np.array(subset_accuracy(*_stacked(*given))),
        is_share=True,
        formula="share of the samples all of whose labels are right",
    ),
    Metric(
        "label_accuracy",
        "Label accuracy",
        lambda *given: label_accuracy(*_stacked(*given)),
        is_share=True,
        formula="share of the labels that are rightly there or not, over all samples",
    ),
    Metric(
        "f1",
        "F1 score",
        lambda *given: f1_scores(*_stacked(*given)),
        is_share=True,
        formula="2 TP / (2 TP + FP + FN) of each label, and the mean over labels that occur",
    ),
)

MULTI_LABEL = OUTPUT_KINDS.register(
    OutputKind(
        "multi-label",
        "Multi-Label",
        _claims,
        lambda ending: Claim(CHOSEN) if ending.units > 1 else None,
        read_truth=_truth,
        text=_text,
        metrics=lambda _: METRICS,
        is_right=_is_right,
        truth="true labels",
        is_answer=True,
    )
)
