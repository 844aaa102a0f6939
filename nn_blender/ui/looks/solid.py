"""What the Solid view shows, and the button to where maps and glow are seen."""

from __future__ import annotations

import bpy

from ..common.sidebar import NeedsNetwork
from ..common.viewport import show_materials


class NN_OT_show_materials(NeedsNetwork, bpy.types.Operator):
    """Show maps and glow in this viewport: Blender's Material Preview, with the scene's lights"""

    bl_idname = "nn.show_materials"
    bl_label = "Show Maps and Glow"

    def execute(self, context: bpy.types.Context) -> set[str]:
        space = context.space_data
        if space is None or space.type != "VIEW_3D" or not show_materials(space):
            self.report({"WARNING"}, "Only a 3D viewport of an engine with materials can show them")
            return {"CANCELLED"}
        return {"FINISHED"}


def draw_solid_hint(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """In a Solid view: what its colours mean, and where the rest is to be seen."""
    space = context.space_data
    if space is None or space.type != "VIEW_3D" or space.shading.type not in ("SOLID", "WIREFRAME"):
        return
    if space.shading.type == "SOLID" and space.shading.color_type == "OBJECT":
        layout.label(text="Solid: colour = a layer's mean activation")
    layout.operator("nn.show_materials", icon="SHADING_TEXTURE")


CLASSES = (NN_OT_show_materials,)
