"""The inspector of a layer: switches, what of it is seen, facts, summary, statistics, histogram, order, data flow."""

from __future__ import annotations

from typing import Any

import bpy
import numpy as np

from ...core.description.description import Description
from ...core.description.measurements import LayerStatistics
from ...core.neurons.health import never_active
from ...core.neurons.histograms import Histogram, LayerHistograms
from ...core.neurons.saturation import OFTEN, UNKNOWN_BOUNDS
from ...core.texts import format_shape
from ...scene.base import contract, meshes
from ...scene.base.find import networks, object_of
from ...scene.base.themes import theme_of
from ...scene.layers.statistics import layer_statistic
from ...scene.looks.hiding import hidden
from ...scene.maps.map_pixels import composite_kind
from ...scene.neurons.neuron_facts import drawn_count
from ...scene.neurons.selection import deselect_all, select
from ...scene.samples.timeline import has_samples, shown_sample
from ...scene.stage.labels import are_measures_shown, show_measures
from ..blocks.flow_panel import draw_flow
from ..common.active import NEURON, active_network, active_slab, are_openable, choose_kind, root_of
from ..common.knowing import known_description
from ..common.needs import NeedsLayer
from ..common.sidebar import draw_beside, draw_lines, fields, format_number, format_share, section
from ..layers.histogram_store import draw_histogram, layer_store
from ..layers.sorting import draw_order
from ..maps.feature_maps import SUMMARY_ITEMS
from ..maps.thumbnails import thumbnails
from ..neurons.picking import SelectsNeurons

ICON = "MESH_PLANE"
PARTS = (
    ("slab", "Slab"),
    ("neurons", "Neurons"),
    ("card", "Maps"),
)
"""Roles of a layer's objects that can be shown and hidden."""


def _get_measures(self: NN_PG_layers) -> bool:
    return are_measures_shown(root_of(self))


def _set_measures(self: NN_PG_layers, show: bool) -> None:
    show_measures(bpy.context.scene, root_of(self), show)


class NN_PG_layers(bpy.types.PropertyGroup):
    measures: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Show in Scene",
        description="Write the mean, standard deviation and share of active neurons below every layer, "
        "for the sample shown",
        get=_get_measures,
        set=_set_measures,
        options=set(),
    )


class OnWorkspace:
    layer_statistics: bpy.props.BoolProperty(name="Statistics", default=True, options=set())  # type: ignore[valid-type]
    layer_histogram: bpy.props.BoolProperty(name="Histogram", options=set())  # type: ignore[valid-type]
    layer_order: bpy.props.BoolProperty(name="Order of Neurons", options=set())  # type: ignore[valid-type]
    layer_flow: bpy.props.BoolProperty(name="Data Flow", options=set())  # type: ignore[valid-type]


def title(context: bpy.types.Context, root: bpy.types.Collection) -> str:
    """Empty where no layer can be shown."""
    slab = active_slab(context)
    return f"Layer {slab[contract.LAYER]}" if slab is not None else ""


def draw(layout: bpy.types.UILayout, context: bpy.types.Context, root: bpy.types.Collection) -> None:
    slab = active_slab(context)
    layer, about, shown = slab[contract.LAYER], known_description(root), shown_sample(context.scene, root)
    row = layout.row(align=True)
    row.operator("nn.switch_layer", text="Disable Layer").enable = False
    row.operator("nn.switch_layer", text="Enable Layer").enable = True
    _draw_parts(layout, root, layer)
    facts = [
        ("Class", slab[contract.CLASS]),
        ("Output", format_shape(tuple(slab[contract.OUTPUT_SHAPE]))),
        ("Neurons", _format_neurons(root, slab)),
        ("Params", f"{slab[contract.PARAMETERS]:,}"),
    ]
    facts.append(("Activation", activation_of(root, slab) or "none"))
    # All layers have the same rows and sections: a list below stays where it is while one clicks through it.
    has_summary = about is not None and about.has_summary(layer)
    names = {kind: name for kind, name, _ in SUMMARY_ITEMS}
    facts.append(("Summary", names[composite_kind(root)] if has_summary else "none"))
    draw_beside(layout, thumbnails.composite(root, layer, shown) if has_summary else 0, 6, *facts)
    _draw_measured(layout, context, root, slab, about, shown)
    body = section(layout, "layer_order")
    if body is not None:
        draw_order(body, root)
    if are_openable(root):
        body = section(layout, "layer_flow")
        if body is not None:
            draw_flow(body, root)


