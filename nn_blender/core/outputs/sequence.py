"""Sequences: values, or a class, at every step of time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..network import CHOSEN, UNKNOWN
from . import OUTPUT_KINDS, Claim, NetworkOutput, OutputKind
from .class_colours import class_colours
from .classes import class_of
from .endings import OVER_CLASSES, Ending
from .labels import BETWEEN, numbers_of
from .metrics import Metric, absolute_error, accuracy


def _claims(ending: Ending) -> Claim | None:
    shape, axes = ending.layer.output_shape, ending.layer.axes
    if len(shape) != 2 or "time" not in axes:
        return None
    units = shape[1 - axes.index("time")]
    if ending.activation in OVER_CLASSES and units != 1:
        return Claim(f"it gives {units} values after {ending.activation} at every step", shape, axes, of_classes=True)
    if ending.may_be_logits and units > 1 and (ending.reads_words() or len(ending.evidence.classes) == units):
        return Claim(f"it gives {units} logits of classes at every step", shape, axes, of_classes=True)
    return Claim(f"it gives {units} {'value' if units == 1 else 'values'} at every step", shape, axes)


def _fits(ending: Ending) -> Claim | None:
    claim = _claims(ending)
    return replace(claim, reason=CHOSEN) if claim else None


def as_steps(output: NetworkOutput, values: np.ndarray) -> np.ndarray:
    """A sample's values as (steps, units); ``values`` has the output's shape or is in a row."""
    rows = values if values.ndim == 2 else values.reshape(output.shape)
    return rows if output.axes[0] == "time" else rows.T


def step_classes(output: NetworkOutput, values: np.ndarray) -> np.ndarray:
    """The class of every step: int (steps,); NaN counts as lowest."""
    classes: np.ndarray = np.nan_to_num(as_steps(output, values), nan=-np.inf).argmax(axis=1)
    return classes


def _picture(output: NetworkOutput, values: np.ndarray) -> np.ndarray:
    """Time from left to right, a row for each value of a step, or a colour for its class."""
    steps = as_steps(output, values)
    if output.of_classes:
        colours: np.ndarray = class_colours(steps.shape[1])[step_classes(output, values)][np.newaxis]
        return colours
    return steps.T[..., np.newaxis].astype(np.float32)


def _truth(output: NetworkOutput, text: str, _units: int, classes: Sequence[str]) -> np.ndarray | None:
    """A class for each step, by name or number, or else as many numbers as there are values, step by step."""
    steps = output.shape[output.axes.index("time")]
    units = output.shape[1 - output.axes.index("time")]
    if output.of_classes:
        numbers = [class_of(output, part, units, classes) for part in BETWEEN.split(text.strip()) if part]
        known = [number for number in numbers if number is not None]
        fits = len(known) == len(numbers) and steps in (UNKNOWN, len(known))
        return np.array(known) if known and fits else None
    row = numbers_of(text)
    if row is None or len(row) % units or steps not in (UNKNOWN, len(row) // units):
        return None
    return np.array(row).reshape(-1, units)


def compare(output: NetworkOutput, values: np.ndarray, truth: np.ndarray) -> tuple[float, None]:
    """How far a sample's steps are from the true ones, by the kind's metric; NaN where there are not as many.

    Args:
        truth: a class for each step or a row with a single 1, with or without an axis of one number; else as many
            numbers as there are values, in their shape or step by step.
    """
    steps = as_steps(output, values)
    if not output.of_classes:
        true = truth.T if truth.shape == steps.T.shape != steps.shape else truth
        return (absolute_error(steps, true.reshape(steps.shape)) if true.size == steps.size else math.nan), None
    true = truth.argmax(axis=1) if truth.shape == steps.shape else truth.ravel()
    return (accuracy(step_classes(output, values), true) if len(true) == len(steps) else math.nan), None


def _accuracy(output: NetworkOutput, values: Sequence[np.ndarray], truths: Sequence[np.ndarray]) -> np.ndarray:
    predicted = np.concatenate([step_classes(output, one) for one in values])
    return np.array(accuracy(predicted, np.concatenate(list(truths))))


def _error(output: NetworkOutput, values: Sequence[np.ndarray], truths: Sequence[np.ndarray]) -> np.ndarray:
    predicted = np.concatenate([as_steps(output, one) for one in values])
    return np.array(absolute_error(predicted, np.concatenate(list(truths))))


ACCURACY = Metric(
    "step_accuracy",
    "Accuracy of steps",
    _accuracy,
    is_share=True,
    formula="share of the steps of all samples whose predicted class is the true one",
)
ERROR = Metric(
    "step_mae",
    "Mean absolute error",
    _error,
    is_share=False,
    formula="mean of |value - true value| over all values of all steps",
)

SEQUENCE = OUTPUT_KINDS.register(
    OutputKind(
        "sequence",
        "Sequence",
        _claims,
        _fits,
        read_truth=_truth,
        picture=_picture,
        compare=compare,
        metrics=lambda output: (ACCURACY if output.of_classes else ERROR,),
    )
)
