"""The Change panel: answers before and after, for the sample shown and for all measured samples."""

from __future__ import annotations

import math

import bpy

from ...actions.interventions.compare import are_all_shown, compare
from ...actions.settings import worker_python
from ...core.description.answers import Answer
from ...core.description.description import Description
from ...core.interventions.comparison import ClassChange, Comparison, Flip
from ...scene.base import contract
from ...scene.samples.timeline import sample_count, shown_sample
from ..common.active import active_network, network_by_id
from ..common.jobs import jobs
from ..common.knowing import known_description
from ..common.needs import SET_UP_FIRST, StartsJob, no_description
from ..common.rooms import EXPERIMENT
from ..common.sidebar import RoomPanel, draw_facts, draw_lines
from ..common.wanted_interventions import wanted_interventions
from ..samples.answers import VERDICTS, draw_predictions
from .kept_comparisons import keep_comparison
from .switch_drawing import draw_change

ANSWERS, LISTED, FLIPS_ON_PAGE = 3, 5, 8
FEW_MORE = 2
"""Lines that a page may be longer by, where they would be a page of their own."""


class NN_PG_comparison(bpy.types.PropertyGroup):
    page: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="Page", description="Page of the list of changed answers", default=1, min=1, options=set()
    )


class NN_OT_compare(StartsJob, bpy.types.Operator):
    """Run all measured samples through the network with and without the switches"""

    bl_idname = "nn.compare"
    bl_label = "Compare All Samples"

    @classmethod
    def reason_against(cls, root: bpy.types.Collection) -> str:
        """Why a network cannot be compared with the intact one; empty where it can."""
        about = known_description(root)
        if about is None:
            return no_description(root)
        if not about.samples:
            return "The network was imported without samples"
        if len(about.samples[0].answer.predictions) < 2:
            return "The network does not give one value per class"
        if about.intervention is None:
            return "No neuron is switched: disable one first"
        if not are_all_shown(about) and worker_python() is None:
            return SET_UP_FIRST
        return ""

    def execute(self, context: bpy.types.Context) -> set[str]:
        root = active_network(context)
        root.nn.comparison.page = 1
        network_id = root[contract.NETWORK]

        def keep(_: Comparison) -> None:
            keep_comparison(network_by_id(network_id))

        return jobs.launch(self, compare(worker_python(), root), on_done=keep)


class NN_PT_comparison(RoomPanel, bpy.types.Panel):
    bl_label = "Change"
    bl_order = 20
    room = EXPERIMENT

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        root = active_network(context)
        about = known_description(root)
        if about is None or about.intervention is None:
            layout.label(text="No neuron is switched", icon="INFO")
            return
        # Warnings come and go below the button, which stays under the mouse.
        layout.operator("nn.compare", text=f"Compare All {about.evaluated:,} Samples", icon="VIEWZOOM")
        if not wanted_interventions.are_shown(root):
            draw_lines(layout, "Out of date: the switches changed", "ERROR")
        shown = shown_sample(context.scene, root)
        if shown < len(about.intervention.answers):
            pair = about.samples[shown].answer, about.intervention.answers[shown]
            _draw_answers(layout, *pair, are_probabilities=about.answer_output.class_values_are_probabilities)
        draw_change(layout, root)
        _draw_comparison(layout, root, about)


def _draw_answers(layout: bpy.types.UILayout, before: Answer, after: Answer, *, are_probabilities: bool) -> None:
    """The best answers for the sample shown, before and after side by side."""
    row = layout.row()
    for title, answer in (("Before", before), ("Now", after)):
        column = row.column(align=True)
        column.label(text=title, icon=VERDICTS[answer.right])
        draw_predictions(column, answer.predictions[:ANSWERS], are_probabilities=are_probabilities)


