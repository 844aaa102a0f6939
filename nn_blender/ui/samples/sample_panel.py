"""The samples in the scene: a list to browse, filters, and how many of them are right."""

from __future__ import annotations

from typing import Any

import bpy

from ...core.description.answers import ShownSample, right_counts
from ...core.description.description import Description
from ...scene.base import contract
from ...scene.base.find import first_of
from ...scene.samples.timeline import has_samples, sample_count, show_sample, shown_sample
from ..common.active import active_network
from ..common.choices import choose_sample, kept_choices
from ..common.knowing import known, known_description
from ..common.rooms import SAMPLES
from ..common.sidebar import NeedsNetwork, RoomPanel, draw_lines, list_ranks
from ..maps.thumbnails import thumbnails
from .answers import VERDICTS, describe_metric
from .bringing import wrong_elsewhere
from .sample_filter import Filter, choose, labels, neighbour

LABELS_IN_COLUMN = 24
ROWS = 10


def sample_mesh(root: bpy.types.Collection) -> bpy.types.Mesh | None:
    """A mesh with an attribute per sample: the samples as the list shows them, without a copy of them in the file."""
    obj: Any = first_of(root, "neurons")
    return obj.data if obj else None


def wanted_filter(root: bpy.types.Collection) -> Filter:
    chosen = root.nn.samples
    return Filter(chosen.verdict == "WRONG", chosen.label, chosen.text, chosen.order)


def described_samples(root: bpy.types.Collection) -> tuple[ShownSample, ...]:
    """The samples in the scene with their current answers; none where the network's description is gone."""
    about = known_description(root)
    return about.current_samples if about else ()


def chosen_samples(root: bpy.types.Collection) -> list[int]:
    """Indices of the samples that pass the filter; all where the network's description is gone."""
    return list(known(root, _choose, wanted_filter(root)))


def _choose(root: bpy.types.Collection, wanted: Filter) -> list[int]:
    samples = described_samples(root)
    return choose(samples, wanted) if samples else list(range(sample_count(root)))


def _row_names(root: bpy.types.Collection) -> list[str]:
    mesh = sample_mesh(root)
    return [attribute.name for attribute in mesh.attributes] if mesh else []


def _get_row(_: bpy.types.PropertyGroup) -> int:
    root = active_network(bpy.context)
    if root is None:
        return -1
    mesh: Any = sample_mesh(root)
    shown = contract.sampled(contract.ACTIVATION, shown_sample(bpy.context.scene, root))
    return mesh.attributes.find(shown) if mesh is not None else -1


def _set_row(_: bpy.types.PropertyGroup, row: int) -> None:
    root = active_network(bpy.context)
    names = _row_names(root) if root is not None else []
    sample = _sample_of(names[row]) if 0 <= row < len(names) else None
    if root is not None and sample is not None:
        choose_sample(root, sample)


class OnWindow:
    sample_row: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="Sample",
        description="Go to the frame that shows this sample",
        get=_get_row,
        set=_set_row,
        options=set(),
    )


def _sample_of(attribute: str) -> int | None:
    """The sample whose activations an attribute holds; None for other attributes."""
    quantity, _, number = attribute.rpartition(".")
    return int(number) if quantity == contract.ACTIVATION and number.isdecimal() else None


class NN_PG_samples(bpy.types.PropertyGroup):
    verdict: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Verdict",
        description="Which samples the list shows, by whether the network is right",
        items=(("ALL", "All", "All samples"), ("WRONG", "Wrong", "Samples that the network gets wrong")),
        options=set(),
    )
    label: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="True Class", description="Show only samples of this true class", options=set()
    )
    text: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Search",
        description="Part of the name, the true class or the prediction",
        options={"TEXTEDIT_UPDATE"},
    )
    order: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Order",
        description="Order of the list",
        items=(
            ("shown", "As Shown", "In the order of the timeline"),
            ("uncertain", "Least Certain", "Samples whose two best predictions are closest to each other come first"),
        ),
        options=set(),
    )


class NN_OT_show_sample(NeedsNetwork, bpy.types.Operator):
    """Go to the next or previous sample in the list"""

    bl_idname = "nn.show_sample"
    bl_label = "Show Sample"

    step: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="Step", description="How many samples to go forward, or back if negative", default=1
    )

    @classmethod
    def description(cls, context: bpy.types.Context, properties: bpy.types.OperatorProperties) -> str:
        which = "next" if properties.step > 0 else "previous"
        return f"Go to the {which} sample that passes the list's filter"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not super().poll(context):
            return False
        if not has_samples(active_network(context)):
            cls.poll_message_set("The network was imported without samples")
            return False
        if not chosen_samples(active_network(context)):
            cls.poll_message_set("No sample passes the list's filter")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        root = active_network(context)
        shown = shown_sample(context.scene, root)
        show_sample(context.scene, root, neighbour(chosen_samples(root), shown, self.step))
        kept_choices.keep_frame(context.scene)
        return {"FINISHED"}


class NN_OT_filter_by_class(NeedsNetwork, bpy.types.Operator):
    """Show only samples of one true class in the list"""

    bl_idname = "nn.filter_by_class"
    bl_label = "Filter by Class"

    label: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="True Class", description="Class to show; empty for all", options={"SKIP_SAVE"}
    )

    def execute(self, context: bpy.types.Context) -> set[str]:
        active_network(context).nn.samples.label = self.label
        return {"FINISHED"}


