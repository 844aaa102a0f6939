"""Estimates what every neuron does to the predicted class, in one pass backwards.

A neuron's influence on the score of a class is, to the first order, what the score loses when the neuron is switched
off: the sum over positions of activation times gradient, Σ y · ∂score/∂y. It is the criterion of Molchanov, Tyree,
Karras, Aila and Kautz, "Pruning Convolutional Neural Networks for Resource Efficient Inference" (ICLR 2017), section
2.2, with the sign kept and a sum over the positions instead of their mean.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from ...core.network import FEATURE_AXES, Layer
from ...core.requests.neurons import InfluenceAnswer, InfluenceRequest
from ..common.caches import Cache
from ..common.events import Task
from ..models.call_graph import Slot
from ..running.masks import Mask, Switches, is_decimal
from ..running.recorder import Recorder, explained_failures
from ..running.runs import ReadyModel, reader_of, switches_of
from ..samples.batches import Feeder, no_samples

PREDICTED = -1

_functions: Cache[Any] = Cache(1)
"""Of the last model, for the layers that are changed."""


def influence(task: Task, model: ReadyModel, request: InfluenceRequest) -> InfluenceAnswer:
    """Serve an `InfluenceRequest`.

    Raises:
        UserError: as `runs.run_samples`; ``output.unsupported``.
    """
    started = time.perf_counter()
    samples, reader = request.samples, reader_of(model.network, request.preprocessing)
    labels = dict(zip(samples, request.labels or [None] * len(samples), strict=True))
    model.recorder.refuse_no_classes()
    base = switches_of(task, model, request.intervention, request.mean_samples or samples, reader)
    function = _function(model, base)
    feeder: Feeder[Any] = model.feeder(samples, reader)
    total = np.zeros(model.network.neurons)
    task.progress("Preparing the network", 0, len(samples))
    for batch in feeder.batches():
        classes = [PREDICTED if labels[sample] is None else labels[sample] for sample in batch.samples]
        start = model.recorder.boundary_at(reader.as_input(batch.values))
        with explained_failures():
            total += function(*start.tensors, np.array(classes, np.int32), base.gain, base.fill).numpy()
        task.progress("Measuring influence", feeder.looked_at, len(samples))
    if not feeder.used:
        raise no_samples(feeder.skipped)
    return InfluenceAnswer(
        samples=len(feeder.used),
        influence=task.save_array("influence", (total / len(feeder.used)).astype(np.float32)),
        timings={"influence_s": time.perf_counter() - started},
    )


def _function(model: ReadyModel, base: Switches) -> Any:
    key = (model.key, tuple(map(int, np.flatnonzero(base.changed))))
    function = _functions.get(key)
    if function is None:
        function = _traced(model.recorder, model.network.layers, key[1])
        _functions.put(key, function, 1)
    return function


def _traced(recorder: Recorder, layers: Sequence[Layer], changed: Sequence[int]) -> Any:
    """The function from inputs, classes, factors and fills to the influence of all neurons, summed over the batch.

    Args:
        changed: the numbers of the layers in which something is changed.
    """
    piece = recorder.cutter.piece(0, len(layers))
    specs = [tf.TensorSpec(*recorder.cutter.spec(slot)) for slot in piece.needs]
    row = tf.TensorSpec((1, recorder.columns[-1].stop), tf.float32)
    measured = {k: layer for k, layer in enumerate(layers) if layer.neurons}

    def run(*given: Any) -> Any:
        *tensors, classes, gain, fill = given
        columns = {number: recorder.columns[number] for number in changed}
        masks = {k: Mask(gain[:, own], fill[:, own], tf.constant(True)) for k, own in columns.items()}
        scores = recorder.scores(piece, dict(zip(piece.needs, tensors, strict=True)), masks)
        predicted = tf.argmax(scores.outputs, axis=1, output_type=tf.int32)
        chosen = tf.where(classes == PREDICTED, predicted, classes)
        score = tf.gather(scores.logits, chosen, batch_dims=1)
        outputs = {k: scores.slots[Slot(k, 0)] for k in measured if is_decimal(recorder.cutter.spec(Slot(k, 0))[1])}
        slopes = dict(zip(outputs, tf.gradients(score, list(outputs.values())), strict=True))
        return tf.concat([_summed(layer, outputs.get(k), slopes.get(k)) for k, layer in measured.items()], axis=0)

    return tf.function(run, input_signature=[*specs, tf.TensorSpec((None,), tf.int32), row, row])


def _summed(layer: Layer, output: Any, slope: Any) -> Any:
    """A layer's influence over all positions and samples, float32 (neurons,); NaN where it has no gradient."""
    if output is None:
        return tf.fill((layer.neurons,), np.float32("nan"))
    if slope is None:  # The score does not depend on the layer.
        return tf.zeros((layer.neurons,))
    feature = next(axis for axis, name in enumerate(layer.axes) if name in FEATURE_AXES) + 1
    others = [axis for axis in range(output.shape.rank) if axis != feature]
    return tf.reduce_sum(tf.cast(output, tf.float32) * tf.cast(slope, tf.float32), axis=others)
