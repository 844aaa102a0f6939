"""The four rooms of the sidebar: panels about one kind of work, of which one is shown at a time."""

from __future__ import annotations

from typing import Any

import bpy

NETWORK, SAMPLES, EXPERIMENT, LOOK = "NETWORK", "SAMPLES", "EXPERIMENT", "LOOK"
ROOMS = (
    (NETWORK, "Network", "Layers, blocks, inputs and the model itself", "NODETREE", 0),
    (SAMPLES, "Samples", "Samples with their answers, what is measured, and when it is shown", "IMAGE_DATA", 1),
    (EXPERIMENT, "Experiment", "What is switched, what that changes, and how much neurons matter", "EXPERIMENTAL", 2),
    (LOOK, "Look", "Theme, glow, feature maps, connections, level of detail, and renders", "SHADING_RENDERED", 3),
)
WIDE = 56
"""From so many letters in a line on the names of all rooms stand in one row."""


class OnWorkspace:
    room: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Room", description="Which panels the sidebar shows", items=ROOMS, options=set()
    )


def room_of(context: bpy.types.Context) -> str:
    """The room that the sidebar shows."""
    return str(context.workspace.nn.room)


def draw_rooms(layout: bpy.types.UILayout, context: bpy.types.Context, letters: int) -> None:
    """The four tabs, in two rows where the sidebar is too narrow for their names in one.

    Args:
        letters: that a line of the sidebar has room for.
    """
    grid: Any = layout.grid_flow(
        row_major=True, columns=4 if letters >= WIDE else 2, even_columns=True, even_rows=True, align=True
    )
    for room, name, _, icon, _ in ROOMS:
        grid.prop_enum(context.workspace.nn, "room", room, text=name, icon=icon)
