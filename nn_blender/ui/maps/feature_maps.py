"""The Feature Maps panel: maps, summaries, their colours and ranges, and large maps."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import bpy

from ...actions.targets import described
from ...core.description.description import Description
from ...core.errors import UserError
from ...core.layout.budgets import BYTES_PER_PIXEL
from ...core.maps.packing import COMPOSITES
from ...core.texts import format_bytes
from ...scene.base import contract
from ...scene.base.colour_maps import COLOUR_MAPS
from ...scene.looks.map_looks import MAP_RULES, get_map_look, set_map_look
from ...scene.looks.visibility import shown_parts
from ...scene.maps.closeups import add_closeup, closeups, remove_closeup, shown_maps
from ...scene.maps.summaries import set_composite, show_faces
from ..common.active import active_network, active_slab, root_of
from ..common.knowing import forget, known, known_description
from ..common.rooms import LOOK
from ..common.sidebar import ClosedPanel, NeedsNetwork, draw_facts, fields

FACES = ("card", "composite", "")
FACE_ITEMS = (
    ("MAPS", "Maps", "Every neuron's feature map"),
    ("SUMMARY", "Summary", "One picture for the whole layer"),
    ("PLAIN", "Plain", "Nothing"),
)
SUMMARY_ITEMS = (
    ("mean", "Mean", "The mean of all neurons at every position"),
    ("max", "Maximum", "The highest of all neurons at every position"),
    ("strongest", "Strongest Neuron", "The neuron that is highest at every position, as a colour"),
)
COLOUR_ITEMS = tuple((name, colours.label, colours.description) for name, colours in COLOUR_MAPS.items())
RULE_ITEMS = (
    ("samples", "All Samples", "Of the layer over all samples, so that samples can be compared"),
    ("layer", "Layer", "Of the layer for the sample shown, so that its neurons can be compared"),
    ("map", "Each Map", "Of each map on its own, so that faint ones show"),
)


def _get_face(self: NN_PG_maps) -> int:
    parts = known(root_of(self), shown_parts)
    shown = [role for role in FACES[:2] if parts.get(role)]
    return FACES.index(shown[0]) if shown else FACES.index("")


def _set_face(self: NN_PG_maps, number: int) -> None:
    show_faces(root_of(self), FACES[number])
    forget()


def _get_summary(self: NN_PG_maps) -> int:
    return min(max(int(root_of(self).get(contract.COMPOSITE, 0)), 0), len(COMPOSITES) - 1)


def _set_summary(self: NN_PG_maps, number: int) -> None:
    set_composite(root_of(self), COMPOSITES[number])


def _change_look(root: bpy.types.Collection, **choices: Any) -> None:
    set_map_look(root, replace(get_map_look(root), **choices))


def _get_colours(self: NN_PG_maps) -> int:
    return list(COLOUR_MAPS).index(get_map_look(root_of(self)).colours)


def _set_colours(self: NN_PG_maps, number: int) -> None:
    _change_look(root_of(self), colours=list(COLOUR_MAPS)[number])


def _get_rule(self: NN_PG_maps) -> int:
    return MAP_RULES.index(get_map_look(root_of(self)).rule)


def _set_rule(self: NN_PG_maps, number: int) -> None:
    _change_look(root_of(self), rule=MAP_RULES[number])


def _get_smooth(self: NN_PG_maps) -> bool:
    return get_map_look(root_of(self)).smooth


def _set_smooth(self: NN_PG_maps, smooth: bool) -> None:
    _change_look(root_of(self), smooth=smooth)


class NN_PG_maps(bpy.types.PropertyGroup):
    face: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Slabs Show",
        description="What slabs of layers with feature maps show",
        items=FACE_ITEMS,
        get=_get_face,
        set=_set_face,
        options=set(),
    )
    summary: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Summary",
        description="How a layer's maps are combined into one picture",
        items=SUMMARY_ITEMS,
        get=_get_summary,
        set=_set_summary,
        options=set(),
    )
    colours: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Colours",
        description="Colour map of the feature maps",
        items=COLOUR_ITEMS,
        get=_get_colours,
        set=_set_colours,
        options=set(),
    )
    rule: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Range",
        description="Range of values that the colours span",
        items=RULE_ITEMS,
        get=_get_rule,
        set=_set_rule,
        options=set(),
    )
    smooth: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Smooth",
        description="Interpolate between pixels instead of showing them as squares",
        get=_get_smooth,
        set=_set_smooth,
        options=set(),
    )
    neuron: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="Neuron", description="Number of the neuron, from 0, whose map to show large", min=0, options=set()
    )


class NN_OT_add_closeup(NeedsNetwork, bpy.types.Operator):
    """Show a neuron's feature map large above the network"""

    bl_idname = "nn.add_closeup"
    bl_label = "Show Large"
    bl_options = {"REGISTER", "UNDO"}

    neuron: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="Neuron",
        description="Number of the neuron, from 0; -1 for the one that the panel Feature Maps names",
        default=-1,
        min=-1,
        options={"SKIP_SAVE"},
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not super().poll(context):
            return False
        slab = active_slab(context)
        if slab is None or not shown_maps(active_network(context), slab[contract.LAYER]):
            cls.poll_message_set("Choose a layer with feature maps in the list of layers first")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        root, slab = active_network(context), active_slab(context)
        neuron, layer = root.nn.maps.neuron if self.neuron < 0 else self.neuron, slab[contract.LAYER]
        shown = shown_maps(root, layer)
        if neuron >= shown:
            self.report({"ERROR"}, f"Neuron {neuron} of {layer} is not in the scene, which shows 0 to {shown - 1:,}")
            return {"CANCELLED"}
        try:
            described(root)
        except UserError as error:
            self.report({"ERROR"}, f"{error.message} {error.fix}")
            return {"CANCELLED"}
        add_closeup(context.scene, root, layer, neuron)
        return {"FINISHED"}


