"""The gradient as it is where no ReLU on the way back lets anything through that speaks against the score.

Guided backpropagation: Springenberg, Dosovitskiy, Brox and Riedmiller, "Striving for Simplicity: The All Convolutional
Net" (2015), section 3.4: the slope at a ReLU's input is that at its output where both the output and that slope are
above 0, else 0. What comes out depends on the sample more than on the class: Adebayo, Gilmer, Muelly, Goodfellow, Hardt
and Kim, "Sanity Checks for Saliency Maps" (2018).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from . import METHODS, Measured, Method


def explain(measured: Measured) -> Sequence[np.ndarray]:
    """|guided gradient|, values by values; the largest of an image's channels counts."""
    return [np.abs(slopes.gradients) for slopes in measured.at_inputs(is_guided=True)]


GUIDED_BACKPROP = METHODS.register(
    Method(
        name="guided-backprop",
        label="Guided Backpropagation",
        description="Which details of the sample the ReLUs answer to that speak for the score",
        formula="largest magnitude over channels of the score's gradient, ReLUs letting only positive slopes back",
        explain=explain,
    ),
    rank=-4,
)
