"""The panel of the model itself: its file, how it was read, and what runs it."""

from __future__ import annotations

from pathlib import Path

import bpy

from ...scene.network.description import unreadable
from ..common.active import active_network
from ..common.knowing import known_description
from ..common.rooms import NETWORK
from ..common.sidebar import ClosedPanel, draw_facts, draw_lines, section
from ..tensorflow.worker_drawing import draw_worker


class NN_PT_model(ClosedPanel, bpy.types.Panel):
    bl_label = "Model"
    bl_order = 40
    room = NETWORK

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        root = active_network(context)
        about = known_description(root)
        if about is None:
            draw_lines(layout, unreadable(root).message, "ERROR")
        else:
            draw_facts(layout, ("Name", about.network.name), ("File", Path(about.network.file).name))
            notes = layout.column(align=True)
            for note in about.notes:
                draw_lines(notes, note)
        body = section(layout, "model_worker")
        if body is not None:
            draw_worker(body, root, about)


CLASSES = (NN_PT_model,)
