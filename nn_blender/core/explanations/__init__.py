"""Why a network answers as it does: one file per method, with its formula and its source."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ..quantities import DERIVED
from ..registry import Registry


@dataclass(frozen=True)
class Target:
    """The number that is explained: one that a network computes for a sample.

    Attributes:
        index: number of the class or value of an output, or of a neuron; None for the class at ``rank``.
        rank: place among the sample's classes, 0 for the one with the highest output; counts where there is no index.
        layer: path of the neuron's layer; empty for an output of the network, whose score is taken before softmax or
            sigmoid.
        output: number of the output; counts where there is no layer.
    """

    index: int | None = None
    rank: int = 0
    layer: str = ""
    output: int = 0


PREDICTED = Target()
"""The class with the highest output."""


@dataclass(frozen=True)
class Slopes:
    """Values at one place of a network, and how the score changes with each of them.

    Attributes:
        values: float32 (batch, …): of a layer (batch, positions…, channels), of an input in its shape, of tokens and
            texts (batch, steps, features), what they are embedded as.
        gradients: likewise, the derivatives of the score; 0 where it does not depend on the place.
        scores: float32 (batch,).
    """

    values: np.ndarray
    gradients: np.ndarray
    scores: np.ndarray


@dataclass(frozen=True)
class Variation:
    """What is made of the values at the inputs before the network goes on with them: scale · values + noise · n.

    Attributes:
        noise: standard deviation of n, in parts of the range of a sample's own values.
        seed: on which n depends, and on nothing else but the place of a value.
    """

    scale: float = 1.0
    noise: float = 0.0
    seed: int = 0


@dataclass(frozen=True)
class Entering:
    """An input as samples enter it.

    Attributes:
        sizes: of its axes of positions; of all its axes where ``is_separate``.
        is_separate: whether each of its values says something by itself, as tokens and features of a table do.
    """

    sizes: tuple[int, ...]
    is_separate: bool


class Unsuited(Exception):
    """A method cannot explain a score of this network; the message says why, as a part of a sentence."""


class Measured(Protocol):
    """A batch of samples in a network, with a target. What was measured once is not measured again.

    All methods may raise `Unsuited`.
    """

    @property
    def steps(self) -> int:
        """How many points or noisy copies a method that takes several uses."""
        ...

    def at_inputs(self, is_guided: bool = False) -> Sequence[Slopes]:
        """At every input of the network that has gradients, in their order.

        Args:
            is_guided: whether ReLUs let only positive slopes back.
        """
        ...

    def at_varied_inputs(self, variations: Sequence[Variation]) -> Sequence[Slopes]:
        """As `at_inputs`, but the gradients are the means of those after each variation."""
        ...

    def score_after(self, variation: Variation) -> np.ndarray:
        """The scores after a variation, float32 (batch,)."""
        ...

    def at_layer(self) -> Slopes:
        """At the layer whose maps are weighted, (batch, positions…, channels)."""
        ...

    def class_weights(self) -> np.ndarray:
        """How much the mean of each of that layer's maps counts for the score, float32 (batch, channels)."""
        ...

    def own_map(self) -> np.ndarray:
        """What the neuron that is explained gives at its layer's positions, float32 (batch, positions…)."""
        ...

    def entering(self) -> Sequence[Entering]:
        """The inputs of which parts can be covered, in their order."""
        ...

    def drops(self, number: int, windows: Sequence[tuple[slice, ...]]) -> np.ndarray:
        """By how much scores fall while a part of an input is covered, float32 (batch, windows).

        Args:
            number: of the input in `entering`.
            windows: of each, a slice per entry of its `Entering.sizes`.
        """
        ...


@dataclass(frozen=True)
class Method:
    """A way to explain a score.

    Attributes:
        name: as the command line, files and scenes have it.
        label: what panels and legends call it.
        description: what its values mean, one sentence for tooltips, without a full stop.
        formula: in words, for legends and docs; the file's docstring has it exactly, with its source.
        explain: the values, float32 (batch, …), one array for each that `Measured.at_inputs` gives and in its shape, or
            one of the layer's positions alone where `is_of_layer`. What comes of channels of images, and of features
            of tokens, is summed up afterwards, where not `is_signed` the largest is taken; what is of a layer is
            resized to the inputs. Raises `Unsuited`.
        total: of values that add up to a difference of scores, this difference, float32 (batch,); None of others.
        is_signed: whether values below 0 speak against the score; else they are 0 or more.
        is_of_layer: whether it gives values at a layer's positions: of the layer whose maps are weighted, which can be
            chosen, or of the neuron's own where ``needs_neuron``.
        needs_neuron: whether it explains only neurons, not outputs of the network.
        is_slow: whether it runs the network many times per sample.
        has_steps: whether it takes several points or copies of a sample, of which there can be more or fewer.
        provenance: whether its values are `MEASURED` or `DERIVED`.
        is_of_entering: whether it gives values in the sizes that `Measured.entering` tells instead.
    """

    name: str
    label: str
    description: str
    formula: str
    explain: Callable[[Measured], Sequence[np.ndarray]]
    is_signed: bool = False
    is_of_layer: bool = False
    needs_neuron: bool = False
    is_slow: bool = False
    has_steps: bool = False
    provenance: str = DERIVED
    is_of_entering: bool = False
    total: Callable[[Measured], np.ndarray] | None = None

    @property
    def weights_layer(self) -> bool:
        """Whether it weights the maps of a layer, which can be chosen."""
        return self.is_of_layer and not self.needs_neuron


METHODS: Registry[Method] = Registry(__name__)
