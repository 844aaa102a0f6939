"""Operators of the main panel and of the list of layers, and those of the job that runs."""

from __future__ import annotations

import bpy

from ...actions.network.remove_network import remove_network
from ...scene.base import contract
from ...scene.base.find import networks, objects
from ...scene.looks.hiding import hidden, set_hidden
from ..common.active import active_network, active_slab
from ..common.choices import choose_network
from ..common.jobs import jobs
from ..common.needs import NeedsLayer
from ..common.reruns import interrupt
from ..common.sidebar import NeedsNetwork


class NN_OT_remove_network(NeedsNetwork, bpy.types.Operator):
    """Remove the network and everything that was made for it"""

    bl_idname = "nn.remove_network"
    bl_label = "Remove Network"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        interrupt()
        root = active_network(context)
        name = root.name
        remove_network(context.scene, root)
        self.report({"INFO"}, f"Removed {name}")
        return {"FINISHED"}


class NN_OT_choose_network(NeedsNetwork, bpy.types.Operator):
    """Show this network in the panels and in the inspector"""

    bl_idname = "nn.choose_network"
    bl_label = "Choose Network"

    network: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Network", description="Name of the network's collection", options={"SKIP_SAVE"}
    )

    def execute(self, context: bpy.types.Context) -> set[str]:
        root = next((root for root in networks(context.scene) if root.name == self.network), None)
        if root is None:
            self.report({"ERROR"}, f"The scene has no network {self.network}")
            return {"CANCELLED"}
        choose_network(root)
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


class NN_OT_cancel(bpy.types.Operator):
    """Stop the running job. The scene stays as it is"""

    bl_idname = "nn.cancel"
    bl_label = "Cancel"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not jobs.running:
            cls.poll_message_set("Nothing is running")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        jobs.cancel()
        return {"FINISHED"}


class NN_OT_copy_error(bpy.types.Operator):
    """Copy the message and its technical details to the clipboard, for a bug report"""

    bl_idname = "nn.copy_error"
    bl_label = "Copy Details"

    def execute(self, context: bpy.types.Context) -> set[str]:
        error = jobs.error
        if error is None:
            return {"CANCELLED"}
        context.window_manager.clipboard = f"{error.code}: {error.message} {error.fix}\n{error.details}"
        return {"FINISHED"}


class NN_OT_dismiss_error(bpy.types.Operator):
    """Close the message"""

    bl_idname = "nn.dismiss_error"
    bl_label = "Dismiss"

    def execute(self, context: bpy.types.Context) -> set[str]:
        jobs.error = None
        return {"FINISHED"}


CLASSES = (
    NN_OT_choose_network,
    NN_OT_remove_network,
    NN_OT_toggle_layer_part,
    NN_OT_select_layer,
    NN_OT_edit_neurons,
    NN_OT_cancel,
    NN_OT_copy_error,
    NN_OT_dismiss_error,
)
