"""The inspector of a block: how far it is open, also by keys, what is in it, its data flow."""

from __future__ import annotations

import bpy

from ...core.texts import format_count
from ..blocks.flow_panel import draw_flow
from ..blocks.opening_operators import is_open
from ..blocks.opening_panel import may_move
from ..common.choices import chosen_part
from ..common.sidebar import draw_facts, section

ICON = "MESH_CUBE"


class OnWorkspace:
    block_keys: bpy.props.BoolProperty(name="Keys for Films", options=set())  # type: ignore[valid-type]
    block_flow: bpy.props.BoolProperty(name="Data Flow", options=set())  # type: ignore[valid-type]


def title(_: bpy.types.Context, root: bpy.types.Collection) -> str:
    """Empty where no block can be shown."""
    part = chosen_part(root)
    return f"Block {part.name}" if part is not None and part.is_block else ""


def draw(layout: bpy.types.UILayout, _: bpy.types.Context, root: bpy.types.Collection) -> None:
    part, settings = chosen_part(root), root.nn.opening
    if part is None:
        return
    column = layout.column(align=True)
    row = column.row(align=True)
    row.operator("nn.open_block", text="Close" if is_open(root, part.id) else "Open").block = part.id
    row.operator("nn.rename_part", text="Rename…")
    row = column.row(align=True)
    row.enabled = may_move(root)
    row.prop(settings, "open", slider=True)
    draw_facts(
        layout,
        ("Block", part.title),
        ("Layers", f"{part.layers:,}"),
        ("Parameters", format_count(part.parameters)),
    )
    body = section(layout, "block_keys")
    if body is not None:
        body.operator("nn.key_opening", icon="KEY_HLT").value = settings.open
        row = body.row(align=True)
        row.operator("nn.key_opening", text="Key Open").value = 1.0
        row.operator("nn.key_opening", text="Key Closed").value = 0.0
    body = section(layout, "block_flow")
    if body is not None:
        draw_flow(body, root)
