"""How far answers are from what is right: accuracy, F1, errors and overlap, as Keras and scikit-learn define them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from . import NetworkOutput

Measure = Callable[["NetworkOutput", Sequence[np.ndarray], Sequence[np.ndarray]], np.ndarray]


@dataclass(frozen=True)
class Metric:
    """A number that says how far answers are from what is right.

    Attributes:
        name: as reports have it.
        title: what panels call it.
        measure: from the values of samples, each float32 of an output's shape, and what is right for each, to one
            number, or to one per class of which the mean counts; NaN for a class that occurs nowhere.
        is_share: whether it is from 0 to 1, where 1 is best; else it is in the unit of the output's values, and 0 is
            best.
        formula: how it is worked out, in words.
    """

    name: str
    title: str
    measure: Measure
    is_share: bool
    formula: str


@dataclass(frozen=True)
class MetricValue:
    """A metric of an output over samples.

    Attributes:
        value: over all samples of which the right answer is known and whose values are finite; NaN without any.
        samples: how many these are.
        not_finite: how many more have a known right answer, but values that are NaN or infinite.
        per_class: of each class or label, NaN for one that occurs nowhere; empty where the metric is not of classes.
    """

    output: str
    name: str
    value: float
    samples: int
    not_finite: int = 0
    per_class: tuple[float, ...] = ()


def evaluate(
    output: NetworkOutput,
    metrics: Sequence[Metric],
    values: Sequence[np.ndarray],
    truths: Sequence[np.ndarray | None],
) -> tuple[MetricValue, ...]:
    """Every metric over the samples of which the right answer is known; none where it is known of no sample."""
    known = [(given, truth) for given, truth in zip(values, truths, strict=True) if truth is not None]
    if not known:
        return ()
    finite = [(given, truth) for given, truth in known if np.isfinite(given).all()]
    return tuple(_evaluate(output, metric, finite, len(known) - len(finite)) for metric in metrics)


def _evaluate(
    output: NetworkOutput, metric: Metric, finite: list[tuple[np.ndarray, np.ndarray]], not_finite: int
) -> MetricValue:
    if not finite:
        return MetricValue(output.name, metric.name, math.nan, 0, not_finite)
    measured = metric.measure(output, *zip(*finite, strict=True))
    per_class = tuple(map(float, measured)) if measured.ndim else ()
    return MetricValue(output.name, metric.name, mean_of_known(measured), len(finite), not_finite, per_class)


def mean_of_known(measured: np.ndarray) -> float:
    known = measured[~np.isnan(measured)]
    return float(known.mean()) if known.size else math.nan


def accuracy(predicted: np.ndarray, true: np.ndarray) -> float:
    """Share of samples whose predicted class is the true one; ``keras.metrics.SparseCategoricalAccuracy``.

    Args:
        predicted, true: whole numbers (samples,).
    """
    return float((predicted == true).mean())


def label_accuracy(predicted: np.ndarray, true: np.ndarray) -> np.ndarray:
    """Of each label, the share of samples in which it is rightly there or not; mean: ``keras.metrics.BinaryAccuracy``.

    Args:
        predicted, true: bool (samples, labels).

    Returns:
        Float64 (labels,).
    """
    share: np.ndarray = (predicted == true).mean(axis=0)
    return share


def subset_accuracy(predicted: np.ndarray, true: np.ndarray) -> float:
    """Share of samples all of whose labels are right; ``sklearn.metrics.accuracy_score`` of several labels.

    Args:
        predicted, true: bool (samples, labels).
    """
    return float((predicted == true).all(axis=1).mean())


def f1_scores(predicted: np.ndarray, true: np.ndarray) -> np.ndarray:
    """Of each label 2 TP / (2 TP + FP + FN), as ``keras.metrics.F1Score``; NaN for a label that is nowhere.

    TP counts samples in which the label is rightly there, FP those in which it is wrongly there, FN those that lack it.

    Args:
        predicted, true: bool (samples, labels).

    Returns:
        Float64 (labels,).
    """
    hits = (predicted & true).sum(axis=0)
    return _ratio(2 * hits, predicted.sum(axis=0) + true.sum(axis=0))


def absolute_error(predicted: np.ndarray, true: np.ndarray) -> float:
    """Mean of |predicted - true| over all numbers of all samples; ``keras.metrics.MeanAbsoluteError``."""
    return float(np.abs(predicted.astype(np.float64) - true).mean())


def root_mean_square_error(predicted: np.ndarray, true: np.ndarray) -> float:
    """Root of the mean of (predicted - true)² over all numbers of all samples.

    It is ``keras.metrics.RootMeanSquaredError``.
    """
    return float(np.sqrt(np.square(predicted.astype(np.float64) - true).mean()))


def intersection_over_union(predicted: np.ndarray, true: np.ndarray, classes: int) -> np.ndarray:
    """Of each class TP / (TP + FP + FN) over all places; NaN for a class that is nowhere.

    The mean over classes that occur is ``keras.metrics.MeanIoU``. Places whose true class is none of the classes, such
    as 255 for “ignore”, do not count.

    Args:
        predicted, true: whole numbers of one shape.

    Returns:
        Float64 (classes,).
    """
    return overlap_of(confusion(predicted, true, classes))


def confusion(predicted: np.ndarray, true: np.ndarray, classes: int) -> np.ndarray:
    """How many places of each true class (rows) are taken for each class (columns): int (classes, classes)."""
    counted = (true >= 0) & (true < classes)
    pairs = true[counted].astype(np.int64) * classes + predicted[counted]
    return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)


def overlap_of(table: np.ndarray) -> np.ndarray:
    """`intersection_over_union` from what `confusion` counted."""
    hits = np.diag(table)
    return _ratio(hits, table.sum(axis=0) + table.sum(axis=1) - hits)


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    return np.where(below > 0, above / np.maximum(below, 1), np.nan)
