"""The blocks of a network as one sees them: a list in which they are opened, closed and selected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import bpy

from ...core.blocks.hierarchy import LAYER, Part
from ...core.blocks.opening import Opening
from ...core.texts import format_count
from ...scene.base import contract
from ...scene.network.description import read_description
from ...scene.neurons.picking import book_of
from ...scene.opening.by_distance import is_by_distance
from ...scene.opening.keys import are_keys_baked, is_keyed
from ...scene.opening.opening import open_blocks, opened
from ..common.active import active_network, choose, layers_collection, root_of
from ..common.needs import edit_mode_reason
from ..common.sidebar import Child, draw_facts, list_ranks
from ..looks.framing import draw_frame


@dataclass(frozen=True)
class Row:
    """A line of the list.

    Attributes:
        level: how many blocks are around the part.
        is_open: whether it is a block that is open, at least a little, or may be by its distance.
    """

    part: Part
    level: int
    is_open: bool


def rows_of(opening: Opening) -> dict[str, Row]:
    """Lines of the list by the ids of their parts: blocks and layers that are not inside closed blocks, in order.

    Where the distance opens blocks, all are there.
    """
    by_distance = opening.by_distance is not None
    rows: dict[str, Row] = {}

    def add(parts: tuple[Part, ...], level: int) -> None:
        for part in parts:
            is_open = part.is_block and (by_distance or opening.opened.get(part.id, 0.0) > 0)
            if part.is_block or part.kind == LAYER:
                rows[part.id] = Row(part, level, is_open)
            if is_open:
                add(part.children, level + 1)

    add(opening.root.children, 0)
    return rows


_rows: dict[str, dict[str, Row]] = {}
"""Lines of each network's list, by its id: told once at every redraw, since a description is long."""


def part_id(obj: bpy.types.Object) -> str:
    """Id of the block or layer that an object stands for; empty where it stands for none."""
    role = obj.get(contract.ROLE)
    return str(obj.get({"book": contract.BLOCK, "slab": contract.LAYER}.get(role, ""), ""))


def _get_index(self: NN_PG_opening) -> int:
    layers = layers_collection(root_of(self))
    ids = [part_id(obj) for obj in layers.objects] if layers else []
    return ids.index(self.part) if self.part in ids else -1


def _set_index(self: NN_PG_opening, index: int) -> None:
    layers = layers_collection(root_of(self))
    part = part_id(layers.objects[index]) if layers is not None and 0 <= index < len(layers.objects) else ""
    if part:
        choose_part(root_of(self), part)


def choose_part(root: bpy.types.Collection, part: str) -> None:
    """Let the panels show a block or a layer, select what shows it, and light up its ways."""
    layers, layer, scene = layers_collection(root), bpy.context.view_layer, bpy.context.scene
    choose(scene, root, part)
    for number, obj in enumerate(layers.objects if layers else ()):
        is_chosen = part_id(obj) == part
        if is_chosen and obj.get(contract.ROLE) == "slab":
            scene.nn.layer = number
        if obj.name in layer.objects and obj.visible_get():
            obj.select_set(is_chosen)
            if is_chosen:
                layer.objects.active = obj


def chosen_part(root: bpy.types.Collection) -> Part | None:
    """The block or layer that is chosen; None where none is, or where it is not there any more."""
    about = read_description(root)
    way = about.opening.root.way_to(root.nn.opening.part) if about is not None and about.opening is not None else ()
    return way[-1] if way else None


def _get_open(self: NN_PG_opening) -> float:
    root = root_of(self)
    book = book_of(root, self.part)
    if book is not None and contract.OPEN in book and is_keyed(root):
        return float(book[contract.OPEN])
    return opened(root).get(self.part, 0.0)


def _set_open(self: NN_PG_opening, value: float) -> None:
    root = root_of(self)
    if not _may_move(root):
        return
    if not is_keyed(root):
        open_blocks(bpy.context.scene, root, opened(root) | {self.part: value})
        return
    book = book_of(root, self.part)
    if book is not None:
        book[contract.OPEN] = value


def _may_move(root: bpy.types.Collection) -> bool:
    """Whether blocks open by a value: not where the distance opens them, nor while a mesh is in Edit Mode."""
    return not is_by_distance(root) and not edit_mode_reason(root)


class NN_PG_opening(bpy.types.PropertyGroup):
    part: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Part", description="Id of the chosen block, or path of the chosen layer"
    )
    index: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="Block or Layer",
        description="Block or layer to select. The triangle before a block opens or closes it",
        get=_get_index,
        set=_set_index,
        options=set(),
    )
    open: bpy.props.FloatProperty(  # type: ignore[valid-type]
        name="Open",
        description="How far the chosen block is open: 0 closed, 1 open. Where blocks open by keys, a changed value is "
        "lost with the next frame unless it is keyed",
        min=0,
        max=1,
        subtype="FACTOR",
        get=_get_open,
        set=_set_open,
        options=set(),
    )


