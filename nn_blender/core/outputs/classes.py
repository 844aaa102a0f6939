"""Classes: one value per class, of which the highest is the answer."""

from __future__ import annotations

from ..network import Layer
from . import OUTPUT_KINDS, OutputKind


def _claims(layer: Layer) -> str:
    if len(layer.output_shape) != 1 or layer.output_shape[0] == 1:
        return ""
    return f"it gives {layer.neurons} values in a row" if layer.neurons else "it gives values in a row"


CLASSES = OUTPUT_KINDS.register(OutputKind("classes", "Classes", _claims))
