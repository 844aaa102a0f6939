"""The blocks of a network as one sees them: a list in which they are opened, closed and selected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import bpy

from ...core.blocks.hierarchy import LAYER, Part
from ...core.blocks.opening import Opening
from ...core.description.description import Description
from ...scene.base import contract
from ...scene.base.find import object_of
from ...scene.network.description import unreadable
from ...scene.neurons.picking import book_of
from ...scene.opening.by_distance import is_by_distance
from ...scene.opening.keys import are_keys_baked, is_keyed
from ...scene.opening.opening import open_blocks, opened
from ..common.active import active_network, layers_collection, root_of
from ..common.choices import choose_row, part_id
from ..common.knowing import known, known_description
from ..common.needs import edit_mode_reason
from ..common.rooms import NETWORK
from ..common.sidebar import ClosedPanel, draw_lines, list_ranks, section
from .block_panel import draw_row_blocks
from .hierarchy_panel import draw_editing


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


class _Lines:
    """What the list showed last, as long as the network's description is the same."""

    key: tuple[int, int, str] = (0, 0, "")
    about: Description | None = None
    shown: tuple[list[int], list[int]] = ([], [])


_lines = _Lines()
_rows: dict[str, dict[str, Row]] = {}
"""Lines of each network's list, by its id: told once at every redraw, since a description is long."""


def _get_open(self: NN_PG_opening) -> float:
    root = root_of(self)
    book = book_of(root, self.part)
    if book is not None and contract.OPEN in book and known(root, is_keyed):
        return float(book[contract.OPEN])
    return opened(root).get(self.part, 0.0)


def _set_open(self: NN_PG_opening, value: float) -> None:
    root = root_of(self)
    if not may_move(root):
        return
    if not is_keyed(root):
        open_blocks(bpy.context.scene, root, opened(root) | {self.part: value})
        return
    book = book_of(root, self.part)
    if book is not None:
        book[contract.OPEN] = value


def may_move(root: bpy.types.Collection) -> bool:
    """Whether blocks open by a value: not where the distance opens them, nor while a mesh is in Edit Mode."""
    return not is_by_distance(root) and not edit_mode_reason(root)


class NN_PG_opening(bpy.types.PropertyGroup):
    part: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Part", description="Id of the chosen block, or path of the chosen layer"
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


def _get_row(_: bpy.types.PropertyGroup) -> int:
    root = active_network(bpy.context)
    layers = layers_collection(root) if root is not None else None
    if root is None or layers is None or not root.nn.opening.part:
        return -1
    found = (object_of(root, role, root.nn.opening.part) for role in ("slab", "book"))
    obj = next((obj for obj in found if obj is not None), None)
    return layers.objects.find(obj.name) if obj is not None else -1


def _set_row(_: bpy.types.PropertyGroup, row: int) -> None:
    choose_row(row)


class OnWindow:
    part_row: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="Block or Layer",
        description="Block or layer to select. The triangle before a block opens or closes it",
        get=_get_row,
        set=_set_row,
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
            name.label(text=part.title)
            split.label(text=f"{part.layers} layer{'' if part.layers == 1 else 's'}")
        else:
            name.label(text="", icon="BLANK1")
            name.label(text=part.name)
            split.label(text=obj.get(contract.CLASS, ""))

    def filter_items(
        self, context: bpy.types.Context, data: bpy.types.Collection, property: str
    ) -> tuple[list[int], list[int]]:
        root = active_network(context)
        about = known_description(root)
        objs, wanted = getattr(data, property), self.filter_name.lower()
        key = root.session_uid, len(objs), wanted
        if _lines.key == key and _lines.about is about and about is not None:
            return _lines.shown
        rows = rows_of(about.opening) if about is not None and about.opening is not None else {}
        _rows[root[contract.NETWORK]] = rows
        ids = [part_id(obj) for obj in objs]
        flags = [
            self.bitflag_filter_item if id_ in rows and wanted in rows[id_].part.name.lower() else 0 for id_ in ids
        ]
        places = {id_: place for place, id_ in enumerate(rows)}
        order = sorted(range(len(ids)), key=lambda number: places.get(ids[number], len(places)))
        _lines.key, _lines.about, _lines.shown = key, about, (flags, list_ranks(order))
        return _lines.shown


class NN_PT_opening(ClosedPanel, bpy.types.Panel):
    bl_label = "Blocks"
    bl_order = 20
    room = NETWORK

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        root = active_network(context)
        about = known_description(root)
        if about is None:
            draw_lines(layout, unreadable(root).message, "ERROR")
            return
        if about.opening is None:
            layout.label(text="The network is one row of layers")
            layout.operator("nn.update_layout", icon="FILE_REFRESH")
            draw_row_blocks(layout, context, root)
            return
        layers = layers_collection(root)
        if layers is None:
            draw_lines(layout, "The network's layers were removed from the file", "ERROR")
            return
        window = context.window_manager.nn
        layout.template_list("NN_UL_opening", "", layers, "objects", window, "part_row", rows=6)
        layout.operator("nn.open_by_distance", icon="VIEW_ZOOM", depress=about.opens_by_distance)
        row = layout.row(align=True)
        row.operator("nn.open_level", text="Open Level")
        row.operator("nn.close_blocks")
        if known(root, is_keyed):
            row = layout.row(align=True)
            row.operator("nn.update_opening_keys", text="Update Keys", icon="FILE_REFRESH")
            row.operator("nn.clear_opening_keys", text="Clear Keys", icon="X")
            if not known(root, are_keys_baked):
                layout.label(text="Keys were changed since", icon="INFO")
        body = section(layout, "blocks_editing")
        if body is not None:
            draw_editing(body)


def stop() -> None:
    _rows.clear()
    _lines.about = None


CLASSES = (NN_PG_opening, NN_UL_opening, NN_PT_opening)


class OnWorkspace:
    blocks_editing: bpy.props.BoolProperty(name="Edit Blocks", options=set())  # type: ignore[valid-type]


class OnNetwork:
    opening: bpy.props.PointerProperty(type=NN_PG_opening)  # type: ignore[valid-type]
