"""The list of layers, and facts, statistics, summary and histogram of the chosen one."""

from __future__ import annotations

from typing import Any

import bpy
import numpy as np

from ...core.description.measurements import LayerStatistics
from ...core.neurons.histograms import Histogram, LayerHistograms
from ...core.neurons.saturation import OFTEN
from ...core.texts import format_shape
from ...scene.base import contract, meshes
from ...scene.base.find import networks, objects
from ...scene.base.themes import theme_of
from ...scene.layers.statistics import layer_statistic
from ...scene.maps.map_pixels import composite_kind
from ...scene.network.description import read_description
from ...scene.neurons.neuron_facts import drawn_count
from ...scene.neurons.selection import deselect_all, select
from ...scene.samples.timeline import sample_count, shown_sample
from ...scene.stage.labels import are_measures_shown, show_measures
from ..blocks.opening_panel import choose_part
from ..common.active import active_network, active_slab, layers_collection, root_of
from ..common.needs import NeedsLayer
from ..common.sidebar import Child, ClosedPanel, draw_facts, fields, format_number, format_share
from ..looks.framing import draw_frame
from ..maps.feature_maps import SUMMARY_ITEMS
from ..maps.thumbnails import thumbnails
from ..neurons.picking import SelectsNeurons
from .histogram_store import draw_histogram, layer_store


def _get_measures(self: NN_PG_layers) -> bool:
    return are_measures_shown(root_of(self))


def _set_measures(self: NN_PG_layers, show: bool) -> None:
    show_measures(bpy.context.scene, root_of(self), show)


def _get_index(self: NN_PG_layers) -> int:
    return bpy.context.scene.nn.layer  # type: ignore[no-any-return]


def _set_index(self: NN_PG_layers, index: int) -> None:
    layers = layers_collection(root_of(self))
    if layers is not None and 0 <= index < len(layers.objects) and contract.LAYER in layers.objects[index]:
        choose_part(root_of(self), layers.objects[index][contract.LAYER])


class NN_PG_layers(bpy.types.PropertyGroup):
    index: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="Layer", description="Layer to show and select", get=_get_index, set=_set_index, options=set()
    )
    measures: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Show in Scene",
        description="Write the mean, standard deviation and share of active neurons below every layer, "
        "for the sample shown",
        get=_get_measures,
        set=_set_measures,
        options=set(),
    )


class NN_PT_layers(Child, bpy.types.Panel):
    bl_label = "Layers"
    bl_order = 20

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        root = active_network(context)
        layers = layers_collection(root)
        if layers is None:
            layout.label(text="The network's layers were removed from the file", icon="ERROR")
            return
        layout.template_list("NN_UL_layers", "", layers, "objects", root.nn.layers, "index", rows=5)


class NN_PT_layer(ClosedPanel, bpy.types.Panel):
    bl_label = "Chosen Layer"
    bl_parent_id = "NN_PT_layers"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return bool(super().poll(context) and active_slab(context) is not None)

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        root, slab = active_network(context), active_slab(context)
        facts = [
            ("Layer", slab[contract.LAYER]),
            ("Class", slab[contract.CLASS]),
            ("Output", format_shape(tuple(slab[contract.OUTPUT_SHAPE]))),
            ("Neurons", _format_neurons(root, slab)),
            ("Parameters", f"{slab[contract.PARAMETERS]:,}"),
        ]
        activation = activation_of(root, slab)
        if activation:
            facts.append(("Activation", activation))
        draw_facts(layout, *facts)
        layout.operator("nn.select_layer", icon="RESTRICT_SELECT_OFF").layer = slab[contract.LAYER]
        draw_frame(layout, "LAYER", "Frame Layer")
        _draw_measures(layout, context.scene, root, slab[contract.LAYER])
        _draw_summary(layout, root, slab[contract.LAYER], shown_sample(context.scene, root))


