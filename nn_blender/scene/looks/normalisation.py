"""From activations to glow: which magnitude is dark and which is brightest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import bpy
import numpy as np

from ...core.network import Network
from ...core.recording import Statistics
from ..base import contract

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


def set_normalisation(root: bpy.types.Collection, normalisation: Normalisation) -> None:
    """Let the node groups use another rule; nothing is computed or written anew."""
    root[contract.GLOW_RULE] = RULES.index(normalisation.rule)
    root[contract.GLOW_SCALE] = SCALES.index(normalisation.scale)
    root[contract.GLOW_DARK] = normalisation.dark if normalisation.rule == "fixed" else 0.0
    root[contract.GLOW_BRIGHT] = normalisation.bright
    # Drivers do not hear of custom properties that Python sets.
    root.update_tag()


def get_normalisation(root: bpy.types.Collection) -> Normalisation:
    rule = min(max(int(root.get(contract.GLOW_RULE, 0)), 0), len(RULES) - 1)
    scale = min(max(int(root.get(contract.GLOW_SCALE, 0)), 0), len(SCALES) - 1)
    dark, bright = (float(root.get(name, 0.0)) for name in (contract.GLOW_DARK, contract.GLOW_BRIGHT))
    return Normalisation(RULES[rule], SCALES[scale], dark, bright)