class NN_MT_true_classes(bpy.types.Menu):
    bl_label = "True Class"

    def draw(self, context: bpy.types.Context) -> None:
        found = labels(described_samples(active_network(context)))
        flow = self.layout.column_flow(columns=len(found) // LABELS_IN_COLUMN + 1)
        flow.operator("nn.filter_by_class", text="All Classes").label = ""
        for label in found:
            flow.operator("nn.filter_by_class", text=label).label = label


class NN_UL_samples(bpy.types.UIList):
    """Samples. The rows are the attributes of a mesh, of which every sample has one."""

    def draw_item(
        self,
        context: bpy.types.Context,
        layout: bpy.types.UILayout,
        data: bpy.types.Mesh,
        attribute: bpy.types.Attribute,
        icon: int,
        active_data: bpy.types.PropertyGroup,
        active_property: str,
        index: int = 0,
        flt_flag: int = 0,
    ) -> None:
        root = active_network(context)
        number = _sample_of(attribute.name)
        about = known_description(root)
        if number is None or about is None or number >= len(about.samples):
            layout.label(text=attribute.name)
            return
        shown = about.current_samples[number]
        picture = thumbnails.icon(root, number)
        split = layout.split(factor=0.6)
        name = split.row(align=True)
        name.label(text=shown.sample.name, **({"icon_value": picture} if picture else {"icon": "IMAGE_DATA"}))
        answer = split.row(align=True)
        answer.label(text=_answer(about, shown))
        answer.label(text="", icon=VERDICTS[shown.answer.right])

    def draw_filter(self, context: bpy.types.Context, layout: bpy.types.UILayout) -> None:
        layout.prop(active_network(context).nn.samples, "text", text="", icon="VIEWZOOM")

    def filter_items(
        self, context: bpy.types.Context, data: bpy.types.Mesh, property: str
    ) -> tuple[list[int], list[int]]:
        rows = [_sample_of(attribute.name) for attribute in getattr(data, property)]
        places = {sample: place for place, sample in enumerate(chosen_samples(active_network(context)))}
        flags = [self.bitflag_filter_item if sample in places else 0 for sample in rows]
        return flags, _new_places(rows, places)


class NN_PT_samples(RoomPanel, bpy.types.Panel):
    bl_label = "Samples"
    bl_order = 10
    room = SAMPLES

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        root = active_network(context)
        about, mesh = known_description(root), sample_mesh(root)
        if about is None or not about.samples or mesh is None:
            layout.label(text="Imported without samples", icon="INFO")
            return
        _draw_filter(layout, root, len(labels(about.samples)))
        window = context.window_manager.nn
        layout.template_list("NN_UL_samples", "", mesh, "attributes", window, "sample_row", rows=ROWS, maxrows=ROWS)
        _draw_counts(layout, about, len(chosen_samples(root)))
        _draw_wrong_elsewhere(layout, about)


def _draw_filter(layout: bpy.types.UILayout, root: bpy.types.Collection, classes: int) -> None:
    chosen = root.nn.samples
    row = layout.row(align=True)
    row.prop(chosen, "verdict", expand=True)
    if classes:
        row.menu("NN_MT_true_classes", text=chosen.label or "All Classes")
    row = layout.row(align=True)
    row.prop(chosen, "text", text="", icon="VIEWZOOM")
    row.prop(chosen, "order", text="")


def _draw_counts(layout: bpy.types.UILayout, about: Description, listed: int) -> None:
    """Every share with what it is a share of, and of which network it tells."""
    shown = len(about.samples)
    column = layout.column(align=True)
    column.active = False
    of_those = f", {listed} listed" if listed != shown else ""
    right, known = right_counts(shown.answer for shown in about.current_samples)
    correct = f", {right:,} of {known:,} correct now" if known and about.intervention is not None else ""
    column.label(text=f"{shown:,} in the scene{of_those}{correct}")
    right_of_all = "" if about.accuracy is None else f", {about.right:,} of {about.labelled:,} correct"
    intact = " before" if right_of_all and about.intervention is not None else ""
    column.label(text=f"{about.evaluated:,} measured{right_of_all}{intact}")
    for metric in about.metrics:
        if metric.name != "accuracy" or metric.output != about.answer:
            column.label(text=describe_metric(about, metric))


def _draw_wrong_elsewhere(layout: bpy.types.UILayout, about: Description) -> None:
    count = wrong_elsewhere(about)
    if count:
        text = f"{count:,} wrong sample{' is' if count == 1 else 's are'} not in the scene"
        draw_lines(layout, text, "INFO")
        layout.operator("nn.bring_wrong")


def _answer(about: Description, shown: ShownSample) -> str:
    """What is true and what the network says instead of it."""
    of_answer = next((one.text for one in shown.outputs if one.output == about.answer), "")
    best, label = shown.answer.best or of_answer, shown.sample.label
    if shown.answer.right or not label:
        return best or label
    return f"{label} → {best}" if best else label


def _new_places(rows: list[int | None], places: dict[int, int]) -> list[int]:
    """Where each row of the list goes: chosen samples by their places, then everything else."""
    order = sorted(range(len(rows)), key=lambda row: (rows[row] not in places, places.get(rows[row], 0)))
    return list_ranks(order)


CLASSES = (
    NN_PG_samples,
    NN_OT_show_sample,
    NN_OT_filter_by_class,
    NN_MT_true_classes,
    NN_UL_samples,
    NN_PT_samples,
)


class OnNetwork:
    samples: bpy.props.PointerProperty(type=NN_PG_samples)  # type: ignore[valid-type]
