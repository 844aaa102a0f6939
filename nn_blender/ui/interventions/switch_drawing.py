"""Draws the switches of the chosen neuron and layer, and what they change."""

from __future__ import annotations

import bpy

from ...core.description.answers import right_counts
from ...core.interventions.intervention import Intervention, LayerIntervention
from ...scene.network.description import read_description
from ...scene.neurons.neuron_facts import NeuronFacts
from ..common.sidebar import draw_facts, draw_lines, fields
from .switching import targets

MOST_LISTED = 6


class NN_PG_neurons(bpy.types.PropertyGroup):
    neuron: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="Neuron", description="Number of the neuron in the chosen layer, from 0", min=0
    )


def draw_switches(layout: bpy.types.UILayout, facts: NeuronFacts | None) -> None:
    column = layout.column(align=True)
    count = sum(map(len, targets(bpy.context).values()))
    if count > 1:
        column.label(text=f"Applies to {count:,} selected neurons", icon="RESTRICT_SELECT_OFF")
    row = column.row(align=True)
    is_off = facts is not None and facts.factor == 0
    row.operator("nn.switch_neuron", text="Enable" if is_off else "Disable").gain = 1.0 if is_off else 0.0
    held = row.operator("nn.switch_neuron", text="Hold at Mean")
    held.gain, held.replace = 0.0, True
    column.prop(bpy.context.window_manager.nn.switching, "factor", slider=True)
    row = column.row(align=True)
    row.operator("nn.switch_layer", text="Disable Layer")
    row.operator("nn.switch_layer", text="Disable All Others").all_but_chosen = True
    column.operator("nn.disable_extremes", text="Disable Most or Least Active…")
    column.operator("nn.enable_all", icon="LOOP_BACK")


def draw_change(layout: bpy.types.UILayout, root: bpy.types.Collection) -> None:
    about = read_description(root)
    if about is None or about.intervention is None:
        return
    change = about.intervention
    box = layout.box()
    parts = [f"{layer}: {_count(switches)}" for layer, switches in change.intervention.layers.items()]
    for line in parts[:MOST_LISTED]:
        box.label(text=line)
    if len(parts) > MOST_LISTED:
        box.label(text=f"+{len(parts) - MOST_LISTED} more layers")
    before, known = right_counts(shown.answer for shown in about.samples)
    if known:
        now, _ = right_counts(change.answers)
        draw_facts(box, ("Correct", f"{now:,} of {known:,} in the scene"), ("Before", f"{before:,} of {known:,}"))
    pairs = zip(change.answers, about.samples, strict=True)
    flipped = sum(now.best != shown.answer.best for now, shown in pairs)
    draw_facts(box, ("Changed", f"{flipped} of {len(change.answers)} answers"))
    for note in change.notes:
        draw_lines(box, note)
    fields(box).prop(bpy.context.window_manager.nn.switching, "compare")


def describe_switched(intervention: Intervention) -> str:
    """What is switched, in a few words: how many neurons are off or scaled, and where."""
    factors = [factor for switches in intervention.layers.values() for factor in switches.factors.values()]
    off = sum(factor == 0 for factor in factors)
    scaled = len(factors) - off
    parts = [f"{off:,} neuron{'s' if off != 1 else ''} off"] if off else []
    parts += [f"{scaled:,} scaled"] if scaled else []
    layers = list(intervention.layers)
    return f"{', '.join(parts)} · {layers[0] if len(layers) == 1 else f'{len(layers):,} layers'}"


def _count(switches: LayerIntervention) -> str:
    off = sum(factor == 0 for factor in switches.factors.values())
    gain = len(switches.factors) - off
    return ", ".join(text for text, count in ((f"{off} off", off), (f"{gain} with a factor", gain)) if count)


CLASSES = (NN_PG_neurons,)


class OnNetwork:
    neurons: bpy.props.PointerProperty(type=NN_PG_neurons)  # type: ignore[valid-type]
