"""The orders that neurons can be sorted in, by what was measured of them; `placing` then moves them."""

from __future__ import annotations

from typing import Any

import bpy
import numpy as np

from ..base import contract, meshes
from ..base.find import objects
from ..layers.statistics import layer_class_means, layer_statistic
from ..samples.timeline import shown_sample
from .placing import sort_layer, unsort_layer
from .reason_marks import follow_reason_marks

ORDERS = ("index", "activation", "mean", "class", "influence")
"""By number; by the activation for the sample shown; by its mean over all samples; by the class that a neuron answers
to most and, within a class, by how much more than to the others; by influence. Highest first."""


def set_order(scene: bpy.types.Scene, root: bpy.types.Collection, layer: str, by: str) -> bool:
    """Let a layer's neurons stand by one of `ORDERS`; False where what that needs was not measured."""
    if by == "index":
        unsort_layer(root, layer)
        follow_reason_marks(root)
        return True
    values, obj = _values(scene, root, layer, by), next(objects(root, "neurons", layer), None)
    if values is None or not values.size or obj is None:
        return False
    values = values[: len(obj.data.vertices)]
    # NaN comes last; of equal neurons the one with the lower number is first.
    sort_layer(root, layer, np.lexsort((np.arange(len(values)), *_descending(values))))
    follow_reason_marks(root)
    return True


def _descending(values: np.ndarray) -> tuple[np.ndarray, ...]:
    return -np.nan_to_num(values, nan=0.0), np.isnan(values)


def _values(scene: bpy.types.Scene, root: bpy.types.Collection, layer: str, by: str) -> np.ndarray | None:
    """Float (neurons,), by which they are sorted; None where it was not measured."""
    if by == "mean":
        return layer_statistic(root, layer, "mean")
    if by == "class":
        means = layer_class_means(root, layer)
        return None if means is None or len(means) < 2 else _by_class(means)
    obj: Any = next(objects(root, "neurons", layer), None)
    name = contract.INFLUENCE if by == "influence" else contract.sampled(contract.ACTIVATION, shown_sample(scene, root))
    return meshes.read_floats(obj.data, name) if obj is not None and name in obj.data.attributes else None


def _by_class(means: np.ndarray) -> np.ndarray:
    """One number per neuron that is higher the earlier the class with its highest mean comes; ``means`` is
    (classes, neurons). Within a class it is higher the further that mean is above the mean of the others.
    """
    exact = np.nan_to_num(means.astype(np.float64), nan=-np.inf, posinf=np.finfo(np.float64).max)
    best, highest = exact.argmax(axis=0), exact.max(axis=0)
    rest = (exact.sum(axis=0) - highest) / (len(exact) - 1)
    ahead = np.where(np.isfinite(highest) & np.isfinite(rest), highest - rest, 0.0)
    within = ahead / (ahead.max(initial=0.0) + 1.0)
    return within - best
