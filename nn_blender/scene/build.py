"""Builds a network in a scene, and brings one that is there in line with new measurements."""

from __future__ import annotations

from dataclasses import asdict

import bpy
from mathutils import Vector

from ..core.blocks.blocks import to_dict
from ..core.layout.budgets import lay_out_within
from ..core.layout.layout import Layout
from ..core.normalisation import Normalisation
from .base import contract
from .base.find import is_geometry, networks
from .blocks.blocks import read_blocks, show_blocks
from .layers.layer_objects import add_neurons, add_slabs, fill_neurons
from .layers.statistics import write_statistics
from .looks.map_looks import MapLook, set_map_look
from .looks.normalisation import get_normalisation, set_normalisation
from .maps.closeups import refill_closeups
from .maps.feature_maps import add_input, add_maps
from .maps.summaries import add_composites
from .network.contents import Contents
from .network.description import read_layout, write_description
from .network.parts import Kit
from .nodes.deferred_updates import quiet_tree
from .remove import remove_network
from .samples.outputs import write_outputs
from .samples.timeline import fit_timeline, sample_count, write_markers
from .show_intervention import show_intact
from .stage.answer import add_output
from .stage.labels import add_measures, add_title, are_measures_shown
from .stage.legend import add_legend, show_normalisation
from .stage.stage import add_stage

CLEARANCE = 3.0


@quiet_tree()
def build_network(
    scene: bpy.types.Scene, contents: Contents, network_id: str, with_stage: bool = True
) -> bpy.types.Collection:
    """Make all of a network's data-blocks and return its root collection.

    The network is placed before everything that is in the scene already, where there is something.

    Args:
        network_id: what the data-blocks are marked with; unique, see `contract.new_network_id`.
        with_stage: whether to add camera, lights, floor and background.
    """
    layout = lay_out_within(contents.network, contents.budget)
    y = _free_place(scene, layout)
    kit = Kit(scene, contents, network_id)
    try:
        kit.anchor.location.y = y
        _set_choices(kit)
        _add_structure(kit, layout)
        show_measurements(kit, layout)
        if with_stage:
            add_stage(kit, layout)
    except BaseException:
        # Half a network would be of no use to anybody.
        remove_network(scene, kit.root)
        raise
    # Everything is asked for its place in the world next.
    kit.view_layer.update()
    return kit.root


@quiet_tree()
def update_network(scene: bpy.types.Scene, root: bpy.types.Collection, contents: Contents) -> None:
    """Show other measurements of the same network; everything else in the scene stays as it is.

    They are of the intact network: what an intervention changes has to be computed anew.
    """
    if root.get(contract.RECORDED):
        show_intact(scene, root)
    kit = Kit(scene, contents, root[contract.NETWORK], root)
    show_measurements(kit, read_layout(root, contents.network))


def show_measurements(kit: Kit, layout: Layout) -> None:
    """Write what was measured into the network's objects, making those that are missing."""
    kit.root[contract.LAST_SAMPLE] = max(kit.contents.sample_count - 1, 0)
    add_input(kit, layout)
    recording = kit.contents.recording
    if recording is not None:
        fill_neurons(kit)
        write_statistics(kit)
        if recording.outputs is not None:
            write_outputs(kit.root, recording.outputs[: recording.shown])
        add_maps(kit, layout)
        add_composites(kit, layout)
        add_output(kit, layout)
        add_legend(kit, layout)
        refill_closeups(kit)
        if are_measures_shown(kit.root):
            add_measures(kit, layout)
        write_markers(kit.scene, kit.root, [sample.name for sample in kit.contents.shown_samples])
    blocks = read_blocks(kit.root, kit.contents.network)
    normalisation = get_normalisation(kit.root)
    write_description(kit, to_dict(blocks), asdict(normalisation))
    show_blocks(kit, layout, blocks)
    show_normalisation(kit.root, normalisation)


def _set_choices(kit: Kit) -> None:
    """The properties that the node groups' drivers follow; a driver that once missed its property stays invalid."""
    contents = kit.contents
    kit.root[contract.FRAMES_PER_SAMPLE] = contents.frames_per_sample
    kit.root[contract.FADE_FRAMES] = contents.fade_frames
    kit.root[contract.LAST_SAMPLE] = max(contents.sample_count - 1, 0)
    set_map_look(kit.root, MapLook())
    kit.root[contract.COMPOSITE] = 0
    kit.root[contract.COMPARE] = kit.root[contract.IN_FORCE] = kit.root[contract.COLOUR_BY] = kit.root[
        contract.SIZE_BY
    ] = 0
    kit.anchor[contract.SORTED] = 1.0
    described = "How far sorted neurons are on their way from their own places; can be animated"
    kit.anchor.id_properties_ui(contract.SORTED).update(min=0.0, max=1.0, description=described)
    kit.root[contract.GLOW_NETWORK] = 1.0
    set_normalisation(kit.root, Normalisation())


def _add_structure(kit: Kit, layout: Layout) -> None:
    add_slabs(kit, layout)
    add_neurons(kit, layout)
    add_title(kit, layout)


def show_whole_timeline(scene: bpy.types.Scene, root: bpy.types.Collection) -> None:
    """Let the scene's frames cover every sample of all its networks, and show the first."""
    if not sample_count(root):
        return
    if not any(contract.PREVIOUS_FRAMES in other for other in networks(scene)):
        root[contract.PREVIOUS_FRAMES] = [scene.frame_start, scene.frame_end]
    fit_timeline(scene)
    scene.frame_set(1)


def _free_place(scene: bpy.types.Scene, layout: Layout) -> float:
    """A y before all visible geometry, the side from which the camera looks; 0 in an empty scene."""
    scene.view_layers[0].update()
    nearest = [
        min((obj.matrix_world @ Vector(corner)).y for corner in obj.bound_box)
        for obj in scene.objects
        if is_geometry(obj) and obj.get(contract.ROLE) != "floor" and not obj.hide_render
    ]
    return min(nearest) - layout.width / 2 - CLEARANCE if nearest else 0.0
