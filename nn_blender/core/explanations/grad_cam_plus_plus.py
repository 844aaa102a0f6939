"""Where a layer's maps speak for the score, small places counting as much as large ones.

Grad-CAM++: Chattopadhay, Sarkar, Howlader and Balasubramanian, "Grad-CAM++: Generalized Gradient-based Visual
Explanations for Deep Convolutional Networks" (WACV 2018), section 3, equations 5, 19 and 20. Published programs read it
differently; here, with g = ∂score / ∂A_k at a place::

    share    = g² / (2 g² + g³ · Σ over places of A_k), and 0 where that is 0 / 0
    weight k = Σ over places of share · max(0, g)
    map      = max(0, Σ_k weight k · A_k)

The paper explains Y = exp(score), whose second and third derivatives are exp(score) g² and exp(score) g³ where the
score is a straight line. The factor exp(score), the same for the whole map, falls out of the share (the paper's alpha)
and is left out of the weights, in which it would only change the map's scale.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from . import METHODS, Measured, Method


def explain(measured: Measured) -> Sequence[np.ndarray]:
    """The maps' weighted sum where it is above 0, (batch, positions…)."""
    slopes = measured.at_layer()
    maps, slope = slopes.values.astype(np.float64), slopes.gradients.astype(np.float64)
    positions = tuple(range(1, maps.ndim - 1))
    below = 2 * slope**2 + slope**3 * maps.sum(axis=positions, keepdims=True)
    share = np.divide(slope**2, below, out=np.zeros_like(slope), where=below != 0)
    weights = (share * np.maximum(slope, 0)).sum(axis=positions, keepdims=True)
    return [np.maximum((weights * maps).sum(axis=-1), 0).astype(np.float32)]


GRAD_CAM_PLUS_PLUS = METHODS.register(
    Method(
        name="grad-cam-plus-plus",
        label="Grad-CAM++",
        description="Where the layer's feature maps speak for the score, small places counting as much as large ones",
        formula="sum of the layer's feature maps, each times its positive gradients weighted place by place, above 0",
        explain=explain,
        is_of_layer=True,
    ),
    rank=1,
)
