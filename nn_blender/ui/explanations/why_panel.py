"""The panel Why This Answer?: what speaks for a class on the sample that is shown, and what against it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import bpy

from ...core.description.answers import Predicted
from ...core.description.description import Description
from ...core.neurons.reasons import KeptReasons, NeuronReason, Reasons, SimilarSample, Turn
from ...core.recording import class_name, class_of_label, format_output, number_of_label
from ...scene.explanations.reasons import reasons_key
from ...scene.samples.timeline import shown_sample
from ..common.active import active_network
from ..common.knowing import known_description
from ..common.rooms import EXPERIMENT
from ..common.sidebar import ClosedPanel, draw_lines, format_number, section
from ..samples.answers import VERDICTS
from .why_operators import PREDICTED, asked_class, class_count, class_names, shown_reasons

CLASSES_LISTED = 5
_NAMES = 0.42
"""Share of a row's width that a neuron's name has."""


class OnWorkspace:
    why_for: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Neurons For", description="Show the neurons that speak for the class", default=True, options=set()
    )
    why_against: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Neurons Against", description="Show the neurons that speak against it", options=set()
    )
    why_turn: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="What Turns the Answer", description="Show the neurons without which the answer is another one",
        default=True, options=set(),
    )  # fmt: skip
    why_similar: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Similar Samples", description="Show samples that the network takes for similar", default=True,
        options=set(),
    )  # fmt: skip


class NN_PT_why(ClosedPanel, bpy.types.Panel):
    bl_label = "Why This Answer?"
    bl_order = 25
    room = EXPERIMENT

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        root = active_network(context)
        about, shown = known_description(root), shown_sample(context.scene, root)
        if about is None or shown >= len(about.samples):
            layout.label(text="There are no samples to explain", icon="INFO")
            return
        asked, kept = asked_class(context, root, about), shown_reasons(context, root)
        draw_lines(layout, question(about, shown, asked, kept), "QUESTION")
        _draw_classes(layout, about, shown, asked, kept)
        column = layout.column(align=True)
        column.operator("nn.find_reasons", icon="VIEWZOOM")
        column.operator("nn.explain_top_classes", icon="LIGHT_HEMI").only_shown = True
        if kept is not None:
            row = layout.row(align=True)
            row.operator("nn.mark_reasons", icon="PINNED")
            row.operator("nn.unmark_reasons", text="", icon="X")
            if kept.key != reasons_key(about, kept.sample):
                draw_lines(layout, "Out of date: the network is switched or measured otherwise now", "ERROR")
            _draw_reasons(layout, about, kept)


def question(about: Description, shown: int, asked: int | None, kept: KeptReasons | None) -> str:
    """What the panel answers."""
    name, kind = about.samples[shown].sample.name, about.answer_output.kind
    if asked is None and kind == "values" and class_count(about) == 1:
        return f"Why this value for {name}?"
    predictions = about.current_samples[shown].answer.predictions
    if asked is not None:
        label = class_names(about)[asked]
        is_answer = bool(predictions) and asked == predicted_class(about, predictions[0])
        return f"Why {label} for {name}?" if is_answer else f"What speaks for {label} on {name}?"
    if predictions:
        answer = predicted_class(about, predictions[0])
        return f"Why {predictions[0].label if answer is None else class_names(about)[answer]} for {name}?"
    return f"Why {class_name(about.classes, kept.reasons.target)} for {name}?" if kept else f"Why this for {name}?"


def _draw_classes(
    layout: bpy.types.UILayout, about: Description, shown: int, asked: int | None, kept: KeptReasons | None
) -> None:
    """The classes with the highest outputs; a click lets one be explained."""
    count = class_count(about)
    if count < 2:
        return
    column = layout.column(align=True)
    _draw_class(column, "Predicted Class", PREDICTED, asked is None)
    names, are_probabilities = class_names(about), about.answer_output.class_values_are_probabilities
    listed = set()
    for one in about.current_samples[shown].answer.predictions[:CLASSES_LISTED]:
        index = predicted_class(about, one)
        if index is not None:
            text = f"{names[index]}   {format_output(one.probability, are_probabilities)}"
            _draw_class(column, text, index, asked == index)
            listed.add(index)
    if asked is not None and asked not in listed:
        found = [one for one in kept.reasons.classes if one.index == asked] if kept else []
        output = f"   {format_output(found[0].output, are_probabilities)}" if found else ""
        _draw_class(column, names[asked] + output, asked, True)
    if count > len(listed):
        column.operator("nn.find_class", text="Other Class…", icon="VIEWZOOM")


def predicted_class(about: Description, one: Predicted) -> int | None:
    """The number of a class in an answer; of scenes that do not tell it, of the first class of its name."""
    return number_of_label(one.label, about.classes, class_count(about)) if one.index is None else one.index


def _draw_class(layout: bpy.types.UILayout, text: str, index: int, is_chosen: bool) -> None:
    icon: Any = "RADIOBUT_ON" if is_chosen else "RADIOBUT_OFF"
    layout.operator("nn.choose_class", text=text, icon=icon, depress=is_chosen).index = str(index)


def _draw_reasons(layout: bpy.types.UILayout, about: Description, kept: KeptReasons) -> None:
    reasons = kept.reasons
    label = class_name(about.classes, reasons.target)
    what = "the value" if about.answer_output.kind == "values" and class_count(about) == 1 else label
    if reasons.turn is None and not reasons.is_measured:
        draw_lines(layout, "Not all was found: find the reasons again", "INFO")
    if body := section(layout, "why_for"):
        _draw_neurons(body, reasons.speak_for, f"Most for {what}")
    if body := section(layout, "why_against"):
        _draw_neurons(body, reasons.speak_against, f"Most against {what}")
    if reasons.turn is not None and (body := section(layout, "why_turn")):
        _draw_turn(body, about, reasons, reasons.turn)
    if reasons.similar is not None and (body := section(layout, "why_similar")):
        _draw_similar(body, about, reasons, kept.compared)
    if reasons.speak_for or reasons.speak_against:
        notes = layout.column(align=True)
        notes.active = False
        draw_lines(notes, left_out(reasons))
        for note in reasons.notes:
            draw_lines(notes, note)


def _draw_neurons(layout: bpy.types.UILayout, neurons: tuple[NeuronReason, ...], title: str) -> None:
    if not neurons:
        layout.label(text="None", icon="INFO")
        return
    column = layout.column(align=True)
    head = _split(column, title, "Measured", "Estimated")
    head.active = False
    losses, estimates = decimals(one.loss for one in neurons), decimals(one.estimate for one in neurons)
    for one in neurons:
        row = column.split(factor=_NAMES, align=True)
        chosen = row.operator("nn.choose_neuron", text=f"{one.layer} · {one.neuron}")
        chosen.layer, chosen.neuron = one.layer, one.neuron
        values = row.split(factor=0.5, align=True)
        values.label(text="…" if one.loss is None else _signed(one.loss, losses))
        estimate = values.row()
        estimate.active = False
        estimate.label(text=_signed(one.estimate, estimates))


def _signed(value: float, form: str) -> str:
    return f"{value:+{form}}" if math.isfinite(value) else format_number(value)


def decimals(values: Iterable[float | None]) -> str:
    """The format of a column of numbers: three significant digits of the largest one, as many decimals for all.

    >>> [f"{value:{decimals([9.761, 5.1])}}" for value in (9.761, 5.1)]
    ['9.76', '5.10']
    """
    largest = max((abs(value) for value in values if value is not None and math.isfinite(value)), default=0.0)
    exponent = math.floor(math.log10(largest)) if largest else 0
    return f".{max(2 - exponent, 0)}f" if -4 < exponent < 6 else ".2e"


def _split(layout: bpy.types.UILayout, name: str, *values: str) -> bpy.types.UILayout:
    row = layout.split(factor=_NAMES, align=True)
    row.label(text=name)
    rest = row.split(factor=0.5, align=True)
    for value in values:
        rest.label(text=value)
    return row


def left_out(reasons: Reasons) -> str:
    """What the numbers mean, and which layers' neurons are not among them."""
    text = "Measured: by how much the score falls when the neuron is disabled. Estimated: activation × gradient."
    left = [f"{', '.join(reasons.answer_layers)} (the answer itself)"] if reasons.answer_layers else []
    count = len(reasons.repeating_layers)
    if count:
        left.append("1 layer that only repeats" if count == 1 else f"{count} layers that only repeat")
        left[-1] += " others' neurons"
    if left:
        text += f" Left out: {', and '.join(left)}."
    return text


