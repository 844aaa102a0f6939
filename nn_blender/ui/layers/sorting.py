"""Sorts the neurons of the chosen layer, or of all layers, on their slabs."""

from __future__ import annotations

import bpy

from ...scene.base import contract
from ...scene.base.find import first_of, objects
from ...scene.neurons.orders import ORDERS, set_order
from ..common.active import active_network, active_slab
from ..common.needs import NeedsObjectMode

TITLES = {
    "index": ("Number", "By the number of the neuron in its layer"),
    "activation": ("Activation", "By the activation for the sample shown now, highest first"),
    "mean": ("Mean Activation", "By the mean over all measured samples, highest first"),
    "class": ("Class", "By the true class that a neuron responds to most, the most selective neurons first"),
    "influence": ("Influence", "By how much the score of the true class falls without the neuron, largest first"),
}
ITEMS = tuple((order, *TITLES[order]) for order in ORDERS)
MISSING = {
    "activation": "The network was imported without samples",
    "mean": "The network was imported without samples",
    "class": "The samples have no true classes",
    "influence": "Estimate or sweep influence first",
}


class NN_OT_sort_neurons(NeedsObjectMode, bpy.types.Operator):
    """Change the order of neurons and their feature maps on the slabs. Their numbers stay the same"""

    bl_idname = "nn.sort_neurons"
    bl_label = "Sort Neurons"
    bl_options = {"REGISTER", "UNDO"}

    by: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="By", description="What to sort by", items=ITEMS, default="activation"
    )
    every_layer: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="All Layers", description="Sort all layers instead of the chosen one"
    )

    def execute(self, context: bpy.types.Context) -> set[str]:
        root, slab = active_network(context), active_slab(context)
        layers = [obj[contract.LAYER] for obj in objects(root, "neurons")]
        if not self.every_layer:
            layers = [layer for layer in layers if slab is not None and layer == slab[contract.LAYER]]
        if not layers:
            self.report({"ERROR"}, "Choose a layer that has neurons first")
            return {"CANCELLED"}
        done = [layer for layer in layers if set_order(context.scene, root, layer, self.by)]
        if not done:
            self.report({"ERROR"}, MISSING[self.by])
            return {"CANCELLED"}
        if len(done) < len(layers):
            left = len(layers) - len(done)
            self.report({"WARNING"}, f"{left} of {len(layers)} layers were not sorted: {MISSING[self.by]}")
        return {"FINISHED"}


def draw_order(layout: bpy.types.UILayout, root: bpy.types.Collection) -> None:
    """A button for every order of the chosen layer's neurons, and one for that of all layers."""
    column = layout.column(align=True)
    for name, title, _ in ITEMS:
        row = column.row(align=True)
        row.operator("nn.sort_neurons", text=title).by = name
        every = row.operator("nn.sort_neurons", text="All Layers")
        every.by, every.every_layer = name, True
    anchor = first_of(root, "anchor")
    if anchor is not None and contract.SORTED in anchor:
        layout.prop(anchor, f'["{contract.SORTED}"]', text="In Order", slider=True)


CLASSES = (NN_OT_sort_neurons,)
