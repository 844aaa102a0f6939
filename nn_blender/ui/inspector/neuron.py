"""The inspector of a neuron, or of several: switches, value and rank, maps, samples, means by class, weights."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import bpy
import numpy as np

from ...core.description.description import Description
from ...core.errors import UserError
from ...core.neurons.selectivity import Selectivity, selectivity, strongest
from ...core.neurons.weights import Connection, NeuronWeights
from ...core.recording import ClassMeans, Sample
from ...core.samples.finding import without_ending
from ...scene.base import contract
from ...scene.layers.statistics import layer_statistic, neuron_class_means, neuron_statistics
from ...scene.network.description import unreadable
from ...scene.neurons.neuron_facts import NeuronFacts, drawn_count, neuron_facts, shown_activations
from ...scene.samples.timeline import sample_count, shown_sample
from ..common.active import active_slab, root_of
from ..common.knowing import known, known_description, known_selection
from ..common.neuron_texts import describe_switch
from ..common.sidebar import draw_beside, draw_facts, draw_lines, draw_picture, format_number, format_share, section
from ..interventions.switch_drawing import draw_switches
from ..maps.thumbnails import thumbnails
from ..neurons.neuron_operators import chosen_neuron
from ..neurons.weight_reader import weight_reader
from ..samples.sample_steps import draw_steps

ICON = "PARTICLE_POINT"

MOST_BARS = 10
"""Classes in the bar chart."""

MOST_SAMPLES = 5
"""Samples that activate a neuron most."""

MOST_NEURONS = 8
"""Lines of the list of selected neurons."""

ACROSS, DOWN = 3, 1
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


class OnWorkspace:
    neuron_maps: bpy.props.BoolProperty(name="Maps for Samples", default=True, options=set())  # type: ignore[valid-type]
    neuron_samples: bpy.props.BoolProperty(name="Strongest Samples", default=True, options=set())  # type: ignore[valid-type]
    neuron_classes: bpy.props.BoolProperty(name="Means by Class", options=set())  # type: ignore[valid-type]
    neuron_weights: bpy.props.BoolProperty(name="Formula and Weights", options=set())  # type: ignore[valid-type]


def title(context: bpy.types.Context, root: bpy.types.Collection) -> str:
    """Empty where no neuron can be shown."""
    slab = active_slab(context)
    if slab is None or not slab[contract.NEURONS]:
        return ""
    together = sum(map(len, _together(root, slab[contract.LAYER]).values()))
    return f"{together:,} neurons" if together > 1 else f"Neuron {root.nn.neurons.neuron} · {slab[contract.LAYER]}"


def draw(layout: bpy.types.UILayout, context: bpy.types.Context, root: bpy.types.Collection) -> None:
    slab = active_slab(context)
    layer, neuron = slab[contract.LAYER], root.nn.neurons.neuron
    about, shown = known_description(root), shown_sample(context.scene, root)
    facts = neuron_facts(root, layer, neuron, shown)
    draw_switches(layout, facts)
    _draw_together(layout, root, layer, shown)
    layout.prop(context.window_manager.nn, "neuron")
    if facts is not None:
        _draw_value(layout, root, layer, about, facts, shown)
    elif neuron >= slab[contract.NEURONS]:
        draw_lines(layout, f"This layer has neurons 0 to {slab[contract.NEURONS] - 1:,}", "INFO")
    elif neuron >= drawn_count(root, layer):
        draw_lines(layout, f"Not drawn: only neurons 0 to {drawn_count(root, layer) - 1:,} are", "INFO")
    if neuron >= slab[contract.NEURONS]:
        return
    has_maps = about is not None and about.has_maps(layer)
    if about is not None and has_maps and about.samples:
        body = section(layout, "neuron_maps")
        if body is not None:
            draw_gallery(body, root, layer, neuron, about.shown_samples)
            body.operator("nn.add_closeup", text="Show Large in the Scene", icon="ZOOM_IN").neuron = neuron
    for name, draw_section in SECTIONS.items():
        body = section(layout, name)
        if body is not None:
            draw_section(body, root, layer, neuron)


def _together(root: bpy.types.Collection, layer: str) -> Mapping[str, np.ndarray]:
    """The selected neurons by layer, where the chosen one is among them."""
    found = known_selection(root)
    return found if root.nn.neurons.neuron in found.get(layer, ()) else {}


def _draw_together(layout: bpy.types.UILayout, root: bpy.types.Collection, layer: str, shown: int) -> None:
    """Where several neurons are selected: all of them, of which the one that the rest is about is pressed."""
    found = [(path, int(neuron)) for path, neurons in _together(root, layer).items() for neuron in neurons]
    if len(found) < 2:
        return
    chosen = layer, root.nn.neurons.neuron
    place = min(found.index(chosen) // MOST_NEURONS * MOST_NEURONS, max(len(found) - MOST_NEURONS, 0))
    column = layout.column(align=True)
    for path, neuron in found[place : place + MOST_NEURONS]:
        row = column.split(factor=0.7, align=True)
        button = row.operator("nn.choose_neuron", text=f"{neuron} · {path}", depress=(path, neuron) == chosen)
        button.layer, button.neuron = path, neuron
        facts = neuron_facts(root, path, neuron, shown)
        row.label(text="" if facts is None else format_number(facts.activation))
    if len(found) > MOST_NEURONS:
        column.label(text=f"{place + 1:,} to {place + MOST_NEURONS:,} of {len(found):,}")


def _draw_value(
    layout: bpy.types.UILayout,
    root: bpy.types.Collection,
    layer: str,
    about: Description | None,
    facts: NeuronFacts,
    shown: int,
) -> None:
    """The neuron's map, or a bar for its activation, for the sample that is shown, and numbers."""
    if about is not None and shown < len(about.samples):
        draw_steps(layout, about.samples[shown].sample.name, shown, len(about.samples))
    has_map = about is not None and about.has_maps(layer)
    if has_map:
        (picture,) = thumbnails.maps(root, layer, root.nn.neurons.neuron, [shown], "map")
        draw_beside(layout, picture, 5, *_rows(facts))
        return
    if about is not None:
        low, high = about.ranges.get(layer, (0.0, 0.0))
        brightest = max(-low, high)
        is_known = math.isfinite(facts.activation) and brightest > 0
        factor = min(abs(facts.activation) / brightest, 1.0) if is_known else 0.0
        layout.progress(factor=factor, text=f"{format_number(facts.activation)} of at most {format_number(brightest)}")
    draw_facts(layout, *_rows(facts)[1:])


