"""Where a layer's maps speak for the score: the maps summed up, each as heavy as its gradient is on average.

Grad-CAM: Selvaraju, Cogswell, Das, Vedantam, Parikh and Batra, "Grad-CAM: Visual Explanations from Deep Networks via
Gradient-Based Localization" (ICCV 2017), section 3, equations 1 and 2::

    weight k = mean over positions of ∂score / ∂A_k
    map      = max(0, Σ_k weight k · A_k)
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from . import METHODS, Measured, Method


def explain(measured: Measured) -> Sequence[np.ndarray]:
    """The maps' weighted sum where it is above 0, (batch, positions…)."""
    slopes = measured.at_layer()
    positions = tuple(range(1, slopes.values.ndim - 1))
    weights = slopes.gradients.mean(axis=positions, keepdims=True)
    return [np.maximum((weights * slopes.values).sum(axis=-1), 0)]


GRAD_CAM = METHODS.register(
    Method(
        name="grad-cam",
        label="Grad-CAM",
        description="Where the layer's feature maps speak for the score, each weighted by its mean gradient",
        formula="sum of the layer's feature maps, each times the mean of its gradient, where above 0",
        explain=explain,
        is_of_layer=True,
    ),
    rank=0,
)
