"""Classes: one value per class, of which the highest is the answer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..network import CHOSEN
from ..recording import class_name, format_output, number_of_label
from . import OUTPUT_KINDS, Claim, NetworkOutput, OutputKind
from .endings import OF_ONE_CASE, OVER_CLASSES, Ending
from .labels import numbers_of
from .metrics import Metric, accuracy


def _claims(ending: Ending) -> Claim | None:
    count = ending.units
    if len(ending.layer.output_shape) != 1 or count == 1:
        return None
    if ending.activation in OVER_CLASSES:
        return Claim(f"it gives {count or 'several'} values after {ending.activation}")
    why = _why_classes(ending, count) if count and ending.activation not in OF_ONE_CASE else ""
    how = f"after {ending.activation}" if ending.activation else "without an activation"
    return Claim(f"it gives {count} values {how}, {why}") if why else None


def _why_classes(ending: Ending, count: int) -> str:
    """Why so many values that are no probabilities are those of classes, a part of a sentence; empty where not."""
    labels = ending.labels
    if len(ending.evidence.classes) == count:
        return "and there are names for as many classes"
    if ending.value_word or labels.are_rows_of(count):
        return ""
    if labels.class_count == count:
        return "and labels are of as many classes"
    if ending.may_be_logits and ending.class_word:
        return f"and a name says {ending.class_word}"
    is_stage = ending.is_read_on or ending.ends_in_classes_elsewhere
    return "" if is_stage or not ending.may_be_logits else "which are taken for logits of classes"


def class_of(_output: NetworkOutput, text: str, units: int, classes: Sequence[str]) -> np.ndarray | None:
    """The number of a label's class, given by name or number: an array of no axes; None where it is none of them.

    Of one value there are two classes; its labels may be -1 and 1 as well.
    """
    label, count = text.strip(), max(units, 2)
    numbers = None if label in classes else numbers_of(label)
    if numbers and len(numbers) == 1 and numbers[0].is_integer():
        label = str(int(max(numbers[0], 0.0) if units == 1 else numbers[0]))
    number = number_of_label(label, tuple(classes), count)
    return None if number is None else np.array(number)


def _values(outputs: np.ndarray, activation: str = "softmax") -> np.ndarray:  # noqa: ARG001
    return outputs


def predicted_class(output: NetworkOutput, values: np.ndarray) -> int:
    """The class of a sample's values, float32 (units,): that of the highest, NaN counts as lowest."""
    of_classes = output.class_values(values[None])
    assert of_classes is not None
    return int(np.nan_to_num(of_classes[0], nan=-np.inf).argmax())


def text_of_class(output: NetworkOutput, values: np.ndarray, classes: Sequence[str]) -> str:
    """The best class and its value."""
    of_classes = output.class_values(values[None])
    assert of_classes is not None
    best = predicted_class(output, values)
    value = format_output(float(of_classes[0, best]), output.class_values_are_probabilities)
    return f"{class_name(tuple(classes), best)}  {value}"


def is_right(output: NetworkOutput, values: np.ndarray, truth: np.ndarray) -> bool:
    """Whether the predicted class is the true one; one that is not told from any number is not."""
    return not np.isnan(values).all() and predicted_class(output, values) == int(truth)


def _accuracy(output: NetworkOutput, values: Sequence[np.ndarray], truths: Sequence[np.ndarray]) -> np.ndarray:
    predicted = np.array([predicted_class(output, one) for one in values])
    return np.array(accuracy(predicted, np.array(truths)))


ACCURACY = Metric(
    "accuracy",
    "Accuracy",
    _accuracy,
    is_share=True,
    formula="share of the samples whose predicted class is the true one",
)

CLASSES = OUTPUT_KINDS.register(
    OutputKind(
        "classes",
        "Classes",
        _claims,
        lambda ending: Claim(CHOSEN) if ending.units > 1 else None,
        read_truth=class_of,
        text=text_of_class,
        metrics=lambda _: (ACCURACY,),
        class_values=_values,
        is_right=is_right,
        truth="true class",
        is_answer=True,
    )
)
