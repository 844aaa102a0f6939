"""What stands for a value of a network's theme, wherever there is one: each place says which value it holds.

So a theme is changed by writing values, see `theming`: nothing is made anew, and what users changed or added stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import bpy

from . import contract

RAMP = "color_ramp"
"""What marks call the colours of a node for colour ramps."""


@dataclass(frozen=True)
class Themed:
    """A value of the theme.

    Attributes:
        path: the names of the theme's fields down to the value, joined by dots: ``"surfaces.slab.colour"``.
    """

    path: str


def mark(owner: Any, place: str, themed: Themed | None) -> None:
    """Say which of the theme's values a place holds, or that it holds none.

    Args:
        owner: a data-block or a node.
        place: the name of the data-block's property, or the identifier of the node's input, or `RAMP`.
    """
    marks = dict(owner.get(contract.THEMED, {}))
    if themed is not None:
        owner[contract.THEMED] = {**marks, place: themed.path}
    elif marks.pop(place, None) is not None:
        owner[contract.THEMED] = marks


IN_SOLID = {
    **dict.fromkeys(("slab", "tray", "block"), "surfaces.slab.colour"),
    **dict.fromkeys(("input frame", "output frame", "closeup frame"), "surfaces.frame.colour"),
    **dict.fromkeys(("card", "cover", "composite", "input", "picture", "closeup"), "plain.map"),
    **dict.fromkeys(("explanation overlay", "explanation card", "explanation picture"), "plain.map"),
    **dict.fromkeys(("label", "texts", "title", "legend", "explanation label", "explanation texts"), "ink.text"),
    "explanation frame": "surfaces.frame.colour",
    "book": "surfaces.cover.colour",
    "neurons": "surfaces.neuron.colour",
    "connections": "ink.dim",
    "ribbon": "flow.main",
    "bars": "plain.bar_full",
    "bar tracks": "plain.bar_track",
    "floor": "ground.centre",
    "label right": "ink.right",
    "label wrong": "ink.wrong",
    "legend flow.main mark": "flow.main",
    "legend flow.skip mark": "flow.skip",
}
"""The colour that the Solid viewport shows an object in: by its role, and where that is not enough by role and part."""


def write_ramp(node: bpy.types.Node, ramp: Sequence[tuple[float, Sequence[float]]]) -> None:
    """Give a node for colour ramps other colours."""
    elements = node.color_ramp.elements
    while len(elements) > len(ramp):
        elements.remove(elements[-1])
    while len(elements) < len(ramp):
        elements.new(1.0)
    for element, (position, colour) in zip(elements, ramp, strict=True):
        element.position = position
        element.color = (*colour, 1.0)
