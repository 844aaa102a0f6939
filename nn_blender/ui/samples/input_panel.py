"""The panels of what enters the network and how, with a preview of it, and of which samples are measured."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import bpy

from ...core.description.description import Description
from ...core.errors import UserError
from ...core.inputs import INPUT_KINDS
from ...core.inputs.preprocessing import Preprocessing
from ...core.outputs import OUTPUT_KINDS
from ...core.recording import Skipped
from ...core.texts import format_sizes
from ...scene.base import contract
from ...scene.network.description import require_description, unreadable
from ...scene.samples.timeline import shown_sample
from ..common.active import active_network
from ..common.input_sizes import draw_size
from ..common.knowing import known_description
from ..common.paths import NN_PG_path
from ..common.rooms import NETWORK, SAMPLES
from ..common.sidebar import ClosedPanel, draw_facts, draw_lines, fields
from ..maps.thumbnails import thumbnails
from .input_preview import Question, previewer
from .input_settings import (
    CUSTOM,
    PICTURE_FIELDS,
    NN_PG_input,
    edited_preprocessing,
    is_edited,
    is_model_missing,
    picture_input,
    shown_preprocessing,
)

SKIPPED = 3
"""How many skipped files are named."""


class NN_UL_paths(bpy.types.UIList):
    """Files and folders of samples that are run through the network."""

    def draw_item(
        self,
        context: bpy.types.Context,
        layout: bpy.types.UILayout,
        data: NN_PG_input,
        entry: NN_PG_path,
        icon: int,
        active_data: NN_PG_input,
        active_property: str,
        index: int = 0,
        flt_flag: int = 0,
    ) -> None:
        is_folder = not Path(entry.path).suffix
        layout.prop(entry, "path", text="", emboss=False, icon="FILE_FOLDER" if is_folder else "FILE_IMAGE")


class NN_PT_input(ClosedPanel, bpy.types.Panel):
    bl_label = "Inputs and Outputs"
    bl_order = 30
    room = NETWORK

    def draw(self, context: bpy.types.Context) -> None:
        _draw_panel(self.layout, context, _draw_ends)


class NN_PT_measured(ClosedPanel, bpy.types.Panel):
    bl_label = "Files and Measuring"
    bl_order = 20
    room = SAMPLES

    def draw(self, context: bpy.types.Context) -> None:
        _draw_panel(self.layout, context, _draw_measured)


def _draw_panel(
    layout: bpy.types.UILayout,
    context: bpy.types.Context,
    draw_settings: Callable[[bpy.types.UILayout, bpy.types.Context, bpy.types.Collection, Description], None],
) -> None:
    """A panel of settings that are measured with: it ends with the button that measures again."""
    root = active_network(context)
    about = known_description(root)
    if about is None:
        draw_lines(layout, unreadable(root).message, "ERROR")
    elif not root.nn.input.adopted:
        layout.operator("nn.reset_input", text="Edit", icon="GREASEPENCIL")
    else:
        _draw_model(layout, root)
        draw_settings(layout, context, root, about)
        _draw_button(layout, root)


def _draw_ends(
    layout: bpy.types.UILayout, context: bpy.types.Context, root: bpy.types.Collection, about: Description
) -> None:
    """How samples enter the network, and what its outputs are taken for."""
    settings = root.nn.input
    _draw_inputs(layout, settings, about)
    preprocessing, error = _try_settings(root)
    if preprocessing is not None or error is not None:
        _draw_picture(layout, settings, about)
    if error is None:
        _draw_preview(layout, context.scene, root, preprocessing)
    else:
        draw_lines(layout, error.message, "ERROR")
    _draw_outputs(layout, settings, about)


def _draw_measured(
    layout: bpy.types.UILayout, _: bpy.types.Context, root: bpy.types.Collection, about: Description
) -> None:
    """Which samples are measured and shown, and what of them."""
    _draw_samples(layout, root.nn.input)
    _draw_skipped(layout, about.skipped)
    _draw_measurement(layout, root.nn.input, about)


def _try_settings(root: bpy.types.Collection) -> tuple[Preprocessing | None, UserError | None]:
    try:
        return edited_preprocessing(root), None
    except UserError as error:
        return None, error


def _draw_model(layout: bpy.types.UILayout, root: bpy.types.Collection) -> None:
    if is_model_missing(root):
        box = layout.box()
        draw_lines(box, "The model file is no longer where it was. Choose where it is now:", "ERROR")
        box.prop(root.nn.input, "model", text="")


def _draw_inputs(layout: bpy.types.UILayout, settings: NN_PG_input, about: Description) -> None:
    """What the network takes in, as what it is read and in which range of values, and why that is thought."""
    specs, entries = {spec.name: spec for spec in about.network.inputs}, {entry.name: entry for entry in settings.kinds}
    for one in about.inputs:
        spec = specs[one.name]
        row = layout.split(factor=0.62)
        row.label(text=f"{one.name}: {format_sizes(spec.shape) or '1'} {spec.dtype}", icon="IMPORT")
        if one.name in entries:
            row.prop(entries[one.name], "kind", text="")
        title = INPUT_KINDS.find(one.kind).title
        draw_lines(layout, f"Read as {title.lower()}: {one.reason}", "BLANK1")
        if one.size is not None:
            draw_lines(layout, one.size.title, "BLANK1")
        if one.name in settings.sizes:
            draw_size(fields(layout), settings.sizes[one.name], "Size")
        if one.guess is not None:
            for sentence in one.guess.sentences(about.source.options.choices.get("range")):
                draw_lines(layout, sentence, "BLANK1")


def _draw_outputs(layout: bpy.types.UILayout, settings: NN_PG_input, about: Description) -> None:
    """What the network gives, as what it is taken for, and why that is thought."""
    entries = {entry.name: entry for entry in settings.output_kinds}
    for one in about.outputs:
        row = layout.split(factor=0.62)
        row.label(text=one.name, icon="EXPORT")
        if one.name in entries:
            row.prop(entries[one.name], "kind", text="")
        draw_lines(layout, f"Taken for {OUTPUT_KINDS.find(one.kind).title.lower()}: {one.reason}", "BLANK1")


def _draw_samples(layout: bpy.types.UILayout, settings: NN_PG_input) -> None:
    layout.label(text="Samples")
    row = layout.row()
    row.template_list("NN_UL_paths", "", settings, "samples", settings, "sample", rows=3, maxrows=3)
    buttons = row.column(align=True)
    buttons.operator("nn.add_test_images", text="", icon="FILE_IMAGE")
    buttons.operator("nn.add_test_folder", text="", icon="FILE_FOLDER")
    buttons.operator("nn.remove_test_images", text="", icon="REMOVE")
    _draw_inputs_and_answer(layout, settings)
    column = fields(layout)
    for name in ("labels", "classes", "max_samples", "shown", "order"):
        column.prop(settings, name)


def _draw_inputs_and_answer(layout: bpy.types.UILayout, settings: NN_PG_input) -> None:
    """Places of the samples of each input, and which output is the answer, where there are several."""
    column = fields(layout)
    if settings.input_samples:
        column.label(text="Or each input's own:")
    for entry in settings.input_samples:
        column.prop(entry, "path", text=entry.name)
    if len(settings.output_kinds) > 1:
        column.prop_search(settings, "answer", settings, "output_kinds", icon="FORWARD")


def _draw_skipped(layout: bpy.types.UILayout, skipped: Sequence[Skipped]) -> None:
    if not skipped:
        return
    column = layout.column(align=True)
    column.label(text=f"{len(skipped):,} skipped:", icon="ERROR")
    for entry in skipped[:SKIPPED]:
        draw_lines(column, f"{Path(entry.file).name}: {entry.reason}", "BLANK1")
    if len(skipped) > SKIPPED:
        column.label(text=f"+{len(skipped) - SKIPPED:,} more", icon="BLANK1")


def _draw_picture(layout: bpy.types.UILayout, settings: NN_PG_input, about: Description) -> None:
    shown = shown_preprocessing(about)
    channels = shown.channels if shown else 3
    column = fields(layout)
    without = {1: "colour", 4: "background"}.get(channels)  # Neither has an effect there.
    for name in ("colour", *PICTURE_FIELDS, "preset"):
        if name != without:
            column.prop(settings, name)
    if settings.preset == CUSTOM:
        pair = column.row(align=True)
        pair.use_property_split = False
        pair.prop(settings, "black")
        pair.prop(settings, "white")
        for name in ("mean", "std"):
            numbers = column.column(align=True)
            for channel in range(channels):
                label = settings.bl_rna.properties[name].name if channel == 0 else ""
                numbers.prop(settings, name, index=channel, text=label)
        if channels > 1:
            column.prop(settings, "channels")


def _draw_measurement(layout: bpy.types.UILayout, settings: NN_PG_input, about: Description) -> None:
    column = fields(layout)
    column.prop(settings, "statistic")
    # Height, width and channels are three axes.
    if any(len(layer.output_shape) > 3 for layer in about.network.layers):
        column.prop(settings, "volume")
        if settings.volume == "SLICE":
            column.prop(settings, "place")


def _draw_preview(
    layout: bpy.types.UILayout,
    scene: bpy.types.Scene,
    root: bpy.types.Collection,
    preprocessing: Preprocessing | None,
) -> None:
    """The shown sample: from the file while the settings are those of the scene, else as the worker prepares it."""
    about, shown = require_description(root), shown_sample(scene, root)
    if shown >= len(about.samples):
        return
    row = layout.row()
    picture = row.column()
    facts: list[tuple[str, str]] = []
    if preprocessing is not None:
        facts.append(("Range", "{:.4g} to {:.4g}".format(*preprocessing.limits)))
    if preprocessing is None or shown_preprocessing(about) == preprocessing:
        _draw_icon(picture, thumbnails.large(root, shown))
    else:
        answer = previewer.find(_question(root, about, shown, preprocessing))
        if isinstance(answer, UserError):
            draw_lines(layout, answer.message, "ERROR")
        elif answer is not None:
            _draw_icon(picture, thumbnails.show("preview", answer.pixels))
            facts.append(("This Sample", f"{answer.low:.4g} to {answer.high:.4g}"))
        else:
            picture.label(text="Preparing the preview", icon="SORTTIME")
    draw_facts(layout, *facts)


def _draw_icon(layout: bpy.types.UILayout, picture: int) -> None:
    if picture:
        layout.template_icon(icon_value=picture, scale=6)


def _question(root: bpy.types.Collection, about: Description, shown: int, preprocessing: Preprocessing) -> Question:
    number = picture_input(about) or 0
    sample, edited = (
        about.samples[shown].sample.only(number),
        replace(about.inputs[number], preprocessing=preprocessing),
    )
    return Question(root[contract.NETWORK], sample, edited, about.network.inputs[number])


def _draw_button(layout: bpy.types.UILayout, root: bpy.types.Collection) -> None:
    """What is said of changed settings stands below the button, so that it stays under the mouse."""
    edited = is_edited(root)
    row = layout.row(align=True)
    row.operator("nn.measure_again", icon="FILE_REFRESH")
    reset = row.row(align=True)
    reset.enabled = edited
    reset.operator("nn.reset_input", text="", icon="LOOP_BACK")
    if edited:
        draw_lines(layout, "Settings changed: press Measure Again", "INFO")


CLASSES = (NN_UL_paths, NN_PT_input, NN_PT_measured)
