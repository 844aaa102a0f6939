"""Operators on one layer: show it in the inspector, select it, show and hide what is of it, and edit its neurons."""

from __future__ import annotations

import bpy

from ...scene.base import contract
from ...scene.base.find import object_of, objects
from ...scene.looks.hiding import hidden, set_hidden
from ..common.active import active_network, active_slab
from ..common.choices import choose_part
from ..common.needs import NeedsLayer
from ..common.sidebar import NeedsNetwork


class NN_OT_choose_layer(NeedsNetwork, bpy.types.Operator):
    """Show this layer in the inspector, and select it in the viewport"""

    bl_idname = "nn.choose_layer"
    bl_label = "Choose Layer"

    layer: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Layer", description="Path of the layer", options={"SKIP_SAVE"}
    )

    def execute(self, context: bpy.types.Context) -> set[str]:
        root = active_network(context)
        if object_of(root, "slab", self.layer) is None:
            self.report({"ERROR"}, f"The network has no layer {self.layer}")
            return {"CANCELLED"}
        choose_part(root, self.layer)
        return {"FINISHED"}


class NN_OT_toggle_layer_part(NeedsNetwork, bpy.types.Operator):
    """Show or hide this part of the layer, in the viewport and in renders"""

    bl_idname = "nn.toggle_layer_part"
    bl_label = "Show or Hide"
    bl_options = {"REGISTER", "UNDO"}

    layer: bpy.props.StringProperty(name="Layer", options={"SKIP_SAVE"})  # type: ignore[valid-type]
    role: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Part",
        items=(
            ("slab", "Slab", "The layer's slab"),
            ("neurons", "Neurons", "The layer's neurons"),
            ("card", "Feature Maps", "The layer's feature maps"),
        ),
        options={"SKIP_SAVE"},
    )

    @classmethod
    def description(cls, context: bpy.types.Context, properties: bpy.types.OperatorProperties) -> str:
        part = properties.bl_rna.properties["role"].enum_items[properties.role].name.lower()
        return f"Show or hide the {part} of {properties.layer}, in the viewport and in renders"

    def execute(self, context: bpy.types.Context) -> set[str]:
        parts = list(objects(active_network(context), self.role, self.layer))
        if not parts:
            self.report({"WARNING"}, f"{self.layer} has no such part in the scene")
            return {"CANCELLED"}
        hide = not hidden(parts[0])[0]
        for part in parts:
            set_hidden(part, hide, hide)
        return {"FINISHED"}


class NN_OT_select_layer(NeedsNetwork, bpy.types.Operator):
    """Select the layer's slab, with which all that is of the layer moves"""

    bl_idname = "nn.select_layer"
    bl_label = "Select Layer"
    bl_options = {"REGISTER", "UNDO"}

    layer: bpy.props.StringProperty(name="Layer", options={"SKIP_SAVE"})  # type: ignore[valid-type]

    def execute(self, context: bpy.types.Context) -> set[str]:
        for obj in context.selected_objects:
            obj.select_set(False)
        for part in objects(active_network(context), "slab", self.layer):
            if part.name in context.view_layer.objects and part.visible_get():
                part.select_set(True)
                context.view_layer.objects.active = part
        return {"FINISHED"}


class NN_OT_edit_neurons(NeedsLayer, bpy.types.Operator):
    """Enter Edit Mode of the layer's neurons, where some of them can be selected by box or lasso"""

    bl_idname = "nn.edit_neurons"
    bl_label = "Select Neurons in Edit Mode"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        layer = active_slab(context)[contract.LAYER]
        found = [obj for obj in objects(active_network(context), "neurons", layer) if obj.visible_get()]
        if context.mode != "OBJECT" or not found:
            self.report({"WARNING"}, f"The neurons of {layer} are not to be seen, or another mode is on")
            return {"CANCELLED"}
        context.view_layer.objects.active = found[0]
        return bpy.ops.object.mode_set(mode="EDIT")


CLASSES = (NN_OT_choose_layer, NN_OT_toggle_layer_part, NN_OT_select_layer, NN_OT_edit_neurons)