def _draw_parts(layout: bpy.types.UILayout, root: bpy.types.Collection, layer: str) -> None:
    """What of the layer is seen, and a button that selects it."""
    row = layout.row(align=True)
    for role, text in PARTS:
        part = object_of(root, role, layer)
        if part is not None:
            shown = not hidden(part)[0]
            toggle = row.operator("nn.toggle_layer_part", text=text, depress=shown)
            toggle.layer, toggle.role = layer, role
    row.operator("nn.select_layer", text="", icon="RESTRICT_SELECT_OFF").layer = layer
    row.operator("nn.edit_neurons", text="", icon="EDITMODE_HLT")


def _draw_measured(
    layout: bpy.types.UILayout,
    context: bpy.types.Context,
    root: bpy.types.Collection,
    slab: bpy.types.Object,
    about: Description | None,
    shown: int,
) -> None:
    """What is known of the layer's activations."""
    layer = slab[contract.LAYER]
    body = section(layout, "layer_statistics")
    if body is not None:
        if about is None or not has_samples(root):
            body.label(text="There are no samples", icon="INFO")
        else:
            _draw_measures(body, context.scene, root, layer)
            _draw_idle(body, root, slab, layer_store.find(root, layer))
    body = section(layout, "layer_histogram")
    if body is not None:
        draw_histogram_section(body, root, layer, shown)


def draw_histogram_section(layout: bpy.types.UILayout, root: bpy.types.Collection, layer: str, shown: int) -> None:
    """How activations are spread, for the sample shown and for all in the scene."""
    if not has_samples(root):
        layout.label(text="There are no samples", icon="INFO")
        return
    found = layer_store.find(root, layer)
    if found is None:
        layout.label(text="Counting activations", icon="SORTTIME")
    else:
        _draw_histograms(layout, root, found, shown)


class NN_OT_select_idle(NeedsLayer, SelectsNeurons, bpy.types.Operator):
    """Select these neurons and choose the first of them"""

    bl_idname = "nn.select_idle"
    bl_label = "Select Idle Neurons"

    kind: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Kind",
        description="Which neurons",
        items=(
            ("DEAD", "Never Active", "Not above 0 for any measured sample; without an activation function always 0"),
            ("SATURATED", "Saturated", "Nearly always at a limit of the activation function"),
        ),
        options={"SKIP_SAVE"},
    )

    @classmethod
    def description(cls, context: bpy.types.Context, properties: bpy.types.OperatorProperties) -> str:
        kind = properties.bl_rna.properties["kind"].enum_items[properties.kind].description
        return f"Select the neurons of this layer that are {kind[0].lower()}{kind[1:]}, and choose the first of them"

    def execute(self, context: bpy.types.Context) -> set[str]:
        root, layer = active_network(context), active_slab(context)[contract.LAYER]
        found = layer_store.find_now(root, layer) if self.kind == "SATURATED" else None
        neurons = dead_neurons(root, layer) if self.kind == "DEAD" else found and found.saturated
        if not neurons:
            self.report({"WARNING"}, f"{layer} has no such neurons")
            return {"CANCELLED"}
        for other in networks(context.scene):
            deselect_all(other)
        select(root, layer, neurons)
        root.nn.neurons.neuron = neurons[0]
        choose_kind(context.scene, root, NEURON)
        return {"FINISHED"}


def _format_neurons(root: bpy.types.Collection, slab: bpy.types.Object) -> str:
    count, drawn = slab[contract.NEURONS], drawn_count(root, slab[contract.LAYER])
    return f"{count:,}, {drawn:,} drawn" if drawn < count else f"{count:,}"


def activation_of(root: bpy.types.Collection, slab: bpy.types.Object) -> str:
    """Keras's name of a layer's activation function; empty where it has none."""
    about = known_description(root)
    layers = about.network.layers if about else ()
    return next((layer.activation for layer in layers if layer.path == slab[contract.LAYER]), "")


def dead_neurons(root: bpy.types.Collection, layer: str) -> list[int] | None:
    """The neurons that were never active, over all measured samples; None where nothing was measured."""
    active, lowest = (layer_statistic(root, layer, name) for name in ("active", "lowest"))
    if active is None or lowest is None:
        return None
    slab = object_of(root, "slab", layer)
    activation = activation_of(root, slab) if slab is not None else ""
    return [int(neuron) for neuron in np.flatnonzero(never_active(active, lowest, activation))]


