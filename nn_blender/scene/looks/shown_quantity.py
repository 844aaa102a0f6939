"""The quantities that the colours and sizes of neurons show."""

from __future__ import annotations

import bpy

from ...core.quantities import QUANTITIES, Quantity, colour_quantity
from ..base import contract

SAME = "same"
"""What sizes are called that show no quantity."""


def colour_by(root: bpy.types.Collection) -> Quantity:
    """What neurons show as their colour; see `stage.legend.set_colour_by`."""
    return colour_quantity(int(root.get(contract.COLOUR_BY, 0)))


def size_by(root: bpy.types.Collection) -> str:
    """The name of the quantity that neurons show as their size, or `SAME`."""
    number = int(root.get(contract.SIZE_BY, 0))
    return colour_quantity(number - 1).name if number > 0 else SAME


def set_size_by(root: bpy.types.Collection, name: str) -> None:
    """Size neurons by the quantity of that name, or by none where it is `SAME`."""
    root[contract.SIZE_BY] = 0 if name == SAME else QUANTITIES.find(name).colour_number + 1
    # Drivers do not hear of custom properties that Python sets.
    root.update_tag()
