"""A neuron's mean activation over the samples of a true class; one attribute per class."""

from __future__ import annotations

from . import DERIVED, QUANTITIES, Quantity

CLASS_MEAN = QUANTITIES.register(
    Quantity(
        name="class_mean",
        label="mean activation by class",
        provenance=DERIVED,
        formula="mean(activation) over the samples of a class",
    )
)
