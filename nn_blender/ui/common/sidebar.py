"""Base classes and drawing helpers of the sidebar's panels."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from typing import Any, ClassVar

import bpy

from .active import active_network
from .rooms import room_of

NARROW = 36
"""Letters in a line of a sidebar of usual width."""
MARGIN, LETTER, FEWEST = 40.0, 5.9, 12
"""Of a line in the sidebar, in pixels at the interface's usual scale: what stands beside its text, the usual width of
a letter; and how many letters a line has at least."""
BESIDE = 40
"""Letters in a line from which on facts stand beside a picture."""
BLANK: int = bpy.types.UILayout.bl_rna.functions["label"].parameters["icon"].enum_items["BLANK1"].value
"""Number of the icon that shows nothing."""


class Sidebar:
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "NN"


class RoomPanel(Sidebar):
    """A panel that is shown in one of the rooms, once there is a network.

    Attributes:
        room: one of `rooms.ROOMS`.
    """

    room: ClassVar[str]

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return active_network(context) is not None and room_of(context) == cls.room


class ClosedPanel(RoomPanel):
    """A panel that is closed by default."""

    bl_options = {"DEFAULT_CLOSED"}


class NeedsNetwork:
    """For operators that work on the network that the panels show."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if active_network(context) is None:
            cls.poll_message_set("Import a network first")
            return False
        return True


def section(layout: bpy.types.UILayout, name: str) -> bpy.types.UILayout | None:
    """A part of a panel that can be closed, with a header of its own; None while it is closed.

    Args:
        name: of the property on the workspace that remembers whether it is open; its title is the property's.
    """
    remembered: Any = bpy.context.workspace.nn
    header, body = layout.panel_prop(remembered, name)
    header.label(text=remembered.bl_rna.properties[name].name)
    return body


def fields(layout: bpy.types.UILayout) -> bpy.types.UILayout:
    """A column of properties with their names on the left."""
    column = layout.column()
    column.use_property_split = True
    column.use_property_decorate = False
    return column


def letters_in_line() -> int:
    """How many letters a line of the sidebar that is being drawn has room for."""
    region = bpy.context.region
    if region is None or region.type != "UI":
        return NARROW
    width = region.width / bpy.context.preferences.system.ui_scale
    return max(int((width - MARGIN) / LETTER), FEWEST)


def draw_lines(layout: bpy.types.UILayout, text: str, icon: Any = "NONE", width: int | None = None) -> None:
    """Draw a text of any length: labels do not wrap by themselves.

    Args:
        icon: before the first line; further lines stand below its text.
        width: letters in a line; None for as many as the sidebar has room for.
    """
    column = layout.column(align=True)
    letters = letters_in_line() - (4 if icon != "NONE" else 0) if width is None else width
    for number, line in enumerate(textwrap.wrap(text, letters, break_on_hyphens=False)):
        column.label(text=line, icon="BLANK1" if number and icon != "NONE" else icon)


def draw_facts(layout: bpy.types.UILayout, *facts: tuple[str, str], names: float = 0.4) -> None:
    """Names with values on their right; ``names`` is the share of the width that the names have."""
    column = layout.column(align=True)
    for name, value in facts:
        split = column.split(factor=names)
        label = split.row()
        label.alignment = "RIGHT"
        label.active = False
        label.label(text=name)
        split.label(text=value)


def draw_picture(layout: bpy.types.UILayout, picture: int, scale: float) -> None:
    """A picture by its icon's number; where there is none, or not yet, its room, so that what is below stays there."""
    layout.template_icon(icon_value=picture or BLANK, scale=scale)


def draw_beside(
    layout: bpy.types.UILayout, picture: int, scale: float, *facts: tuple[str, str], names: float = 0.43
) -> None:
    """A picture, and facts on its right where the sidebar has room for both, else below; see `draw_facts`."""
    if letters_in_line() < BESIDE:
        draw_picture(layout, picture, scale)
        draw_facts(layout, *facts)
        return
    split = layout.split(factor=0.39)
    draw_picture(split.column(), picture, scale)
    draw_facts(split.column(), *facts, names=names)


def list_ranks(order: Sequence[int]) -> list[int]:
    """Where each item of a list stands, for `bpy.types.UIList.filter_items`, from their numbers in the order shown."""
    ranks = [0] * len(order)
    for rank, number in enumerate(order):
        ranks[number] = rank
    return ranks


def format_number(value: float | None) -> str:
    """Three digits; what is neither finite nor known is said to be so."""
    return "not finite" if value is None or not math.isfinite(value) else f"{value:.3g}"


def format_share(value: float | None) -> str:
    return "not finite" if value is None or not math.isfinite(value) else f"{value:.1%}"
