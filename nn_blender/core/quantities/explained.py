"""What it takes to show the map that explains a score: its cell in the picture, and what its colours reach."""

from __future__ import annotations

from . import DERIVED, MAP, QUANTITIES, Quantity

EXPLAINED = QUANTITIES.register(
    Quantity(
        name="explained",
        label="explanation",
        provenance=DERIVED,
        formula="number of the cell, and the largest magnitude of all maps of the sample",
        of=MAP,
        per_sample=True,
    )
)
