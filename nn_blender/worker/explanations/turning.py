"""Looks for few neurons without which a network answers something else.

Greedily: of the neurons that speak most for the answer to the first order, those that do so most when they are switched
off, one after the other, and many at once where one does little. Then each is put back that is not needed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ...core.neurons.reasons import Turn
from .trials import Neuron, Scores, Trials, largest

FIRST_TRIED, MOST_TRIED = 4, 64
"""How many of the neurons that an estimate puts first are switched off to find the best, at first and at most."""
PARTS = 8
"""A step switches at least about this share of the neurons off that are still needed."""
MOST_OFF = 128


@dataclass(frozen=True)
class Goal:
    """What is to turn.

    Attributes:
        predicted: the class that is answered; it is to be any other, or the target where that is another one.
        target: the class that is explained.
        is_label: whether classes are labels of which several may be right, and the target is to be one or none of them.
        was_label: whether it was one of them.
    """

    predicted: int
    target: int
    is_label: bool
    was_label: bool

    @classmethod
    def of(cls, scores: Scores, target: int, is_label: bool) -> Goal:
        return cls(scores.best, target, is_label, bool(scores.logits[target] > 0))

    def is_reached(self, scores: Scores) -> bool:
        if self.is_label:
            return bool(scores.logits[self.target] > 0) != self.was_label
        return scores.best == self.target if self.target != self.predicted else scores.best != self.predicted

    def answer(self, scores: Scores) -> int:
        return self.target if self.is_label else scores.best

    def margin(self, scores: Scores) -> float:
        """How far it is away; below 0 where it is reached."""
        return sum(sign * float(scores.logits[index]) for index, sign in self.classes(scores))

    def classes(self, scores: Scores) -> list[tuple[int, float]]:
        """Of which classes' scores the margin is made, and their signs."""
        if self.is_label:
            return [(self.target, 1.0 if self.was_label else -1.0)]
        fixed = self.target if self.target != self.predicted else self.predicted
        others = np.array(scores.logits)
        others[fixed] = -np.inf
        other = int(np.nan_to_num(others, nan=-np.inf).argmax())
        return [(other, 1.0), (fixed, -1.0)] if fixed != self.predicted else [(fixed, 1.0), (other, -1.0)]


@dataclass
class _State:
    """Neurons that are off, what the classes get without them, and what each was estimated to do."""

    off: list[Neuron]
    scores: Scores
    weights: dict[Neuron, float]


def find_turn(trials: Trials, goal: Goal, most_runs: int, report: Callable[[int], object]) -> Turn:
    """The smallest set that is found.

    Args:
        most_runs: of the network.
        report: is told how many there were.
    """
    search = _Search(trials, goal, most_runs, report)
    state = search.grow()
    most = len(state.off)
    if not goal.is_reached(state.scores):
        return Turn((), None, None, most, search.runs)
    search.prune(state)
    answer = goal.answer(state.scores)
    return Turn(tuple(state.off), answer, float(state.scores.outputs[answer]), most, search.runs)


class _Search:
    def __init__(self, trials: Trials, goal: Goal, most_runs: int, report: Callable[[int], object]) -> None:
        self._trials, self._goal, self._report = trials, goal, report
        self._begun, self._most_runs = trials.runs, most_runs

    @property
    def runs(self) -> int:
        return self._trials.runs - self._begun

    def grow(self) -> _State:
        """Switch neurons off until the goal is reached, or nothing helps."""
        state = _State([], self._trials.scores(), {})
        while not self._goal.is_reached(state.scores) and len(state.off) < MOST_OFF and self._has_runs:
            ranking = self._ranking(state)
            step = self._best(state, ranking)
            if step is None:
                break
            neuron, scores = step
            gained = self._goal.margin(state.scores) - self._goal.margin(scores)
            state.off.append(neuron)
            state.scores = scores
            self._add_more(state, [other for other in ranking if other != neuron], gained)
        return state

    def prune(self, state: _State) -> None:
        """Put back each neuron without which the goal is reached as well, those that do least first."""
        for neuron in sorted(state.off, key=lambda one: state.weights[one]):
            fewer = [other for other in state.off if other != neuron]
            scores = self._run(fewer)
            if self._goal.is_reached(scores):
                state.off, state.scores = fewer, scores

    @property
    def _has_runs(self) -> bool:
        return self.runs < self._most_runs

    def _run(self, off: Sequence[Neuron]) -> Scores:
        self._report(min(self.runs, self._most_runs))
        return self._trials.scores(off)

    def _ranking(self, state: _State) -> list[Neuron]:
        """Neurons that are not off and without which the margin falls to the first order, most first."""
        signed = self._goal.classes(state.scores)
        found = self._trials.estimates([index for index, _ in signed], state.off)
        values = {
            path: np.sum([sign * one[path] for (_, sign), one in zip(signed, found, strict=True)], axis=0)
            for path in found[0]
        }
        off = set(state.off)
        ranking = [one for one in largest(values, MOST_OFF + MOST_TRIED + len(off)) if one[0] not in off]
        state.weights |= dict(ranking)
        return [neuron for neuron, _ in ranking]

    def _best(self, state: _State, ranking: Sequence[Neuron]) -> tuple[Neuron, Scores] | None:
        """Of the first neurons the one without which the margin is smallest; None where none makes it smaller."""
        start, stop, margin = 0, FIRST_TRIED, self._goal.margin(state.scores)
        while start < min(len(ranking), MOST_TRIED) and self._has_runs:
            tried = [(neuron, self._run([*state.off, neuron])) for neuron in ranking[start:stop]]
            best = min(tried, key=lambda one: self._goal.margin(one[1]))
            if self._goal.margin(best[1]) < margin:
                return best
            start, stop = stop, stop * 4
        return None

    def _add_more(self, state: _State, others: Sequence[Neuron], gained: float) -> None:
        """Switch several more off where one does little."""
        if self._goal.is_reached(state.scores):
            return
        needed = self._goal.margin(state.scores) / max(gained, 1e-12)
        more = others[: max(min(math.ceil(needed / PARTS) - 1, MOST_OFF - len(state.off)), 0)]
        if not more:
            return
        scores = self._run([*state.off, *more])
        if self._goal.margin(scores) < self._goal.margin(state.scores):
            state.off += more
            state.scores = scores
