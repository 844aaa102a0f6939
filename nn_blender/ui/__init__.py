"""What Blender's window shows: operators, panels, lists, preferences. Thin; the work is done in actions."""

from __future__ import annotations

import bpy

from . import properties
from .blocks import block_panel
from .common import jobs, reruns
from .interventions import comparing, kept_interventions, switch_drawing, switching
from .layers import histogram_store, layer_list, layer_panel, sorting
from .looks import glow, level_of_detail, view_follower, visibility
from .maps import feature_maps, thumbnails
from .network import import_operator, main_panel, menus, operators
from .neurons import (
    connections,
    edit_selection,
    hovering,
    influence,
    neuron_operators,
    neuron_panel,
    picking,
    weight_reader,
)
from .samples import input_operators, input_panel, input_preview, input_settings, keymap, sample_panel, timing
from .tensorflow import preferences, tensorflow_operators, worker_panel

MODULES = (
    preferences,
    import_operator,
    operators,
    input_operators,
    tensorflow_operators,
    main_panel,
    layer_list,
    layer_panel,
    sorting,
    sample_panel,
    switch_drawing,
    switching,
    neuron_operators,
    neuron_panel,
    picking,
    comparing,
    kept_interventions,
    influence,
    input_settings,
    input_panel,
    glow,
    connections,
    feature_maps,
    timing,
    visibility,
    level_of_detail,
    block_panel,
    worker_panel,
    properties,
)
"""Modules with classes. Panels stand in this order below the main one; properties come after the groups they hold."""

CLASSES = tuple(cls for module in MODULES for cls in module.CLASSES)


def register() -> None:
    for cls in CLASSES:
        bpy.utils.register_class(cls)
    properties.add()
    menus.add()
    keymap.add()
    jobs.start_listening()
    thumbnails.start()
    histogram_store.start()
    weight_reader.start()
    input_preview.start()
    input_settings.start()
    reruns.start()
    edit_selection.start()
    view_follower.start()
    picking.add_tool()


def unregister() -> None:
    picking.remove_tool()
    hovering.stop()
    view_follower.stop()
    edit_selection.stop()
    reruns.stop()
    input_settings.stop()
    input_preview.stop()
    jobs.stop_listening()
    weight_reader.stop()
    histogram_store.stop()
    thumbnails.stop()
    keymap.remove()
    menus.remove()
    properties.remove()
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
