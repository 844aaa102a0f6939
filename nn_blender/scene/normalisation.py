"""From activations to glow: which value is dark and which is brightest."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..core.network import Network
from ..core.recording import Recording


class Range(NamedTuple):
    """Values at or below ``low`` are dark, at or above ``high`` brightest."""

    low: float
    high: float


def layer_ranges(network: Network, recording: Recording) -> dict[str, Range]:
    """Per layer from 0 to the largest finite activation over all samples.

    A layer that is never above 0 keeps the range 0 to 1 and stays dark, as it should.
    """
    ranges = {}
    for path, columns in network.neuron_slices().items():
        values = recording.activations[:, columns]
        finite = values[np.isfinite(values)]
        largest = float(finite.max()) if finite.size else 0.0
        ranges[path] = Range(0.0, largest if largest > 0 else 1.0)
    return ranges
