"""The loss of accuracy without a neuron."""

from __future__ import annotations

from . import MEASURED, QUANTITIES, Quantity

INFLUENCE_ACCURACY = QUANTITIES.register(
    Quantity(
        name="influence_accuracy",
        label="loss of accuracy",
        provenance=MEASURED,
        unit="shares of the samples",
        is_change=True,
    )
)
