"""How a score changes with what is at places of a network: what can be asked, and what is answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Question:
    """Which score is differentiated, and where.

    Attributes:
        layer: path of the layer of the neuron whose mean over positions is the score; empty where an output of the
            network before softmax or sigmoid is, of which it is the mean over positions too.
        output: number of the output.
        is_binary: whether its only value is of two cases, no and yes, whose scores are its negative and itself; None
            where that is so if it comes out of a sigmoid.
        zero: above which such a value says yes.
        at_inputs: whether slopes are wanted at the inputs.
        sites: paths of the layers at whose first outputs they are wanted.
        is_guided: whether ReLUs let only positive slopes back.
    """

    layer: str = ""
    output: int = 0
    is_binary: bool | None = None
    zero: float = 0.0
    at_inputs: bool = False
    sites: tuple[str, ...] = ()
    is_guided: bool = False


@dataclass(frozen=True)
class Variation:
    """What is made of the values at the inputs' places: ``scale * values + noise * range * n``.

    Here n is normally distributed and depends on the seed alone, and the range is that of the sample's own values.

    Attributes:
        scale: float32 (batch,); ``noise`` likewise.
        seeds: int32 (batch,).
    """

    scale: np.ndarray
    noise: np.ndarray
    seeds: np.ndarray

    def part(self, part: slice, copies: int = 1) -> Variation:
        """That of some samples, or of one as often as a batch has copies of it."""
        return Variation(*(np.repeat(one[part], copies) for one in (self.scale, self.noise, self.seeds)))


@dataclass(frozen=True)
class Slope:
    """Values at a place and the score's derivatives, float32 (batch, …).

    Attributes:
        values: before any variation.
    """

    values: np.ndarray
    gradients: np.ndarray


@dataclass(frozen=True)
class InputPlace:
    """Where an input's slopes are measured.

    Attributes:
        reason: why there are none, as a part of a sentence; empty where there are some.
        has_features: whether every number of the input has features of its own there: it is embedded.
        is_ignored: whether the score does not depend on the input at all.
        is_partly_looked_up: whether whole numbers are made of some of it as well, which have no slopes.
    """

    reason: str = ""
    has_features: bool = False
    is_ignored: bool = False
    is_partly_looked_up: bool = False


@dataclass(frozen=True)
class Slopes:
    """What was measured of a batch.

    Attributes:
        indices: int32 (batch,), numbers of the class, value or neuron that was explained.
        count: how many there are to choose from; slopes of others mean nothing.
        scores: float32 (batch,).
        outputs: float32 (batch,), after softmax or sigmoid; of neurons as the scores.
        places: of every input of the network; empty where they were not asked for.
        inputs: likewise, None where there is no slope.
        sites: by path of the layer; None where the score does not depend on it.
        guided, unguided: paths of layers whose activations have guided gradients, and of those whose have not.
    """

    indices: np.ndarray
    count: int
    scores: np.ndarray
    outputs: np.ndarray
    places: tuple[InputPlace, ...]
    inputs: tuple[Slope | None, ...]
    sites: dict[str, Slope | None]
    guided: tuple[str, ...] = ()
    unguided: tuple[str, ...] = ()

    def own(self) -> Slopes:
        """Those of the first sample of the batch alone."""
        first = [None if one is None else _first(one) for one in self.inputs]
        sites = {path: None if one is None else _first(one) for path, one in self.sites.items()}
        rows = (self.indices[:1], self.count, self.scores[:1], self.outputs[:1])
        return Slopes(*rows, self.places, tuple(first), sites, self.guided, self.unguided)


def joined(parts: Sequence[Slopes]) -> Slopes:
    """Slopes of several batches as those of one."""
    if len(parts) == 1:
        return parts[0]
    first = parts[0]
    return Slopes(
        np.concatenate([one.indices for one in parts]),
        first.count,
        np.concatenate([one.scores for one in parts]),
        np.concatenate([one.outputs for one in parts]),
        first.places,
        tuple(_joined([one.inputs[k] for one in parts]) for k in range(len(first.inputs))),
        {path: _joined([one.sites[path] for one in parts]) for path in first.sites},
        first.guided,
        first.unguided,
    )


def _first(one: Slope) -> Slope:
    return Slope(one.values[:1], one.gradients[:1])


def _joined(parts: Sequence[Slope | None]) -> Slope | None:
    known = [one for one in parts if one is not None]
    if len(known) != len(parts):
        return None
    return Slope(np.concatenate([one.values for one in known]), np.concatenate([one.gradients for one in known]))
