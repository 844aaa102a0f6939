"""Measures one batch for one target, each thing once, however many methods ask for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...core.explanations import Measured, Slopes, Target
from ..running.recorders import Inputs, Recorder
from ..running.recorders import slopes as recorded
from ..running.recorders.slopes import Question, Slope
from ..running.switches import Switches
from .weighted_layers import WeightedLayer


@dataclass(frozen=True)
class Wanted:
    """What is measured of every sample.

    Attributes:
        at_inputs: whether some method needs slopes at the inputs, so that one pass measures all.
        layer: whose maps are weighted; None where no method does.
        steps: how many points or noisy copies methods that take several use.
    """

    at_inputs: bool
    layer: WeightedLayer | None
    steps: int


class MeasuredBatch(Measured):
    """A batch of samples in a network, with a target.

    Args:
        wanted: what is measured of every sample.
        between: is called between passes; what it raises ends the work.
    """

    def __init__(
        self,
        recorder: Recorder,
        switches: Switches,
        inputs: Inputs,
        target: Target,
        wanted: Wanted,
        between: Callable[[], object],
    ) -> None:
        values = inputs.read()
        self._recorder = recorder
        self._switches = switches
        self._inputs = Inputs(inputs.keys, lambda: values)
        self.wanted = wanted
        self._between = between
        number = -1 - target.rank if target.index is None else target.index
        self._chosen = np.full(len(inputs.keys), number, np.int32)
        self._question = Question(target.layer, target.output)
        self._known: dict[Question, recorded.Slopes] = {}

    def at_inputs(self, is_guided: bool = False) -> Sequence[Slopes]:
        found = self.passed(is_guided)
        return [_plain(slope, found.scores) for slope in found.inputs if slope is not None]

    def at_layer(self) -> Slopes:
        layer = self.wanted.layer
        assert layer is not None
        found = self.passed()
        slope = found.sites[layer.path]
        if slope is None:  # This batch's function is that of the first sample's, so the score depends on the layer.
            raise ValueError(f"The score does not depend on {layer.path}.")
        return _plain(Slope(layer.turned(slope.values), layer.turned(slope.gradients)), found.scores)

    def passed(self, is_guided: bool = False) -> recorded.Slopes:
        """What one pass there and back gives of all that is wanted."""
        if is_guided:
            question = replace(self._question, at_inputs=True, is_guided=True)
        else:
            sites = () if self.wanted.layer is None else (self.wanted.layer.path,)
            question = replace(self._question, at_inputs=self.wanted.at_inputs, sites=sites)
        if question not in self._known:
            self._between()
            self._known[question] = self._recorder.slopes(self._inputs, question, self._chosen, self._switches)
        return self._known[question]

    def shape_of(self, number: int) -> tuple[int, ...]:
        """An input's shape without the batch axis."""
        return tuple(self._inputs.read()[number].shape[1:])


def _plain(slope: Slope, scores: np.ndarray) -> Slopes:
    return Slopes(slope.values, slope.gradients, scores)
