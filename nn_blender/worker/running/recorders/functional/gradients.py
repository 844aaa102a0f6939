"""Gradients of class scores with respect to the outputs of layers, in one pass backwards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from ....models.call_graph import INPUT, Slot
from ...switches import is_decimal
from ...traced_slopes import Called, TracedSlopes
from .. import PREDICTED, Summary
from ..slopes import Question
from .masks import Mask
from .steps import Steps


def traced_gradients(
    steps: Steps, changed: Sequence[int], summary: Summary, answer: int
) -> Callable[..., dict[str, Any]]:
    """The function from inputs, classes, factors and fills to what `Recorder.gradients` gives, as tensors.

    Args:
        changed: the numbers of the layers in which something is changed.
        answer: number of the output that gives the classes.
    """
    piece = steps.cutter.piece(0, len(steps.layers))
    specs = [tf.TensorSpec(*steps.cutter.spec(slot)) for slot in piece.needs]
    row = tf.TensorSpec((1, steps.columns[-1].stop), tf.float32)
    measured = [k for k, layer in enumerate(steps.layers) if layer.neurons and is_decimal(steps.dtypes[k])]

    def run(*given: Any) -> dict[str, Any]:
        *tensors, classes, gain, fill = given
        columns = {number: steps.columns[number] for number in changed}
        masks = {k: Mask(gain[:, own], fill[:, own], tf.constant(True)) for k, own in columns.items()}
        scores = steps.scores(piece, dict(zip(piece.needs, tensors, strict=True)), masks, answer)
        predicted = tf.argmax(scores.outputs, axis=1, output_type=tf.int32)
        chosen = tf.where(classes == PREDICTED, predicted, classes)
        score = tf.gather(scores.logits, chosen, batch_dims=1)
        outputs = [scores.slots[Slot(k, 0)] for k in measured]
        layers = [steps.layers[k] for k in measured]
        gradients = tf.gradients(score, outputs)
        return {
            layer.path: summary(layer, output, gradient)
            for layer, output, gradient in zip(layers, outputs, gradients, strict=True)
        }

    traced: Callable[..., dict[str, Any]] = tf.function(
        run, input_signature=[*specs, tf.TensorSpec((None,), tf.int32), row, row], autograph=False
    )
    return traced


def traced_scores(steps: Steps, changed: Sequence[int], answer: int) -> Callable[..., tuple[Any, Any]]:
    """The function from inputs, factors and fills to logits and outputs, as `traced_gradients`."""
    piece = steps.cutter.piece(0, len(steps.layers))
    specs = [tf.TensorSpec(*steps.cutter.spec(slot)) for slot in piece.needs]
    row = tf.TensorSpec((1, steps.columns[-1].stop), tf.float32)

    def run(*given: Any) -> tuple[Any, Any]:
        *tensors, gain, fill = given
        masks = {k: Mask(gain[:, own], fill[:, own], tf.constant(True)) for k in changed for own in [steps.columns[k]]}
        scores = steps.scores(piece, dict(zip(piece.needs, tensors, strict=True)), masks, answer)
        return scores.logits, scores.outputs

    traced: Callable[..., tuple[Any, Any]] = tf.function(run, input_signature=[*specs, row, row], autograph=False)
    return traced


def traced_slopes(
    steps: Steps, changed: Sequence[int], question: Question, is_varied: bool, inputs: int, axes: tuple[str, ...]
) -> TracedSlopes:
    """The function that answers a question, see `Recorder.slopes`.

    Args:
        inputs: how many the network has.
        axes: of the output that gives the score.
    """
    piece = steps.cutter.piece(0, len(steps.layers))
    specs = [tf.TensorSpec(*steps.cutter.spec(slot)) for slot in piece.needs]

    def call(tensors: Sequence[Any], gain: Any, fill: Any) -> Called:
        masks = {k: Mask(gain[:, own], fill[:, own], tf.constant(True)) for k in changed for own in [steps.columns[k]]}
        given = dict(zip(piece.needs, tensors, strict=True))
        scores = steps.scores(piece, dict(given), masks, question.output)
        layers = {k: scores.slots[Slot(k, 0)] for k in range(len(steps.layers))}
        read = tuple(given.get(Slot(INPUT, k)) for k in range(inputs))
        return Called(read, layers, scores.logits, scores.outputs, axes)

    return TracedSlopes(steps.layers, question, is_varied, call, specs, steps.columns[-1].stop)
