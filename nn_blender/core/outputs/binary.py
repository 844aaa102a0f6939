"""Binary: the probability that something is the case."""

from __future__ import annotations

import numpy as np

from ..network import PROBABILITIES, Layer
from . import OUTPUT_KINDS, OutputKind


def _claims(layer: Layer) -> str:
    if layer.output_shape != (1,):
        return ""
    activation = layer.activation if layer.activation in PROBABILITIES else ""
    if layer.class_name in PROBABILITIES:
        activation = layer.class_name
    return f"it gives one value after {activation}" if activation else ""


def no_and_yes(outputs: np.ndarray) -> np.ndarray:
    """Float32 (samples, 2): what the two cases get, from (samples, 1)."""
    return np.concatenate([1 - outputs, outputs], axis=1)


BINARY = OUTPUT_KINDS.register(OutputKind("binary", "Binary", _claims, no_and_yes))
