"""Calls a traced model inside a function, with neurons switched, and gives what every step of it gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import tensorflow as tf
from keras import tree

from .....core.network import Layer
from ....models.call_graph import INPUT
from ...keras_internals import layer_scope, redirect
from ...tracing.discovery import TracedModel
from ...tracing.interception import Call
from ..functional.failures import calling, scope_of
from ..functional.masks import Mask, always_masked, masked, recurrent_cells, switched_cells, switched_off
from ..functional.scores import scores_of, without_activation


@dataclass(frozen=True)
class Result:
    """What one call of a model gave, tensors.

    Attributes:
        steps: first outputs of the steps, with a batch axis.
        outputs: of the network.
    """

    steps: tuple[Any, ...]
    outputs: tuple[Any, ...]


@dataclass(frozen=True)
class Scores:
    """What a network says about its classes; as `functional.steps.Scores`.

    Attributes:
        steps: first outputs of the steps as the model gave them, with or without a batch axis.
    """

    steps: tuple[Any, ...]
    logits: Any
    outputs: Any


class Model:
    """A traced model, to be called inside traced functions."""

    def __init__(self, traced: TracedModel, layers: Sequence[Layer]) -> None:
        self.traced = traced
        self.layers = layers
        self.payloads = [step.payload for step in traced.flat.steps]

    def operation(self, number: int) -> Any:
        """The layer or operation of a step."""
        return self.payloads[number].operation

    def result(self, tensors: Sequence[Any], masks: Mapping[int, Mask]) -> Result:
        """Call the model.

        Args:
            masks: by step; steps without one stay as they are.
        """
        steps, outputs = self._call(tensors, _Changes(masks, {}))
        batch = tf.shape(tensors[0])[0]
        with_batch = (self.with_batch(number, tensor, batch) for number, tensor in enumerate(steps))
        given = zip(self.traced.flat.outputs, outputs, strict=True)
        return Result(tuple(with_batch), tuple(self.with_batch(slot.step, tensor, batch) for slot, tensor in given))

    def scores(
        self, tensors: Sequence[Any], masks: Mapping[int, Mask], answer: int, off: Mapping[int, Any] | None = None
    ) -> Scores:
        """Call the model without the softmax or sigmoid of one of its outputs; as `functional.steps.Steps.scores`."""
        slot = self.traced.flat.outputs[answer]
        last, changes = slot.step, _Changes(masks, dict(off or {}))
        own = changes.off.pop(last, None)
        is_whole = last == INPUT or last in masks or self._is_read(last) or self._is_shared(last)
        with without_activation(None if is_whole else self.operation(last)) as activation:
            steps, outputs = self._call(tensors, changes)
        return Scores(steps, *scores_of(outputs[answer], activation, own))

    def with_batch(self, number: int, tensor: Any, batch: Any) -> Any:
        """What a step gives, once for every sample."""
        if number == INPUT or self.payloads[number].has_batch:
            return tensor
        return tf.repeat(tensor[tf.newaxis], batch, axis=0)

    def _call(self, tensors: Sequence[Any], changes: _Changes) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        def around(call: Call, proceed: Callable[[], Any]) -> Any:
            numbers = self.traced.numbers.get(call.number)
            if numbers is None:
                return proceed()
            with calling(self.layers[numbers[0]]), layer_scope(scope_of(numbers[0])):
                return self._changed(numbers, proceed, changes)

        graph, outputs = self.traced.call(tensors, around)
        steps = [step.tensors[0] for step in graph.steps]
        for number, step in enumerate(graph.steps):
            if step.call is None and changes.concern(number):
                readers = list(steps[number].consumers())
                new = self._switched(number, steps[number], changes, always_masked)
                redirect(steps[number], readers, new)
                outputs = [new if output is steps[number] else output for output in outputs]
                steps[number] = new
        return tuple(steps), tuple(outputs)

    def _changed(self, numbers: Mapping[int, int], proceed: Callable[[], Any], changes: _Changes) -> Any:
        """What a layer gives, with its neurons switched.

        Args:
            numbers: of the steps that its outputs are, by the outputs' numbers.
        """
        first = numbers[0]
        mask = changes.masks.get(first)
        if mask is not None and recurrent_cells(self.operation(first)):
            with switched_cells(self.operation(first), mask):
                output = proceed()
            # Factors have done their work inside; steps that Keras's mask skips are not filled there.
            inside = Mask(tf.cast(mask.gain != 0, tf.float32), mask.fill, mask.changed)
            changes = _Changes({**changes.masks, first: inside}, changes.off)
        else:
            output = proceed()
        if not any(map(changes.concern, numbers.values())):
            return output
        parts = tree.flatten(output)
        tensors = [k for k, part in enumerate(parts) if isinstance(part, tf.Tensor)]
        for place, number in numbers.items():
            if changes.concern(number):
                parts[tensors[place]] = self._switched(number, parts[tensors[place]], changes)
        return tree.pack_sequence_as(output, parts)

    def _switched(
        self, number: int, tensor: Any, changes: _Changes, put: Callable[[Layer, Any, Mask], Any] = masked
    ) -> Any:
        layer, has_batch = self.layers[number], self.payloads[number].has_batch
        given = tensor if has_batch else tensor[tf.newaxis]
        if number in changes.masks:
            given = put(layer, given, changes.masks[number])
        if number in changes.off:
            given = switched_off(layer, given, changes.off[number])
        return given if has_batch else given[0]

    def _is_read(self, number: int) -> bool:
        return any(source.step == number for step in self.traced.flat.steps for source in step.sources)

    def _is_shared(self, number: int) -> bool:
        return sum(payload.operation is self.operation(number) for payload in self.payloads) > 1


@dataclass(frozen=True)
class _Changes:
    """What is switched, by step.

    Attributes:
        off: bool (batch, neurons).
    """

    masks: Mapping[int, Mask]
    off: dict[int, Any]

    def concern(self, number: int) -> bool:
        return number in self.masks or number in self.off
