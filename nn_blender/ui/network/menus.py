"""Entries in Blender's own menus, and the *Network* menu, through which Blender's search finds most commands.

What acts on a line of a list, on what is under the mouse or on the extension itself has its button there only.
"""

from __future__ import annotations

from typing import Any

import bpy

from ...scene.base import contract
from ...scene.base.find import networks
from ..common.active import active_network, active_slab, are_openable
from .examples import NN_MT_examples


class NN_MT_network(bpy.types.Menu):
    bl_label = "Network"

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.operator_context = "INVOKE_DEFAULT"
        layout.operator("nn.import_network", text="Import Network…", icon="IMPORT")
        layout.menu(NN_MT_examples.__name__)
        if active_network(context) is None:
            return
        layout.operator("nn.frame", text="Frame Network", icon="ZOOM_SELECTED").what = "NETWORK"
        layout.operator("nn.camera_moves_along")
        layout.operator("nn.show_materials")
        layout.separator()
        for menu in (NN_MT_layers, NN_MT_neurons, NN_MT_samples, NN_MT_experiment):
            layout.menu(menu.__name__)
        layout.separator()
        layout.operator("nn.render_picture", icon="RENDER_STILL")
        layout.operator("nn.render_film", icon="RENDER_ANIMATION")
        layout.operator("nn.open_render_folder", text="Open Folder of Pictures and Films")
        layout.operator("nn.recommended_render", text="Use Recommended Render Settings")
        layout.separator()
        layout.operator("nn.remove_network", icon="TRASH")


class NN_MT_layers(bpy.types.Menu):
    bl_label = "Layers and Blocks"

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.operator_context = "INVOKE_DEFAULT"
        layout.operator("nn.frame", text="Frame Layer").what = "LAYER"
        layout.operator("nn.step_layer", text="Next Layer").step = 1
        layout.operator("nn.step_layer", text="Previous Layer").step = -1
        slab = active_slab(context)
        if slab is not None:
            layout.operator("nn.select_layer").layer = slab[contract.LAYER]
        layout.operator("nn.switch_layer", text="Disable Layer").enable = False
        layout.operator("nn.switch_layer", text="Enable Layer").enable = True
        layout.operator("nn.sort_neurons", text="Sort Neurons of Layer")
        root = active_network(context)
        if root is not None and are_openable(root):
            layout.separator()
            layout.operator("nn.open_block")
            layout.operator("nn.open_level", text="Open All Blocks of This Level")
            layout.operator("nn.close_blocks", text="Close All Blocks")
            layout.operator("nn.open_by_distance", text="Open Blocks by Distance")
            layout.operator("nn.key_opening", text="Key Opening of Block").value = root.nn.opening.open
            layout.operator("nn.update_opening_keys")
            layout.operator("nn.clear_opening_keys")
            layout.operator("nn.frame", text="Frame Block").what = "BLOCK"
            layout.separator()
            layout.operator("nn.light_flow")
            layout.operator("nn.show_edges")
            layout.separator()
            layout.operator("nn.rename_part", text="Rename Block or Layer…")
            layout.operator("nn.join_next", text="Join Block with Next")
            layout.operator("nn.join_selected", text="Join Selected Blocks")
            layout.operator("nn.dissolve_block")
            layout.operator("nn.find_hierarchy")
        layout.separator()
        layout.operator("nn.put_back")
        layout.operator("nn.update_layout")


class NN_MT_neurons(bpy.types.Menu):
    bl_label = "Neurons"

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.operator_context = "INVOKE_DEFAULT"
        layout.operator("nn.frame", text="Frame Neuron").what = "NEURON"
        layout.operator("nn.step_neuron", text="Next Neuron").step = 1
        layout.operator("nn.step_neuron", text="Previous Neuron").step = -1
        layout.operator("nn.select_neurons", text="Select Neurons…")
        layout.operator("nn.edit_neurons")
        layout.operator("nn.deselect_neurons")
        layout.operator("nn.select_idle", text="Select Neurons of Layer That Are Never Active").kind = "DEAD"
        layout.operator("nn.select_idle", text="Select Saturated Neurons of Layer").kind = "SATURATED"
        layout.separator()
        layout.operator("nn.toggle_neurons", text="Disable or Enable Selected Neurons")
        layout.operator("nn.switch_neuron", text="Disable Neuron").gain = 0.0
        layout.operator("nn.switch_neuron", text="Enable Neuron").gain = 1.0
        held = layout.operator("nn.switch_neuron", text="Hold Neuron at Mean")
        held.gain, held.replace = 0.0, True
        layout.operator("nn.switch_layer", text="Disable All Other Neurons").all_but_chosen = True
        layout.operator("nn.disable_extremes", text="Disable Most or Least Active Neurons…")
        layout.separator()
        root, slab = active_network(context), active_slab(context)
        if root is not None and slab is not None:
            neuron = root.nn.neurons.neuron
            layout.operator("nn.add_closeup", text="Show Feature Map of Neuron Large").neuron = neuron
            closeup = layout.operator("nn.remove_closeup", text="Remove Large Map of Neuron")
            closeup.layer, closeup.neuron = slab[contract.LAYER], neuron
        layout.operator("nn.show_connections", text="Show Connections of Neuron")
        layout.operator("nn.remove_connections")
        layout.operator("nn.read_weights", text="Read Weights of Neuron")
        layout.separator()
        layout.operator("nn.toggle_card", text="Show or Hide Card of Neuron or Layer")
        layout.operator("nn.pin_card", text="Pin or Unpin Card")
        layout.operator("nn.replace_card")


