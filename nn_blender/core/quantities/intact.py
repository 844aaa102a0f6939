"""The activation of a neuron in the intact network."""

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
