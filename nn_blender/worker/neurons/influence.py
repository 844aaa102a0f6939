"""Estimates what every neuron does to a class, in one pass backwards.

A neuron's influence on the score of a class is, to the first order, what the score loses when the neuron is switched
off: the sum over positions of activation times gradient, Σ y · ∂score/∂y. It is the criterion of Molchanov, Tyree,
Karras, Aila and Kautz, "Pruning Convolutional Neural Networks for Resource Efficient Inference" (ICLR 2017), section
2.2, with the sign kept and a sum over the positions instead of their mean.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from ...core.network import FEATURE_AXES, Layer
from ...core.requests.neurons import InfluenceAnswer, InfluenceRequest
from ..common.events import Task
from ..running.recorders import PREDICTED
from ..running.runs import ReadyModel, inputs_of, reader_of, switches_of
from ..samples.batches import Batch, Feeder


def influence(task: Task, model: ReadyModel, request: InfluenceRequest) -> InfluenceAnswer:
    """Serve an `InfluenceRequest`.

    Raises:
        UserError: as `runs.run_samples`; ``output.unsupported``.
    """
    started = time.perf_counter()
    samples, reader = request.samples, reader_of(model.network, request)
    wanted = dict(zip(samples, request.classes or request.labels or [None] * len(samples), strict=True))
    model.recorder.refuse_no_numbers(request.answer_output)
    base = switches_of(task, model, request.intervention, request.mean_samples or samples, reader)
    feeder: Feeder[Any] = model.feeder(samples, reader)
    total = {layer.path: np.zeros(layer.neurons) for layer in model.network.layers if layer.neurons}
    task.progress("Preparing the network", 0, len(samples))

    def run(batch: Batch[Any]) -> Mapping[str, np.ndarray]:
        classes = [PREDICTED if wanted[sample] is None else wanted[sample] for sample in batch.samples]
        inputs, numbers = inputs_of(reader, batch), np.array(classes, np.int32)
        return model.recorder.gradients(inputs, numbers, base, activation_times_gradient, request.answer_output)

    for _, found in feeder.results(run):
        for path in total:
            total[path] += found[path].sum(axis=0) if path in found else np.nan
        task.progress("Measuring influence", feeder.looked_at, len(samples))
    measured = np.concatenate([np.zeros(0), *total.values()])
    return InfluenceAnswer(
        samples=len(feeder.used),
        influence=task.save_array("influence", (measured / len(feeder.used)).astype(np.float32)),
        timings={"influence_s": time.perf_counter() - started},
    )


def activation_times_gradient(layer: Layer, output: Any, gradient: Any) -> Any:
    """A layer's influence over all positions, by sample: float32 (batch, neurons). A `Summary` of gradients."""
    if gradient is None:
        return tf.zeros((tf.shape(output)[0], layer.neurons))
    feature = next(axis for axis, name in enumerate(layer.axes) if name in FEATURE_AXES) + 1
    others = [axis for axis in range(1, output.shape.rank) if axis != feature]
    return tf.reduce_sum(tf.cast(output, tf.float32) * tf.cast(gradient, tf.float32), axis=others)
