"""Switching neurons off, on, or to a factor; which ones are switched, with a switch each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import bpy
import numpy as np

from ...actions.interventions.switch import (
    disable_extremes,
    factor_of,
    set_factor,
    set_intervention,
    set_layer_factor,
    toggle,
)
from ...core.errors import UserError
from ...core.interventions.intervention import Intervention, switch_of
from ...scene.base import contract
from ...scene.base.find import object_of, objects
from ...scene.interventions.switches import read_switches, set_compare, switched_neurons
from ...scene.neurons.neuron_facts import drawn_count
from ...scene.neurons.selection import selected
from ..common.active import active_network, active_slab
from ..common.jobs import jobs, report_error
from ..common.knowing import known_selection
from ..common.needs import NeedsLayer, NeedsObjectMode
from ..common.neuron_texts import describe_switch
from ..common.reruns import keep_up_to_date, run_now
from ..common.rooms import EXPERIMENT
from ..common.sidebar import RoomPanel
from ..common.wanted_interventions import wanted_interventions

ENABLED: Any = "CHECKBOX_HLT"
"""Icon of what enables neurons again; that of undo would say that it takes back the last action."""

EXTREMES = (
    ("MOST", "Most Active", "The neurons with the highest values"),
    ("LEAST", "Least Active", "The neurons with the lowest values"),
)
MEASURES = (
    ("SHOWN", "Shown Sample", "By the activation for the sample that is shown"),
    ("ALL", "All Samples", "By the mean over all measured samples"),
)


def targets(
    context: bpy.types.Context, selection_of: Callable[[Any], Mapping[str, np.ndarray]] = selected
) -> dict[str, np.ndarray]:
    """What switches are for, by layer: the chosen neuron, and where it is selected all that are with it.

    Args:
        selection_of: gives the selected neurons of a network, by layer; `known_selection` for what is drawn.
    """
    root, slab = active_network(context), active_slab(context)
    if slab is None or root.nn.neurons.neuron >= drawn_count(root, slab[contract.LAYER]):
        return {}
    layer, neuron = slab[contract.LAYER], root.nn.neurons.neuron
    together = dict(selection_of(root))
    return together if neuron in together.get(layer, ()) else {layer: np.array([neuron])}


def _get_factor(_: NN_PG_switching) -> float:
    root = active_network(bpy.context)
    return factor_of(root, targets(bpy.context, known_selection)) if root is not None else 1.0


def _set_factor(_: NN_PG_switching, factor: float) -> None:
    if NN_OT_switch_neuron.poll(bpy.context):
        set_factor(active_network(bpy.context), targets(bpy.context), factor)
        keep_up_to_date("Set Factor")


def _get_compare(_: NN_PG_switching) -> bool:
    root = active_network(bpy.context)
    return root is not None and bool(root.get(contract.COMPARE, 0))


def _set_compare(_: NN_PG_switching, compare: bool) -> None:
    root = active_network(bpy.context)
    if root is not None:
        set_compare(root, compare)
        # Maps of the change are drawn when they are first wanted.
        keep_up_to_date("Show Change")


class NN_PG_switching(bpy.types.PropertyGroup):
    """Stands on the window manager, which undo leaves alone: what is set and what comes of it are one step."""

    factor: bpy.props.FloatProperty(  # type: ignore[valid-type]
        name="Factor",
        description="Multiplies the output of the chosen neuron and of all selected with it; 0 disables them",
        get=_get_factor,
        set=_set_factor,
        min=0.0,
        max=2.0,
        step=5,
        subtype="FACTOR",
        options={"SKIP_SAVE"},
    )
    compare: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Show Change",
        description="Colour neurons and feature maps by their change from the intact network: blue is less, orange "
        "is more. Summaries and the input keep showing values",
        get=_get_compare,
        set=_set_compare,
        options={"SKIP_SAVE"},
    )


class Switches(NeedsObjectMode):
    """For operators that switch neurons. Their undo step is pushed when the last value is written."""

    bl_options = {"REGISTER"}
    bl_label: str

    def switch(self, context: bpy.types.Context) -> str:
        """Call an action that switches neurons; give the name of what was done, for the undo history."""
        raise NotImplementedError

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            done = self.switch(context)
        except UserError as error:
            return report_error(self, error)
        keep_up_to_date(done)
        return {"FINISHED"}


class SwitchesNeurons(Switches):
    """For operators on the selected neurons, or on the chosen one."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not super().poll(context):
            return False
        if not targets(context, known_selection):
            cls.poll_message_set("Choose a layer and one of its neurons first")
            return False
        return True


