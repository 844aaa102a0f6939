"""What the interface remembers in a scene and with a network."""

from __future__ import annotations

import bpy

from ..scene.base import contract
from .blocks.block_panel import NN_PG_blocks
from .interventions.comparing import NN_PG_comparison
from .interventions.switch_drawing import NN_PG_neurons
from .interventions.switching import NN_PG_switching
from .layers.layer_panel import NN_PG_layers
from .looks.glow import NN_PG_glow
from .looks.level_of_detail import NN_PG_detail
from .maps.feature_maps import NN_PG_maps
from .neurons.connections import NN_PG_connections
from .neurons.influence import NN_PG_influence
from .neurons.neuron_panel import NN_PG_neuron_maps
from .samples.input_settings import NN_PG_input
from .samples.sample_panel import NN_PG_samples
from .samples.timing import NN_PG_timing


def _is_network(_: bpy.types.PropertyGroup, collection: bpy.types.Collection) -> bool:
    return collection.get(contract.ROLE) == "network"


class NN_PG_scene(bpy.types.PropertyGroup):
    network: bpy.props.PointerProperty(  # type: ignore[valid-type]
        type=bpy.types.Collection, poll=_is_network, name="Network", description="Network that the panels show"
    )
    layer: bpy.props.IntProperty(name="Layer", description="Layer that the panel shows")  # type: ignore[valid-type]
    reruns: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Run by Itself",
        description="Run the network again as soon as a neuron is switched. Switch several first where it is slow",
        default=True,
    )


class NN_PG_network(bpy.types.PropertyGroup):
    """On a network's root collection. What the scene holds elsewhere is only read and set from here."""

    samples: bpy.props.PointerProperty(type=NN_PG_samples)  # type: ignore[valid-type]
    layers: bpy.props.PointerProperty(type=NN_PG_layers)  # type: ignore[valid-type]
    neurons: bpy.props.PointerProperty(type=NN_PG_neurons)  # type: ignore[valid-type]
    neuron_maps: bpy.props.PointerProperty(type=NN_PG_neuron_maps)  # type: ignore[valid-type]
    influence: bpy.props.PointerProperty(type=NN_PG_influence)  # type: ignore[valid-type]
    comparison: bpy.props.PointerProperty(type=NN_PG_comparison)  # type: ignore[valid-type]
    input: bpy.props.PointerProperty(type=NN_PG_input)  # type: ignore[valid-type]
    timing: bpy.props.PointerProperty(type=NN_PG_timing)  # type: ignore[valid-type]
    connections: bpy.props.PointerProperty(type=NN_PG_connections)  # type: ignore[valid-type]
    glow: bpy.props.PointerProperty(type=NN_PG_glow)  # type: ignore[valid-type]
    maps: bpy.props.PointerProperty(type=NN_PG_maps)  # type: ignore[valid-type]
    detail: bpy.props.PointerProperty(type=NN_PG_detail)  # type: ignore[valid-type]
    blocks: bpy.props.PointerProperty(type=NN_PG_blocks)  # type: ignore[valid-type]


def add() -> None:
    bpy.types.WindowManager.nn = bpy.props.PointerProperty(type=NN_PG_switching)
    bpy.types.Scene.nn = bpy.props.PointerProperty(type=NN_PG_scene)
    bpy.types.Collection.nn = bpy.props.PointerProperty(type=NN_PG_network)


def remove() -> None:
    del bpy.types.Collection.nn
    del bpy.types.Scene.nn
    del bpy.types.WindowManager.nn


CLASSES = (NN_PG_scene, NN_PG_network)
