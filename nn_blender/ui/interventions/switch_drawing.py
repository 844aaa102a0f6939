"""Draws the switches of the chosen neuron and layer, and what they change."""

from __future__ import annotations

import bpy

from ...core.description.answers import right_counts
from ...core.interventions.intervention import Intervention
from ...scene.base import contract
from ...scene.neurons.neuron_facts import NeuronFacts
from ..common.active import active_network, active_slab
from ..common.choices import choose_neuron
from ..common.knowing import known_description
from ..common.sidebar import draw_facts, draw_lines, fields


class NN_PG_neurons(bpy.types.PropertyGroup):
    neuron: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="Neuron", description="Number of the neuron in the chosen layer, from 0", min=0
    )


def _get_neuron(_: bpy.types.PropertyGroup) -> int:
    root = active_network(bpy.context)
    return root.nn.neurons.neuron if root is not None else 0


def _set_neuron(_: bpy.types.PropertyGroup, neuron: int) -> None:
    root, slab = active_network(bpy.context), active_slab(bpy.context)
    if root is not None and slab is not None:
        choose_neuron(root, slab[contract.LAYER], min(neuron, max(slab[contract.NEURONS] - 1, 0)))


class OnWindow:
    neuron: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="Neuron",
        description="Number of the neuron in its layer, from 0",
        min=0,
        get=_get_neuron,
        set=_set_neuron,
        options=set(),
    )


class NN_MT_switches(bpy.types.Menu):
    bl_label = "More Switches"

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.operator_context = "INVOKE_DEFAULT"
        layout.operator("nn.switch_layer", text="Disable Layer").enable = False
        layout.operator("nn.switch_layer", text="Enable Layer").enable = True
        layout.operator("nn.switch_layer", text="Disable All Others").all_but_chosen = True
        layout.operator("nn.disable_extremes", text="Disable Most or Least Active…")
        layout.separator()
        layout.operator("nn.enable_all")


def draw_switches(layout: bpy.types.UILayout, facts: NeuronFacts | None) -> None:
    """The switch of the chosen neuron and of all selected with it, and the factor."""
    column = layout.column(align=True)
    row = column.row(align=True)
    is_off = facts is not None and facts.factor == 0
    row.operator("nn.switch_neuron", text="Enable" if is_off else "Disable").gain = 1.0 if is_off else 0.0
    held = row.operator("nn.switch_neuron", text="Hold at Mean")
    held.gain, held.replace = 0.0, True
    row.menu(NN_MT_switches.__name__, text="", icon="DOWNARROW_HLT")
    column.prop(bpy.context.window_manager.nn.switching, "factor", slider=True)


def draw_change(layout: bpy.types.UILayout, root: bpy.types.Collection) -> None:
    """What the switches change in the scene, and whether that is what is shown."""
    about = known_description(root)
    if about is None or about.intervention is None:
        return
    change = about.intervention
    facts = []
    before, known = right_counts(shown.answer for shown in about.samples)
    if known:
        now, _ = right_counts(change.answers)
        facts += [("Correct", f"{now:,} of {known:,} in the scene"), ("Before", f"{before:,} of {known:,}")]
    pairs = zip(change.answers, about.samples, strict=True)
    flipped = sum(now.best != shown.answer.best for now, shown in pairs)
    draw_facts(layout, *facts, ("Changed", f"{flipped} of {len(change.answers)} answers"))
    for note in change.notes:
        draw_lines(layout, note)
    fields(layout).prop(bpy.context.window_manager.nn.switching, "compare")


def describe_switched(intervention: Intervention) -> str:
    """What is switched, in a few words: how many neurons are off or scaled, and where."""
    factors = [factor for switches in intervention.layers.values() for factor in switches.factors.values()]
    off = sum(factor == 0 for factor in factors)
    scaled = len(factors) - off
    parts = [f"{off:,} neuron{'s' if off != 1 else ''} off"] if off else []
    parts += [f"{scaled:,} scaled"] if scaled else []
    layers = list(intervention.layers)
    return f"{', '.join(parts)} · {layers[0] if len(layers) == 1 else f'{len(layers):,} layers'}"


CLASSES = (NN_PG_neurons, NN_MT_switches)


class OnNetwork:
    neurons: bpy.props.PointerProperty(type=NN_PG_neurons)  # type: ignore[valid-type]
