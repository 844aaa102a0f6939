"""The operator that turns a network which is one row of layers into blocks that open."""

from __future__ import annotations

import bpy

from ...core.errors import UserError
from ...scene.update_layout import update_layout
from ..common.active import active_network, are_openable
from ..common.jobs import report_error
from ..common.needs import NeedsDescription, NeedsObjectMode, NeedsReason


class NN_OT_update_layout(NeedsReason, NeedsObjectMode, NeedsDescription, bpy.types.Operator):
    bl_idname = "nn.update_layout"
    bl_label = "Update Layout"
    bl_description = (
        "Show the network as blocks that open, as new imports do, instead of one row of layers. Values, switches and "
        "your own objects stay; labels, camera, lights and ground are replaced"
    )
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def reason_against(cls, root: bpy.types.Collection) -> str:
        return "The network is shown as blocks that open already" if are_openable(root) else ""

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            update_layout(context.scene, active_network(context))
        except UserError as error:
            return report_error(self, error)
        return {"FINISHED"}


CLASSES = (NN_OT_update_layout,)
