"""Normalisation: from activations to glow, by the magnitudes that are dark and brightest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from .network import Network
from .recording import Statistics

RULES = ("layer", "neuron", "network", "fixed")
"""What is brightest: the highest magnitude of the layer, of the neuron, of the network, or a fixed one."""

SCALES = ("linear", "logarithmic")


class Range(NamedTuple):
    """From the most negative to the highest value that a layer's colours reach; ``low`` is 0 without negatives."""

    low: float
    high: float


@dataclass(frozen=True)
class Normalisation:
    """How activations become glow; magnitudes count, the sign shows as colour.

    Attributes:
        rule: one of `RULES`.
        scale: one of `SCALES`; a logarithmic one begins 3 decades below the brightest, or at ``dark`` if that is fixed.
        dark: for the rule ``fixed``, the magnitude up to which a neuron is dark.
        bright: for the rule ``fixed``, the magnitude from which on a neuron is brightest.
    """

    rule: str = "layer"
    scale: str = "linear"
    dark: float = 0.0
    bright: float = 1.0


def layer_ranges(network: Network, statistics: Statistics) -> dict[str, Range]:
    """Per layer the magnitudes over all samples, NaN and infinity left out; 0 to 1 where nothing is above 0."""
    ranges = {}
    for path, columns in network.neuron_slices().items():
        lowest, highest = statistics.lowest[columns], statistics.highest[columns]
        known = np.isfinite(lowest)
        low, high = float(lowest[known].min(initial=0.0)), float(highest[known].max(initial=0.0))
        size = max(-low, high)
        ranges[path] = Range(-size if low < 0 else 0.0, size if size > 0 else 1.0)
    return ranges
