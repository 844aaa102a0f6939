"""Goes to the next layer or neuron, so that a network can be looked through by keys alone."""

from __future__ import annotations

import bpy

from ...scene.base import contract
from ...scene.neurons.neuron_facts import drawn_count
from ..common.active import active_network, active_slab, layers_collection
from ..common.choices import choose_neuron, choose_part
from ..common.needs import NeedsLayer, NeedsObjectMode
from ..common.sidebar import NeedsNetwork


def _layers(root: bpy.types.Collection) -> list[str]:
    """Paths of the layers, in the order of the data."""
    layers = layers_collection(root)
    objs = layers.objects if layers is not None else ()
    return [obj[contract.LAYER] for obj in objs if obj.get(contract.ROLE) == "slab"]


class NN_OT_step_layer(NeedsNetwork, bpy.types.Operator):
    """Go to the next or previous layer"""

    bl_idname = "nn.step_layer"
    bl_label = "Step to Layer"

    step: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="Step", description="How many layers to go forward, or back if negative", default=1
    )

    @classmethod
    def description(cls, context: bpy.types.Context, properties: bpy.types.OperatorProperties) -> str:
        return f"Go to the {'next' if properties.step > 0 else 'previous'} layer, in the order of the data"

    def execute(self, context: bpy.types.Context) -> set[str]:
        root, slab = active_network(context), active_slab(context)
        paths = _layers(root)
        if not paths:
            self.report({"ERROR"}, "The network's layers were removed from the file")
            return {"CANCELLED"}
        chosen = paths.index(slab[contract.LAYER]) if slab is not None else 0
        choose_part(root, paths[min(max(chosen + self.step, 0), len(paths) - 1)])
        return {"FINISHED"}


class NN_OT_step_neuron(NeedsLayer, NeedsObjectMode, bpy.types.Operator):
    """Go to the next or previous neuron of the chosen layer"""

    bl_idname = "nn.step_neuron"
    bl_label = "Step to Neuron"

    step: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="Step", description="How many neurons to go forward, or back if negative", default=1
    )

    @classmethod
    def description(cls, context: bpy.types.Context, properties: bpy.types.OperatorProperties) -> str:
        return f"Go to the {'next' if properties.step > 0 else 'previous'} neuron of the chosen layer, by its number"

    def execute(self, context: bpy.types.Context) -> set[str]:
        root, layer = active_network(context), active_slab(context)[contract.LAYER]
        count = drawn_count(root, layer)
        if not count:
            self.report({"WARNING"}, f"{layer} has no neurons")
            return {"CANCELLED"}
        choose_neuron(root, layer, min(max(root.nn.neurons.neuron + self.step, 0), count - 1))
        return {"FINISHED"}


CLASSES = (NN_OT_step_layer, NN_OT_step_neuron)
