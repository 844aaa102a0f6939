"""Influence: how much a class's logit falls without a neuron, averaged over samples; measured or estimated."""

from __future__ import annotations

from . import MEASURED, QUANTITIES, Quantity

INFLUENCE = QUANTITIES.register(
    Quantity(
        name="influence",
        label="influence",
        provenance=MEASURED,
        unit="logits",
        is_change=True,
        low="against the class",
        high="for the class",
        colour_number=1,
        colour_description="Orange neurons speak for the class, blue ones against it, grey ones are unknown",
        size_description="Neurons are larger the more the class depends on them, for or against",
    )
)
