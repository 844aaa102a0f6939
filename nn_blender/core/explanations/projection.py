"""Where in the input a neuron answers: its positive activation, laid over the input.

A neuron's activation at every position of its layer, where it is above 0, resized to the input. It needs no gradient
and says where the neuron is active, not what the network makes of it. This is how the article that this project
continues reads saliency maps: "project the activation of neurons onto the input image".
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from . import METHODS, Measured, Method


def explain(measured: Measured) -> Sequence[np.ndarray]:
    """max(0, activation), (batch, positions…)."""
    return [np.maximum(measured.own_map(), 0)]


PROJECTION = METHODS.register(
    Method(
        name="projection",
        label="Projected Activation",
        description="Where in the sample the neuron is active",
        formula="the neuron's positive activation at its layer's positions, resized to the input",
        explain=explain,
        is_of_layer=True,
        needs_neuron=True,
    ),
    rank=8,
)
