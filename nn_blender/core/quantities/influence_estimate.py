"""Estimated influence: what a class would lose without a neuron, were the network linear."""

from __future__ import annotations

from . import ESTIMATED, QUANTITIES, Quantity

INFLUENCE_ESTIMATE = QUANTITIES.register(
    Quantity(
        name="influence_estimate",
        label="influence",
        provenance=ESTIMATED,
        formula="activation * slope of the class's logit, averaged over samples",
        unit="logits",
        is_change=True,
        low="against the class",
        high="for the class",
    )
)
