"""The network's output for a class."""

from __future__ import annotations

from . import MEASURED, OUTPUT, QUANTITIES, Quantity

PROBABILITY = QUANTITIES.register(
    Quantity(name="probability", label="output", provenance=MEASURED, of=OUTPUT, per_sample=True)
)
