"""Finds the samples that a network's last hidden layer takes for most similar to one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...core.neurons.reasons import SimilarSample
from ...core.recording import best_class
from ...core.requests.reasons import ReasonsRequest
from ..common.events import Task
from ..running.runs import ReadyModel, Row, RowSource
from ..running.switches import Switches
from ..samples.batches import Feeder
from ..samples.readers import SampleReader


def similar_samples(
    task: Task,
    model: ReadyModel,
    request: ReasonsRequest,
    reader: SampleReader,
    base: Switches,
    layers: Sequence[str],
) -> tuple[SimilarSample, ...]:
    """The most similar ones first, by the cosine of the activations of layers; without the sample itself.

    Args:
        layers: their paths; neurons with positions count with their mean.
    """
    others = [sample for sample in request.samples if sample.values != request.sample.values]
    slices = model.network.neuron_slices()
    columns = np.concatenate([np.arange(slices[path].start, slices[path].stop) for path in layers])
    wanted = (request.sample, *others)
    source = RowSource(model, reader, "mean", base, len(wanted))
    feeder: Feeder[Row] = model.feeder(wanted, reader, source.recall)
    own: np.ndarray | None = None
    found: list[SimilarSample] = []
    for batch, rows in feeder.results(lambda batch: batch.recalled or source.compute(task, batch)):
        for sample, row in zip(batch.samples, rows, strict=True):
            activations = row.activations[columns].astype(np.float64)
            if own is None:
                own = activations
                continue
            predicted, output = _answer(request, row)
            found.append(SimilarSample(sample, cosine(own, activations), predicted, output))
        task.progress("Comparing samples", feeder.looked_at, len(wanted))
    known = [one for one in found if np.isfinite(one.similarity)]
    return tuple(sorted(known, key=lambda one: -one.similarity)[: request.most_similar])


def cosine(first: np.ndarray, second: np.ndarray) -> float:
    """Of the angle between two vectors; 0 where one is 0 everywhere, NaN where one has a number that is not finite."""
    size = float(np.linalg.norm(first) * np.linalg.norm(second))
    return float(first @ second) / size if size else 0.0


def _answer(request: ReasonsRequest, row: Row) -> tuple[int | None, float]:
    """The class that a sample gets and its output; without classes the number that is explained."""
    outputs = row.outputs[request.answer_output][np.newaxis]
    values = request.output.class_values(outputs)
    if values is None and request.output.kind != "multi-label":
        return None, float(outputs[0][request.target or 0])
    (values,) = outputs if values is None else values
    best = int(best_class(values))
    return best, float(values[best])
