"""The largest magnitude that a neuron's activation reaches."""

from __future__ import annotations

from . import DERIVED, QUANTITIES, Quantity

PEAK = QUANTITIES.register(
    Quantity(name="peak", label="largest activation", provenance=DERIVED, formula="max(|activation|) over all samples")
)
