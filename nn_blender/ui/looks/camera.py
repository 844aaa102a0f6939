"""Whether a network's camera moves with it."""

from __future__ import annotations

from typing import Any

import bpy

from ...scene.base.find import current_scene, first_of
from ...scene.opening.film import let_camera_move_along
from ..common.active import active_network
from ..common.needs import NeedsReason


class NN_OT_camera_moves_along(NeedsReason, bpy.types.Operator):
    """Let the network's camera move with it, or stay where it is while the network is moved in its picture"""

    bl_idname = "nn.camera_moves_along"
    bl_label = "Camera Moves Along"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def reason_against(cls, root: bpy.types.Collection) -> str:
        return "" if first_of(root, "camera") is not None else "The network has no camera of its own"

    def execute(self, context: bpy.types.Context) -> set[str]:
        root = active_network(context)
        camera, anchor = first_of(root, "camera"), first_of(root, "anchor")
        if camera is None or anchor is None:
            self.report({"WARNING"}, "The network's handle was deleted")
            return {"CANCELLED"}
        let_camera_move_along(current_scene(context), root, camera.parent is None)
        return {"FINISHED"}


def draw_camera(layout: bpy.types.UILayout, root: bpy.types.Collection) -> None:
    camera: Any = first_of(root, "camera")
    if camera is not None:
        is_along = camera.parent is not None
        layout.operator("nn.camera_moves_along", icon="CAMERA_DATA", depress=is_along)


CLASSES = (NN_OT_camera_moves_along,)
