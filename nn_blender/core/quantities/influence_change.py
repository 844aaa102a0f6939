"""The change of the class output that changes most without a neuron."""

from __future__ import annotations

from . import MEASURED, QUANTITIES, Quantity

INFLUENCE_CHANGE = QUANTITIES.register(
    Quantity(
        name="influence_change", label="change of the class that is affected most", provenance=MEASURED, is_change=True
    )
)
