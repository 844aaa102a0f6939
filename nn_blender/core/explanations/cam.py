"""Where a layer's maps speak for the score, each as heavy as the last layer's weights make it.

Class activation maps: Zhou, Khosla, Lapedriza, Oliva and Torralba, "Learning Deep Features for Discriminative
Localization" (CVPR 2016), section 2, equation 2::

    map = max(0, Σ_k w_k · A_k), w_k the weight from the mean of map k to the score

The paper has no max(0, …); all class activation maps are shown with it here. It needs a network that ends in global
average pooling and one Dense layer, and is then Grad-CAM times the number of places.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from . import METHODS, Measured, Method


def explain(measured: Measured) -> Sequence[np.ndarray]:
    """The maps' weighted sum where it is above 0, (batch, positions…)."""
    weights = measured.class_weights()
    maps = measured.at_layer().values
    along = weights.reshape(len(weights), *(1,) * (maps.ndim - 2), weights.shape[1])
    return [np.maximum((along * maps).sum(axis=-1), 0)]


CAM = METHODS.register(
    Method(
        name="cam",
        label="CAM",
        description="Where the layer's feature maps speak for the class, each weighted as the last layer weights it",
        formula="sum of the layer's feature maps, each times its weight in the last layer, where above 0",
        explain=explain,
        is_of_layer=True,
    ),
    rank=3,
)
