"""Where a layer's maps speak for the score, every place weighted by its own gradient.

LayerCAM: Jiang, Zhang, Hou, Cheng and Wei, "LayerCAM: Exploring Hierarchical Class Activation Maps for Localization"
(IEEE Transactions on Image Processing, 2021), section III-B, equations 5 to 7::

    map = max(0, Σ_k max(0, ∂score / ∂A_k) · A_k), place by place
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from . import METHODS, Measured, Method


def explain(measured: Measured) -> Sequence[np.ndarray]:
    """The maps times their positive gradients, summed where that is above 0, (batch, positions…)."""
    slopes = measured.at_layer()
    return [np.maximum((np.maximum(slopes.gradients, 0) * slopes.values).sum(axis=-1), 0)]


LAYER_CAM = METHODS.register(
    Method(
        name="layer-cam",
        label="LayerCAM",
        description="Where the layer's feature maps speak for the score, every place by its own gradient",
        formula="sum of the layer's feature maps, each times its positive gradient at every place, where above 0",
        explain=explain,
        is_of_layer=True,
    ),
    rank=2,
)
