"""Between which values activation functions stay, and which neurons hardly leave them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

NEAR = 0.01
"""How near to a bound is at the bound, as a share of the distance between the bounds."""

OFTEN = 0.95
"""In which share of the samples a saturated neuron is at a bound."""


@dataclass(frozen=True)
class Bounds:
    """The lowest and highest value of an activation function.

    Attributes:
        is_rest: whether the lowest value is that of a neuron at rest, which is not saturated there.
    """

    low: float
    high: float
    is_rest: bool = False

    def near(self, values: np.ndarray) -> np.ndarray:
        """Which activations are at a bound."""
        margin = NEAR * (self.high - self.low)
        at_top = values >= self.high - margin
        return at_top if self.is_rest else at_top | (values <= self.low + margin)


BOUNDS = {
    "sigmoid": Bounds(0.0, 1.0),
    "hard_sigmoid": Bounds(0.0, 1.0),
    "softmax": Bounds(0.0, 1.0),
    "tanh": Bounds(-1.0, 1.0),
    "hard_tanh": Bounds(-1.0, 1.0),
    "soft_sign": Bounds(-1.0, 1.0),
    "softsign": Bounds(-1.0, 1.0),
    "relu6": Bounds(0.0, 6.0, is_rest=True),
}
"""By Keras's name of the activation function. The others have no upper bound."""

UNKNOWN_BOUNDS = ("ReLU",)
"""Classes of layers whose upper bound is a setting that scenes do not hold."""


def bounds_of(class_name: str, activation: str) -> Bounds | None:
    """The bounds of a layer's activations; None where there are none.

    Args:
        class_name: of the layer, which may be an activation function of its own.
        activation: Keras's name, empty where there is none.
    """
    return BOUNDS.get(activation or class_name.lower())
