"""Choosing and selecting neurons and layers: with a tool of the 3D viewport, and by number."""

from __future__ import annotations

from typing import Any

import bpy

from ...core.errors import UserError
from ...core.interventions.intervention import named_neurons
from ...scene.base import contract
from ...scene.base.find import networks
from ...scene.flow.ribbons import lit_part
from ...scene.network.description import read_description, unreadable
from ...scene.neurons import selection
from ...scene.neurons.neuron_facts import neuron_facts
from ...scene.neurons.picking import (
    OF_BLOCKS,
    OF_INPUTS,
    OF_OPEN_BLOCKS,
    OF_OUTPUTS,
    Picked,
    output_of,
    pick,
    shown_object,
    view_of,
)
from ...scene.samples.timeline import shown_sample
from ..blocks.opening_operators import reason_against_hand
from ..common.active import (
    BLOCK,
    LAYER,
    NEURON,
    OUTPUT,
    SAMPLE,
    activate,
    activate_neurons,
    active_network,
    active_slab,
    choose,
    choose_kind,
    choose_layer,
    choose_nothing,
    network_by_id,
)
from ..common.choices import choose_part
from ..common.jobs import report_error
from ..common.needs import edit_mode_reason
from ..common.sidebar import NeedsNetwork
from .hovering import NN_OT_hover, hover


class SelectsNeurons(NeedsNetwork):
    """For operators that change which neurons are selected."""

    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not super().poll(context):
            return False
        reason = edit_mode_reason(*networks(context.scene))
        if reason:
            cls.poll_message_set(reason)
        return not reason


