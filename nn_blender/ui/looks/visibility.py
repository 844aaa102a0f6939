"""Switches for the parts of a network."""

from __future__ import annotations

from typing import Any

import bpy

from ...scene.looks.visibility import PARTS, is_shown, show_part, shown_parts
from ..common.active import active_network
from ..common.knowing import forget, known
from ..common.sidebar import NeedsNetwork


class NN_OT_show_part(NeedsNetwork, bpy.types.Operator):
    """Show or hide this part of the network, in the viewport and in renders"""

    bl_idname = "nn.show_part"
    bl_label = "Show or Hide Part"
    bl_options = {"REGISTER", "UNDO"}

    part: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Part",
        description="What to show or hide",
        items=[(part, label, f"The network's {label.lower()}") for part, label in PARTS.items()],
        options={"SKIP_SAVE"},
    )

    @classmethod
    def description(cls, context: bpy.types.Context, properties: bpy.types.OperatorProperties) -> str:
        name = PARTS[properties.part].lower()
        return (
            f"Show or hide the network's {name}, in the viewport and in renders. "
            "With Auto Keying on, a keyframe is inserted"
        )

    def execute(self, context: bpy.types.Context) -> set[str]:
        root = active_network(context)
        show_part(root, self.part, not is_shown(root, self.part))
        forget()
        return {"FINISHED"}


def draw_parts(layout: bpy.types.UILayout, root: bpy.types.Collection) -> None:
    """A switch for every part that the network has."""
    column = layout.column(align=True)
    for part, shown in known(root, shown_parts).items():
        icon: Any = "HIDE_OFF" if shown else "HIDE_ON"
        column.operator("nn.show_part", text=PARTS[part], icon=icon, depress=shown).part = part


CLASSES = (NN_OT_show_part,)


class OnWorkspace:
    look_parts: bpy.props.BoolProperty(name="Show", options=set())  # type: ignore[valid-type]
