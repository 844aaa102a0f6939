"""The number of the class whose output changes most without a neuron."""

from __future__ import annotations

from . import MEASURED, QUANTITIES, Quantity

INFLUENCE_CLASS = QUANTITIES.register(
    Quantity(name="influence_class", label="class that is affected most", provenance=MEASURED)
)
