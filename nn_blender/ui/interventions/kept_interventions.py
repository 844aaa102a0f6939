"""Interventions under names: keep what is switched, switch between them, show two of them side by side."""

from __future__ import annotations

from typing import Any

import bpy

from ...actions.interventions.side_by_side import show_side_by_side
from ...actions.interventions.switch import set_intervention
from ...actions.settings import worker_python
from ...core.errors import UserError
from ...core.interventions.intervention import Intervention
from ...core.interventions.naming import default_name
from ...scene.base import contract
from ...scene.interventions.kept_interventions import (
    forget_intervention,
    keep_intervention,
    kept_interventions,
    rename_intervention,
)
from ...scene.interventions.switches import read_intervention
from ...scene.network.description import require_description
from ..common.active import active_network, network_by_id
from ..common.jobs import jobs, redraw_panels, report_error
from ..common.knowing import known_description
from ..common.needs import SET_UP_FIRST, NeedsDescription, NeedsObjectMode, StartsJob, no_description
from ..common.reruns import keep_up_to_date
from ..common.rooms import EXPERIMENT
from ..common.sidebar import ClosedPanel
from ..samples.input_settings import adopt

INTACT = -1
"""The number of the intact network among the interventions that are kept."""


class NeedsSwitches(NeedsObjectMode, NeedsDescription):
    """For operators that read or write all switches of a network."""


class NN_OT_keep_intervention(NeedsSwitches, bpy.types.Operator):
    """Keep the current switches under a name"""

    bl_idname = "nn.keep_intervention"
    bl_label = "Keep Intervention"
    bl_options = {"REGISTER", "UNDO"}

    name: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Name", description="Name of the intervention; if empty, a summary of its switches", options={"SKIP_SAVE"}
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not super().poll(context):
            return False
        about = known_description(active_network(context))
        if about is None or about.intervention is None:
            cls.poll_message_set("No neuron is switched: disable one first")
            return False
        return True

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        self.name = default_name(_switched(active_network(context)))
        return set(context.window_manager.invoke_props_dialog(self))

    def execute(self, context: bpy.types.Context) -> set[str]:
        root = active_network(context)
        switched = _switched(root)
        keep_intervention(root, self.name.strip() or default_name(switched), switched)
        redraw_panels()
        return {"FINISHED"}


class NeedsKept(NeedsSwitches):
    """For operators on one of the interventions that are kept.

    Attributes:
        index: its number.
    """

    index: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="Number", description="Number of the kept intervention, from 0", min=0, options={"SKIP_SAVE", "HIDDEN"}
    )

    def is_there(self, root: bpy.types.Collection) -> bool:
        """Whether there is one of that number; says so where there is not."""
        count = len(kept_interventions(root))
        if self.index >= count:
            self.report({"ERROR"}, f"{count} interventions are kept; there is none with the number {self.index}")
        return self.index < count


class NN_OT_use_intervention(NeedsSwitches, bpy.types.Operator):
    """Switch all neurons as in a kept intervention, or enable all of them, and run the network again"""

    bl_idname = "nn.use_intervention"
    bl_label = "Use Intervention"
    # Its undo step is pushed when the last value is written; see `reruns.keep_up_to_date`.
    bl_options = {"REGISTER"}

    index: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="Number",
        description="Number of the kept intervention, from 0; -1 for the intact network",
        default=INTACT,
        min=INTACT,
        options={"SKIP_SAVE"},
    )

    def execute(self, context: bpy.types.Context) -> set[str]:
        root = active_network(context)
        kept = kept_interventions(root)
        if self.index >= len(kept):
            self.report({"ERROR"}, f"{len(kept)} interventions are kept; there is none with the number {self.index}")
            return {"CANCELLED"}
        is_intact = self.index == INTACT
        try:
            set_intervention(root, Intervention() if is_intact else kept[self.index].intervention)
        except UserError as error:
            return report_error(self, error)
        keep_up_to_date("Intact" if is_intact else f"Use {kept[self.index].name}")
        return {"FINISHED"}


