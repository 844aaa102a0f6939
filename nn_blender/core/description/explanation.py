"""An explanation in a scene: the dataclasses of its description. The maps themselves are packed pictures."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..explanations import Target


@dataclass(frozen=True)
class ExplainedTarget:
    """What was explained of every sample that was.

    Attributes:
        target: as it was asked for.
        indices: number of the class, value or neuron, by sample.
        scores: before softmax or sigmoid, likewise; None where that is not finite.
        outputs: after it, likewise; None of neurons.
        sums: of all values of all maps, likewise; empty where they add up to nothing that is known.
        totals: the difference of scores that these should add up to, likewise.
        is_intact: whether it is of the network without its intervention, to compare with.
    """

    target: Target
    indices: tuple[int, ...]
    scores: tuple[float | None, ...]
    outputs: tuple[float | None, ...]
    sums: tuple[float | None, ...] = ()
    totals: tuple[float | None, ...] = ()
    is_intact: bool = False


@dataclass(frozen=True)
class Explanation:
    """Maps of a network's samples that say what a score depends on.

    Attributes:
        method: name of the `core.explanations.Method`.
        samples: numbers of the samples that were explained, in the order of the timeline.
        targets: what was; each has a map.
        inputs: names of those of the network's inputs that have maps.
        layer: path of the layer whose maps were weighted; empty where the method weights none.
        chosen_layer: the one that was asked for; empty for the last one that fits.
        steps: how many points or noisy copies a method that takes several used.
        key: a hash of all that the maps depend on but for the intervention.
        intervention: key of the one in force; empty for the intact network.
        notes: what is not as one might expect, for users.
    """

    method: str
    samples: tuple[int, ...]
    targets: tuple[ExplainedTarget, ...]
    inputs: tuple[str, ...]
    layer: str = ""
    chosen_layer: str = ""
    steps: int = 0
    key: str = ""
    intervention: str = ""
    notes: tuple[str, ...] = ()

    def place_of(self, sample: int) -> int | None:
        """Which of the explained samples a sample is; None where it is none of them."""
        return self.samples.index(sample) if sample in self.samples else None


def finite(values: np.ndarray) -> tuple[float | None, ...]:
    """Numbers for JSON, which knows none that are not finite."""
    return tuple(float(value) if math.isfinite(value) else None for value in values)
