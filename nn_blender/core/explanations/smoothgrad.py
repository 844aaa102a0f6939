"""The gradient, with what changes from one pixel to the next at random averaged out.

SmoothGrad: Smilkov, Thorat, Kim, Viégas and Wattenberg, "SmoothGrad: removing noise by adding noise" (2017),
section 2::

    mean over copies of ∂score / ∂input at (input + noise), noise normally distributed

The gradients are averaged with their signs, over as many copies as there are steps; noise has a standard deviation of
0.15 of the sample's range, in the middle of the 10 to 20 % that section 3 recommends.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from . import METHODS, Measured, Method, Variation

NOISE = 0.15
"""Standard deviation in parts of the sample's range."""


def explain(measured: Measured) -> Sequence[np.ndarray]:
    """|mean gradient of noisy copies|, values by values; the largest of an image's channels counts."""
    copies = [Variation(noise=NOISE, seed=number) for number in range(measured.steps)]
    return [np.abs(slopes.gradients) for slopes in measured.at_varied_inputs(copies)]


SMOOTHGRAD = METHODS.register(
    Method(
        name="smoothgrad",
        label="SmoothGrad",
        description="How much the score changes with every pixel, step or feature, averaged over noisy copies",
        formula="largest magnitude over channels of the score's mean gradient over noisy copies",
        explain=explain,
        is_slow=True,
        has_steps=True,
    ),
    rank=-9,
)
