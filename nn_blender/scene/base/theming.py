"""Writes the values of a theme into data-blocks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import bpy

from . import contract
from .theme import Theme, Value
from .themed import RAMP, write_ramp

TOLERANCE = 1e-5
"""How far what Blender stores, in 32 bits, may be from what was written."""


def use_theme(block: bpy.types.ID, theme: Theme) -> None:
    """Write a theme's values into a data-block where it is marked to hold them.

    What differs from what was written there before was changed by the user, and stays.
    """
    block[contract.THEME] = theme.name
    for owner, place, path in list(_marks(block)):
        written = dict(owner.get(contract.WRITTEN, {})).get(place)
        if written is None or _is_same(_read(owner, place), written):
            write_value(owner, place, theme.value(path))


def write_value(owner: Any, place: str, value: Value) -> None:
    """Write a theme's value, and remember it; see `themed.mark` for owner and place."""
    _write(owner, place, value)
    numbers = [float(number) for number in _flat(value)]
    owner[contract.WRITTEN] = {**dict(owner.get(contract.WRITTEN, {})), place: numbers}


def _marks(block: Any) -> Iterator[tuple[Any, str, str]]:
    """What holds a value of the theme, where in it, and which."""
    tree = block if isinstance(block, bpy.types.NodeTree) else getattr(block, "node_tree", None)
    for owner in (block, *(tree.nodes if tree is not None else ())):
        for place, path in dict(owner.get(contract.THEMED, {})).items():
            yield owner, place, path


def _is_same(value: Any, written: Any) -> bool:
    found, wanted = _flat(value), _flat(written)
    # Colours in Blender have alpha where those of themes have none.
    return len(found) - len(wanted) in (0, 1) and all(
        abs(one - other) < TOLERANCE for one, other in zip(found, wanted, strict=False)
    )


def _flat(value: Any) -> list[float]:
    return [value] if isinstance(value, int | float) else [number for part in value for number in _flat(part)]


def _read(owner: Any, place: str) -> Any:
    if place == RAMP:
        return [(stop.position, stop.color[:3]) for stop in owner.color_ramp.elements]
    holder, name = _holder(owner, place)
    return getattr(holder, name)


def _write(owner: Any, place: str, value: Any) -> None:
    if place == RAMP:
        write_ramp(owner, value)
        return
    holder, name = _holder(owner, place)
    has_alpha = isinstance(value, tuple) and len(getattr(holder, name)) > len(value)
    setattr(holder, name, (*value, 1.0) if has_alpha else value)


def _holder(owner: Any, place: str) -> tuple[Any, str]:
    """What has the place as a property, and that property's name."""
    if not isinstance(owner, bpy.types.Node):
        return owner, place
    return next(socket for socket in owner.inputs if socket.identifier == place), "default_value"