def draw_classes(layout: bpy.types.UILayout, root: bpy.types.Collection, layer: str, neuron: int) -> None:
    """What was measured of the neuron over all samples, and for each class."""
    found = neuron_statistics(root, layer, neuron)
    if found is None:
        layout.label(text="No samples were measured", icon="INFO")
        return
    about = known_description(root)
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
        draw_lines(layout, "Measure again to see means per class", "INFO")


def draw_samples(layout: bpy.types.UILayout, root: bpy.types.Collection, layer: str, neuron: int) -> None:
    """The samples in the scene that activate the neuron most."""
    about, values = known_description(root), known(root, shown_activations, layer, neuron)
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


def draw_weights(layout: bpy.types.UILayout, root: bpy.types.Collection, layer: str, neuron: int) -> None:
    """What the neuron computes, and from which others."""
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


SECTIONS = {"neuron_samples": draw_samples, "neuron_classes": draw_classes, "neuron_weights": draw_weights}
"""By the property that remembers whether each is open."""


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
        ("Switch", describe_switch(facts.factor, facts.replaced)),
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
        draw_lines(layout, f"+{more + means.more:,} more classes{unmeasured}")
    if (values < 0).any():
        draw_lines(layout, "Bars show magnitudes, without the sign")


def draw_gallery(
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
        draw_picture(cell, picture, 3.6)
        cell.operator("nn.go_to_sample", text=without_ending(samples[sample].name)).sample = sample
    if pages > 1:
        row = layout.row()
        row.prop(root.nn.neuron_maps, "page")
        row.label(text=f"of {pages}")


def _draw_weights(layout: bpy.types.UILayout, root: bpy.types.Collection, found: NeuronWeights) -> None:
    draw_lines(layout, found.formula)
    if found.bias is not None:
        draw_facts(layout, ("Bias", format_number(found.bias)))
    about = known_description(root)
    layers = {layer.path for layer in about.network.layers} if about else set()
    for title, connections, more in (
        ("Inputs", found.incoming, found.more_incoming),
        ("Outputs", found.outgoing, found.more_outgoing),
    ):
        if not connections:
            continue
        measure = "norm over all positions" if connections[0].is_norm else "weight"
        layout.label(text=f"Strongest {title} by {measure}")
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


CLASSES = (NN_PG_neuron_maps,)


class OnNetwork:
    neuron_maps: bpy.props.PointerProperty(type=NN_PG_neuron_maps)  # type: ignore[valid-type]
