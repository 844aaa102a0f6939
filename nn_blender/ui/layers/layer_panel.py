"""The panel with the list of layers."""

from __future__ import annotations

from typing import Any

import bpy

from ...core.description.description import Description
from ..common.active import active_network, layers_collection
from ..common.choices import choose_row
from ..common.knowing import known_description
from ..common.rooms import NETWORK
from ..common.sidebar import RoomPanel, draw_lines, letters_in_line
from .health_store import health_store
from .layer_list import IN_LIST, ORDERS, layer_rows, most_rows

ASCENDING, DESCENDING = "SORT_ASC", "SORT_DESC"


def _get_row(_: bpy.types.PropertyGroup) -> int:
    return bpy.context.scene.nn.layer  # type: ignore[no-any-return]


def _set_row(_: bpy.types.PropertyGroup, row: int) -> None:
    choose_row(row)


class OnWindow:
    layer_row: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="Layer", description="Layer to show and select", get=_get_row, set=_set_row, options=set()
    )


class OnWorkspace:
    layers_text: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Search", description="Part of the name or the kind of layers", options={"TEXTEDIT_UPDATE"}
    )
    layers_order: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Order", description="What the list of layers is sorted by", items=ORDERS, options=set()
    )
    layers_reversed: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Reversed", description="Whether the list of layers begins with the last", options=set()
    )


class NN_OT_sort_layers(bpy.types.Operator):
    """Sort the list of layers"""

    bl_idname = "nn.sort_layers"
    bl_label = "Sort Layers"
    bl_options = {"INTERNAL"}

    by: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="By", description="What to sort by; once more for the other way round", items=ORDERS, options={"SKIP_SAVE"}
    )

    @classmethod
    def description(cls, _context: bpy.types.Context, properties: bpy.types.OperatorProperties) -> str:
        return str(properties.bl_rna.properties["by"].enum_items[properties.by].description)

    def execute(self, context: bpy.types.Context) -> set[str]:
        settings = context.workspace.nn
        settings.layers_reversed = settings.layers_order == self.by and not settings.layers_reversed
        settings.layers_order = self.by
        return {"FINISHED"}


class NN_PT_layers(RoomPanel, bpy.types.Panel):
    bl_label = "Layers"
    bl_order = 10
    room = NETWORK

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        root, settings = active_network(context), context.workspace.nn
        layers, about = layers_collection(root), known_description(root)
        if layers is None:
            draw_lines(layout, "The network's layers were removed from the file", "ERROR")
            return
        row = layout.row(align=True)
        row.prop(settings, "layers_text", text="", icon="VIEWZOOM")
        row.operator("nn.sort_layers", text="", icon="SORTSIZE", depress=settings.layers_order == "ORDER").by = "ORDER"
        _draw_titles(layout, settings, about)
        rows, window = most_rows(context.region), context.window_manager.nn
        layout.template_list("NN_UL_layers", "", layers, "objects", window, "layer_row", rows=5, maxrows=rows)
        found = health_store.find(root, about) if about is not None else None
        note = layout.column()
        note.active = False
        if about is None or not about.evaluated:
            draw_lines(note, "Idle neurons are not known: no samples")
        else:
            draw_lines(note, "Counting idle neurons" if found is None else "Idle: never active, saturated or NaN")


def _draw_titles(layout: bpy.types.UILayout, settings: bpy.types.PropertyGroup, about: Description | None) -> None:
    """The titles of the list's columns, which sort it."""
    columns = layer_rows.columns(about, letters_in_line() - IN_LIST)
    titles = dict(columns.titles())
    for order, cell in columns.cells(layout.row(align=True)):
        icon: Any = (
            (DESCENDING if settings.layers_reversed else ASCENDING) if settings.layers_order == order else "NONE"
        )
        cell.operator("nn.sort_layers", text=titles[order], icon=icon, emboss=False).by = order


CLASSES = (NN_OT_sort_layers, NN_PT_layers)