class PicksInViewport(SelectsNeurons):
    """For those that ask what lies under the mouse."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not super().poll(context):
            return False
        if context.region_data is None or context.region.type != "WINDOW":
            cls.poll_message_set("Use it in a 3D viewport")
            return False
        return True


class NN_OT_pick(PicksInViewport, bpy.types.Operator):
    """Choose and select the neuron or layer under the mouse, or open the block; on its ground, close it"""

    bl_idname = "nn.pick"
    bl_label = "Pick Neuron"
    # As Blender's own selecting by mouse: there is nothing to adjust afterwards.
    bl_options = {"UNDO"}  # type: ignore[assignment]

    x: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="X", description="Pixels from the left of the viewport", options={"SKIP_SAVE"}
    )
    y: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="Y", description="Pixels from the bottom of the viewport", options={"SKIP_SAVE"}
    )
    extend: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Extend",
        description="Add the neuron to the selection, or remove it, or add the layer or closed block, and leave the "
        "others as they are",
        options={"SKIP_SAVE"},
    )

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        self.x, self.y = event.mouse_region_x, event.mouse_region_y
        return self.execute(context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        before = _state(context)
        picked = pick(context, view_of(context.region, context.region_data), self.x, self.y)
        if picked is not None and picked.block and not self.extend:
            return _open_or_close(self, context, picked)
        if picked is not None and picked.role in OF_OPEN_BLOCKS:
            return {"CANCELLED"}
        if picked is not None:
            _choose(context, picked)
        elif not self.extend:
            choose_nothing(context.scene)
        _select(context, picked, self.extend)
        # What changes nothing is no undo step.
        return {"FINISHED"} if _state(context) != before else {"CANCELLED"}


class NN_OT_neuron_menu(PicksInViewport, bpy.types.Operator):
    """Choose the neuron or layer under the mouse and open its menu"""

    bl_idname = "nn.neuron_menu"
    bl_label = "Neuron Menu"
    bl_options = {"INTERNAL"}  # type: ignore[assignment]

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        x, y = event.mouse_region_x, event.mouse_region_y
        picked = pick(context, view_of(context.region, context.region_data), x, y)
        if picked is None:
            return {"PASS_THROUGH"}
        if picked.block:
            choose_part(network_by_id(picked.network), picked.block)
            bpy.ops.wm.call_menu(name=NN_MT_block.__name__)
            return {"FINISHED"}
        if _is_selected(picked):
            _choose(context, picked)
        else:
            bpy.ops.nn.pick("EXEC_DEFAULT", True, x=x, y=y)
        menu = NN_MT_layer.__name__ if picked.neuron is None else NN_MT_neuron.__name__
        bpy.ops.wm.call_menu(name=menu if picked.layer else "NN_MT_samples")
        return {"FINISHED"}


class NN_OT_select_neurons(SelectsNeurons, bpy.types.Operator):
    """Select neurons of a layer by their numbers"""

    bl_idname = "nn.select_neurons"
    bl_label = "Select Neurons"

    layer: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Layer", description="Path of the layer; empty for the chosen layer", options={"SKIP_SAVE"}
    )
    neurons: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Neurons", description="Numbers and ranges, for example 0,3,7-9", options={"SKIP_SAVE"}
    )
    extend: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Extend", description="Keep the current selection", options={"SKIP_SAVE"}
    )

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if self.properties.is_property_set("neurons"):
            return self.execute(context)
        return set(context.window_manager.invoke_props_dialog(self))

    def execute(self, context: bpy.types.Context) -> set[str]:
        root, slab = active_network(context), active_slab(context)
        layer = self.layer or (slab[contract.LAYER] if slab is not None else "")
        about = read_description(root)
        if about is None:
            self.report({"ERROR"}, unreadable(root).message)
            return {"CANCELLED"}
        try:
            _, neurons = named_neurons(about.network, f"{layer}:{self.neurons}")
        except UserError as error:
            return report_error(self, error)
        if not self.extend:
            _deselect(context)
        selection.select(root, layer, neurons, extend=True)
        return {"FINISHED"}


class NN_OT_deselect_neurons(SelectsNeurons, bpy.types.Operator):
    """Deselect all neurons"""

    bl_idname = "nn.deselect_neurons"
    bl_label = "Deselect Neurons"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not super().poll(context):
            return False
        if not any(selection.selected(root) for root in networks(context.scene)):
            cls.poll_message_set("No neuron is selected")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        _deselect(context)
        return {"FINISHED"}


class NN_MT_neuron(bpy.types.Menu):
    bl_label = "Neuron"

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.operator_context = "INVOKE_DEFAULT"
        root, slab = active_network(context), active_slab(context)
        if slab is None:
            return
        layer, neuron = slab[contract.LAYER], root.nn.neurons.neuron
        layout.label(text=f"{layer}, neuron {neuron}")
        facts = neuron_facts(root, layer, neuron, shown_sample(context.scene, root))
        if facts is not None and facts.factor == 0:
            layout.operator("nn.switch_neuron", text="Enable").gain = 1.0
        else:
            layout.operator("nn.switch_neuron", text="Disable").gain = 0.0
        held = layout.operator("nn.switch_neuron", text="Hold at Mean")
        held.gain, held.replace = 0.0, True
        layout.operator("nn.add_closeup").neuron = neuron
        layout.operator("nn.explain_neuron")
        layout.separator()
        layout.operator("nn.switch_layer", text="Disable All Others").all_but_chosen = True
        layout.operator("nn.disable_extremes", text="Disable Most or Least Active…")
        _draw_layer(layout, layer)


class NN_MT_layer(bpy.types.Menu):
    bl_label = "Layer"

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.operator_context = "INVOKE_DEFAULT"
        slab = active_slab(context)
        if slab is not None:
            layout.label(text=slab[contract.LAYER])
            _draw_layer(layout, slab[contract.LAYER])


class NN_MT_block(bpy.types.Menu):
    bl_label = "Block"

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.operator_context = "INVOKE_DEFAULT"
        layout.operator("nn.open_block")
        layout.operator("nn.open_level")
        layout.operator("nn.close_blocks")
        layout.separator()
        layout.operator("nn.frame", text="Frame Block").what = "BLOCK"
        layout.operator("nn.rename_part", text="Rename…")
        layout.operator("nn.dissolve_block")


class NN_TOOL_pick(bpy.types.WorkSpaceTool):
    bl_space_type = "VIEW_3D"
    bl_context_mode = "OBJECT"
    bl_idname = NN_OT_hover.tool
    bl_label = "Pick Neurons"
    bl_description = (
        "Choose and select neurons and layers of a network, open its blocks, and close them by their ground.\n"
        "Shift adds to the selection, D disables or enables it"
    )
    bl_icon = "ops.paint.eyedropper_add"
    bl_keymap = (
        ("nn.pick", {"type": "LEFTMOUSE", "value": "PRESS"}, None),
        ("nn.pick", {"type": "LEFTMOUSE", "value": "PRESS", "shift": True}, {"properties": [("extend", True)]}),
        ("nn.toggle_neurons", {"type": "D", "value": "PRESS"}, None),
        ("nn.neuron_menu", {"type": "RIGHTMOUSE", "value": "PRESS"}, None),
        ("nn.hover", {"type": "MOUSEMOVE", "value": "ANY"}, None),
    )


def start() -> None:
    """Add the tool below those that select and place the cursor."""
    if bpy.context.window_manager.keyconfigs.addon is not None:  # In background mode there are no tools.
        bpy.utils.register_tool(NN_TOOL_pick, after={"builtin.select_box"}, group=True)


def stop() -> None:
    if bpy.context.window_manager.keyconfigs.addon is not None:
        bpy.utils.unregister_tool(NN_TOOL_pick)


def _draw_layer(layout: bpy.types.UILayout, layer: str) -> None:
    layout.operator("nn.switch_layer", text="Disable Layer").enable = False
    layout.operator("nn.switch_layer", text="Enable Layer").enable = True
    layout.operator("nn.select_layer").layer = layer


def _choose(context: bpy.types.Context, picked: Picked) -> None:
    """Let the panels and the inspector show what was picked."""
    root = network_by_id(picked.network)
    if picked.block:
        choose(context.scene, root, picked.block)
        choose_kind(context.scene, root, BLOCK)
    elif picked.role in OF_INPUTS:
        choose_kind(context.scene, root, SAMPLE)
    elif picked.role in OF_OUTPUTS:
        about = read_description(root)
        choose_kind(context.scene, root, OUTPUT, output_of(picked.part, about) if about is not None else "")
    elif choose_layer(context.scene, root, picked.layer):
        choose_kind(context.scene, root, LAYER if picked.neuron is None else NEURON)
    if picked.neuron is not None:
        root.nn.neurons.neuron = picked.neuron
        activate_neurons(root, picked.layer)


def _open_or_close(operator: bpy.types.Operator, context: bpy.types.Context, picked: Picked) -> set[str]:
    """Choose a block and, where the user's hand opens blocks, open it by its book or close it by its tray."""
    root = network_by_id(picked.network)
    choose_kind(context.scene, root, BLOCK)
    root.nn.opening.part = picked.block
    # What is under the mouse moves away.
    hover.clear()
    reason = reason_against_hand(root)
    if reason:
        operator.report({"WARNING"}, reason)
        return {"CANCELLED"}
    action = "OPEN" if picked.role in OF_BLOCKS else "CLOSE"
    answer = bpy.ops.nn.open_block("INVOKE_DEFAULT", True, block=picked.block, action=action)
    # In a window it goes on by itself, and makes its step of undo at the end.
    return {"FINISHED"} if answer == {"FINISHED"} else {"CANCELLED"}


