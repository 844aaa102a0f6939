"""The chosen neuron: its statistics, strongest samples, feature maps, weights and switches."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

import bpy
import numpy as np

from ...core.errors import UserError
from ...core.neurons.selectivity import Selectivity, selectivity, strongest
from ...core.neurons.weights import Connection, NeuronWeights
from ...core.recording import ClassMeans, Sample
from ...core.samples.finding import PICTURES
from ...scene.base import contract
from ...scene.layers.statistics import layer_statistic, neuron_class_means, neuron_statistics
from ...scene.network.description import read_description, unreadable
from ...scene.neurons.neuron_facts import NeuronFacts, drawn_count, neuron_facts, shown_activations
from ...scene.samples.timeline import sample_count, shown_sample
from ..common.active import active_network, active_slab, root_of
from ..common.sidebar import ClosedPanel, draw_facts, draw_lines, fields, format_number, format_share
from ..interventions.switch_drawing import draw_change, draw_switches
from ..looks.framing import draw_frame
from ..maps.thumbnails import thumbnails
from .neuron_operators import chosen_neuron
from .weight_reader import weight_reader

MOST_BARS = 10
"""Classes in the bar chart."""

MOST_SAMPLES = 5
"""Samples that activate a neuron most."""

ACROSS, DOWN = 3, 2
"""Feature maps in the gallery."""

PAGE = ACROSS * DOWN


def _stay_within(self: NN_PG_neuron_maps, _context: bpy.types.Context) -> None:
    last = page_count(sample_count(root_of(self)))
    if self.page > last:
        self.page = last


class NN_PG_neuron_maps(bpy.types.PropertyGroup):
    page: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="Page",
        description="Page of the gallery of feature maps",
        default=1,
        min=1,
        update=_stay_within,
        options=set(),
    )


class NN_PT_neuron(ClosedPanel, bpy.types.Panel):
    bl_label = "Neuron"
    bl_order = 50

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        root, slab = active_network(context), active_slab(context)
        if slab is None or not slab[contract.NEURONS]:
            layout.label(text="Choose a layer that has neurons", icon="INFO")
            return
        settings, layer = root.nn.neurons, slab[contract.LAYER]
        draw_facts(layout, ("Layer", layer))
        fields(layout).prop(settings, "neuron")
        facts = neuron_facts(root, layer, settings.neuron, shown_sample(context.scene, root))
        if facts is not None:
            draw_facts(layout, *_rows(facts))
        elif settings.neuron >= slab[contract.NEURONS]:
            layout.label(text=f"This layer has neurons 0 to {slab[contract.NEURONS] - 1:,}", icon="INFO")
        elif settings.neuron >= drawn_count(root, layer):
            layout.label(text=f"Not drawn: only neurons 0 to {drawn_count(root, layer) - 1:,} are", icon="INFO")
        draw_frame(layout, "NEURON", "Frame Neuron")
        draw_switches(layout, facts)
        draw_change(layout, root)


class NeuronPanel(ClosedPanel):
    """A child of the Neuron panel, drawn while the chosen layer has the chosen neuron."""

    bl_parent_id = "NN_PT_neuron"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not super().poll(context):
            return False
        slab = active_slab(context)
        return slab is not None and active_network(context).nn.neurons.neuron < slab[contract.NEURONS]


class NN_PT_neuron_statistics(NeuronPanel, bpy.types.Panel):
    bl_label = "Statistics"

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        root, layer = active_network(context), active_slab(context)[contract.LAYER]
        neuron = root.nn.neurons.neuron
        found = neuron_statistics(root, layer, neuron)
        if found is None:
            layout.label(text="No samples were measured", icon="INFO")
            return
        about = read_description(root)
        layout.label(text=f"Over all {about.evaluated if about else 0:,} measured samples")
        draw_facts(
            layout,
            ("Mean", format_number(found["mean"])),
            ("Std. Dev.", format_number(found["spread"])),
            ("Active", format_share(found["active"])),
        )
        means = neuron_class_means(root, layer, neuron)
        if means is not None:
            _draw_classes(layout, means, is_never_negative(root, layer))
        elif any(shown.sample.label for shown in (about.samples if about else ())):
            layout.label(text="Measure again to see means per class", icon="INFO")


class NN_PT_neuron_samples(NeuronPanel, bpy.types.Panel):
    bl_label = "Strongest Samples"

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        root, layer = active_network(context), active_slab(context)[contract.LAYER]
        about, values = read_description(root), shown_activations(root, layer, root.nn.neurons.neuron)
        samples = about.shown_samples if about else ()
        if values is None or not samples or len(values) > len(samples):
            layout.label(text="There are no samples", icon="INFO")
            return
        layout.label(text=f"Of {len(values):,} in the scene")
        column = layout.column(align=True)
        for sample in strongest(values, MOST_SAMPLES):
            split = column.split(factor=0.72, align=True)
            picture: Any = thumbnails.icon(root, sample)
            icon = {"icon_value": picture} if picture else {"icon": "IMAGE_DATA"}
            split.operator("nn.go_to_sample", text=samples[sample].name, **icon).sample = sample
            split.label(text=format_number(float(values[sample])))


class NN_PT_neuron_maps(NeuronPanel, bpy.types.Panel):
    bl_label = "Feature Maps"

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        root, layer = active_network(context), active_slab(context)[contract.LAYER]
        about, neuron = read_description(root), root.nn.neurons.neuron
        if about is None or not any(atlas.layer == layer for atlas in about.atlases):
            layout.label(text="This layer has no feature maps", icon="INFO")
            return
        shown = shown_sample(context.scene, root)
        (picture,) = thumbnails.maps(root, layer, neuron, [shown], "map")
        layout.label(text=f"{about.samples[shown].sample.name}, in the colours of the scene")
        if picture:
            layout.template_icon(icon_value=picture, scale=8)
        else:
            layout.label(text="Reading the maps", icon="SORTTIME")
        _draw_gallery(layout, root, layer, neuron, about.shown_samples)


class NN_PT_neuron_weights(NeuronPanel, bpy.types.Panel):
    bl_label = "Formula and Weights"

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        root, layer = active_network(context), active_slab(context)[contract.LAYER]
        wanted = chosen_neuron(root, layer)
        if wanted is None:
            draw_lines(layout, unreadable(root).message, "ERROR")
            return
        found = weight_reader.remembered(wanted)
        if isinstance(found, NeuronWeights):
            _draw_weights(layout, root, found)
            return
        if found is None:
            weight_reader.want(wanted)
        elif isinstance(found, UserError):
            draw_lines(layout, f"{found.message} {found.fix}", "ERROR")
        layout.operator("nn.read_weights", icon="FILE_REFRESH")


def is_never_negative(root: bpy.types.Collection, layer: str) -> bool:
    """Whether no neuron of a layer was ever below 0."""
    lowest = layer_statistic(root, layer, "lowest")
    return lowest is not None and bool(lowest.size) and not (lowest < 0).any()


def selectivity_facts(means: ClassMeans, found: Selectivity) -> list[tuple[str, str]]:
    """The class that a neuron responds to most, and by how much."""
    if found.distance == 0:
        return [("Preferred Class", "none")]
    facts = [("Preferred Class", means.names[found.best])]
    if found.index is not None:
        return [*facts, ("Selectivity", f"{found.index:.2f} of at most 1")]
    return [*facts, ("Above Others", format_number(found.distance))]


def page_count(samples: int) -> int:
    """How many pages the gallery has."""
    return max(math.ceil(samples / PAGE), 1)


def listed_classes(means: np.ndarray) -> list[int]:
    """The classes that the bar chart shows: all in their order, or the highest means first where they are many."""
    if len(means) <= MOST_BARS:
        return list(range(len(means)))
    order = np.argsort(-np.nan_to_num(means, nan=-np.inf), kind="stable")[:MOST_BARS]
    return [int(number) for number in order]


def _rows(facts: NeuronFacts) -> list[tuple[str, str]]:
    rows = [("Activation", format_number(facts.activation))]
    if facts.intact is not None:
        rows.append(("Before", format_number(facts.intact)))
    return [
        *rows,
        ("Rank", f"{facts.rank:,} of {facts.count:,}"),
        ("Factor", "off" + ", at its mean" * facts.replaced if facts.factor == 0 else f"{facts.factor:g}"),
    ]


def _draw_classes(layout: bpy.types.UILayout, means: ClassMeans, is_nonnegative: bool) -> None:
    values = means.means[:, 0].astype(np.float64)
    sizes = np.abs(values[np.isfinite(values)])
    largest = float(sizes.max()) if sizes.size else 0.0
    found = selectivity(values, is_nonnegative)
    if found is not None:
        draw_facts(layout, *selectivity_facts(means, found))
    layout.label(text="Mean per True Class")
    bars = layout.column(align=True)
    listed = listed_classes(values)
    for place in listed:
        value = float(values[place])
        factor = abs(value) / largest if math.isfinite(value) and largest > 0 else 0.0
        bars.progress(factor=factor, text=f"{means.names[place]}   {format_number(value)}")
    more = len(values) - len(listed)
    if more or means.more:
        unmeasured = f", {means.more:,} of them not measured" if means.more else ""
        layout.label(text=f"+{more + means.more:,} more classes{unmeasured}")
    if (values < 0).any():
        layout.label(text="Bars show magnitudes, without the sign")


def _draw_gallery(
    layout: bpy.types.UILayout, root: bpy.types.Collection, layer: str, neuron: int, samples: Sequence[Sample]
) -> None:
    """A page of the neuron's feature maps for the samples in the scene."""
    pages = page_count(len(samples))
    page = min(root.nn.neuron_maps.page, pages)
    first = (page - 1) * PAGE
    numbers = range(first, min(first + PAGE, len(samples)))
    pictures = thumbnails.maps(root, layer, neuron, numbers, "gallery")
    layout.label(text=f"Samples {first + 1:,} to {numbers[-1] + 1:,} of {len(samples):,}")
    grid = layout.grid_flow(row_major=True, columns=ACROSS, even_columns=True, even_rows=True, align=True)
    for sample, picture in zip(numbers, pictures, strict=True):
        cell = grid.column(align=True)
        if picture:
            cell.template_icon(icon_value=picture, scale=3.6)
        cell.operator("nn.go_to_sample", text=_without_ending(samples[sample].name)).sample = sample
    if pages > 1:
        row = layout.row()
        row.prop(root.nn.neuron_maps, "page")
        row.label(text=f"of {pages}")