def _draw_turn(layout: bpy.types.UILayout, about: Description, reasons: Reasons, turn: Turn) -> None:
    if not turn.neurons:
        draw_lines(layout, f"None found with up to {turn.tried} neurons off at once, in {turn.runs:,} runs", "INFO")
        return
    draw_lines(layout, turned(about, turn))
    column = layout.column(align=True)
    for layer, neuron in turn.neurons:
        chosen = column.operator("nn.choose_neuron", text=f"{layer} · {neuron}")
        chosen.layer, chosen.neuron = layer, neuron
    count = len(turn.neurons)
    layout.operator("nn.switch_turn", text="Disable It" if count == 1 else f"Disable These {count}", icon="HIDE_ON")


def turned(about: Description, turn: Turn) -> str:
    """What becomes of the answer without the neurons of the smallest set that was found."""
    which = "this neuron" if len(turn.neurons) == 1 else f"these {len(turn.neurons)} neurons"
    output = about.answer_output
    label, are_probabilities = class_name(about.classes, turn.answer or 0), output.class_values_are_probabilities
    value = "" if turn.output is None else f" ({format_output(turn.output, are_probabilities)})"
    if output.kind == "multi-label":
        is_there = turn.output is not None and turn.output > output.threshold
        return f"Without {which}, {label}{value} {'becomes' if is_there else 'is no longer'} part of the answer"
    return f"Without {which} the answer is {label}{value}. It is the smallest set that was found"


