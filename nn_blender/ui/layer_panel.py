"""The layers, and what is known and was measured of the chosen one."""

from __future__ import annotations

from typing import Any

import bpy
import numpy as np

from ..scene import contract, meshes
from ..scene.description import read_description
from ..scene.find import objects
from ..scene.labels import are_measures_shown, format_shape, show_measures
from ..scene.timeline import shown_sample
from .active import active_network, active_slab, layers_collection, root_of
from .sidebar import Child, Closed, draw_facts, fields, format_number, format_share


def _get_measures(self: NN_PG_layers) -> bool:
    return are_measures_shown(root_of(self))


def _set_measures(self: NN_PG_layers, show: bool) -> None:
    show_measures(bpy.context.scene, root_of(self), show)


class NN_PG_layers(bpy.types.PropertyGroup):
    measures: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Show in Scene",
        description="Write mean, spread and share of active neurons below every layer, for the test image shown",
        get=_get_measures,
        set=_set_measures,
        options=set(),
    )


class NN_PT_layers(Child, bpy.types.Panel):
    bl_label = "Layers"

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        root = active_network(context)
        layers = layers_collection(root)
        if layers is None:
            layout.label(text="Its layers were removed from the file", icon="ERROR")
            return
        layout.template_list("NN_UL_layers", "", layers, "objects", context.scene.nn, "layer", rows=5)


class NN_PT_layer(Closed, bpy.types.Panel):
    bl_label = "Chosen Layer"
    bl_parent_id = "NN_PT_layers"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return bool(super().poll(context) and active_slab(context) is not None)

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        slab = active_slab(context)
        draw_facts(
            layout,
            ("Layer", slab[contract.LAYER]),
            ("Class", slab[contract.CLASS]),
            ("Output", format_shape(tuple(slab[contract.OUTPUT_SHAPE]))),
            ("Neurons", f"{slab[contract.NEURONS]:,}"),
            ("Parameters", f"{slab[contract.PARAMETERS]:,}"),
        )
        layout.operator("nn.select_layer", icon="RESTRICT_SELECT_OFF").layer = slab[contract.LAYER]
        _draw_measures(layout, context.scene, active_network(context), slab[contract.LAYER])


def shown_measures(root: bpy.types.Collection, layer: str, sample: int) -> dict[str, float] | None:
    """Mean, spread and share of active neurons of a layer for a sample, in double precision.

    None where the layer has no activations, or its mesh is in Edit Mode and does not tell them.
    """
    neurons: Any = next(objects(root, "neurons", layer), None)
    name = contract.sampled(contract.ACTIVATION, sample)
    if neurons is None or name not in neurons.data.attributes:
        return None
    values = meshes.read_floats(neurons.data, name).astype(np.float64)
    if not values.size:
        return None
    with np.errstate(invalid="ignore", over="ignore"):
        return {
            "mean": float(values.mean()),
            "spread": float(values.std()),
            "active": float((values > 0).mean()),
        }


def _draw_measures(layout: bpy.types.UILayout, scene: bpy.types.Scene, root: bpy.types.Collection, layer: str) -> None:
    about = read_description(root)
    here = shown_measures(root, layer, shown_sample(scene, root))
    overall = about.get("layer_statistics", {}).get(layer)
    if here is None and overall is None:
        return
    measured = about.get("evaluated") or 0
    column = layout.column(align=True)
    _draw_row(column, "", "This Image", f"All {measured:,}")
    for name, title, form in (
        ("mean", "Mean", format_number),
        ("spread", "Spread", format_number),
        ("active", "Active", format_share),
    ):
        cells = [form(numbers[name]) if numbers else "" for numbers in (here, overall)]
        _draw_row(column, title, *cells)
    fields(layout).prop(root.nn.layers, "measures")


def _draw_row(column: bpy.types.UILayout, *cells: Any) -> None:
    split = column.split(factor=0.3)
    label = split.row()
    label.alignment = "RIGHT"
    label.active = False
    label.label(text=cells[0])
    values = split.split(factor=0.5)
    for cell in cells[1:]:
        values.label(text=cell)


CLASSES = (NN_PG_layers, NN_PT_layers, NN_PT_layer)