class NN_PT_layer_histogram(ClosedPanel, bpy.types.Panel):
    bl_label = "Histogram"
    bl_parent_id = "NN_PT_layer"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        slab = active_slab(context) if super().poll(context) else None
        return slab is not None and bool(slab[contract.NEURONS])

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        root, slab = active_network(context), active_slab(context)
        if not sample_count(root):
            layout.label(text="There are no samples", icon="INFO")
            return
        found = layer_store.find(root, slab[contract.LAYER])
        if found is None:
            layout.label(text="Counting activations", icon="SORTTIME")
        else:
            _draw_histograms(layout, root, found, shown_sample(context.scene, root))
        _draw_idle(layout, root, slab, found)


class NN_OT_select_idle(NeedsLayer, SelectsNeurons, bpy.types.Operator):
    """Select these neurons and choose the first of them"""

    bl_idname = "nn.select_idle"
    bl_label = "Select Idle Neurons"

    kind: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Kind",
        description="Which neurons",
        items=(
            ("DEAD", "Never Active", "Not above 0 for any measured sample"),
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
        return {"FINISHED"}


def _format_neurons(root: bpy.types.Collection, slab: bpy.types.Object) -> str:
    count, drawn = slab[contract.NEURONS], drawn_count(root, slab[contract.LAYER])
    return f"{count:,}, {drawn:,} drawn" if drawn < count else f"{count:,}"


def activation_of(root: bpy.types.Collection, slab: bpy.types.Object) -> str:
    """Keras's name of a layer's activation function; empty where it has none."""
    about = read_description(root)
    layers = about.network.layers if about else ()
    return next((layer.activation for layer in layers if layer.path == slab[contract.LAYER]), "")


def dead_neurons(root: bpy.types.Collection, layer: str) -> list[int] | None:
    """The neurons that were never above 0, over all measured samples; None where nothing was measured.

    A neuron that was never finite is none of them.
    """
    active, lowest = (layer_statistic(root, layer, name) for name in ("active", "lowest"))
    if active is None or lowest is None:
        return None
    return [int(neuron) for neuron in np.flatnonzero((active == 0) & ~np.isnan(lowest))]


def shown_measures(root: bpy.types.Collection, layer: str, sample: int) -> LayerStatistics | None:
    """Mean, standard deviation and share of active neurons of a layer for a sample, in double precision.

    None where the layer has no activations, or its mesh is in Edit Mode, where they cannot be read.
    """
    neurons: Any = next(objects(root, "neurons", layer), None)
    name = contract.sampled(contract.ACTIVATION, sample)
    if neurons is None or name not in neurons.data.attributes:
        return None
    values = meshes.read_floats(neurons.data, name)
    return LayerStatistics.of_activations(values) if values.size else None


def _draw_measures(layout: bpy.types.UILayout, scene: bpy.types.Scene, root: bpy.types.Collection, layer: str) -> None:
    about = read_description(root)
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


def _draw_summary(layout: bpy.types.UILayout, root: bpy.types.Collection, layer: str, sample: int) -> None:
    """The layer's summary, one picture of all its maps, for the sample shown."""
    about = read_description(root)
    if about is None or not any(atlas.layer == layer for atlas in about.composites):
        return
    names = {kind: name for kind, name, _ in SUMMARY_ITEMS}
    layout.label(text=f"Summary: {names[composite_kind(root)]}")
    picture = thumbnails.composite(root, layer, sample)
    if picture:
        layout.template_icon(icon_value=picture, scale=6)
    else:
        layout.label(text="Reading the summary", icon="SORTTIME")


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
        about = read_description(root)
        measured = about.evaluated if about else 0
        _draw_listed(column, "DEAD", f"Never active in {measured:,} samples: {len(dead):,}", bool(dead))
    if found is None:
        return
    if found.saturated is None:
        # Its upper bound is a setting that the scene does not hold.
        is_known = slab[contract.CLASS] != "ReLU"
        column.label(text="Saturated: none, activation is unbounded" if is_known else "Saturated: limit not known")
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


CLASSES = (NN_PG_layers, NN_PT_layers, NN_PT_layer, NN_PT_layer_histogram, NN_OT_select_idle)


class OnNetwork:
    layers: bpy.props.PointerProperty(type=NN_PG_layers)  # type: ignore[valid-type]
