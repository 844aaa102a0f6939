"""The lowest and the highest value of what an intervention adds to a feature map."""

from __future__ import annotations

from . import DERIVED, MAP, QUANTITIES, Quantity

CHANGE_RANGE = QUANTITIES.register(
    Quantity(
        name="change_range",
        label="change of the feature map",
        provenance=DERIVED,
        formula="feature map under the intervention - intact feature map",
        of=MAP,
        per_sample=True,
        is_change=True,
        low="less",
        zero="no change",
        high="more",
    )
)