class NN_OT_rename_intervention(NeedsKept, bpy.types.Operator):
    """Give a kept intervention another name"""

    bl_idname = "nn.rename_intervention"
    bl_label = "Rename Intervention"
    bl_options = {"REGISTER", "UNDO"}

    name: bpy.props.StringProperty(name="Name", description="The new name", options={"SKIP_SAVE"})  # type: ignore[valid-type]

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        root = active_network(context)
        if not self.is_there(root):
            return {"CANCELLED"}
        self.name = kept_interventions(root)[self.index].name
        return set(context.window_manager.invoke_props_dialog(self))

    def execute(self, context: bpy.types.Context) -> set[str]:
        root = active_network(context)
        if not self.is_there(root):
            return {"CANCELLED"}
        if not self.name.strip():
            self.report({"ERROR"}, "Enter a name")
            return {"CANCELLED"}
        rename_intervention(root, self.index, self.name.strip())
        redraw_panels()
        return {"FINISHED"}


class NN_OT_forget_intervention(NeedsKept, bpy.types.Operator):
    """Remove a kept intervention. The switches stay as they are"""

    bl_idname = "nn.forget_intervention"
    bl_label = "Remove Intervention"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        root = active_network(context)
        if not self.is_there(root):
            return {"CANCELLED"}
        forget_intervention(root, self.index)
        return {"FINISHED"}


class NN_OT_show_side_by_side(StartsJob, NeedsSwitches, bpy.types.Operator):
    """Import the network a second time and show it with these switches beside the intact one"""

    bl_idname = "nn.show_side_by_side"
    bl_label = "Show Side by Side"
    # Its undo step is pushed when the last value is written, not when the job starts.
    bl_options = {"REGISTER"}  # type: ignore[assignment]

    index: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="Number",
        description="Kept intervention that the second network shows, from 0; -1 for the current switches",
        default=-1,
        min=-1,
        options={"SKIP_SAVE"},
    )
    keep_first: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Keep First", description="Leave the first network's switches as they are", options={"SKIP_SAVE"}
    )

    @classmethod
    def reason_against(cls, root: bpy.types.Collection) -> str:
        about = known_description(root)
        if about is None:
            return no_description(root)
        if not about.samples:
            return "The network was imported without samples"
        if about.intervention is None and not kept_interventions(root):
            return "No neuron is switched: disable one first"
        return SET_UP_FIRST if worker_python() is None else ""

    def execute(self, context: bpy.types.Context) -> set[str]:
        root = active_network(context)
        kept = kept_interventions(root)
        if self.index >= len(kept):
            self.report({"ERROR"}, f"{len(kept)} interventions are kept; there is none with the number {self.index}")
            return {"CANCELLED"}
        wanted = _switched(root) if self.index < 0 else kept[self.index].intervention
        both = show_side_by_side(worker_python(), root, wanted, keep_first=self.keep_first)
        return jobs.launch(
            self,
            both,
            on_done=lambda second: adopt(network_by_id(second)),
            undo_step="Show Side by Side",
            writes_before_push=True,
        )


class NN_PT_interventions(ClosedPanel, bpy.types.Panel):
    bl_label = "Kept Interventions"
    bl_parent_id = "NN_PT_switched"
    bl_order = 30
    room = EXPERIMENT

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        root = active_network(context)
        in_force = root.get(contract.RECORDED, "")
        kept = kept_interventions(root)
        column = layout.column(align=True)
        _draw_entry(column, INTACT, "Intact", not in_force)
        for index, one in enumerate(kept):
            _draw_entry(column, index, one.name, one.intervention.key == in_force)
        if in_force and all(one.intervention.key != in_force for one in kept):
            column.label(text="The current switches are not kept", icon="INFO")
        layout.operator("nn.keep_intervention", text="Keep Intervention…", icon="ADD")
        layout.operator("nn.show_side_by_side", icon="MOD_MIRROR")


def _draw_entry(layout: bpy.types.UILayout, index: int, name: str, is_in_force: bool) -> None:
    row = layout.row(align=True)
    icon: Any = "RADIOBUT_ON" if is_in_force else "RADIOBUT_OFF"
    row.operator("nn.use_intervention", text=name, icon=icon, depress=is_in_force).index = index
    if index == INTACT:
        return
    row.operator("nn.show_side_by_side", text="", icon="MOD_MIRROR").index = index
    row.operator("nn.rename_intervention", text="", icon="GREASEPENCIL").index = index
    row.operator("nn.forget_intervention", text="", icon="X").index = index


def _switched(root: bpy.types.Collection) -> Intervention:
    return read_intervention(root, require_description(root).network)


CLASSES = (
    NN_OT_keep_intervention,
    NN_OT_use_intervention,
    NN_OT_rename_intervention,
    NN_OT_forget_intervention,
    NN_OT_show_side_by_side,
    NN_PT_interventions,
)
