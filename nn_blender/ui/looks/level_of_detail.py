"""The Level of Detail panel: what is shown at which size, and what the scene holds."""

from __future__ import annotations

import bpy

from ...core.layout.budgets import Budget
from ...core.texts import format_bytes, format_pixels
from ...scene.base import contract
from ...scene.base.find import first_of
from ...scene.costs import scene_costs
from ...scene.looks.level_of_detail import (
    FIXED,
    FOLLOWS,
    NAMES,
    get_fixed,
    get_follows,
    object_socket,
    set_fixed,
    set_follows,
)
from ..common.active import active_network, are_openable, opens_by_distance, root_of
from ..common.knowing import known
from ..common.rooms import LOOK
from ..common.sidebar import ClosedPanel, draw_facts, draw_lines, fields, section

FOLLOWS_ITEMS = (
    ("view", "View", "Size in the viewport decides; in renders, size in the picture"),
    ("camera", "Camera", "Size in the camera's picture decides, also in the viewport"),
    ("object", "Object", "Distance from an object decides, in the viewport and in renders"),
    ("off", "Off", "Everything is shown at any distance"),
)
FIXED_ITEMS = (
    ("auto", "Automatic", "The closer the viewer, the more is shown", 0),
    ("blocks", "Blocks", "Blocks of layers closed, at any distance", 1),
    ("layers", "Layers", "Layers without their neurons, at any distance", 2),
    ("neurons", "Neurons", "Layers and neurons without their feature maps, at any distance", 3),
    ("maps", "Feature Maps", "Everything, at any distance", 4),
)
"""The numbers are places in `FIXED`."""
FIXED_OF_OPENABLE = tuple(item for item in FIXED_ITEMS if item[0] != "blocks")
"""Which blocks are shown closed is chosen for each of them where they open by hand."""
TITLES = {
    "blocks": "Blocks Open",
    "neurons": "Neurons",
    "maps": "Feature Maps",
    "labels": "Labels",
}


def _anchor(root: bpy.types.Collection) -> bpy.types.Object | None:
    """The object that holds the settings; None where it was removed, or where the scene is older than the settings."""
    anchor = first_of(root, "anchor")
    return anchor if anchor is not None and contract.LOD_FOLLOWS in anchor else None


def _get_follows(self: NN_PG_detail) -> int:
    anchor = _anchor(root_of(self))
    return FOLLOWS.index(get_follows(anchor)) if anchor else 0


def _set_follows(self: NN_PG_detail, number: int) -> None:
    anchor = _anchor(root_of(self))
    if anchor is not None:
        set_follows(anchor, FOLLOWS[number])


def _are_opened_by_hand(root: bpy.types.Collection) -> bool:
    return are_openable(root) and not opens_by_distance(root)


def _fixed_items(self: NN_PG_detail, context: bpy.types.Context | None) -> tuple[tuple[str, str, str, int], ...]:
    return FIXED_OF_OPENABLE if _are_opened_by_hand(root_of(self)) else FIXED_ITEMS


def _get_fixed(self: NN_PG_detail) -> int:
    root = root_of(self)
    anchor = _anchor(root)
    fixed = get_fixed(anchor) if anchor else "auto"
    # The same is shown of either where blocks open by hand.
    return FIXED.index("layers" if fixed == "blocks" and _are_opened_by_hand(root) else fixed)


def _set_fixed(self: NN_PG_detail, number: int) -> None:
    anchor = _anchor(root_of(self))
    if anchor is not None:
        set_fixed(anchor, FIXED[number])


class NN_PG_detail(bpy.types.PropertyGroup):
    follows: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Follows",
        description="What decides how much is shown",
        items=FOLLOWS_ITEMS,
        get=_get_follows,
        set=_set_follows,
        options=set(),
    )
    fixed: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Show",
        description="How much is shown: by distance, or always the same, for example for print",
        items=_fixed_items,
        get=_get_fixed,
        set=_set_fixed,
        options=set(),
    )


class NN_PT_detail(ClosedPanel, bpy.types.Panel):
    bl_label = "Level of Detail"
    bl_order = 40
    room = LOOK

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        root = active_network(context)
        anchor = _anchor(root)
        if anchor is None:
            draw_lines(layout, "Import the network again to use this", "INFO")
        else:
            _draw_settings(layout, context, root, anchor)
        body = section(layout, "detail_costs")
        if body is not None:
            draw_costs(body, root)


def _draw_settings(
    layout: bpy.types.UILayout, context: bpy.types.Context, root: bpy.types.Collection, anchor: bpy.types.Object
) -> None:
    settings = root.nn.detail
    column = fields(layout)
    column.prop(settings, "follows")
    if settings.follows == "object":
        _draw_object(column, root)
    if settings.follows == "off":
        return
    column.prop(settings, "fixed")
    if settings.fixed == "auto":
        names = {"blocks": "books"} if opens_by_distance(root) else {}
        titles = {names.get(name, name): title for name, title in TITLES.items()}
        if are_openable(root):
            titles.pop("blocks", None)
        _draw_thresholds(layout, anchor, titles, context.scene.render.resolution_x)


def draw_costs(layout: bpy.types.UILayout, root: bpy.types.Collection) -> None:
    """What the scene holds of the network."""
    held, budget = known(root, scene_costs), Budget()
    more = f" +{held.more:,} more" if held.more else ""
    draw_facts(
        layout,
        ("Neurons", f"{held.neurons:,}{more}"),
        ("Feature Maps", format_pixels(held.card_pixels)),
        ("Textures", format_bytes(held.texture_bytes)),
    )
    if held.more:
        layout.label(text="Some layers are only partly drawn", icon="INFO")
    if held.texture_bytes > budget.texture_bytes:
        layout.label(text="Textures may slow down a laptop", icon="ERROR")


def _draw_object(column: bpy.types.UILayout, root: bpy.types.Collection) -> None:
    socket = object_socket(root)
    if socket is None:
        return
    column.prop(socket, "default_value", text="Object")
    chosen = socket.default_value
    if chosen is None:
        draw_lines(column, "Choose an object; until then the origin is used", "INFO")
    elif chosen.get(contract.NETWORK) == root[contract.NETWORK]:
        draw_lines(column, "Choose an object outside the network", "ERROR")


def _draw_thresholds(layout: bpy.types.UILayout, anchor: bpy.types.Object, titles: dict[str, str], width: int) -> None:
    """The size from which each kind is shown, also in per cent and in pixels of the picture."""
    draw_lines(layout, f"Minimum Size (Share of {width:,} Pixels)")
    column = layout.column(align=True)
    for name, title in titles.items():
        row = column.split(factor=0.68, align=True)
        row.prop(anchor, f'["{NAMES[name]}"]', text=title)
        share = float(anchor[NAMES[name]])
        row.label(text=f"{share:.2%}, {share * width:.0f} px")
    column.separator()
    column.prop(anchor, f'["{NAMES["band"]}"]', text="Fade Range")


CLASSES = (NN_PG_detail, NN_PT_detail)


class OnWorkspace:
    detail_costs: bpy.props.BoolProperty(name="In the Scene", options=set())  # type: ignore[valid-type]


class OnNetwork:
    detail: bpy.props.PointerProperty(type=NN_PG_detail)  # type: ignore[valid-type]
