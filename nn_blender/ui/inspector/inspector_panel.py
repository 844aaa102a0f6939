"""The inspector: a panel that shows, at the top of every room, what was chosen last."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import bpy

from ..common.active import BLOCK, LAYER, NETWORK, NEURON, OUTPUT, SAMPLE, active_network
from ..common.sidebar import Sidebar
from . import block, layer, network, neuron, output, sample

PARTS: dict[str, Any] = {
    NETWORK: network,
    BLOCK: block,
    LAYER: layer,
    NEURON: neuron,
    SAMPLE: sample,
    OUTPUT: output,
}
"""Modules by what they show. Each has an ``ICON``, ``title``, empty where there is no such thing, and ``draw``."""

FRAMED = (NETWORK, BLOCK, LAYER, NEURON)
"""What the view and the camera can be brought to."""


def inspected(context: bpy.types.Context, root: bpy.types.Collection) -> str:
    """What is shown: what was chosen last, the network where that is not there any more."""
    kind: str = context.scene.nn.chosen  # type: ignore[attr-defined]
    return kind if PARTS[kind].title(context, root) else NETWORK


class NN_PT_inspector(Sidebar, bpy.types.Panel):
    bl_label = ""
    bl_order = 1

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return active_network(context) is not None

    def draw_header(self, context: bpy.types.Context) -> None:
        part = _part(context)
        self.layout.label(text=part.title(context, active_network(context)), icon=part.ICON)

    def draw_header_preset(self, context: bpy.types.Context) -> None:
        kind = inspected(context, active_network(context))
        row: Any = self.layout.row(align=True)
        for is_camera, icon in ((False, "ZOOM_SELECTED"), (True, "CAMERA_DATA")):
            button = row.operator("nn.frame", text="", icon=icon, emboss=False)
            button.what, button.camera = kind if kind in FRAMED else NETWORK, is_camera

    def draw(self, context: bpy.types.Context) -> None:
        _part(context).draw(self.layout, context, active_network(context))


def _part(context: bpy.types.Context) -> Any:
    part: ModuleType = PARTS[inspected(context, active_network(context))]
    return part


CLASSES = (NN_PT_inspector,)
