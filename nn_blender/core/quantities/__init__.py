"""Quantities that a scene holds of neurons, maps and outputs: one file each, which says all about one of them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from ..registry import Registry

MEASURED, DERIVED, ESTIMATED = "measured", "derived", "estimated"
"""Where a value comes from: the model computed it; measured values give it by a formula; it approximates one."""

NEURON, MAP, OUTPUT = "neuron", "map", "output"
"""What has a value of a quantity: a neuron, a feature map, or an output of the network."""

GLOW_RULE, LAYER = "glow rule", "layer"
"""What the colours of a quantity reach: what the user chose for the glow, or the largest magnitude of the layer."""

NO_COLOUR = -1


@dataclass(frozen=True)
class Quantity:
    """What numbers of one kind mean, and how they are shown.

    Attributes:
        name: of the attribute that holds it.
        label: what legend and panels call it.
        provenance: `MEASURED`, `DERIVED` or `ESTIMATED`.
        formula: of what is derived or estimated, from what.
        unit: empty for a plain number.
        of: `NEURON`, `MAP` or `OUTPUT`.
        per_sample: whether there is a value for each sample, and so an attribute for each.
        range_rule: `LAYER`, or `GLOW_RULE` for activation and what is compared with it.
        is_change: whether it is told from 0, less or more, and has the colours of a change.
        low, zero, high: words at the ends and in the middle of its colours.
        colour_number: what a scene's ``nn_colour_by`` is while neurons show it, never to be used for another one;
            `NO_COLOUR` where neurons cannot be coloured by it.
        colour_description: what neurons look like then.
        size_description: what their sizes mean when these show it.
    """

    name: str
    label: str
    provenance: str
    formula: str = ""
    unit: str = ""
    of: str = NEURON
    per_sample: bool = False
    range_rule: str = LAYER
    is_change: bool = False
    low: str = ""
    zero: str = "0"
    high: str = "highest"
    colour_number: int = NO_COLOUR
    colour_description: str = ""
    size_description: str = ""

    @property
    def title(self) -> str:
        """Its name as a heading.

        >>> Quantity("influence_estimate", "estimate", ESTIMATED).title
        'Influence Estimate'
        """
        return self.name.replace("_", " ").title()

    def attribute(self, sample: int | None = None) -> str:
        """The name of the attribute that holds it, for a quantity per sample that of the sample.

        >>> Quantity("activation", "activation", MEASURED, per_sample=True).attribute(7)
        'activation.7'
        """
        return self.name if sample is None else f"{self.name}.{sample}"

    def described(self, provenances: Collection[str] = ()) -> str:
        """What the legend calls it.

        Args:
            provenances: of its values where they are known one by one, as those of several layers.

        >>> Quantity("influence", "influence", MEASURED).described(["measured", "estimated"])
        'influence (partly estimated)'
        """
        stated = set(provenances) or {self.provenance}
        how = f"partly {ESTIMATED}" if ESTIMATED in stated and len(stated) > 1 else stated.pop()
        return f"{self.label} ({how}, in {self.unit})" if self.unit else f"{self.label} ({how})"


QUANTITIES: Registry[Quantity] = Registry(__name__)


def colour_quantities() -> list[Quantity]:
    """Those that neurons can be coloured and sized by, by their numbers."""
    numbered = [quantity for quantity in QUANTITIES if quantity.colour_number != NO_COLOUR]
    return sorted(numbered, key=lambda quantity: quantity.colour_number)


def colour_quantity(number: int) -> Quantity:
    """The one that neurons show under a number; the first where no quantity has it."""
    found = colour_quantities()
    return next((quantity for quantity in found if quantity.colour_number == number), found[0])
