"""Operators that choose and remove networks, and those of the job that runs."""

from __future__ import annotations

import bpy

from ...actions.network.remove_network import remove_network
from ...scene.base.find import networks
from ..common.active import active_network
from ..common.choices import choose_network
from ..common.jobs import jobs
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
    NN_OT_cancel,
    NN_OT_copy_error,
    NN_OT_dismiss_error,
)