class NN_OT_remove_closeup(NeedsNetwork, bpy.types.Operator):
    """Remove this large feature map"""

    bl_idname = "nn.remove_closeup"
    bl_label = "Remove Large Map"
    bl_options = {"REGISTER", "UNDO"}

    layer: bpy.props.StringProperty(name="Layer", options={"SKIP_SAVE"})  # type: ignore[valid-type]
    neuron: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="Neuron", description="Number of the neuron, from 0", options={"SKIP_SAVE"}
    )

    def execute(self, context: bpy.types.Context) -> set[str]:
        root = active_network(context)
        if (self.layer, self.neuron) not in closeups(root):
            self.report({"WARNING"}, f"Neuron {self.neuron} of {self.layer} is not shown large")
            return {"CANCELLED"}
        remove_closeup(context.scene, root, self.layer, self.neuron)
        return {"FINISHED"}


class NN_PT_maps(ClosedPanel, bpy.types.Panel):
    bl_label = "Feature Maps"
    bl_order = 20
    room = LOOK

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        root = active_network(context)
        about = known_description(root)
        if about is None or not any(atlas.layer for atlas in about.atlases):
            layout.label(text="No layer has feature maps", icon="INFO")
            return
        chosen = root.nn.maps
        layout.row().prop(chosen, "face", expand=True)
        column = fields(layout)
        summary = column.row()
        summary.active = FACE_ITEMS[_get_face(chosen)][0] == "SUMMARY"
        summary.prop(chosen, "summary")
        for name in ("colours", "rule", "smooth"):
            column.prop(chosen, name)
        draw_facts(layout, *describe_memory(about))
        _draw_closeups(layout, root, active_slab(context))


def describe_memory(about: Description) -> list[tuple[str, str]]:
    """Memory that the textures take, and how many layers are shown with fewer pixels than they have positions."""
    size = sum(atlas.pixels for atlas in (*about.atlases, *about.composites)) * BYTES_PER_PIXEL
    facts = [("Textures", f"{format_bytes(size)} in memory")]
    reductions = [atlas.reduction for atlas in about.atlases if atlas.layer and atlas.reduction > 1]
    if reductions:
        layers = "1 layer" if len(reductions) == 1 else f"{len(reductions)} layers"
        facts.append(("Reduced", f"{layers}, up to 1/{max(reductions)} per side"))
    return facts


def _draw_closeups(layout: bpy.types.UILayout, root: bpy.types.Collection, slab: bpy.types.Object | None) -> None:
    layout.label(text=f"Large map of {slab[contract.LAYER]}" if slab else "Large map")
    row = layout.row(align=True)
    row.prop(root.nn.maps, "neuron")
    row.operator("nn.add_closeup", icon="ZOOM_IN")
    for layer, neuron in known(root, closeups):
        row = layout.row(align=True)
        row.label(text=f"{layer}, neuron {neuron}", icon="IMAGE_DATA")
        remove = row.operator("nn.remove_closeup", text="", icon="X")
        remove.layer, remove.neuron = layer, neuron


CLASSES = (NN_PG_maps, NN_OT_add_closeup, NN_OT_remove_closeup, NN_PT_maps)


class OnNetwork:
    maps: bpy.props.PointerProperty(type=NN_PG_maps)  # type: ignore[valid-type]
