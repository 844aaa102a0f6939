"""Values: numbers that measure something, such as a size, a place or an angle."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..network import CHOSEN
from ..recording import format_output
from . import OUTPUT_KINDS, Claim, NetworkOutput, OutputKind
from .endings import Ending
from .labels import numbers_of
from .metrics import Metric, absolute_error, root_mean_square_error

_MOST_SHOWN = 6


def _claims(ending: Ending) -> Claim | None:
    shape, labels = ending.layer.output_shape, ending.labels
    if len(shape) != 1:
        return None
    one = shape[0] == 1
    how = "it gives one value" if one else f"it gives {shape[0] if shape[0] > 0 else 'several'} values"
    how += f" after {ending.activation}" if ending.activation else " without an activation"
    if one and labels.texts and not labels.are_two_cases:
        why = "labels are numbers" if labels.numbers else "labels are more than two classes"
    elif not one and labels.are_rows_of(shape[0]):
        why = "labels are as many numbers"
    elif ending.value_word:
        why = f"its name says {ending.value_word}"
    elif ending.is_read_on:
        why = "other layers read them too" if not one else "other layers read it too"
    elif ending.ends_in_classes_elsewhere:
        why = "another output gives the classes"
    else:
        why = "nothing says that it tells classes apart"
    return Claim(f"{how}, and {why}")


def _truth(_output: NetworkOutput, text: str, units: int, _classes: Sequence[str]) -> np.ndarray | None:
    numbers = numbers_of(text, units)
    return np.array(numbers) if numbers is not None and len(numbers) == units else None


def _text(_output: NetworkOutput, values: np.ndarray, _classes: Sequence[str]) -> str:
    more = f", … {len(values)} values" if len(values) > _MOST_SHOWN else ""
    return ", ".join(format_value(float(value)) for value in values[:_MOST_SHOWN]) + more


def format_value(value: float) -> str:
    """A value to four significant digits.

    >>> format_value(13.6852), format_value(-0.00012345), format_value(123456.0)
    ('13.69', '-0.0001234', '123,456')
    """
    return f"{value:,.0f}" if 1e4 <= abs(value) < 1e9 else format_output(value, is_probability=False, digits=4)


def _absolute(_output: NetworkOutput, values: Sequence[np.ndarray], truths: Sequence[np.ndarray]) -> np.ndarray:
    return np.array(absolute_error(np.stack(values), np.stack(truths)))


def _root_mean_square(_output: NetworkOutput, values: Sequence[np.ndarray], truths: Sequence[np.ndarray]) -> np.ndarray:
    return np.array(root_mean_square_error(np.stack(values), np.stack(truths)))


METRICS = (
    Metric("mae", "Mean absolute error", _absolute, is_share=False, formula="mean of |value - true value|"),
    Metric(
        "rmse",
        "Root mean square error",
        _root_mean_square,
        is_share=False,
        formula="root of the mean of (value - true value)²",
    ),
)

VALUES = OUTPUT_KINDS.register(
    OutputKind(
        "values",
        "Values",
        _claims,
        lambda ending: Claim(CHOSEN) if ending.units else None,
        read_truth=_truth,
        text=_text,
        metrics=lambda _: METRICS,
        truth="true value",
    ),
    rank=10,
)
