"""The activation of a neuron."""

from __future__ import annotations

from . import GLOW_RULE, MEASURED, QUANTITIES, Quantity

ACTIVATION = QUANTITIES.register(
    Quantity(
        name="activation",
        label="activation",
        provenance=MEASURED,
        per_sample=True,
        range_rule=GLOW_RULE,
        low="negative",
        colour_number=0,
        colour_description="Neurons glow with their activation",
        size_description="Neurons are larger the more they glow",
    )
)