class SwitchesLayer(NeedsLayer, Switches):
    """For operators on the chosen layer."""


class NN_OT_switch_neuron(SwitchesNeurons, bpy.types.Operator):
    """Disable, enable or scale the chosen neuron and all selected with it, and run the network again"""

    bl_idname = "nn.switch_neuron"
    bl_label = "Switch Neurons"

    gain: bpy.props.FloatProperty(  # type: ignore[valid-type]
        name="Factor",
        description="Multiplies a neuron's output; 0 disables it",
        default=0.0,
        min=0.0,
        max=2.0,
        options={"SKIP_SAVE"},
    )
    replace: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Hold at Mean",
        description="A disabled neuron outputs its mean over the samples instead of 0",
        options={"SKIP_SAVE"},
    )

    def switch(self, context: bpy.types.Context) -> str:
        set_factor(active_network(context), targets(context), self.gain, replace=self.replace)
        return self.bl_label


class NN_OT_toggle_neurons(SwitchesNeurons, bpy.types.Operator):
    """Disable the chosen neuron and all selected with it, or enable them if the first one is disabled"""

    bl_idname = "nn.toggle_neurons"
    bl_label = "Disable or Enable"

    def switch(self, context: bpy.types.Context) -> str:
        is_on = toggle(active_network(context), targets(context))
        return "Enable Neurons" if is_on else "Disable Neurons"


class NN_OT_restore_neuron(Switches, bpy.types.Operator):
    """Enable this neuron again, with its own output"""

    bl_idname = "nn.restore_neuron"
    bl_label = "Restore Neuron"

    layer: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Layer", description="Path of the neuron's layer", options={"SKIP_SAVE"}
    )
    neuron: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="Neuron", description="Number of the neuron, from 0; -1 for all neurons of the layer", default=-1
    )

    def switch(self, context: bpy.types.Context) -> str:
        root = active_network(context)
        if self.neuron < 0:
            set_layer_factor(root, self.layer, 1.0)
        else:
            set_factor(root, {self.layer: [self.neuron]}, 1.0)
        return self.bl_label


class NN_OT_switch_layer(SwitchesLayer, bpy.types.Operator):
    """Disable or enable all neurons of the chosen layer, and run the network again"""

    bl_idname = "nn.switch_layer"
    bl_label = "Switch Layer"

    enable: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Enable", description="Enable them instead of disabling them", options={"SKIP_SAVE"}
    )
    all_but_chosen: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="All Others",
        description="Leave the chosen neuron and those selected with it as they are",
        options={"SKIP_SAVE"},
    )

    def switch(self, context: bpy.types.Context) -> str:
        root, layer = active_network(context), active_slab(context)[contract.LAYER]
        chosen = targets(context).get(layer, ()) if self.all_but_chosen else ()
        not_drawn = set_layer_factor(root, layer, 1.0 if self.enable else 0.0, all_but=chosen)
        if not_drawn:
            self.report({"WARNING"}, f"{not_drawn:,} neurons are not drawn and stay as they are")
        return self.bl_label


class NN_OT_disable_extremes(SwitchesLayer, bpy.types.Operator):
    """Disable the most or the least active neurons of the chosen layer, and run the network again"""

    bl_idname = "nn.disable_extremes"
    bl_label = "Disable Most or Least Active"

    count: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="Neurons", description="How many neurons to disable", default=1, min=1
    )
    which: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Which", description="Which neurons to disable", items=EXTREMES
    )
    measure: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="By", description="What a neuron's activity is measured by", items=MEASURES
    )

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        context.window_manager.invoke_props_dialog(self)
        return {"RUNNING_MODAL"}

    def switch(self, context: bpy.types.Context) -> str:
        root, layer = active_network(context), active_slab(context)[contract.LAYER]
        disable_extremes(root, layer, self.count, which=self.which.lower(), samples=self.measure.lower())
        return self.bl_label


class NN_OT_enable_all(Switches, bpy.types.Operator):
    """Enable all neurons of the network and show it intact"""

    bl_idname = "nn.enable_all"
    bl_label = "Enable All"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not super().poll(context):
            return False
        root = active_network(context)
        wanted = wanted_interventions.find(root)
        if wanted is not None and wanted.is_empty and wanted_interventions.are_shown(root):
            cls.poll_message_set("All neurons are enabled")
            return False
        return True

    def switch(self, context: bpy.types.Context) -> str:
        set_intervention(active_network(context), Intervention())
        return self.bl_label


