"""Runs every sample by itself, for models whose samples depend on each other or that take one size of batch only."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from .....core.interventions.intervention import Intervention
from ...switches import Switches
from .. import NO_NEURON, Activations, Inputs, Recorder, Summary, nothing
from ..slopes import Question, Slopes, Variation, joined
from .failures import running
from .gradients import traced_scores
from .recorder import FunctionalRecorder


class AloneRecorder(Recorder):
    """Gives the values of a batch that is filled with copies of one sample, for one sample after the other.

    Args:
        inner: runs such batches.
        copies: how many samples the model takes at once.
    """

    def __init__(self, inner: FunctionalRecorder, copies: int) -> None:
        self.inner = inner
        self.copies = copies
        ranks = [len(inner.cutter.spec(slot)[0]) for slot in inner.steps.outputs]
        super().__init__(inner.network, inner.dtypes, ranks)
        self._scores: dict[tuple[int, ...], Callable[..., Any]] = {}

    def is_never_negative(self, number: int) -> bool:
        return self.inner.is_never_negative(number)

    def notes(self, intervention: Intervention) -> list[str]:
        return self.inner.notes(intervention)

    def activations(
        self,
        inputs: Inputs,
        statistic: str,
        switches: Switches,
        first: int = 0,  # noqa: ARG002 - it runs all layers
        total: int | None = None,  # noqa: ARG002 - it keeps nothing
        between: Callable[[], object] = nothing,
    ) -> Activations:
        given = []
        for one in self._apart(inputs):
            measured = self.inner.activations(one, statistic, switches, between=between)
            given.append((measured.values[:1], tuple(self._row(output) for output in measured.outputs)))
        values, outputs = zip(*given, strict=True)
        return Activations(0, np.concatenate(values), tuple(map(np.concatenate, zip(*outputs, strict=True))))

    def layer_outputs(
        self, inputs: Inputs, paths: Sequence[str], switches: Switches, between: Callable[[], object] = nothing
    ) -> dict[str, np.ndarray]:
        given = [self.inner.layer_outputs(one, paths, switches, between) for one in self._apart(inputs)]
        return {path: np.concatenate([self._row(outputs[path]) for outputs in given]) for path in paths}

    def outputs(
        self,
        inputs: Inputs,
        switches: Switches,
        total: int | None = None,  # noqa: ARG002 - it keeps nothing
        between: Callable[[], object] = nothing,
    ) -> tuple[np.ndarray, ...]:
        given = [self.inner.outputs(one, switches, None, between) for one in self._apart(inputs)]
        return tuple(np.concatenate([self._row(one) for one in of_output]) for of_output in zip(*given, strict=True))

    def sweep(
        self, inputs: Inputs, path: str, neurons: np.ndarray, base: Switches, answer: int = 0
    ) -> Iterator[tuple[slice, np.ndarray, np.ndarray]]:
        (one,) = self._apart(inputs)
        for k, neuron in enumerate(neurons):
            switches = base if neuron == NO_NEURON else self._without(path, int(neuron), base)
            changed = [int(number) for number in np.flatnonzero(switches.changed)]
            if (answer, *changed) not in self._scores:
                self._scores[answer, *changed] = traced_scores(self.inner.steps, changed, answer)
            with running(self.network.layers):
                logits, outputs = self._scores[answer, *changed](*self._inputs(one), switches.gain, switches.fill)
            yield slice(k, k + 1), logits.numpy()[:1], outputs.numpy()[:1]

    def gradients(
        self, inputs: Inputs, classes: np.ndarray, switches: Switches, summary: Summary, answer: int = 0
    ) -> dict[str, np.ndarray]:
        given = [
            self.inner.gradients(one, np.repeat(classes[k : k + 1], self.copies), switches, summary, answer)
            for k, one in enumerate(self._apart(inputs))
        ]
        return {path: np.concatenate([one[path][:1] for one in given]) for path in given[0]}

    def slopes(
        self,
        inputs: Inputs,
        question: Question,
        chosen: np.ndarray,
        switches: Switches,
        variation: Variation | None = None,
    ) -> Slopes:
        given = []
        for k, one in enumerate(self._apart(inputs)):
            own = slice(k, k + 1)
            varied = None if variation is None else variation.part(own, self.copies)
            # All copies change at once, since each of them is the sample.
            given.append(self.inner.slopes(one, question, np.repeat(chosen[own], self.copies), switches, varied).own())
        return joined(given)

    def _inputs(self, one: Inputs) -> list[np.ndarray]:
        """The inputs that the network reads, in the order of its functions."""
        values = one.read()
        return [values[slot.output] for slot in self.inner.segments[0].needs]

    def _without(self, path: str, neuron: int, base: Switches) -> Switches:
        return self.switches(base.intervention.without([(path, neuron)]), base.fill[0])

    def _apart(self, inputs: Inputs) -> Iterator[Inputs]:
        """Every sample as a batch of its copies."""
        read: list[tuple[np.ndarray, ...]] = []

        def values() -> tuple[np.ndarray, ...]:
            if not read:
                read.append(inputs.read())
            return read[0]

        def copies(k: int) -> tuple[np.ndarray, ...]:
            return tuple(np.repeat(one[k : k + 1], self.copies, axis=0) for one in values())

        for k, key in enumerate(inputs.keys):
            yield Inputs((key,), partial(copies, k))

    def _row(self, output: np.ndarray) -> np.ndarray:
        """What belongs to the sample; an output that all samples of a batch share belongs to it as a whole."""
        return output[:1] if output.ndim and len(output) == self.copies else output[np.newaxis]