def _select(context: bpy.types.Context, picked: Picked | None, extend: bool) -> None:
    """Neurons as neurons, slabs and books as objects; without ``extend`` nothing else stays selected."""
    if not extend:
        _deselect(context)
    if picked is None:
        return
    root = network_by_id(picked.network)
    if picked.neuron is not None:
        selection.toggle(root, picked.layer, picked.neuron)
        return
    if not extend:
        for obj in context.selected_objects:
            obj.select_set(False)
    obj = shown_object(root, picked)
    if obj is not None:
        obj.select_set(True)
        activate(context.view_layer, obj)


def _deselect(context: bpy.types.Context) -> None:
    for root in networks(context.scene):
        selection.deselect_all(root)


def _is_selected(picked: Picked) -> bool:
    chosen = selection.selected(network_by_id(picked.network)).get(picked.layer, ())
    return picked.neuron in chosen


def _state(context: bpy.types.Context) -> list[Any]:
    """Everything that picking can change."""
    neurons = [
        (
            root.name,
            root.nn.neurons.neuron,
            lit_part(root),
            [(layer, found.tolist()) for layer, found in selection.selected(root).items()],
        )
        for root in networks(context.scene)
    ]
    objs = [obj.name for obj in context.selected_objects]
    settings: Any = context.scene.nn
    chosen = settings.network, settings.layer, settings.chosen, settings.output
    return [chosen, neurons, objs, context.view_layer.objects.active]


CLASSES = (
    NN_OT_pick,
    NN_OT_neuron_menu,
    NN_OT_select_neurons,
    NN_OT_deselect_neurons,
    NN_OT_hover,
    NN_MT_neuron,
    NN_MT_layer,
    NN_MT_block,
)
