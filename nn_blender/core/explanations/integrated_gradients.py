"""What every value of the input adds to the score on the way from an input of zeros.

Integrated gradients: Sundararajan, Taly and Yan, "Axiomatic Attribution for Deep Networks" (ICML 2017), section 3::

    input · mean over points of ∂score / ∂input at (point · input), points from 0 to 1

The integral is taken by the midpoint rule: point k of n is (k + 1/2) / n. The values add up to the score of the sample
less that of the input of zeros (completeness, Proposition 1), but for the error of this rule.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from . import METHODS, Measured, Method, Variation


def explain(measured: Measured) -> Sequence[np.ndarray]:
    """Input · mean gradient along the way, values by values; they are summed over channels afterwards."""
    points = [Variation(scale=(number + 0.5) / measured.steps) for number in range(measured.steps)]
    return [slopes.values * slopes.gradients for slopes in measured.at_varied_inputs(points)]


def total(measured: Measured) -> np.ndarray:
    """score(input) - score(0)."""
    return measured.score_after(Variation()) - measured.score_after(Variation(scale=0.0))


INTEGRATED_GRADIENTS = METHODS.register(
    Method(
        name="integrated-gradients",
        label="Integrated Gradients",
        description="What every pixel, step or feature adds to the score on the way from an input of zeros",
        formula="input times the score's mean gradient on the way from zeros, summed over channels",
        explain=explain,
        total=total,
        is_signed=True,
        is_slow=True,
        has_steps=True,
    ),
    rank=-8,
)
