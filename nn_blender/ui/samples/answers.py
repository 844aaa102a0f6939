"""Says what a network answers and how far off it is, for lists, the inspector and comparisons."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import bpy

from ...core.description.answers import Predicted
from ...core.description.description import Description
from ...core.description.output_answers import OutputAnswer
from ...core.outputs import OUTPUT_KINDS
from ...core.outputs.metrics import MetricValue
from ...core.outputs.values import format_value
from ...core.recording import format_output

VERDICTS: dict[bool | None, Any] = {True: "CHECKMARK", False: "CANCEL", None: "BLANK1"}
"""Icons for whether the best answer is the true class; None where that is not known."""


def draw_predictions(layout: bpy.types.UILayout, predictions: Iterable[Predicted], *, are_probabilities: bool) -> None:
    """A bar for each class; its length is the probability."""
    for one in predictions:
        is_share = are_probabilities and not math.isnan(one.probability)
        factor = min(max(one.probability, 0.0), 1.0) if is_share else 0.0
        layout.progress(factor=factor, text=f"{one.label}   {format_output(one.probability, are_probabilities)}")


def describe_output(about: Description, told: OutputAnswer) -> str:
    """What an output says of a sample, in a line, and how far off that is."""
    numbers = f"{format_value(told.lowest)} to {format_value(told.highest)}, mean {format_value(told.mean)}"
    if told.right is not None:
        return f"{told.text or numbers}, {'correct' if told.right else 'wrong'}"
    if math.isnan(told.error):
        return told.text or numbers
    output = next(one for one in about.outputs if one.name == told.output)
    metric = OUTPUT_KINDS.find(output.kind).metrics(output)[0]
    return f"{told.text or numbers} ({metric.title.lower()} {format_output(told.error, metric.is_share)})"


def describe_metric(about: Description, metric: MetricValue) -> str:
    """With the output's name where there are several, and the number of samples that are left out."""
    output = next((one for one in about.outputs if one.name == metric.output), None)
    if output is None:
        return ""
    kind = next(one for one in OUTPUT_KINDS.find(output.kind).metrics(output) if one.name == metric.name)
    named = f"{metric.output}: " if len(about.outputs) > 1 else ""
    left_out = f", {metric.not_finite} not finite" if metric.not_finite else ""
    return f"{named}{kind.title} {format_output(metric.value, kind.is_share)}{left_out}"
