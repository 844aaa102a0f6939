"""The change of an activation under an intervention; node groups compute it, no attribute holds it."""

from __future__ import annotations

from . import DERIVED, GLOW_RULE, QUANTITIES, Quantity

CHANGE = QUANTITIES.register(
    Quantity(
        name="change",
        label="change against the intact network",
        provenance=DERIVED,
        formula="activation - intact",
        per_sample=True,
        range_rule=GLOW_RULE,
        is_change=True,
        low="less",
        zero="no change",
        high="more",
    )
)
