"""One sample in a network with any of its neurons off: what its classes get, and estimates of what neurons do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ...core.interventions.intervention import switch_of
from ...core.recording import best_class
from ...core.requests.reasons import ReasonsRequest
from ..neurons.influence import activation_times_gradient
from ..running.recorders import NO_NEURON, Inputs
from ..running.runs import ReadyModel
from ..running.switches import Switches

Neuron = tuple[str, int]
"""Path of a layer and number in it."""


@dataclass(frozen=True)
class Scores:
    """What the classes of a sample get.

    Attributes:
        logits: float64 (classes,), before softmax or sigmoid. Of several labels that may be right at once, or of the
            two cases of one value, above 0 says yes.
        outputs: float64 (classes,), after it.
    """

    logits: np.ndarray
    outputs: np.ndarray

    @property
    def best(self) -> int:
        """The class with the highest output."""
        return int(best_class(self.outputs))


class Trials:
    """Runs one sample with neurons off, on top of what a request changes anyway.

    Args:
        inputs: the sample.
        base: what the request changes.
        layers: paths of the layers whose neurons may be off.
        path: of the layer that gives the answer.
    """

    def __init__(
        self,
        model: ReadyModel,
        request: ReasonsRequest,
        inputs: Inputs,
        base: Switches,
        layers: Sequence[str],
        path: str,
    ) -> None:
        self._recorder = model.recorder
        self._answer, self._output = request.answer_output, request.output
        self._inputs = inputs
        self._base = base
        self._layers = layers
        self._path = path
        self._is_one_value = model.network.layer(path).neurons == 1
        self.runs = 0
        self._width = len(self._run(())[0])

    def scores(self, off: Iterable[Neuron] = ()) -> Scores:
        """What the classes get while some neurons are off."""
        return self._read(*self._run(off))

    def estimates(self, classes: Sequence[int], off: Iterable[Neuron] = ()) -> list[dict[str, np.ndarray]]:
        """Activation times gradient of classes' scores, by class: float64 (neurons,) by the path of a layer.

        Neurons of all calls of a shared layer are added up, as one switch acts on all of them.
        """
        units = [self._unit(index) for index in classes]
        keys, values = self._inputs.keys * len(units), [np.repeat(one, len(units), 0) for one in self._inputs.read()]
        found = self._recorder.gradients(
            Inputs(keys, lambda: tuple(values)),
            np.array([unit for unit, _ in units], np.int32),
            self._switches(off),
            activation_times_gradient,
            self._answer,
        )
        sums: list[dict[str, np.ndarray]] = [{} for _ in units]
        for path, rows in found.items():
            for (_, sign), row, of_class in zip(units, rows, sums, strict=True):
                before = of_class.get(switch_of(path), np.zeros(0))
                of_class[switch_of(path)] = _added(before, sign * row.astype(np.float64))
        return [{path: of_class[path] for path in self._layers if path in of_class} for of_class in sums]

    def _switches(self, off: Iterable[Neuron]) -> Switches:
        changed = self._base.intervention.without(off)
        return self._recorder.switches_among(self._layers, changed, self._base.fill[0])

    def _run(self, off: Iterable[Neuron]) -> tuple[np.ndarray, np.ndarray]:
        self.runs += 1
        none = np.full(1, NO_NEURON)
        given = self._recorder.sweep(self._inputs, self._path, none, self._switches(off), self._answer)
        _, logits, outputs = next(iter(given))
        return logits[0].astype(np.float64), outputs[0].astype(np.float64)

    def _read(self, logits: np.ndarray, outputs: np.ndarray) -> Scores:
        """From what a recorder gives, which takes one value after sigmoid for two cases, and any other for one."""
        is_binary = self._output.kind == "binary"
        if self._is_one_value and not is_binary:
            return Scores(logits[-1:], outputs[-1:])
        if self._is_one_value and self._width == 1:
            yes, values = logits - self._zero(logits, outputs), self._output.class_values(outputs[np.newaxis])
            assert values is not None
            return Scores(np.concatenate([-yes, yes]), values[0])
        return Scores(logits - self._zero(logits, outputs), outputs)

    def _zero(self, logits: np.ndarray, outputs: np.ndarray) -> float:
        """The logit above which a label, or the one case, is answered; 0 where the highest is."""
        is_before = not np.array_equal(logits, outputs)
        return 0.0 if is_before or self._output.kind not in ("binary", "multi-label") else self._output.threshold

    def _unit(self, index: int) -> tuple[int, float]:
        """Which class a recorder takes for one of ours, and the sign of its score."""
        if not self._is_one_value:
            return index, 1.0
        if self._output.kind != "binary":
            return self._width - 1, 1.0
        return (index, 1.0) if self._width > 1 else (0, 1.0 if index else -1.0)


def largest(values: Mapping[str, np.ndarray], most: int) -> list[tuple[Neuron, float]]:
    """The neurons with the largest values above 0, the largest first; NaN is none.

    Args:
        values: (neurons,) by the path of a layer.
    """
    paths = list(values)
    flat = np.nan_to_num(np.concatenate([np.zeros(0), *values.values()]), nan=0.0)
    starts = np.cumsum([0, *map(len, values.values())])
    places = [place for place in np.argsort(-flat, kind="stable")[:most] if flat[place] > 0]
    numbers = [int(np.searchsorted(starts, place, side="right")) - 1 for place in places]
    return [
        ((paths[number], int(place - starts[number])), float(flat[place]))
        for number, place in zip(numbers, places, strict=True)
    ]


def _added(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    shorter, longer = sorted((first, second), key=len)
    return longer + np.pad(shorter, (0, len(longer) - len(shorter)))
