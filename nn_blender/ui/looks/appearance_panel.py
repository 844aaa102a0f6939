"""The panel of a network's theme and glow, and of which of its parts are seen."""

from __future__ import annotations

import bpy

from ..common.active import active_network
from ..common.rooms import LOOK
from ..common.sidebar import RoomPanel, section
from .glow import draw_glow
from .visibility import draw_parts


class NN_PT_appearance(RoomPanel, bpy.types.Panel):
    bl_label = "Appearance"
    bl_order = 10
    room = LOOK

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        root = active_network(context)
        layout.row().prop(root.nn, "theme", expand=True)
        body = section(layout, "look_glow")
        if body is not None:
            draw_glow(body, context, root)
        body = section(layout, "look_parts")
        if body is not None:
            draw_parts(body, root)


CLASSES = (NN_PT_appearance,)
