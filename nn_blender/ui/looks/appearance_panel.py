"""The panel of a network's theme and glow, and of which of its parts are seen."""

from __future__ import annotations

import bpy

from ..common.active import active_network
from ..common.rooms import LOOK
from ..common.sidebar import RoomPanel, section
from .camera import draw_camera
from .glow import draw_glow
from .solid import draw_solid_hint
from .visibility import draw_parts


class NN_PT_appearance(RoomPanel, bpy.types.Panel):
    bl_label = "Appearance"
    bl_order = 10
    room = LOOK

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        root = active_network(context)
        draw_solid_hint(layout, context)
        layout.row().prop(root.nn, "theme", expand=True)
        draw_camera(layout, root)
        body = section(layout, "look_glow")
        if body is not None:
            draw_glow(body, context, root)
        body = section(layout, "look_parts")
        if body is not None:
            draw_parts(body, root)


CLASSES = (NN_PT_appearance,)
