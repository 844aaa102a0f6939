"""The lowest and the highest value of a feature map, which its 256 levels lie between."""

from __future__ import annotations

from . import MAP, MEASURED, QUANTITIES, Quantity

MAP_RANGE = QUANTITIES.register(
    Quantity(name="map_range", label="feature map", provenance=MEASURED, of=MAP, per_sample=True)
)
