"""What a neuron gives without the intervention that is in force."""

from __future__ import annotations

from . import GLOW_RULE, MEASURED, QUANTITIES, Quantity

INTACT = QUANTITIES.register(
    Quantity(
        name="intact",
        label="activation without the intervention",
        provenance=MEASURED,
        per_sample=True,
        range_rule=GLOW_RULE,
        low="negative",
    )
)
