"""Switches of the neuron and the layer that are chosen, and what comes of them."""

from __future__ import annotations

import bpy

from ..core.interventions import Intervention
from ..scene import contract
from ..scene.description import read_description
from ..scene.find import objects
from ..scene.interventions import set_compare, set_neurons, write_intervention
from ..scene.neurons import NeuronFacts
from .active import active_network, active_slab, root_of
from .jobs import wrapped
from .rerunning import keep_up_to_date
from .sidebar import NeedsNetwork, draw_facts, fields

MOST_LISTED = 6


def _get_compare(self: NN_PG_neurons) -> bool:
    return bool(root_of(self).get(contract.COMPARE, 0))


def _set_compare(self: NN_PG_neurons, compare: bool) -> None:
    set_compare(root_of(self), compare)


class NN_PG_neurons(bpy.types.PropertyGroup):
    neuron: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="Neuron", description="Number of the neuron in the chosen layer, from 0", min=0
    )
    compare: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Show Change",
        description="Let neurons glow with the change against the intact network: blue is less, orange more",
        get=_get_compare,
        set=_set_compare,
        options=set(),
    )


class NeedsLayer(NeedsNetwork):
    """For operators that switch neurons of the chosen layer."""

    # Their undo step is pushed when the last value is written; see `rerunning.keep_up_to_date`.
    bl_options = {"REGISTER"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not super().poll(context):
            return False
        slab = active_slab(context)
        if slab is None or not slab[contract.NEURONS]:
            cls.poll_message_set("Choose a layer that has neurons first")
            return False
        if any(thing.data.is_editmode for thing in objects(active_network(context), "neurons")):
            cls.poll_message_set("Leave Edit Mode first")
            return False
        return True


class NN_OT_switch_neuron(NeedsLayer, bpy.types.Operator):
    """Switch the chosen neuron off or on, or change its factor, and run the network again"""

    bl_idname = "nn.switch_neuron"
    bl_label = "Switch Neuron"

    gain: bpy.props.FloatProperty(  # type: ignore[valid-type]
        name="Factor",
        description="What the neuron's output is multiplied by; 0 switches it off",
        default=0.0,
        min=0.0,
        max=2.0,
        options={"SKIP_SAVE"},
    )
    replace: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Hold at Mean",
        description="A neuron that is off gives its mean over the test images instead of 0",
        options={"SKIP_SAVE"},
    )

    def execute(self, context: bpy.types.Context) -> set[str]:
        root, slab = active_network(context), active_slab(context)
        neuron = root.nn.neurons.neuron
        if neuron >= slab[contract.NEURONS]:
            self.report({"ERROR"}, f"{slab[contract.LAYER]} has the neurons 0 to {slab[contract.NEURONS] - 1}")
            return {"CANCELLED"}
        _switch(root, slab[contract.LAYER], [neuron], self.gain, self.replace, self.bl_label)
        return {"FINISHED"}


class NN_OT_switch_layer(NeedsLayer, bpy.types.Operator):
    """Switch all neurons of the chosen layer, or all but the chosen one, and run the network again"""

    bl_idname = "nn.switch_layer"
    bl_label = "Switch Layer"

    enable: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Enable", description="Switch them on instead of off", options={"SKIP_SAVE"}
    )
    all_but_chosen: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="All but the Chosen", description="Leave the chosen neuron as it is", options={"SKIP_SAVE"}
    )

    def execute(self, context: bpy.types.Context) -> set[str]:
        root, slab = active_network(context), active_slab(context)
        neurons = set(range(slab[contract.NEURONS]))
        if self.all_but_chosen:
            neurons.discard(root.nn.neurons.neuron)
        _switch(root, slab[contract.LAYER], sorted(neurons), 1.0 if self.enable else 0.0, False, self.bl_label)
        return {"FINISHED"}


class NN_OT_enable_all(NeedsNetwork, bpy.types.Operator):
    """Switch all neurons of the network on and show it intact"""

    bl_idname = "nn.enable_all"
    bl_label = "Enable All"
    bl_options = {"REGISTER"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        write_intervention(active_network(context), Intervention())
        keep_up_to_date(self.bl_label)
        return {"FINISHED"}


def draw_switches(layout: bpy.types.UILayout, facts: NeuronFacts | None) -> None:
    column = layout.column(align=True)
    row = column.row(align=True)
    is_off = facts is not None and facts.factor == 0
    row.operator("nn.switch_neuron", text="Enable" if is_off else "Disable").gain = 1.0 if is_off else 0.0
    held = row.operator("nn.switch_neuron", text="Hold at Mean")
    held.gain, held.replace = 0.0, True
    row = column.row(align=True)
    for factor in (0.5, 1.5, 2.0):
        row.operator("nn.switch_neuron", text=f"× {factor:g}").gain = factor
    row = column.row(align=True)
    row.operator("nn.switch_layer", text="Disable Layer")
    row.operator("nn.switch_layer", text="All but This").all_but_chosen = True
    column.operator("nn.enable_all", icon="LOOP_BACK")


def draw_change(layout: bpy.types.UILayout, root: bpy.types.Collection) -> None:
    about = read_description(root)
    change = about.get("intervention")
    if not change:
        return
    box = layout.box()
    parts = [f"{layer}: {_count(switches)}" for layer, switches in change["layers"].items()]
    for line in parts[:MOST_LISTED]:
        box.label(text=line)
    if len(parts) > MOST_LISTED:
        box.label(text=f"+{len(parts) - MOST_LISTED} more layers")
    known = [sample["right"] for sample in about["samples"] if sample["right"] is not None]
    if known and change["accuracy"] is not None:
        before = sum(known) / len(known)
        draw_facts(box, ("Recognised", f"{change['accuracy']:.1%}, before {before:.1%}"))
    flipped = sum(
        now["predictions"][:1] and now["predictions"][0]["label"] != before["predictions"][0]["label"]
        for now, before in zip(change["samples"], about["samples"], strict=True)
    )
    draw_facts(box, ("Changed", f"{flipped} of {len(change['samples'])} answers"))
    for note in change.get("notes", []):
        for line in wrapped(note):
            box.label(text=line)
    fields(box).prop(root.nn.neurons, "compare")


def _count(switches: dict[str, object]) -> str:
    off, gain = len(switches.get("off", ())), len(switches.get("gain", ()))  # type: ignore[arg-type]
    return ", ".join(text for text, count in ((f"{off} off", off), (f"{gain} with a factor", gain)) if count)


def _switch(
    root: bpy.types.Collection, layer: str, neurons: list[int], gain: float, replace: bool, action: str
) -> None:
    is_off = gain == 0
    set_neurons(root, layer, neurons, enabled=not is_off, gain=1.0 if is_off else gain, replace=replace)
    keep_up_to_date(action)


CLASSES = (NN_PG_neurons, NN_OT_switch_neuron, NN_OT_switch_layer, NN_OT_enable_all)
