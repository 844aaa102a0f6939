"""The button *Frame*: shows the network, a block, the chosen layer or neuron in the viewport or in the camera."""

from __future__ import annotations

from typing import Any

import bpy
import numpy as np

from ...core.errors import UserError
from ...scene.base import contract
from ...scene.base.find import current_scene, objects
from ...scene.neurons.framing import neuron_points
from ...scene.stage.framing import frame_in_camera, frame_in_view, network_points, part_points
from ..common.active import active_network, active_slab
from ..common.sidebar import NeedsNetwork

WHATS = {
    "NETWORK": "the whole network",
    "BLOCK": "the block",
    "LAYER": "the chosen layer",
    "NEURON": "the chosen neuron",
}


class NN_OT_frame(NeedsNetwork, bpy.types.Operator):
    """Show the network as large as it fits"""

    bl_idname = "nn.frame"
    bl_label = "Frame"
    bl_options = {"REGISTER", "UNDO"}

    what: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="What",
        description="What is shown as large as it fits",
        items=tuple((name, name.title(), words[0].upper() + words[1:]) for name, words in WHATS.items()),
        options={"SKIP_SAVE"},
    )
    block: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Block", description="Id of the block; empty for the chosen one", options={"SKIP_SAVE"}
    )
    camera: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Camera", description="Move the camera instead of the view of the viewport", options={"SKIP_SAVE"}
    )

    @classmethod
    def description(cls, _context: bpy.types.Context, properties: bpy.types.OperatorProperties) -> str:
        where = "Move the camera so that it sees" if properties.camera else "Show in the viewport"
        return f"{where} {WHATS[properties.what]} as large as it fits. The direction of the view stays"

    def execute(self, context: bpy.types.Context) -> set[str]:
        root, scene = active_network(context), current_scene(context)
        context.view_layer.update()
        try:
            points = self._points(context, root)
        except UserError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        if self.camera:
            camera = next(objects(root, "camera"), scene.camera)
            if camera is None:
                self.report({"ERROR"}, "The scene has no camera. Add one, or frame in the viewport")
                return {"CANCELLED"}
            frame_in_camera(scene, camera, points)
            return {"FINISHED"}
        found = _viewport(context)
        if found is None:
            self.report({"ERROR"}, "No 3D viewport is open. Open one, or move the camera")
            return {"CANCELLED"}
        space, size = found
        frame_in_view(space, space.region_3d, size, points)
        return {"FINISHED"}

    def _points(self, context: bpy.types.Context, root: bpy.types.Collection) -> np.ndarray:
        if self.what == "NETWORK":
            return network_points(root)
        if self.what == "BLOCK":
            block = self.block or root.nn.opening.part
            if not block:
                raise UserError("framing.no_block", "No block is chosen.", "Choose one in the list of blocks.")
            return part_points(root, block)
        slab = active_slab(context)
        if slab is None:
            raise UserError("framing.no_layer", "No layer is chosen.", "Choose one in the list of layers.")
        layer = slab[contract.LAYER]
        return part_points(root, layer) if self.what == "LAYER" else neuron_points(root, layer, root.nn.neurons.neuron)


def _viewport(context: bpy.types.Context) -> tuple[Any, tuple[int, int]] | None:
    """The viewport that the button is in, else the largest one of the window, with the size of its picture."""
    area = context.area if context.area is not None and context.area.type == "VIEW_3D" else None
    if area is None and context.window is not None:
        areas = [one for one in context.window.screen.areas if one.type == "VIEW_3D"]
        area = max(areas, key=lambda one: one.width * one.height, default=None)
    if area is None:
        return None
    region = next(region for region in area.regions if region.type == "WINDOW")
    return area.spaces.active, (max(region.width, 1), max(region.height, 1))


CLASSES = (NN_OT_frame,)
