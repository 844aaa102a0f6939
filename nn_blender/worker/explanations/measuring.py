"""Measures one batch for one target, each thing once, however many methods ask for it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...core.explanations import Entering, Measured, Slopes, Target, Unsuited, Variation
from ...core.outputs import NetworkOutput
from ..running.recorders import Inputs
from ..running.recorders import slopes as recorded
from ..running.recorders.slopes import Question, Slope
from ..running.runs import ReadyModel
from ..running.switches import Switches
from ..samples.batches import WANTED_SECONDS
from .forms import InputForm
from .heads import class_weights
from .weighted_layers import WeightedLayer, as_weighted, question_of

Values = tuple[np.ndarray, ...]


@dataclass(frozen=True)
class Circumstances:
    """What is the same for all batches and targets.

    Attributes:
        outputs: how those of the network are read.
        at_inputs: whether some method needs slopes at the inputs, so that one pass measures all.
        steps: how many points or noisy copies methods that take several use.
        most: how many samples may run at once.
        covers: what covered values of every input become, an array of its shape or a number.
        report: is called between runs with how many of how many are done; what it raises ends the work.
    """

    model: ReadyModel
    switches: Switches
    forms: tuple[InputForm, ...]
    outputs: tuple[NetworkOutput, ...]
    at_inputs: bool
    steps: int
    most: int
    covers: tuple[np.ndarray, ...]
    report: Callable[[int, int], object]


class MeasuredBatch(Measured):
    """A batch of samples in a network, with a target.

    Args:
        layer: whose maps are weighted; None where there is none.
        reason: why there is none.
    """

    def __init__(
        self,
        about: Circumstances,
        inputs: Inputs,
        target: Target,
        layer: WeightedLayer | None = None,
        reason: str = "",
    ) -> None:
        values = inputs.read()
        self._about = about
        self._inputs = Inputs(inputs.keys, lambda: values)
        self._target = target
        self.layer = layer
        self._reason = reason
        self._question = question_of(about.model.network, about.outputs, target)
        number = -1 - target.rank if target.index is None else target.index
        self._chosen = np.full(len(inputs.keys), number, np.int32)
        self._known: dict[Question, recorded.Slopes] = {}

    @property
    def steps(self) -> int:
        return self._about.steps

    def at_inputs(self, is_guided: bool = False) -> Sequence[Slopes]:
        found = self.passed(is_guided)
        slopes = self._at_inputs(found)
        if is_guided and not found.guided:
            has = "has another" if len(found.unguided) == 1 else "have others"
            which = f" ({named(found.unguided)} {has})" if found.unguided else ""
            raise Unsuited(f"no activation between the input and the score is a ReLU{which}")
        return slopes

    def at_varied_inputs(self, variations: Sequence[Variation]) -> Sequence[Slopes]:
        known = self._at_inputs(self.passed())
        sums = [np.zeros(slopes.values.shape, np.float64) for slopes in known]
        for found, count in self._after(variations):
            for k, slope in enumerate(one for one in found.inputs if one is not None):
                each = slope.gradients.reshape(-1, count, *slope.gradients.shape[1:])
                sums[k] += each.sum(axis=1, dtype=np.float64)
        means = (total / len(variations) for total in sums)
        return [replace(slopes, gradients=mean.astype(np.float32)) for slopes, mean in zip(known, means, strict=True)]

    def score_after(self, variation: Variation) -> np.ndarray:
        self._at_inputs(self.passed())
        ((found, _),) = self._after([variation])
        return found.scores

    def at_layer(self) -> Slopes:
        layer = self._layer()
        found = self.passed()
        slope = found.sites[layer.path]
        if slope is None:
            raise Unsuited(f"the score does not depend on {layer.path}")
        return _plain(Slope(layer.turned(slope.values), layer.turned(slope.gradients)), found.scores)

    def class_weights(self) -> np.ndarray:
        found = self.passed()
        weights = class_weights(self._about.model.loaded, self._layer().path, self._question, found.count)
        return weights[found.indices]

    def own_map(self) -> np.ndarray:
        layer = self._own_layer()
        recorder = self._about.model.recorder
        output = recorder.layer_outputs(self._inputs, [layer.path], self._about.switches)[layer.path]
        rows = np.arange(len(output))
        return np.moveaxis(layer.turned(output), -1, 1)[rows, self.passed().indices].astype(np.float32)

    def laid_out_by(self, is_own: bool) -> WeightedLayer:
        """The layer at whose positions values are given: the one that is weighted or the neuron's own.

        Raises:
            Unsuited: there is none that lies over an input.
        """
        return self._own_layer() if is_own else self._layer()

    def entering(self) -> Sequence[Entering]:
        found = [self._entering(form) for form in self._covered()]
        if not found:
            raise Unsuited("parts of texts cannot be covered")
        return found

    def drops(self, number: int, windows: Sequence[tuple[slice, ...]]) -> np.ndarray:
        form = self._covered()[number]
        values, passed = self._inputs.read(), self.passed()
        drops = np.empty((len(passed.scores), len(windows)), np.float32)
        for block in self._blocks(len(windows)):
            count = block.stop - block.start
            repeated = self._repeated(count)
            covered = values[form.number].repeat(count, axis=0)
            cover = np.broadcast_to(self._about.covers[form.number], covered.shape[1:])
            cover = np.rint(cover) if covered.dtype.kind in "iu" else cover
            for k in range(len(covered)):
                place = form.place(windows[block.start + k % count])
                covered[k][place] = cover[place]
            given = tuple(covered if k == form.number else one for k, one in enumerate(repeated))
            found = self._run(self._question, given, passed.indices.repeat(count))
            drops[:, block] = passed.scores[:, np.newaxis] - found.scores.reshape(-1, count)
        return drops

    def passed(self, is_guided: bool = False) -> recorded.Slopes:
        """What one pass there and back gives of all that is wanted."""
        if is_guided:
            question = replace(self._question, at_inputs=True, is_guided=True)
        else:
            sites = () if self.layer is None else (self.layer.path,)
            question = replace(self._question, at_inputs=self._about.at_inputs, sites=sites)
        if question not in self._known:
            self._about.report(0, 1)
            self._known[question] = self._run(question, self._inputs.read(), self._chosen)
        return self._known[question]

    def changing(self, layers: Sequence[WeightedLayer]) -> dict[WeightedLayer, np.ndarray]:
        """For which samples the gradient at layers is not 0 everywhere, bool (batch,); only those the score depends on.

        What is found of the layer that is weighted is kept.
        """
        if [*layers] == [self.layer]:
            found = self.passed()
        else:
            self._about.report(0, 1)
            question = replace(self._question, sites=tuple(layer.path for layer in layers))
            found = self._run(question, self._inputs.read(), self._chosen)
        slopes = {layer: slope for layer in layers if (slope := found.sites[layer.path]) is not None}
        rows = {
            layer: layer.turned(slope.gradients).reshape(len(slope.gradients), -1) for layer, slope in slopes.items()
        }
        return {layer: np.asarray(row.any(axis=1)) for layer, row in rows.items()}

    @property
    def guided(self) -> recorded.Slopes | None:
        """What a pass with guided ReLUs gave, where a method asked for it."""
        return next((found for question, found in self._known.items() if question.is_guided), None)

    def shape_of(self, number: int) -> tuple[int, ...]:
        """An input's shape without the batch axis."""
        return tuple(self._inputs.read()[number].shape[1:])

    def _at_inputs(self, found: recorded.Slopes) -> list[Slopes]:
        known = [_plain(slope, found.scores) for slope in found.inputs if slope is not None]
        if not known:
            raise Unsuited("no input has gradients")
        return known

    def _after(self, variations: Sequence[Variation]) -> Iterator[tuple[recorded.Slopes, int]]:
        """What comes after some variations at a time, those of a sample one after the other, and how many these are."""
        question = replace(self._question, at_inputs=True)
        indices = self.passed().indices
        for block in self._blocks(len(variations)):
            some = variations[block]
            samples, count = len(indices), len(some)
            varied = recorded.Variation(
                np.tile(np.array([one.scale for one in some], np.float32), samples),
                np.tile(np.array([one.noise for one in some], np.float32), samples),
                np.tile(np.array([one.seed for one in some], np.int32), samples),
            )
            yield self._run(question, self._repeated(count), indices.repeat(count), varied), count

    def _blocks(self, total: int) -> Iterator[slice]:
        """Parts of so many runs of every sample, larger ones while they take little time and memory."""
        most = max(self._about.most // len(self._chosen), 1)
        start, size = 0, 1
        while start < total:
            self._about.report(start, total)
            began = time.perf_counter()
            yield slice(start, min(start + size, total))
            start += size
            if time.perf_counter() - began < WANTED_SECONDS / 2:
                size = min(size * 2, most)

    def _repeated(self, count: int) -> Values:
        return tuple(values.repeat(count, axis=0) for values in self._inputs.read())

    def _run(
        self, question: Question, values: Values, chosen: np.ndarray, varied: recorded.Variation | None = None
    ) -> recorded.Slopes:
        recorder = self._about.model.recorder
        inputs = Inputs(tuple(object() for _ in chosen), lambda: values)
        return recorder.slopes(inputs, question, chosen, self._about.switches, varied)

    def _layer(self) -> WeightedLayer:
        if self.layer is None:
            raise Unsuited(self._reason)
        return self.layer

    def _own_layer(self) -> WeightedLayer:
        if not self._target.layer:
            raise Unsuited("it explains neurons, not outputs of the network")
        model = self._about.model
        layer = as_weighted(model.network, model.recorder, self._about.forms, model.network.layer(self._target.layer))
        if isinstance(layer, str):
            raise Unsuited(f"the neuron's layer {self._target.layer} cannot be laid over an input: {layer}")
        return layer

    def _covered(self) -> list[InputForm]:
        return [form for form in self._about.forms if form.can_be_covered]

    def _entering(self, form: InputForm) -> Entering:
        shape = self.shape_of(form.number)
        return Entering(tuple(shape[axis] for axis in form.covered_axes), form.is_separate)


def named(paths: Sequence[str], most: int = 5) -> str:
    """Paths of layers in a sentence."""
    more = f" and {len(paths) - most} more" if len(paths) > most else ""
    return ", ".join(paths[:most]) + more


def _plain(slope: Slope, scores: np.ndarray) -> Slopes:
    return Slopes(slope.values, slope.gradients, scores)