def _without_ending(name: str) -> str:
    """The name of a sample without the ending of a picture file."""
    path = PurePath(name)
    return path.stem if path.suffix.lower() in PICTURES else name


def _draw_weights(layout: bpy.types.UILayout, root: bpy.types.Collection, found: NeuronWeights) -> None:
    draw_lines(layout, found.formula)
    if found.bias is not None:
        draw_facts(layout, ("Bias", format_number(found.bias)))
    about = read_description(root)
    layers = {layer.path for layer in about.network.layers} if about else set()
    for title, connections, more in (
        ("From", found.incoming, found.more_incoming),
        ("To", found.outgoing, found.more_outgoing),
    ):
        if not connections:
            continue
        norm = ", norm over all positions" if connections[0].is_norm else ", weight"
        layout.label(text=f"{title} neuron{norm}")
        column = layout.column(align=True)
        for connection in connections:
            _draw_connection(column.split(factor=0.68, align=True), connection, connection.layer in layers)
        if more:
            column.label(text=f"+{more:,} more")


def _draw_connection(row: bpy.types.UILayout, connection: Connection, is_in_scene: bool) -> None:
    text = f"{connection.layer} {connection.neuron}"
    if connection.position:
        text += " at " + ", ".join(str(place) for place in connection.position)
    if is_in_scene:
        chosen = row.operator("nn.choose_neuron", text=text)
        chosen.layer, chosen.neuron = connection.layer, connection.neuron
    else:
        row.label(text=text)
    row.label(text=format_number(connection.weight))


CLASSES = (
    NN_PG_neuron_maps,
    NN_PT_neuron,
    NN_PT_neuron_statistics,
    NN_PT_neuron_samples,
    NN_PT_neuron_maps,
    NN_PT_neuron_weights,
)


class OnNetwork:
    neuron_maps: bpy.props.PointerProperty(type=NN_PG_neuron_maps)  # type: ignore[valid-type]
