"""Runs a traced model as a whole, whatever is changed in it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from math import prod
from typing import Any

import numpy as np
import tensorflow as tf

from .....core.interventions.intervention import Intervention
from ....common.caches import Cache
from ....samples.batches import WANTED_SECONDS
from ...loading import LoadedModel
from ...switches import Switches, is_decimal
from ...traced_slopes import Called, TracedSlopes
from ...tracing.loading import about_random_numbers
from .. import PREDICTED, Activations, Inputs, Recorder, Summary, nothing
from ..functional.failures import running
from ..functional.masks import Mask, is_output_only, recurrent_cells
from ..functional.recorder import as_numbers
from ..functional.steps import is_never_negative, neuron_values
from ..functional.tails import BATCH_NUMBERS, LARGEST_BATCH
from ..slopes import Question, Slopes, Variation, joined
from .running import Model

LEAN = ""
"""What a function picks that gives the network's outputs alone."""
KEPT_FUNCTIONS = 8
Row = tuple[np.ndarray, ...]


class CallsRecorder(Recorder):
    """Runs models made of Python code.

    The model is called in one traced function per kind of result, once without and once with masks on all layers. A
    model whose samples have to be alone, see `tracing.discovery.TracedModel`, is called once per sample.
    """

    def __init__(self, model: LoadedModel) -> None:
        assert model.traced is not None
        self.traced = model.traced
        self.model = Model(model.traced, model.network.layers)
        payloads = self.model.payloads
        specs = [self.traced.arguments.specs[s.output].shape if s.step < 0 else None for s in self.traced.flat.outputs]
        ranks = [
            len(payloads[slot.step].outputs[slot.output].shape) if spec is None else 1 + len(spec)
            for slot, spec in zip(self.traced.flat.outputs, specs, strict=True)
        ]
        super().__init__(model.network, [payload.outputs[0].dtype for payload in payloads], ranks)
        self._functions: Cache[Callable[..., Any]] = Cache(KEPT_FUNCTIONS)
        self._slopes: Cache[TracedSlopes] = Cache(KEPT_FUNCTIONS)

    def is_never_negative(self, number: int) -> bool:
        return is_never_negative(self.model.operation(number), self.network.layers[number])

    def notes(self, intervention: Intervention) -> list[str]:
        notes = [
            f"The units of {self.network.layers[number].path} are switched in its output only, not inside its loop."
            for number in self.changed_layers(intervention)
            if is_output_only(self.model.operation(number))
        ]
        if self.traced.draws:
            notes.append(f"In this network, {about_random_numbers(self.traced)}")
        return notes

    def activations(
        self,
        inputs: Inputs,
        statistic: str,
        switches: Switches,
        first: int = 0,  # noqa: ARG002
        total: int | None = None,  # noqa: ARG002
        between: Callable[[], object] = nothing,
    ) -> Activations:
        (values,), outputs = self._run(inputs, statistic, switches, between)
        return Activations(0, values, tuple(map(as_numbers, outputs)))

    def layer_outputs(
        self, inputs: Inputs, paths: Sequence[str], switches: Switches, between: Callable[[], object] = nothing
    ) -> dict[str, np.ndarray]:
        values, _ = self._run(inputs, tuple(paths), switches, between)
        return dict(zip(paths, values, strict=True))

    def outputs(
        self,
        inputs: Inputs,
        switches: Switches,
        total: int | None = None,  # noqa: ARG002
        between: Callable[[], object] = nothing,
    ) -> tuple[np.ndarray, ...]:
        return tuple(map(as_numbers, self._run(inputs, LEAN, switches, between)[1]))

    def sweep(
        self, inputs: Inputs, path: str, neurons: np.ndarray, base: Switches, answer: int = 0
    ) -> Iterator[tuple[slice, np.ndarray, np.ndarray]]:
        calls = self.calls_of(path)
        function = self._sweep_function(calls, base, answer)
        has_batch = all(self.model.payloads[call].has_batch for call in calls)
        most = 1 if self.traced.is_alone or not has_batch else self._most_variants()
        width = max(self.network.layers[call].neurons for call in calls)
        given = [self.traced.part(tensor, slice(None)) for tensor in inputs.read()]
        start, size = 0, 1
        while start < len(neurons):
            block = slice(start, min(start + size, len(neurons)))
            off = neurons[block, np.newaxis] == np.arange(width)
            began = time.perf_counter()
            self.traced.begin()
            with running(self.network.layers):
                logits, outputs = function(*given, off, base.gain, base.fill)
            if time.perf_counter() - began < WANTED_SECONDS / 2:
                size = min(size * 2, most)
            start = block.stop
            yield block, self.traced.own(logits).numpy(), self.traced.own(outputs).numpy()

    def gradients(
        self, inputs: Inputs, classes: np.ndarray, switches: Switches, summary: Summary, answer: int = 0
    ) -> dict[str, np.ndarray]:
        changed = [int(number) for number in np.flatnonzero(switches.changed)]
        is_single = self.traced.is_alone or not all(payload.has_batch for payload in self.model.payloads)
        function = self._gradient_function(changed, None if is_single else summary, answer)
        tensors, found = inputs.read(), []
        for part in _parts(len(classes), is_single):
            self.traced.begin()
            given = [self.traced.part(tensor, part) for tensor in (*tensors, classes.astype(np.int32))]
            with running(self.network.layers):
                found.append(function(*given, switches.gain, switches.fill))
        if not is_single:
            return {path: value.numpy() for path, value in found[0].items()}
        summaries = {}
        for path in found[0]:
            pairs = zip(*(part[path] for part in found), strict=True)
            output, slope = (None if one[0] is None else tf.concat([*map(self.traced.own, one)], 0) for one in pairs)
            summaries[path] = np.asarray(summary(self.network.layer(path), output, slope))
        return summaries

    def slopes(
        self,
        inputs: Inputs,
        question: Question,
        chosen: np.ndarray,
        switches: Switches,
        variation: Variation | None = None,
    ) -> Slopes:
        self.refuse_no_scores(question)
        changed = [int(number) for number in np.flatnonzero(switches.changed)]
        is_single = self.traced.is_alone or not all(payload.has_batch for payload in self.model.payloads)
        copies = self.traced.copies
        tensors, found = inputs.read(), []
        with running(self.network.layers):
            function = self._slope_function(changed, question, variation is not None)
            for part in _parts(len(chosen), is_single):
                self.traced.begin()
                given = [self.traced.part(tensor, part) for tensor in tensors]
                varied = None if variation is None else variation.part(part, copies)
                one = function(given, self.traced.part(chosen, part), switches.gain, switches.fill, varied)
                found.append(one if copies == 1 else one.own())
        return joined(found)

    def _slope_function(self, changed: list[int], question: Question, is_varied: bool) -> TracedSlopes:
        key = ("slopes", question, is_varied, *changed)
        function = self._slopes.get(key)
        if function is None:
            axes = self.axes_of_output(question.output)

            def call(tensors: Sequence[Any], gain: Any, fill: Any) -> Called:
                scores = self.model.scores(tensors, self._masks(gain, fill, None, changed), question.output)
                batch = tf.shape(scores.logits)[0]
                layers = [self.model.with_batch(k, tensor, batch) for k, tensor in enumerate(scores.steps)]
                return Called(tuple(tensors), layers, scores.logits, scores.outputs, axes)

            layers = self.network.layers
            function = TracedSlopes(layers, question, is_varied, call, self.traced.signature, self._neurons)
            self._slopes.put(key, function, 1)
        return function

    def _most_variants(self) -> int:
        numbers = max(prod(max(size, 1) for size in layer.output_shape) for layer in self.network.layers)
        return max(1, min(LARGEST_BATCH, BATCH_NUMBERS // numbers))

    def _run(
        self, inputs: Inputs, want: str | tuple[str, ...], switches: Switches, between: Callable[[], object]
    ) -> tuple[list[np.ndarray], list[Any]]:
        """What is picked of the layers, and the network's outputs."""
        between()
        tensors, is_switched = inputs.read(), bool(switches.changed.any())
        function = self._function(want, is_switched)
        more = (switches.gain, switches.fill, switches.changed) if is_switched else ()
        picked: list[Any] = []
        outputs: list[Any] = []
        for part in _parts(len(inputs.keys), self.traced.is_alone):
            between()
            self.traced.begin()
            with running(self.network.layers):
                one, given = function(*(self.traced.part(tensor, part) for tensor in tensors), *more)
            picked.append([self.traced.own(value).numpy() for value in one])
            outputs.append([self.traced.own(value) for value in given])
        values = [_one_batch(parts) for parts in zip(*picked, strict=True)]
        return values, [parts[0] if len(parts) == 1 else tf.concat(parts, 0) for parts in zip(*outputs, strict=True)]

    def _function(self, want: str | tuple[str, ...], is_switched: bool) -> Callable[..., Any]:
        """From inputs, and factors, fills and where they change something, to what is picked and the outputs."""

        def run(*given: Any) -> Any:
            tensors, more = given[: len(signature)], given[len(signature) :]
            result = self.model.result(tensors, self._masks(*more) if is_switched else {})
            return self._pick(want, result.steps, tf.shape(tensors[0])[0]), result.outputs

        signature = self.traced.signature
        row = tf.TensorSpec((1, self._neurons), tf.float32)
        masks = [row, row, tf.TensorSpec((len(self.network.layers),), tf.bool)] if is_switched else []
        return self._traced_once(("run", want, is_switched), run, [*signature, *masks])

    def _sweep_function(self, calls: list[int], base: Switches, answer: int) -> Callable[..., Any]:
        """From the inputs of one sample, which neurons are off, factors and fills to logits and outputs."""
        based = [int(number) for number in np.flatnonzero(base.changed)]
        is_looped = bool(recurrent_cells(self.model.operation(calls[0])))

        def run(*given: Any) -> Any:
            *tensors, off, gain, fill = given
            masks = self._masks(gain, fill, None, based)
            offs = {call: off[:, : self.network.layers[call].neurons] for call in calls}
            if is_looped:
                every = self._masks(gain, fill, None, calls)
                masks |= {call: _also_off(every[call], own) for call, own in offs.items()}
                offs = {}
            if not self.traced.is_alone:
                tensors = [tf.repeat(tensor, tf.shape(off)[0], axis=0) for tensor in tensors]
            scores = self.model.scores(tensors, masks, answer, offs)
            return scores.logits, scores.outputs

        row = tf.TensorSpec((1, self._neurons), tf.float32)
        width = max(self.network.layers[call].neurons for call in calls)
        signature = [*self.traced.signature, tf.TensorSpec((None, width), tf.bool), row, row]
        return self._traced_once(("sweep", *calls, answer, *based), run, signature)

    def _gradient_function(self, changed: list[int], summary: Summary | None, answer: int) -> Callable[..., Any]:
        """From inputs, classes, factors and fills to summaries by path; without a summary to outputs and gradients."""
        measured = [k for k, layer in enumerate(self.network.layers) if layer.neurons and is_decimal(self.dtypes[k])]

        def run(*given: Any) -> Any:
            *tensors, classes, gain, fill = given
            scores = self.model.scores(tensors, self._masks(gain, fill, None, changed), answer)
            predicted = tf.argmax(scores.outputs, axis=1, output_type=tf.int32)
            chosen = tf.where(classes == PREDICTED, predicted, classes)
            score = tf.gather(scores.logits, chosen, batch_dims=1)
            layers = [self.network.layers[k] for k in measured]
            slopes = tf.gradients(score, [scores.steps[k] for k in measured])
            found = {}
            for number, layer, slope in zip(measured, layers, slopes, strict=True):
                pair = [scores.steps[number], None if slope is None else tf.convert_to_tensor(slope)]
                if not self.model.payloads[number].has_batch:
                    pair = [None if value is None else value[tf.newaxis] for value in pair]
                found[layer.path] = pair if summary is None else summary(layer, *pair)
            return found

        row = tf.TensorSpec((1, self._neurons), tf.float32)
        signature = [*self.traced.signature, tf.TensorSpec((None,), tf.int32), row, row]
        return self._traced_once(("gradients", summary, answer, *changed), run, signature)

    @property
    def _neurons(self) -> int:
        return self.columns[-1].stop if self.columns else 0

    def _traced_once(self, key: Any, run: Callable[..., Any], signature: list[Any]) -> Callable[..., Any]:
        function = self._functions.get(key)
        if function is None:
            function = tf.function(run, input_signature=signature, autograph=False)
            self._functions.put(key, function, 1)
        return function

    def _masks(
        self, gain: Any, fill: Any, changed: Any = None, numbers: Sequence[int] | None = None
    ) -> dict[int, Mask]:
        """Masks of some layers, or of all that can be switched.

        Args:
            changed: bool (layers,); None where they all change something.
        """
        layers = range(len(self.network.layers)) if numbers is None else numbers
        return {
            k: Mask(
                gain[:, self.columns[k]],
                fill[:, self.columns[k]],
                tf.constant(True) if changed is None else changed[k],
            )
            for k in layers
            if is_decimal(self.dtypes[k]) and self.network.layers[k].neurons
        }

    def _pick(self, want: str | tuple[str, ...], steps: Sequence[Any], batch: Any) -> list[Any]:
        if want == LEAN:
            return []
        if not isinstance(want, str):
            return [steps[self.number_of(path)] for path in want]
        layers = self.network.layers
        parts = [neuron_values(layer, steps[k], want) for k, layer in enumerate(layers) if layer.neurons]
        return [tf.concat(parts, axis=1) if parts else tf.zeros((batch, 0), tf.float32)]


def _parts(samples: int, is_single: bool) -> list[slice]:
    """A batch at once, or sample after sample."""
    return [slice(k, k + 1) for k in range(samples)] if is_single else [slice(0, samples)]


def _one_batch(parts: Sequence[np.ndarray]) -> np.ndarray:
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _also_off(mask: Mask, off: Any) -> Mask:
    return Mask(tf.where(off, 0.0, mask.gain), tf.where(off, 0.0, mask.fill), tf.constant(True))
