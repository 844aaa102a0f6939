"""How much the score changes with every value of the input.

The gradient of the score with respect to the input, its largest magnitude over channels: Simonyan, Vedaldi and
Zisserman, "Deep Inside Convolutional Networks: Visualising Image Classification Models and Saliency Maps" (2014),
section 3.1.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from . import METHODS, Measured, Method


def explain(measured: Measured) -> Sequence[np.ndarray]:
    """|∂score / ∂input|, values by values; the worker takes the largest of an image's channels."""
    return [np.abs(slopes.gradients) for slopes in measured.at_inputs()]


GRADIENT = METHODS.register(
    Method(
        name="gradient",
        label="Gradient",
        description="How much the score changes with every pixel, step or feature, whether up or down",
        formula="largest magnitude over channels of the score's gradient",
        explain=explain,
    ),
    rank=-10,
)
