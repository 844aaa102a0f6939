"""The line that tells which sample is shown, with arrows to the ones before and after it."""

from __future__ import annotations

import bpy


def draw_steps(layout: bpy.types.UILayout, name: str, shown: int, count: int) -> None:
    """Draw it.

    Args:
        name: of the sample; empty where it is told elsewhere.
        shown: its number, from 0.
        count: how many are in the scene.
    """
    row = layout.row(align=True)
    row.operator("nn.show_sample", text="", icon="TRIA_LEFT").step = -1
    text = row.row(align=True)
    text.alignment = "CENTER"
    place = f"{shown + 1} of {count}"
    text.label(text=f"{name}  ({place})" if name else place)
    row.operator("nn.show_sample", text="", icon="TRIA_RIGHT").step = 1
