"""Builds a network in a scene, and brings one that is there in line with new measurements."""

from __future__ import annotations

import bpy
from mathutils import Vector

from ..core.blocks.opening import Opening
from ..core.blocks.stands import lay_out_on_stands
from ..core.layout.budgets import lay_out_within, neurons_shown
from ..core.layout.layout import Layout
from ..core.layout.picture import floor_point
from ..core.network import Network
from ..core.normalisation import Normalisation
from .base import contract
from .base.find import is_geometry, networks
from .base.parts import Parts
from .blocks.blocks import read_blocks, show_blocks
from .blocks.books import add_books
from .blocks.layer_covers import add_layer_covers
from .blocks.paint import paint_layers
from .inputs.input_object import add_inputs
from .layers.layer_objects import add_neurons, add_slabs, fill_neurons
from .layers.stands import add_stands
from .layers.statistics import write_statistics
from .looks.map_looks import MapLook, set_map_look
from .looks.normalisation import get_normalisation, set_normalisation
from .maps.closeups import refill_closeups
from .maps.feature_maps import add_maps
from .maps.summaries import add_composites
from .network.contents import Contents
from .network.description import describe_contents, read_description, read_layout, write_description
from .network.parts import network_parts
from .nodes.deferred_updates import deferring_tree
from .opening.film import bake_opening
from .opening.keys import is_keyed
from .opening.showing import show_opening
from .outputs.boards import Told, add_outputs
from .remove import remove_network
from .samples.outputs import write_outputs, write_results
from .samples.timeline import fit_timeline, sample_count, write_markers
from .set_theme import set_theme
from .show_explanation import explanation_key, remove_explanation
from .show_intervention import take_back_change
from .stage.frame import add_frame_stage
from .stage.handle import place_row_handle
from .stage.labels import add_measures, add_title, are_measures_shown
from .stage.legend import add_legend, show_normalisation
from .stage.outdated import tell_outdated
from .stage.stage import add_stage

CLEARANCE = 3.0


@deferring_tree()
def build_network(
    scene: bpy.types.Scene,
    contents: Contents,
    network_id: str,
    with_stage: bool = True,
    layout: Layout | None = None,
    theme: str | None = None,
    opening: Opening | None = None,
) -> bpy.types.Collection:
    """Make all of a network's data-blocks and return its root collection.

    The network is placed before everything that is in the scene already, where there is something.

    Args:
        network_id: what the data-blocks are marked with; unique, see `contract.new_network_id`.
        with_stage: whether to add camera, lights, floor and background.
        layout: where everything stands; as one row where it is not given.
        theme: name of the theme that all networks of the scene then have; what they have where it is not given.
        opening: which blocks are open; the network stands as its picture says then, and not as ``layout`` does.
    """
    if opening is not None:
        shown = {path: one.neurons for path, one in neurons_shown(contents.network, contents.budget).items()}
        layout = lay_out_on_stands(contents.network, opening.root, shown, contents.inputs)
    layout = layout or lay_out_within(contents.network, contents.budget, contents.inputs)
    place = _free_place(scene, layout, opening)
    parts = network_parts(scene, contents.network, network_id)
    try:
        parts.anchor.location = place
        _set_choices(parts, contents)
        build_structure(parts, contents.network, layout, opening)
        show_measurements(parts, contents, layout, opening)
        if with_stage:
            if opening is None:
                add_stage(parts, layout)
            else:
                add_frame_stage(parts, opening.seen)
        if theme is not None and theme != parts.theme.name:
            set_theme(scene, theme)
    except BaseException:
        # Half a network would be of no use to anybody.
        remove_network(scene, parts.root)
        raise
    # Everything is asked for its place in the world next.
    parts.scene.view_layers[0].update()
    return parts.root


@deferring_tree()
def update_network(scene: bpy.types.Scene, root: bpy.types.Collection, contents: Contents) -> None:
    """Show other measurements of the same network; everything else in the scene stays as it is.

    They are of the intact network: what an intervention changes has to be computed anew.
    """
    parts = network_parts(scene, contents.network, root[contract.NETWORK], root)
    if root.get(contract.RECORDED):
        take_back_change(parts, contents.network)
    about = read_description(root)
    if (
        about is not None
        and about.explanation
        and about.explanation.key != explanation_key(describe_contents(contents))
    ):
        remove_explanation(scene, root)
        parts, about = network_parts(scene, contents.network, root[contract.NETWORK], root), read_description(root)
    show_measurements(parts, contents, read_layout(root, contents.network), about.opening if about else None)
    tell_outdated(parts)