def shown_measures(root: bpy.types.Collection, layer: str, sample: int) -> LayerStatistics | None:
    """Mean, standard deviation and share of active neurons of a layer for a sample, in double precision.

    None where the layer has no activations, or its mesh is in Edit Mode, where they cannot be read.
    """
    neurons: Any = object_of(root, "neurons", layer)
    name = contract.sampled(contract.ACTIVATION, sample)
    if neurons is None or name not in neurons.data.attributes:
        return None
    values = meshes.read_floats(neurons.data, name)
    return LayerStatistics.of_activations(values) if values.size else None


def _draw_measures(layout: bpy.types.UILayout, scene: bpy.types.Scene, root: bpy.types.Collection, layer: str) -> None:
    about = known_description(root)
    here = shown_measures(root, layer, shown_sample(scene, root))
    overall = about.layer_statistics.get(layer) if about else None
    if here is None and overall is None:
        return
    measured = about.evaluated if about else 0
    column = layout.column(align=True)
    _draw_row(column, "", "This Sample", f"All {measured:,}")
    for name, title, form in (
        ("mean", "Mean", format_number),
        ("spread", "Std. Dev.", format_number),
        ("active", "Active", format_share),
    ):
        cells = [form(getattr(numbers, name)) if numbers else "" for numbers in (here, overall)]
        _draw_row(column, title, *cells)
    fields(layout).prop(root.nn.layers, "measures")


def _draw_histograms(
    layout: bpy.types.UILayout, root: bpy.types.Collection, found: LayerHistograms, shown: int
) -> None:
    row, theme = layout.row(), theme_of(root)
    parts = (("This Sample", found.of_samples[shown]), (f"All {len(found.of_samples):,} Shown", found.of_all))
    for place, (title, histogram) in enumerate(parts):
        column = row.column(align=True)
        column.label(text=title)
        key = tuple(histogram.counts.tolist()), histogram.low, histogram.high, theme.name
        name = f"histogram {place} {root[contract.NETWORK]}"
        picture = thumbnails.draw(name, key, lambda histogram=histogram: draw_histogram(histogram, theme))
        column.template_icon(icon_value=picture, scale=5.5)
        column.label(text=f"{format_number(histogram.low)} to {format_number(histogram.high)}")
    column = layout.column(align=True)
    for line in not_drawn(*(histogram for _, histogram in parts)):
        column.label(text=line)


def not_drawn(here: Histogram, overall: Histogram) -> list[str]:
    """What two histograms leave out."""
    lines = []
    if overall.zeros:
        shares = (f"{histogram.zeros / histogram.total:.1%}" for histogram in (here, overall))
        lines.append(f"Left out, exactly 0: {' and '.join(shares)}")
    if overall.not_finite:
        lines.append(f"Not finite: {here.not_finite:,} and {overall.not_finite:,}")
    return lines


def _draw_idle(
    layout: bpy.types.UILayout, root: bpy.types.Collection, slab: bpy.types.Object, found: LayerHistograms | None
) -> None:
    """Neurons that are never active, or nearly always saturated."""
    dead = dead_neurons(root, slab[contract.LAYER])
    column = layout.column(align=True)
    if dead is not None:
        about = known_description(root)
        measured = about.evaluated if about else 0
        _draw_listed(column, "DEAD", f"Never active in {measured:,} samples: {len(dead):,}", bool(dead))
        means = layer_statistic(root, slab[contract.LAYER], "mean")
        not_finite = 0 if means is None else int((~np.isfinite(means)).sum())
        if not_finite:
            draw_lines(column, f"Not finite in some samples: {not_finite:,}", "ERROR")
    if found is None:
        return
    if found.saturated is None:
        is_known = slab[contract.CLASS] not in UNKNOWN_BOUNDS
        draw_lines(column, "Saturated: none, activation is unbounded" if is_known else "Saturated: limit not known")
        return
    text = f"Saturated in {OFTEN:.0%} of shown: {len(found.saturated):,}"
    _draw_listed(column, "SATURATED", text, bool(found.saturated))


def _draw_listed(column: bpy.types.UILayout, kind: str, text: str, has_any: bool) -> None:
    row = column.row(align=True)
    row.label(text=text)
    if has_any:
        row.operator("nn.select_idle", text="", icon="RESTRICT_SELECT_OFF").kind = kind


def _draw_row(column: bpy.types.UILayout, *cells: Any) -> None:
    split = column.split(factor=0.3)
    label = split.row()
    label.alignment = "RIGHT"
    label.active = False
    label.label(text=cells[0])
    values = split.split(factor=0.5)
    for cell in cells[1:]:
        values.label(text=cell)


CLASSES = (NN_PG_layers, NN_OT_select_idle)


class OnNetwork:
    layers: bpy.props.PointerProperty(type=NN_PG_layers)  # type: ignore[valid-type]