class NN_OT_rerun(NeedsObjectMode, bpy.types.Operator):
    """Run the network with its current switches"""

    bl_idname = "nn.rerun"
    bl_label = "Run Now"
    # Its undo step is pushed when the last value is written.
    bl_options = {"REGISTER"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return bool(super().poll(context) and jobs.poll(cls))

    def execute(self, context: bpy.types.Context) -> set[str]:
        run_now(self.bl_label)
        return {"FINISHED"}


class NN_UL_switched(bpy.types.UIList):
    """Neurons of a layer that are switched. The rows are the vertices of the layer's neuron mesh."""

    def draw_item(
        self,
        context: bpy.types.Context,
        layout: bpy.types.UILayout,
        data: bpy.types.Mesh,
        vertex: bpy.types.MeshVertex,
        icon: int,
        active_data: bpy.types.PropertyGroup,
        active_property: str,
        index: int = 0,
        flt_flag: int = 0,
    ) -> None:
        layer = active_slab(context)[contract.LAYER]
        mesh: Any = data
        is_on, gain, held = (values[index] for values in read_switches(mesh))
        row = layout.row(align=True)
        row.label(text=f"neuron {index}")
        row.label(text=describe_switch(float(gain) if is_on else 0.0, bool(held)))
        restore = row.operator("nn.restore_neuron", text="", icon=ENABLED, emboss=False)
        restore.layer, restore.neuron = layer, index

    def filter_items(
        self, context: bpy.types.Context, data: bpy.types.Mesh, property: str
    ) -> tuple[list[int], list[int]]:
        slab = active_slab(context)
        obj = next(objects(active_network(context), "neurons", slab[contract.LAYER]), None) if slab else None
        flags = np.zeros(len(data.vertices), int)
        if obj is not None and obj.data == data:
            flags[switched_neurons(obj)] = self.bitflag_filter_item
        return flags.tolist(), []


class NN_PT_switched(RoomPanel, bpy.types.Panel):
    bl_label = "Switched Neurons"
    bl_order = 10
    room = EXPERIMENT

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        root, slab = active_network(context), active_slab(context)
        layout.prop(context.scene.nn, "reruns")
        layout.operator("nn.rerun", icon="FILE_REFRESH")
        counts = _counts(root)
        if not counts:
            layout.label(text="None: the network is intact", icon="INFO")
            return
        column = layout.column(align=True)
        for layer, count in counts.items():
            row = column.row(align=True)
            row.operator("nn.choose_layer", text=f"{layer}: {count:,}", depress=_is_layer(slab, layer)).layer = layer
            row.operator("nn.restore_neuron", text="", icon=ENABLED).layer = layer
        layout.operator("nn.enable_all", icon=ENABLED)
        layer = slab[contract.LAYER] if slab is not None else ""
        neurons = object_of(root, "neurons", layer)
        # What is wanted for all calls of a layer stands under the first.
        if neurons is not None and {layer, switch_of(layer)} & counts.keys():
            window = context.window_manager.nn
            layout.template_list("NN_UL_switched", "", neurons.data, "vertices", window, "neuron", rows=4)


def _counts(root: bpy.types.Collection) -> dict[str, int]:
    """How many neurons are switched, by layer, without layers in which none is."""
    wanted = wanted_interventions.find(root)
    if wanted is not None:
        return {layer: len(switches.factors) for layer, switches in wanted.layers.items() if switches.factors}
    objs = (obj for obj in objects(root, "neurons") if not obj.data.is_editmode)
    counts = {obj[contract.LAYER]: len(switched_neurons(obj)) for obj in objs}
    return {layer: count for layer, count in counts.items() if count}


def _is_layer(slab: bpy.types.Object | None, layer: str) -> bool:
    return slab is not None and slab[contract.LAYER] == layer


CLASSES = (
    NN_PG_switching,
    NN_OT_switch_neuron,
    NN_OT_toggle_neurons,
    NN_OT_restore_neuron,
    NN_OT_switch_layer,
    NN_OT_disable_extremes,
    NN_OT_enable_all,
    NN_OT_rerun,
    NN_UL_switched,
    NN_PT_switched,
)


class OnWindow:
    switching: bpy.props.PointerProperty(type=NN_PG_switching)  # type: ignore[valid-type]
