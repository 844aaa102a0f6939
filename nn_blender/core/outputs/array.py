"""Arrays: numbers of any shape, for all that is no other kind of output."""

from __future__ import annotations

from ..network import Layer
from ..texts import format_sizes
from . import OUTPUT_KINDS, OutputKind

LAST = 100


def _claims(layer: Layer) -> str:
    sizes = format_sizes(layer.output_shape)
    return f"its shape is {sizes}" if sizes else "it is a single number"


ARRAY = OUTPUT_KINDS.register(OutputKind("array", "Array", _claims), rank=LAST)
