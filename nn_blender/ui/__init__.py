"""What Blender's window shows: operators, panels, lists, preferences. Thin; the work is done in actions."""

from __future__ import annotations

import bpy

from . import (
    blocks,
    comparing,
    connections,
    detail,
    edit_selection,
    feature_maps,
    glow,
    histograms,
    hovering,
    import_operator,
    influence,
    input_panel,
    jobs,
    kept_interventions,
    keymap,
    layer_panel,
    lists,
    measure_operators,
    menus,
    network_input,
    neuron_operators,
    neuron_panel,
    neurons,
    operators,
    panels,
    picking,
    preferences,
    previewing,
    properties,
    rerunning,
    samples,
    sorting,
    switching,
    tensorflow_operators,
    thumbnails,
    timing,
    viewing,
    visibility,
    weights,
    worker_panel,
)

MODULES = (
    preferences,
    import_operator,
    operators,
    measure_operators,
    tensorflow_operators,
    panels,
    lists,
    layer_panel,
    sorting,
    samples,
    neurons,
    switching,
    neuron_operators,
    neuron_panel,
    picking,
    comparing,
    kept_interventions,
    influence,
    network_input,
    input_panel,
    glow,
    connections,
    feature_maps,
    timing,
    visibility,
    detail,
    blocks,
    worker_panel,
    properties,
)
"""Modules with classes. Panels stand in this order below the main one; properties come after the groups they hold."""

_CLASSES = tuple(cls for module in MODULES for cls in module.CLASSES)


def register() -> None:
    for cls in _CLASSES:
        bpy.utils.register_class(cls)
    properties.add()
    menus.add()
    keymap.add()
    jobs.start_listening()
    thumbnails.start()
    histograms.start()
    weights.start()
    previewing.start()
    network_input.start()
    rerunning.start()
    edit_selection.start()
    viewing.start()
    picking.add_tool()


def unregister() -> None:
    picking.remove_tool()
    hovering.stop()
    viewing.stop()
    edit_selection.stop()
    rerunning.stop()
    network_input.stop()
    previewing.stop()
    jobs.stop_listening()
    weights.stop()
    histograms.stop()
    thumbnails.stop()
    keymap.remove()
    menus.remove()
    properties.remove()
    for cls in reversed(_CLASSES):
        bpy.utils.unregister_class(cls)
