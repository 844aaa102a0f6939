"""Operators that show a neuron in the inspector, and read its weights."""

from __future__ import annotations

import bpy

from ...actions.neurons.weights import read_weights
from ...actions.settings import worker_python
from ...core.neurons.weights import NeuronWeights
from ...scene.base import contract
from ...scene.base.find import object_of
from ..common.active import active_network, active_slab
from ..common.choices import choose_neuron
from ..common.jobs import jobs
from ..common.knowing import known_description
from ..common.needs import NeedsLayer, StartsJob
from ..common.sidebar import NeedsNetwork
from .weight_reader import MOST, Neuron, weight_reader


def chosen_neuron(root: bpy.types.Collection, layer: str) -> Neuron | None:
    """Whose weights the panel shows; None where the network's description is missing."""
    about = known_description(root)
    if about is None:
        return None
    return Neuron(root[contract.NETWORK], about.network.sha256, layer, root.nn.neurons.neuron)


class NN_OT_choose_neuron(NeedsNetwork, bpy.types.Operator):
    """Show this neuron in the inspector, and mark it in the viewport"""

    bl_idname = "nn.choose_neuron"
    bl_label = "Choose Neuron"

    layer: bpy.props.StringProperty(name="Layer", options={"SKIP_SAVE"})  # type: ignore[valid-type]
    neuron: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="Neuron", description="Number of the neuron in its layer, from 0", min=0, options={"SKIP_SAVE"}
    )

    @classmethod
    def description(cls, context: bpy.types.Context, properties: bpy.types.OperatorProperties) -> str:
        return f"Show neuron {properties.neuron} of {properties.layer} in the inspector"

    def execute(self, context: bpy.types.Context) -> set[str]:
        root = active_network(context)
        slab = object_of(root, "slab", self.layer)
        if slab is None or self.neuron >= slab[contract.NEURONS] or not choose_neuron(root, self.layer, self.neuron):
            self.report({"ERROR"}, f"Neuron {self.neuron} of {self.layer} is not in the scene")
            return {"CANCELLED"}
        return {"FINISHED"}


class NN_OT_read_weights(StartsJob, NeedsLayer, bpy.types.Operator):
    """Read the chosen neuron's formula and its strongest weights from the model file"""

    bl_idname = "nn.read_weights"
    bl_label = "Read Weights"
    # Nothing in the scene changes.
    bl_options = {"REGISTER"}  # type: ignore[assignment]

    def execute(self, context: bpy.types.Context) -> set[str]:
        root, slab = active_network(context), active_slab(context)
        wanted = chosen_neuron(root, slab[contract.LAYER])
        reading = read_weights(worker_python(), root, slab[contract.LAYER], root.nn.neurons.neuron, MOST)

        def keep(found: NeuronWeights) -> None:
            weight_reader.keep(wanted, found)

        return jobs.launch(self, reading, on_done=keep)


CLASSES = (NN_OT_choose_neuron, NN_OT_read_weights)
