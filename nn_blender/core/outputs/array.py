"""Arrays: numbers of any shape, for all that is no other kind of output."""

from __future__ import annotations

from ..network import CHOSEN
from ..texts import format_sizes
from . import OUTPUT_KINDS, Claim, OutputKind
from .endings import Ending

LAST = 100


def _claims(ending: Ending) -> Claim:
    sizes = format_sizes(ending.layer.output_shape)
    return Claim(f"its shape is {sizes}" if sizes else "it is a single number")


ARRAY = OUTPUT_KINDS.register(OutputKind("array", "Array", _claims, lambda _: Claim(CHOSEN)), rank=LAST)
