"""The panel Explain: maps of what answers depend on, made and looked at."""

from __future__ import annotations

from typing import Any

import bpy

from ...core.description.description import Description
from ...core.description.explanation import ExplainedTarget, Explanation
from ...core.explanations import Method
from ...scene.base import contract
from ...scene.explanations.texts import method_of as method_of_explanation
from ...scene.explanations.texts import name_of_target, value_of_target
from ...scene.looks.visibility import shown_parts
from ...scene.samples.timeline import shown_sample
from ...scene.show_explanation import explanation_key
from ..common.active import active_network
from ..common.knowing import known, known_description
from ..common.rooms import EXPERIMENT
from ..common.sidebar import ClosedPanel, draw_facts, draw_lines, fields, format_number
from .explain_settings import CLASS, NEURON, PREDICTED, holder_of, method_of, neuron_target

_SWITCHES = {"explanation overlay": "Over the Input", "explanation card": "Beside the Input"}


class NN_PT_explain(ClosedPanel, bpy.types.Panel):
    bl_label = "Explain"
    bl_order = 27
    room = EXPERIMENT

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        root = active_network(context)
        about = known_description(root)
        _draw_settings(layout, context, root)
        if about is not None and about.intervention is not None:
            fields(layout).prop(root.nn.explain, "with_intact")
        column = layout.column(align=True)
        column.operator("nn.explain", icon="LIGHT_HEMI")
        column.operator("nn.explain", text="Explain Shown Sample Only").only_shown = True
        _draw_method(layout, method_of(root))
        if about is not None and about.explanation is not None:
            _draw_shown(layout, root, about, about.explanation, shown_sample(context.scene, root))
        if holder_of(root) is not None:
            _draw_look(layout, root)


def _draw_settings(layout: bpy.types.UILayout, context: bpy.types.Context, root: bpy.types.Collection) -> None:
    settings, method = root.nn.explain, method_of(root)
    column = fields(layout)
    column.prop(settings, "method")
    column.prop(settings, "target")
    if settings.target == PREDICTED:
        column.prop(settings, "count")
    elif settings.target == CLASS:
        column.prop(settings, "class_name")
        column.prop(settings, "beside", placeholder="None")
    elif settings.target == NEURON:
        neuron = neuron_target(context, root)
        if neuron is not None:
            draw_facts(layout, ("Neuron", f"{neuron.layer} · {neuron.index}"))
    if method.weights_layer:
        fields(layout).prop(settings, "layer", placeholder="Automatic")
    if method.has_steps:
        fields(layout).prop(settings, "steps")


def _draw_method(layout: bpy.types.UILayout, method: Method) -> None:
    """What the method that is chosen does."""
    notes = layout.column(align=True)
    notes.active = False
    draw_lines(notes, f"{method.description}.")
    if method.is_slow:
        draw_lines(notes, "Runs the network many times for every sample.")


def _draw_shown(
    layout: bpy.types.UILayout, root: bpy.types.Collection, about: Description, explanation: Explanation, sample: int
) -> None:
    """What the scene shows."""
    box = layout.box()
    method = method_of_explanation(explanation)
    head = method.label + (f" of {explanation.layer}" if explanation.layer else "")
    draw_lines(box, f"{head} ({method.provenance})", "LIGHT_HEMI")
    if known(root, _is_outdated):
        draw_lines(box, "Of the network before its switches changed", "ERROR")
        box.operator("nn.explain_again", icon="FILE_REFRESH")
    place = explanation.place_of(sample)
    if place is None:
        draw_lines(box, "The sample that is shown was not explained", "INFO")
    else:
        for explained in explanation.targets:
            _draw_target(box, about, explained, place)
    notes = box.column(align=True)
    notes.active = False
    for note in explanation.notes:
        draw_lines(notes, note)


def _is_outdated(root: bpy.types.Collection) -> bool:
    """Whether the network or its samples are others than those that were explained."""
    about = known_description(root)
    if about is None or about.explanation is None:
        return False
    now = about.intervention.intervention.key if about.intervention else ""
    return about.explanation.intervention != now or about.explanation.key != explanation_key(about)


def _draw_target(layout: bpy.types.UILayout, about: Description, explained: ExplainedTarget, place: int) -> None:
    """What was explained of the sample that is shown, its output and its score; and what the values add up to."""
    name = name_of_target(about, explained, place)
    if explained.target.layer:
        name = f"{explained.target.layer} · {explained.indices[place]}"
    if explained.is_intact:
        name = f"{name}, before"
    value = "" if explained.target.layer else value_of_target(about, explained, place)
    score = format_number(explained.scores[place])
    draw_facts(layout, (name, f"{value}   score {score}".strip()))
    if explained.sums and explained.totals:
        draw_facts(layout, ("Adds Up To", completeness(explained.sums[place], explained.totals[place])))


def completeness(added: float | None, total: float | None) -> str:
    """How far what values add up to is from the difference of scores that it should be."""
    if added is None or total is None:
        return "not finite"
    off = f", off by {abs(added - total) / abs(total):.1%}" if total else ""
    return f"{added:.3g} of {total:.3g}{off}"


def _draw_look(layout: bpy.types.UILayout, root: bpy.types.Collection) -> None:
    """How the maps look, and where they are seen."""
    settings, holder = root.nn.explain, holder_of(root)
    is_signed = bool(holder.get(contract.EXPLANATION_SIGNED, 0.0))
    column = layout.column()
    column.use_property_split = True
    for name, text in (
        (contract.OPACITY_OF_MAPS, "Opacity"),
        (contract.THRESHOLD, "Threshold"),
        (contract.SAMPLE_BELOW, "Sample Below"),
    ):
        column.prop(holder, f'["{name}"]', text=text, slider=True)
    column = fields(layout)
    column.prop(settings, "signed_colours" if is_signed else "colours")
    column.prop(settings, "rule")
    column.prop(settings, "full_at")
    row, shown = layout.row(align=True), known(root, shown_parts)
    for part, text in _SWITCHES.items():
        if part in shown:
            icon: Any = "HIDE_OFF" if shown[part] else "HIDE_ON"
            row.operator("nn.show_part", text=text, icon=icon, depress=shown[part]).part = part
    layout.operator("nn.remove_explanation", icon="TRASH")


CLASSES = (NN_PT_explain,)
