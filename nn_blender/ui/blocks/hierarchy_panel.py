"""Changing the blocks of a network that open: other names, blocks of several parts, blocks taken apart."""

from __future__ import annotations

from typing import Any

import bpy

from ...core.blocks.hierarchy import INPUT, Part
from ...core.errors import UserError
from ...scene.neurons.reason_marks import mark_reasons_again
from ...scene.opening import editing
from ...scene.opening.opening import require_opening
from ..common.active import active_network, choose_nothing, layers_collection
from ..common.choices import choose_part, chosen_part, part_id
from ..common.jobs import report_error
from ..common.needs import NeedsReason
from .opening_operators import NeedsOpening


class ChangesHierarchy(NeedsOpening):
    """For operators that change which blocks a network has, or how they are called."""

    bl_options = {"REGISTER", "UNDO"}

    def change(self, context: bpy.types.Context) -> None:
        """Change it.

        Raises:
            UserError: it cannot be changed so.
        """
        raise NotImplementedError

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            self.change(context)
        except UserError as error:
            return report_error(self, error)
        mark_reasons_again(context.scene, active_network(context))
        return {"FINISHED"}


class ChangesChosenPart(NeedsReason, ChangesHierarchy):
    """For those that change what is chosen in the list."""

    @classmethod
    def reason_against(cls, root: bpy.types.Collection) -> str:
        """Why what is chosen cannot be changed; empty where it can."""
        return "" if chosen_part(root) is not None else "Choose a block or a layer in the list first"


class NN_OT_rename_part(ChangesChosenPart, bpy.types.Operator):
    """Give the chosen block or layer another name in the picture and in the list Blocks. Its path in Keras stays"""

    bl_idname = "nn.rename_part"
    bl_label = "Rename"

    name: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Name", description="The new name of the block or layer", options={"SKIP_SAVE"}
    )

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        self.name = chosen_part(active_network(context)).name
        context.window_manager.invoke_props_dialog(self)
        return {"RUNNING_MODAL"}

    def draw(self, context: bpy.types.Context) -> None:
        layout: Any = self.layout
        layout.activate_init = True  # The name can be typed at once.
        layout.prop(self, "name")

    def change(self, context: bpy.types.Context) -> None:
        root = active_network(context)
        editing.rename_part(context.scene, root, root.nn.opening.part, self.name)


class NN_OT_join_next(ChangesChosenPart, bpy.types.Operator):
    """Make one block of the chosen block or layer and the one after it"""

    bl_idname = "nn.join_next"
    bl_label = "Join with Next"

    @classmethod
    def reason_against(cls, root: bpy.types.Collection) -> str:
        reason = super().reason_against(root)
        if reason:
            return reason
        around, after = _around_and_after(root)
        if after is None:
            return "It is the last one in its block"
        return "" if len(around.children) > 2 else "The two are all that their block consists of"

    def change(self, context: bpy.types.Context) -> None:
        root = active_network(context)
        after = _around_and_after(root)[1]
        assert after is not None
        _choose_made(context, root, editing.join_parts(context.scene, root, [root.nn.opening.part, after.id]))


class NN_OT_join_selected(ChangesHierarchy, bpy.types.Operator):
    """Make one block of the blocks and layers that are selected in the viewport"""

    bl_idname = "nn.join_selected"
    bl_label = "Join Selected"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not super().poll(context):
            return False
        if len(_selected(context)) < 2:
            cls.poll_message_set("Select blocks or layers that stand beside each other, with Shift, in the viewport")
            return False
        return True

    def change(self, context: bpy.types.Context) -> None:
        root = active_network(context)
        _choose_made(context, root, editing.join_parts(context.scene, root, _selected(context)))


class NN_OT_dissolve_block(ChangesChosenPart, bpy.types.Operator):
    """Remove the chosen block; what is inside takes its place"""

    bl_idname = "nn.dissolve_block"
    bl_label = "Dissolve Block"

    @classmethod
    def reason_against(cls, root: bpy.types.Collection) -> str:
        part = chosen_part(root)
        return "" if part is not None and part.is_block else "Choose a block in the list first"

    def change(self, context: bpy.types.Context) -> None:
        root = active_network(context)
        editing.take_apart(context.scene, root, root.nn.opening.part)
        choose_nothing(context.scene)


class NN_OT_find_hierarchy(ChangesHierarchy, bpy.types.Operator):
    """Find the network's blocks again, as in a fresh import. Your names and changes are lost"""

    bl_idname = "nn.find_hierarchy"
    bl_label = "Find Blocks Again"

    def change(self, context: bpy.types.Context) -> None:
        editing.find_again(context.scene, active_network(context))
        choose_nothing(context.scene)


def draw_editing(layout: bpy.types.UILayout) -> None:
    """What can be done to the chosen block or layer, and to all of them."""
    column = layout.column(align=True)
    row = column.row(align=True)
    row.operator("nn.rename_part", text="Rename…")
    row.operator("nn.dissolve_block", text="Dissolve")
    row = column.row(align=True)
    row.operator("nn.join_next")
    row.operator("nn.join_selected")
    layout.operator("nn.find_hierarchy", icon="FILE_REFRESH")


def _choose_made(context: bpy.types.Context, root: bpy.types.Collection, block: str) -> None:
    """Choose a block that was made just now: before the next update Blender does not know whether it can be seen."""
    context.view_layer.update()
    choose_part(root, block)


def _around_and_after(root: bpy.types.Collection) -> tuple[Part, Part | None]:
    """The block around the chosen part, and the part that comes after it there; None where it is the last."""
    hierarchy, chosen = require_opening(root)[1].root, root.nn.opening.part
    around = (hierarchy, *hierarchy.way_to(chosen))[-2]
    parts = [part for part in around.children if part.kind != INPUT]
    place = next(place for place, part in enumerate(parts) if part.id == chosen)
    return around, parts[place + 1] if place + 1 < len(parts) else None


def _selected(context: bpy.types.Context) -> list[str]:
    """Ids of the blocks and layers of the network that are selected in the viewport."""
    layers = layers_collection(active_network(context))
    chosen = set(context.selected_objects)
    return [part_id(obj) for obj in (layers.objects if layers else ()) if obj in chosen and part_id(obj)]


CLASSES = (
    NN_OT_rename_part,
    NN_OT_join_next,
    NN_OT_join_selected,
    NN_OT_dissolve_block,
    NN_OT_find_hierarchy,
)