def show_measurements(parts: Parts, contents: Contents, layout: Layout, opening: Opening | None = None) -> None:
    """Write what was measured into the network's objects, making those that are missing."""
    root, network, recording = parts.root, contents.network, contents.recording
    root[contract.LAST_SAMPLE] = max(contents.sample_count - 1, 0)
    add_inputs(parts, contents, layout)
    if recording is not None:
        fill_neurons(parts, network, recording, contents.ranges)
        write_statistics(parts, network, recording)
        if recording.outputs is not None:
            write_outputs(root, recording.outputs[: recording.shown])
        write_results(root, [result.first(recording.shown) for result in recording.results])
        add_maps(parts, contents, layout)
        add_composites(parts, contents, layout, hidden=opening is not None)
        add_outputs(parts, network, layout, contents.shown_samples, _told(contents))
        if opening is None:
            add_legend(parts, layout)
        refill_closeups(parts)
        if are_measures_shown(root):
            add_measures(parts, network, layout)
        write_markers(parts.scene, root, [sample.name for sample in contents.shown_samples])
    blocks = () if opening else read_blocks(root, network)
    normalisation = get_normalisation(root)
    write_description(parts, contents, layout, blocks, normalisation, opening)
    if opening is None:
        show_blocks(parts, network, layout, blocks)
    else:
        add_books(parts, network, opening.root)
        add_layer_covers(parts, network, layout)
        show_opening(parts, network, opening, layout)
        if is_keyed(root):
            bake_opening(parts.scene, root)
    paint_layers(parts, network)
    show_normalisation(root, normalisation)


def _told(contents: Contents) -> list[Told]:
    told = zip(contents.outputs, contents.results, contents.judged, strict=False)
    return [
        Told(number, output, result, judged, contents.classes_of(output), maps=contents.output_atlas(output.name))
        for number, (output, result, judged) in enumerate(told)
        if result is not None
    ]


def _set_choices(parts: Parts, contents: Contents) -> None:
    """The properties that the node groups' drivers follow; a driver that once missed its property stays invalid."""
    root = parts.root
    root[contract.FRAMES_PER_SAMPLE] = contents.frames_per_sample
    root[contract.FADE_FRAMES] = contents.fade_frames
    root[contract.LAST_SAMPLE] = max(contents.sample_count - 1, 0)
    set_map_look(root, MapLook())
    for choice in (contract.COMPOSITE, contract.COMPARE, contract.IN_FORCE, contract.COLOUR_BY, contract.SIZE_BY):
        root[choice] = 0
    parts.anchor[contract.SORTED] = 1.0
    described = "How far sorted neurons are on their way from their own places; can be animated"
    limits = {"min": 0.0, "max": 1.0, "description": described}
    parts.anchor.id_properties_ui(contract.SORTED).update(**limits)  # type: ignore[func-returns-value]
    root[contract.GLOW_NETWORK] = 1.0
    set_normalisation(root, Normalisation())


def build_structure(parts: Parts, network: Network, layout: Layout, opening: Opening | None) -> None:
    """Make what stands for layers before anything is measured."""
    if opening is not None:
        add_stands(parts, layout)
    add_slabs(parts, network, layout)
    add_neurons(parts, network, layout)
    if opening is None:
        add_title(parts, network, layout)
        place_row_handle(parts.anchor, layout.bounds)


def show_whole_timeline(scene: bpy.types.Scene, root: bpy.types.Collection) -> None:
    """Let the scene's frames cover every sample of all its networks, and show the first."""
    if not sample_count(root):
        return
    if not any(contract.PREVIOUS_FRAMES in other for other in networks(scene)):
        root[contract.PREVIOUS_FRAMES] = [scene.frame_start, scene.frame_end]
    fit_timeline(scene)
    scene.frame_set(1)


def _free_place(scene: bpy.types.Scene, layout: Layout, opening: Opening | None) -> Vector:
    """On the ground before all visible geometry, the side from which the camera looks; y is 0 in an empty scene."""
    scene.view_layers[0].update()
    nearest = [
        min((obj.matrix_world @ Vector(corner)).y for corner in obj.bound_box)
        for obj in scene.objects
        if is_geometry(obj) and obj.get(contract.ROLE) != "floor" and not obj.hide_render
    ]
    farthest, lowest = layout.bounds.high[1], layout.bounds.z
    if opening is not None:
        frame = opening.seen.frame
        _, farthest, lowest = floor_point((frame.x, frame.v))
    y = min(nearest) - farthest - CLEARANCE if nearest else 0.0
    return Vector((0.0, y, -lowest))
