"""How the maps look that explain answers: properties of the object that holds them, which can be animated."""

from __future__ import annotations

from dataclasses import dataclass

import bpy

from ..base import contract
from ..base.colour_maps import COLOUR_MAPS, Ramp
from ..base.themed import Themed

RULES = ("sample", "samples")
"""What colours reach: the largest magnitude of all maps of the sample shown, or that of all samples."""
FULL_AT = {False: 1.0, True: 0.4}
"""By whether single values reach far above all others."""
LEAST_FULL_AT = 0.01
DEFAULT_COLOURS = {False: "heat", True: "diverging"}
"""By whether values are signed."""
SHARES = {
    contract.OPACITY_OF_MAPS: (0.7, "How opaque the maps are over the sample where they say most"),
    contract.THRESHOLD: (0.1, "Share of what the colours reach below which nothing is drawn over the sample"),
    contract.SAMPLE_BELOW: (1.0, "How much is seen of the sample below the maps beside the input"),
}
"""By property what it is at first, and what it means."""


@dataclass(frozen=True)
class ExplanationLook:
    """What of the look is no animated share.

    Attributes:
        colours: one of `colour_maps.COLOUR_MAPS`, centred where values are signed.
        rule: one of `RULES`.
        full_at: share of that magnitude, above 0 up to 1, from which on colours are full.
    """

    colours: str
    rule: str = RULES[0]
    full_at: float = 1.0


def colours_for(is_signed: bool) -> tuple[str, ...]:
    """Names of the colour maps for values of that kind."""
    return tuple(name for name, colours in COLOUR_MAPS.items() if colours.centred == is_signed)


def prepare_holder(holder: bpy.types.Object, is_signed: bool, full_at: float | None) -> None:
    """Give the object what drivers follow, before there are any; colours that do not fit the values become others.

    Args:
        full_at: see `ExplanationLook`; None for what it was before.
    """
    if full_at is not None:
        holder[contract.FULL_AT] = full_at
    for name, (share, description) in SHARES.items():
        if name not in holder:
            holder[name] = share
            limits = {"min": 0.0, "max": 1.0, "description": description}
            holder.id_properties_ui(name).update(**limits)  # type: ignore[func-returns-value]
    if contract.EXPLANATION_RULE not in holder:
        holder[contract.EXPLANATION_RULE] = 0
    holder[contract.EXPLANATION_SIGNED] = float(is_signed)
    if get_look(holder).colours not in colours_for(is_signed) or contract.EXPLANATION_COLOURS not in holder:
        holder[contract.EXPLANATION_COLOURS] = list(COLOUR_MAPS).index(DEFAULT_COLOURS[is_signed])


def get_look(holder: bpy.types.Object) -> ExplanationLook:
    names = tuple(COLOUR_MAPS)
    number = min(max(int(holder.get(contract.EXPLANATION_COLOURS, 0)), 0), len(names) - 1)
    return ExplanationLook(names[number], RULES[int(holder.get(contract.EXPLANATION_RULE, 0) > 0)], _full_at(holder))


def write_look(holder: bpy.types.Object, look: ExplanationLook) -> None:
    holder[contract.EXPLANATION_COLOURS] = list(COLOUR_MAPS).index(look.colours)
    holder[contract.EXPLANATION_RULE] = RULES.index(look.rule)
    holder[contract.FULL_AT] = look.full_at
    # Drivers do not hear of custom properties that Python sets.
    holder.update_tag()


def _full_at(holder: bpy.types.Object) -> float:
    return min(max(float(holder.get(contract.FULL_AT, 1.0)), LEAST_FULL_AT), 1.0)


def ramp_of(holder: bpy.types.Object) -> Ramp | Themed:
    return COLOUR_MAPS[get_look(holder).colours].ramp