def _draw_comparison(layout: bpy.types.UILayout, root: bpy.types.Collection, about: Description) -> None:
    if about.comparison is None:
        return
    comparison = about.comparison.comparison
    column = layout.column()
    if about.comparison.key != root.get(contract.RECORDED, ""):
        draw_lines(column, "Out of date: the switches changed since", "ERROR")
        column.active = False
    facts = [("Compared", f"{comparison.samples:,} samples")]
    if comparison.labelled:
        before, after = comparison.right_before, comparison.right_after
        facts.append(("Correct", f"{before:,} → {after:,} of {comparison.labelled:,}"))
    facts.append(("Changed", f"{comparison.flipped:,} of {comparison.samples:,} answers"))
    draw_facts(column, *facts)
    _draw_flips(column, root, comparison)
    _draw_classes(column, comparison.classes)
    _draw_confusion(column, comparison)


def _draw_classes(layout: bpy.types.UILayout, classes: tuple[ClassChange, ...]) -> None:
    changed = [one for one in classes if one.before != one.after]
    if not changed:
        return
    rows = [(one.label, f"{one.before:,} → {one.after:,} of {one.samples:,}") for one in changed]
    same = len(classes) - len(changed)
    _draw_rows(layout, "Correct by Class", rows, len(changed), f"{same} unchanged" if same else "")


def _draw_confusion(layout: bpy.types.UILayout, comparison: Comparison) -> None:
    """How often one class is taken for another; how often it is right stands above."""
    mistaken = [one for one in comparison.confusion if one.true != one.predicted]
    if mistaken:
        left_out = comparison.confused - len(comparison.confusion)
        rows = [(f"{one.true} taken for {one.predicted}", f"{one.before:,} → {one.after:,}") for one in mistaken]
        _draw_rows(layout, "Confusions", rows, len(mistaken) + left_out)


def _draw_rows(layout: bpy.types.UILayout, title: str, rows: list[tuple[str, str]], count: int, last: str = "") -> None:
    box = layout.box()
    box.label(text=title)
    draw_facts(box, *rows[:LISTED])
    more = count - len(rows[:LISTED])
    text = ", ".join(filter(None, (f"+{more:,} more" if more else "", last)))
    if text:
        row = box.row()
        row.active = False
        row.label(text=text)


def page_count(flips: int) -> int:
    """How many pages the list of changed answers has."""
    return max(math.ceil((flips - FEW_MORE) / FLIPS_ON_PAGE), 1)


def _draw_flips(layout: bpy.types.UILayout, root: bpy.types.Collection, comparison: Comparison) -> None:
    flips = comparison.flips
    if not flips:
        return
    pages = page_count(len(flips))
    page = min(root.nn.comparison.page, pages)
    first = (page - 1) * FLIPS_ON_PAGE
    box = layout.box()
    row = box.row()
    row.label(text="Changed Answers" if pages == 1 else f"Changed, {pages} pages")
    if pages > 1:
        row.prop(root.nn.comparison, "page")
    column, shown = box.column(align=True), sample_count(root)
    listed = flips[first : first + FLIPS_ON_PAGE] if page < pages else flips[first:]
    for flip in listed:
        _draw_flip(column, flip, flip.sample < shown)
    notes = box.column(align=True)
    notes.active = False
    if any(flip.sample >= shown for flip in listed):
        draw_lines(notes, "Greyed out: measured, but not in the scene")
    if comparison.flipped > len(flips):
        notes.label(text=f"{comparison.flipped - len(flips):,} more are not listed")


def _draw_flip(layout: bpy.types.UILayout, flip: Flip, is_shown: bool) -> None:
    row = layout.row(align=True)
    row.enabled = is_shown
    button = row.operator("nn.go_to_sample", text=flip.name)
    button.sample, button.inspect = flip.sample, True
    answer = row.row(align=True)
    answer.label(text=f"{flip.before} → {flip.after}", icon=VERDICTS[flip.is_right])


CLASSES = (NN_PG_comparison, NN_OT_compare, NN_PT_comparison)


class OnNetwork:
    comparison: bpy.props.PointerProperty(type=NN_PG_comparison)  # type: ignore[valid-type]
