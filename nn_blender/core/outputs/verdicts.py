"""What can be said of an output's values once it is known what is right: right or wrong, or how far off."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ..recording import OutputResult, Sample
from ..texts import one_line
from . import OUTPUT_KINDS, NetworkOutput
from .metrics import MetricValue, evaluate, mean_of_known, overlap_of


@dataclass(frozen=True)
class Verdict:
    """Of a sample.

    Attributes:
        right: whether the output is what is right; None where that is unknown, or the output has an error instead.
        error: by the first metric of the output's kind, for this sample alone; NaN where it is unknown, is no number,
            or the output is right or wrong instead.
    """

    right: bool | None = None
    error: float = math.nan


@dataclass(frozen=True)
class Judged:
    """What can be said of one output's values.

    Attributes:
        verdicts: one per sample.
        labels: what is right for each sample, as text; empty where that is not known.
        metrics: over all samples of which the right answer is known; empty without any.
    """

    verdicts: tuple[Verdict, ...]
    labels: tuple[str, ...]
    metrics: tuple[MetricValue, ...] = ()


def judge_outputs(
    outputs: Sequence[NetworkOutput],
    answer: int,
    results: Sequence[OutputResult | None],
    samples: Sequence[Sample],
    classes: Sequence[str],
) -> tuple[Judged, ...]:
    """What can be said of every output.

    Args:
        answer: number of the output that labels are about, and classes are those of.
        results: by output; None of one that was not measured.
    """
    judged = []
    for number, (output, result) in enumerate(zip(outputs, results, strict=True)):
        labels = tuple(sample.truth_of(output.name, is_answer=number == answer) for sample in samples)
        if result is not None and result.errors is not None:
            verdicts = tuple(Verdict(error=float(error)) for error in result.errors)
            judged.append(Judged(verdicts, labels, _of_pictures(output, result)))
        elif result is None or result.values is None:
            judged.append(Judged((Verdict(),) * len(samples), labels))
        else:
            given = list(result.values)
            truths = read_truths(output, labels, len(given[0]) if given else 0, classes if number == answer else ())
            judged.append(Judged(judge(output, given, truths), labels, measure(output, given, truths)))
    return tuple(judged)


def _of_pictures(output: NetworkOutput, result: OutputResult) -> tuple[MetricValue, ...]:
    """The first metric of the kind, over all samples whose picture was compared with a true one."""
    assert result.errors is not None
    (metric, *_) = OUTPUT_KINDS.find(output.kind).metrics(output)
    known = result.errors[np.isfinite(result.errors)]
    if result.table is None:
        return (MetricValue(output.name, metric.name, float(known.mean(dtype=np.float64)), len(known)),)
    shares = overlap_of(result.table)
    per_class = tuple(map(float, shares))
    return (MetricValue(output.name, metric.name, mean_of_known(shares), len(known), per_class=per_class),)


def read_truths(
    output: NetworkOutput, labels: Iterable[str], units: int, classes: Sequence[str]
) -> tuple[np.ndarray | None, ...]:
    """What is right for each sample, by its label; None where the label says nothing of this output.

    Args:
        units: how many values a sample gives.
    """
    read = OUTPUT_KINDS.find(output.kind).read_truth
    return tuple(read(output, label, units, classes) if label else None for label in labels)


def describe_unread(output: NetworkOutput, labels: Iterable[str], units: int, classes: Sequence[str]) -> list[str]:
    """A sentence on labels of samples that say nothing of an output, with an example; none of one that has pictures.

    Args:
        units: how many values a sample gives.
    """
    kind, known = OUTPUT_KINDS.find(output.kind), [label for label in labels if label]
    truths = read_truths(output, known, units, classes)
    unread = [label for label, truth in zip(known, truths, strict=True) if truth is None]
    if kind.compare is not None or not kind.metrics(output) or not unread:
        return []
    count, example = len(unread), one_line(unread[0], 80)
    many = "the label of 1 sample says" if count == 1 else f"the labels of {count:,} samples say"
    gives = f"it has {max(units, 2)} classes, counted from 0" if kind.is_answer else f"it gives {units} values"
    return [f"{output.name}: {many} nothing of it, such as {example!r}; {gives}."]


def judge(
    output: NetworkOutput, values: Sequence[np.ndarray], truths: Sequence[np.ndarray | None]
) -> tuple[Verdict, ...]:
    """A verdict for each sample; ``values`` are float32, of one sample each."""
    return tuple(_judge(output, one, truth) for one, truth in zip(values, truths, strict=True))


def measure(
    output: NetworkOutput, values: Sequence[np.ndarray], truths: Sequence[np.ndarray | None]
) -> tuple[MetricValue, ...]:
    """All metrics of the output's kind; see `metrics.evaluate`."""
    return evaluate(output, OUTPUT_KINDS.find(output.kind).metrics(output), values, truths)


def _judge(output: NetworkOutput, values: np.ndarray, truth: np.ndarray | None) -> Verdict:
    kind = OUTPUT_KINDS.find(output.kind)
    if truth is None:
        return Verdict()
    if kind.is_right is not None:
        return Verdict(right=kind.is_right(output, values, truth))
    metrics = kind.metrics(output)
    return Verdict(error=evaluate(output, metrics[:1], [values], [truth])[0].value) if metrics else Verdict()
