"""Builds a network in a scene."""

from __future__ import annotations

import bpy
from mathutils import Vector

from ..core.layout import Layout, lay_out
from . import contract
from .contents import Contents
from .description import add_description
from .find import is_geometry, networks
from .kit import Kit
from .labels import add_labels, add_legend, add_title
from .layers import add_neurons, add_slabs
from .maps import add_input, add_maps
from .output import add_output
from .remove import remove_network
from .stage import add_stage

CLEARANCE = 3.0


def build_network(
    scene: bpy.types.Scene, contents: Contents, network_id: str, with_stage: bool = True
) -> bpy.types.Collection:
    """Make all of a network's data-blocks and return its root collection.

    The network is placed before everything that is in the scene already, where there is something.

    Args:
        network_id: what the data-blocks are marked with; unique, see `contract.new_network_id`.
        with_stage: whether to add camera, lights, floor and background.
    """
    layout = lay_out(contents.network)
    y = _free_place(scene, layout)
    kit = Kit(scene, contents, network_id)
    try:
        kit.anchor.location.y = y
        _add_parts(kit, layout, with_stage)
    except BaseException:
        # Half a network would be of no use to anybody.
        remove_network(scene, kit.root)
        raise
    return kit.root


def _add_parts(kit: Kit, layout: Layout, with_stage: bool) -> None:
    add_slabs(kit, layout)
    add_neurons(kit, layout)
    add_maps(kit, layout)
    add_input(kit, layout)
    add_labels(kit, layout)
    add_title(kit, layout)
    add_output(kit, layout)
    if kit.contents.recording:
        add_legend(kit, layout)
    if with_stage:
        add_stage(kit, layout)
    add_description(kit)


def show_whole_timeline(scene: bpy.types.Scene, root: bpy.types.Collection, contents: Contents) -> None:
    """Let the scene's frames cover every sample of all its networks, and show the first."""
    if not contents.sample_count:
        return
    end = contents.sample_count * contents.frames_per_sample
    if any(contract.PREVIOUS_FRAMES in other for other in networks(scene)):
        end = max(end, scene.frame_end)
    else:
        root[contract.PREVIOUS_FRAMES] = [scene.frame_start, scene.frame_end]
    scene.frame_start, scene.frame_end = 1, end
    scene.frame_set(1)


def _free_place(scene: bpy.types.Scene, layout: Layout) -> float:
    """A y before all visible geometry, the side from which the camera looks; 0 in an empty scene."""
    scene.view_layers[0].update()
    nearest = [
        min((thing.matrix_world @ Vector(corner)).y for corner in thing.bound_box)
        for thing in scene.objects
        if is_geometry(thing) and thing.get(contract.ROLE) != "floor" and not thing.hide_render
    ]
    return min(nearest) - layout.width / 2 - CLEARANCE if nearest else 0.0
