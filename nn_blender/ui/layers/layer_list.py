"""The list of layers."""

from __future__ import annotations

from typing import Any

import bpy

from ...scene.base import contract
from ...scene.base.find import objects
from ...scene.looks.hiding import hidden
from ..common.active import active_network

PARTS = (("slab", "MESH_PLANE"), ("neurons", "OUTLINER_OB_POINTCLOUD"), ("card", "IMAGE_DATA"))


class NN_UL_layers(bpy.types.UIList):
    """Layers in the order of the data: the slabs of a network."""

    def draw_item(
        self,
        context: bpy.types.Context,
        layout: bpy.types.UILayout,
        data: bpy.types.Collection,
        slab: bpy.types.Object,
        icon: int,
        active_data: bpy.types.PropertyGroup,
        active_property: str,
        index: int = 0,
        flt_flag: int = 0,
    ) -> None:
        row = layout.row(align=True)
        split = row.split(factor=0.58)
        split.label(text=slab[contract.LAYER])
        split.label(text=slab[contract.CLASS])
        root = active_network(context)
        for role, part_icon in PARTS:
            self._draw_toggle(row, root, role, part_icon, slab[contract.LAYER])

    def filter_items(
        self, context: bpy.types.Context, data: bpy.types.Collection, property: str
    ) -> tuple[list[int], list[int]]:
        wanted = self.filter_name.lower()
        flags = []
        for slab in getattr(data, property):
            text = f"{slab.get(contract.LAYER, '')} {slab.get(contract.CLASS, '')}".lower()
            is_shown = slab.get(contract.ROLE) == "slab" and wanted in text
            flags.append(self.bitflag_filter_item if is_shown else 0)
        return flags, []

    @staticmethod
    def _draw_toggle(row: bpy.types.UILayout, root: bpy.types.Collection, role: str, icon: Any, layer: str) -> None:
        part = next(objects(root, role, layer), None)
        if part is None:
            row.label(text="", icon="BLANK1")
            return
        toggle = row.operator("nn.toggle_layer_part", text="", icon=icon, depress=not hidden(part)[0], emboss=True)
        toggle.layer = layer
        toggle.role = role


CLASSES = (NN_UL_layers,)
