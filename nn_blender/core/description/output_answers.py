"""What each output of a network says of a sample in the scene, whatever kind it is of."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..outputs import OUTPUT_KINDS, NetworkOutput
from ..outputs.metrics import MetricValue
from ..outputs.verdicts import Verdict
from ..recording import OutputResult, class_name, json_number

MOST_VALUES = 16
"""How many values of an output are kept with a sample in the scene."""


@dataclass(frozen=True)
class OutputAnswer:
    """What an output says of a sample.

    Attributes:
        text: the answer in a line; empty where it does not fit into one.
        right, error: see `core.outputs.verdicts.Verdict`.
        lowest, mean, highest: of the values; NaN where that is not finite.
    """

    output: str
    text: str = ""
    right: bool | None = None
    error: float = math.nan
    lowest: float = math.nan
    mean: float = math.nan
    highest: float = math.nan

    @classmethod
    def of(
        cls, output: NetworkOutput, result: OutputResult, sample: int, verdict: Verdict, classes: Sequence[str]
    ) -> OutputAnswer:
        """The answer for one of the samples that were run."""
        values, summary = result.values, map(float, result.summary[sample])
        text = "" if values is None else OUTPUT_KINDS.find(output.kind).text(output, values[sample], classes)
        return cls(output.name, text, verdict.right, verdict.error, *summary)

    def to_dict(self) -> dict[str, Any]:
        numbers = {name: json_number(getattr(self, name)) for name in ("error", "lowest", "mean", "highest")}
        return {"output": self.output, "text": self.text, "right": self.right, **numbers}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> OutputAnswer:
        """Read what `to_dict` gives; further entries are left alone."""
        numbers = (math.nan if data[name] is None else data[name] for name in ("error", "lowest", "mean", "highest"))
        return cls(data["output"], data["text"], data["right"], *numbers)


def metric_to_dict(metric: MetricValue) -> dict[str, Any]:
    """Ready for JSON."""
    return {
        "output": metric.output,
        "name": metric.name,
        "value": json_number(metric.value),
        "samples": metric.samples,
        "not_finite": metric.not_finite,
        "per_class": [json_number(value) for value in metric.per_class],
    }


def metric_from_dict(data: Mapping[str, Any]) -> MetricValue:
    """Read what `metric_to_dict` gives; further entries are left alone."""
    value, *per_class = (math.nan if one is None else one for one in (data["value"], *data["per_class"]))
    return MetricValue(data["output"], data["name"], value, data["samples"], data["not_finite"], tuple(per_class))


def report_of_output(
    output: NetworkOutput,
    shape: Sequence[int],
    result: OutputResult,
    sample: int,
    verdict: Verdict,
    classes: Sequence[str],
) -> dict[str, Any]:
    """All that an output says of a sample, ready for JSON; which entries there are depends on the output's kind.

    ``predictions`` are sorted, best first. Where the network gives probabilities, or they follow from logits, an entry
    has a ``probability``; where its values are anything else, it has the ``value`` too. Of a picture of classes ``iou``
    is the mean intersection over union, of a sequence of classes ``accuracy`` the share of its steps that are right,
    both 1 where all is as the true one; ``error`` of all others is 0 then.

    Args:
        shape: of what a sample gives.
    """
    told: dict[str, Any] = {"name": output.name, "kind": output.kind}
    values = None if result.values is None else result.values[sample]
    if OUTPUT_KINDS.find(output.kind).is_answer and values is not None:
        return told | {"predictions": _predictions(output, values, classes), "right": verdict.right}
    if output.kind == "values" and values is not None:
        told |= {"values": [json_number(float(value)) for value in values]}
    else:
        told |= {"shape": list(shape)}
        told |= zip(("min", "mean", "max"), map(json_number, map(float, result.summary[sample])), strict=True)
    name = {"image": "iou", "sequence": "accuracy"}.get(output.kind) if output.of_classes else None
    return told | {name or "error": json_number(verdict.error)}


def _predictions(output: NetworkOutput, values: np.ndarray, classes: Sequence[str]) -> list[dict[str, Any]]:
    of_classes = output.class_values(values[None])
    given = values if of_classes is None else of_classes[0]
    probabilities = output.probabilities(given)
    order = np.argsort(-np.nan_to_num(given, nan=-np.inf), kind="stable")
    told = []
    for number in map(int, order):
        entry: dict[str, Any] = {"label": class_name(tuple(classes), number), "index": number}
        if not output.class_values_are_probabilities:
            entry["value"] = json_number(float(given[number]))
        if probabilities is not None:
            entry["probability"] = json_number(float(probabilities[number]))
        told.append(entry)
    return told