class NN_MT_samples(bpy.types.Menu):
    bl_label = "Samples (Test Images)"

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.operator_context = "INVOKE_DEFAULT"
        layout.operator("nn.show_sample", text="Next Sample").step = 1
        layout.operator("nn.show_sample", text="Previous Sample").step = -1
        layout.separator()
        layout.operator("nn.add_test_images", text="Add Sample Files…")
        layout.operator("nn.add_test_folder", text="Add Sample Folder…")
        layout.operator("nn.bring_wrong", text="Bring Wrong Samples Into the Scene")
        layout.operator("nn.measure_again")


class NN_MT_experiment(bpy.types.Menu):
    bl_label = "Experiment"

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.operator_context = "INVOKE_DEFAULT"
        layout.operator("nn.enable_all", text="Enable All Neurons")
        layout.operator("nn.rerun", text="Run Network Now")
        layout.operator("nn.compare")
        layout.operator("nn.keep_intervention", text="Keep Intervention…")
        layout.operator("nn.show_side_by_side")
        layout.separator()
        layout.operator("nn.find_reasons", text="Find Reasons of Answer (Why This Answer?)", icon="QUESTION")
        layout.operator("nn.find_class", text="Choose Class to Explain…")
        layout.operator("nn.switch_turn")
        layout.operator("nn.mark_reasons", text="Show Reasons in Scene")
        layout.operator("nn.unmark_reasons", text="Remove Reasons from Scene")
        layout.separator()
        layout.operator("nn.explain", text="Explain Samples (Saliency, Heat Maps, Class Activation Maps)")
        layout.operator("nn.explain", text="Explain Shown Sample Only").only_shown = True
        layout.operator("nn.explain_top_classes").only_shown = True
        layout.operator("nn.explain_neuron", text="Explain Neuron (Saliency, Heat Map)")
        layout.operator("nn.explain_again")
        layout.operator("nn.remove_explanation")
        layout.separator()
        layout.operator("nn.estimate_influence", text="Estimate Influence of All Layers")
        layout.operator("nn.sweep_layer", text="Measure Influence of Layer (Sweep)")
        layout.operator("nn.sweep_selection", text="Measure Influence of Selected Neurons (Sweep)")
        layout.operator("nn.export_influence", text="Export Influence…")


def _draw_import(self: bpy.types.Menu, context: bpy.types.Context) -> None:
    self.layout.operator("nn.import_network", text="Keras Network (.keras/.h5)")


def _draw_in_header(self: bpy.types.Menu, context: bpy.types.Context) -> None:
    if context.mode == "OBJECT":
        self.layout.menu(NN_MT_network.__name__)


def _draw_in_context_menu(self: bpy.types.Menu, context: bpy.types.Context) -> None:
    if networks(context.scene):
        self.layout.separator()
        self.layout.menu(NN_MT_network.__name__)


PLACES: tuple[tuple[Any, Any], ...] = (
    ("TOPBAR_MT_file_import", _draw_import),
    ("VIEW3D_MT_editor_menus", _draw_in_header),
    ("VIEW3D_MT_object_context_menu", _draw_in_context_menu),
)
"""Blender's menus and what is added at their ends."""

CLASSES = (NN_MT_layers, NN_MT_neurons, NN_MT_samples, NN_MT_experiment, NN_MT_network)


def start() -> None:
    for menu, draw in PLACES:
        getattr(bpy.types, menu).append(draw)


def stop() -> None:
    for menu, draw in PLACES:
        getattr(bpy.types, menu).remove(draw)
