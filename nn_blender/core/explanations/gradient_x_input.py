"""What every value of the input adds to the score, as far as the score is a straight line.

The gradient of the score times the input, summed over channels: Shrikumar, Greenside, Shcherbina and Kundaje, "Not Just
a Black Box: Learning Important Features Through Propagating Activation Differences" (2016), section 2.2, where it is
called gradient * input.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from . import METHODS, Measured, Method


def explain(measured: Measured) -> Sequence[np.ndarray]:
    """Input · ∂score / ∂input, values by values; they are summed over channels afterwards."""
    return [slopes.values * slopes.gradients for slopes in measured.at_inputs()]


GRADIENT_X_INPUT = METHODS.register(
    Method(
        name="gradient-x-input",
        label="Gradient × Input",
        description="What every pixel, step or feature adds to the score, judged by the gradient at this sample",
        formula="input times gradient of the score, summed over channels",
        explain=explain,
        is_signed=True,
    ),
    rank=-6,
)