def _draw_similar(layout: bpy.types.UILayout, about: Description, reasons: Reasons, compared: int) -> None:
    similar = reasons.similar or ()
    if not reasons.hidden:
        draw_lines(layout, "There is no hidden layer to compare samples by", "INFO")
        return
    if not similar:
        draw_lines(layout, "There are no other samples", "INFO")
        return
    numbers = {shown.sample.values: number for number, shown in enumerate(about.samples)}
    column = layout.column(align=True)
    for one in similar:
        _draw_similar_sample(column, about, one, numbers.get(one.sample.values))
    notes = layout.column(align=True)
    notes.active = False
    where = ", ".join(reasons.hidden)
    draw_lines(notes, f"Cosine of the activations of {where}, of {compared:,} other samples. Names: true → answer")


def _draw_similar_sample(
    layout: bpy.types.UILayout, about: Description, one: SimilarSample, number: int | None
) -> None:
    row = layout.split(factor=0.42, align=True)
    if number is None:
        row.operator("nn.bring_sample", text=one.sample.name, icon="IMPORT").name = one.sample.name
    else:
        button = row.operator("nn.go_to_sample", text=one.sample.name)
        button.sample, button.inspect = number, True
    rest = row.split(factor=0.66, align=True)
    true = class_of_label(about.classes, one.sample.label)
    if one.predicted is None:
        rest.label(text=true or f"{one.output:.3g}")
    else:
        answer = class_name(about.classes, one.predicted)
        verdict = VERDICTS[true == answer if true else None]
        rest.label(text=f"{true} → {answer}" if true else answer, icon=verdict)
    rest.label(text=f"{one.similarity:.3f}")


CLASSES = (NN_PT_why,)