class NN_UL_opening(bpy.types.UIList):
    """Blocks and layers in the order of the data: books and slabs."""

    def draw_item(
        self,
        context: bpy.types.Context,
        layout: bpy.types.UILayout,
        data: bpy.types.Collection,
        obj: bpy.types.Object,
        icon: int,
        active_data: bpy.types.PropertyGroup,
        active_property: str,
        index: int = 0,
        flt_flag: int = 0,
    ) -> None:
        row = _rows.get(obj.get(contract.NETWORK, ""), {}).get(part_id(obj))
        if row is None:
            return
        part = row.part
        split = layout.split(factor=0.68)
        name = split.row(align=True)
        for _ in range(row.level):
            name.label(text="", icon="BLANK1")
        if part.is_block:
            icon_name: Any = "DISCLOSURE_TRI_DOWN" if row.is_open else "DISCLOSURE_TRI_RIGHT"
            name.operator("nn.open_block", text="", icon=icon_name, emboss=False).block = part.id
            name.label(text=f"{part.name} ×{part.repeats}" if part.repeats > 1 else part.name)
            split.label(text=f"{part.layers} layer{'' if part.layers == 1 else 's'}")
        else:
            name.label(text="", icon="BLANK1")
            name.label(text=part.name)
            split.label(text=obj.get(contract.CLASS, ""))

    def filter_items(
        self, context: bpy.types.Context, data: bpy.types.Collection, property: str
    ) -> tuple[list[int], list[int]]:
        root = active_network(context)
        about = read_description(root)
        rows = rows_of(about.opening) if about is not None and about.opening is not None else {}
        _rows[root[contract.NETWORK]] = rows
        ids = [part_id(obj) for obj in getattr(data, property)]
        wanted = self.filter_name.lower()
        flags = [
            self.bitflag_filter_item if id_ in rows and wanted in rows[id_].part.name.lower() else 0 for id_ in ids
        ]
        places = {id_: place for place, id_ in enumerate(rows)}
        order = sorted(range(len(ids)), key=lambda number: places.get(ids[number], len(places)))
        return flags, list_ranks(order)


class NN_PT_opening(Child, bpy.types.Panel):
    bl_label = "Blocks"
    bl_order = 35

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        root = active_network(context)
        return root is not None and read_description(root) is not None

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        root = active_network(context)
        about = read_description(root)
        if about is not None and about.opening is None:
            layout.label(text="The network is one row of layers")
            layout.operator("nn.update_layout", icon="FILE_REFRESH")
            return
        layers = layers_collection(root)
        if layers is None:
            layout.label(text="The network's layers were removed from the file", icon="ERROR")
            return
        layout.template_list("NN_UL_opening", "", layers, "objects", root.nn.opening, "index", rows=6)
        layout.operator("nn.open_by_distance", icon="VIEW_ZOOM", depress=is_by_distance(root))
        row = layout.row(align=True)
        row.operator("nn.open_level", text="Open Level")
        row.operator("nn.close_blocks")
        part = chosen_part(root)
        if part is not None and part.is_block:
            _draw_block(layout, root, part)
        if is_keyed(root):
            row = layout.row(align=True)
            row.operator("nn.update_opening_keys", text="Update Keys", icon="FILE_REFRESH")
            row.operator("nn.clear_opening_keys", text="Clear Keys", icon="X")
            if not are_keys_baked(root):
                layout.label(text="Keys were changed since", icon="INFO")


def _draw_block(layout: bpy.types.UILayout, root: bpy.types.Collection, part: Part) -> None:
    """What the chosen block is, and how far it is open."""
    draw_facts(
        layout,
        ("Block", f"{part.name} ×{part.repeats}" if part.repeats > 1 else part.name),
        ("Layers", f"{part.layers:,}"),
        ("Parameters", format_count(part.parameters)),
    )
    settings = root.nn.opening
    column = layout.column(align=True)
    row = column.row(align=True)
    row.enabled = _may_move(root)
    row.prop(settings, "open", slider=True)
    row = column.row(align=True)
    row.operator("nn.key_opening", icon="KEY_HLT").value = settings.open
    row = column.row(align=True)
    row.operator("nn.key_opening", text="Key Open").value = 1.0
    row.operator("nn.key_opening", text="Key Closed").value = 0.0
    draw_frame(layout, "BLOCK", "Frame Block", part.id)


def stop() -> None:
    _rows.clear()


CLASSES = (NN_PG_opening, NN_UL_opening, NN_PT_opening)


class OnNetwork:
    opening: bpy.props.PointerProperty(type=NN_PG_opening)  # type: ignore[valid-type]
