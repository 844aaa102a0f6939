"""Slabs and neurons: one object each per layer."""

from __future__ import annotations

from typing import Any

import bpy
import numpy as np

from ..core.layout import THICKNESS, Layout, Place
from ..core.network import Layer
from . import contract, materials, meshes, palette
from .kit import Kit, add_nodes
from .normalisation import Range, layer_ranges
from .versions import set_modifier_input

BEVEL = 0.03


def add_slabs(kit: Kit, layout: Layout) -> None:
    slab_material = kit.material("Slab", materials.surface, palette.SLAB, 0.38, 0.25)
    for layer, place in zip(kit.contents.network.layers, layout.places, strict=True):
        mesh = meshes.box_mesh(layer.path, (THICKNESS, place.width, place.height), BEVEL)
        mesh.materials.append(slab_material)
        slab = kit.mesh_object(layer.path, mesh, contract.LAYERS_COLLECTION, "slab")
        slab.location = (place.x, 0.0, place.height / 2)
        describe(slab, layer)


def add_neurons(kit: Kit, layout: Layout) -> None:
    group = kit.neurons_group()
    material = kit.material("Neuron", materials.neuron)
    recording = kit.contents.recording
    ranges = layer_ranges(kit.contents.network, recording) if recording else {}
    slices = kit.contents.network.neuron_slices()
    for layer, place in zip(kit.contents.network.layers, layout.places, strict=True):
        if not layer.neurons:
            continue
        thing = _neuron_object(kit, layer, place)
        if recording:
            write_activations(thing, recording.activations[:, slices[layer.path]])
        low, high = ranges.get(layer.path, Range(0.0, 1.0))
        modifier = add_nodes(thing, group)
        inputs = {"Radius": place.grid.radius, "Low": low, "High": high, "Material": material}
        for name, value in inputs.items():
            set_modifier_input(modifier, name, value)


def write_activations(neurons: bpy.types.Object, activations: np.ndarray) -> None:
    """Store ``activation.<k>`` for every sample; ``activations`` is float32 (samples, neurons)."""
    mesh: Any = neurons.data
    for sample, values in enumerate(activations):
        meshes.write_floats(mesh, contract.sampled(contract.ACTIVATION, sample), values)


def describe(thing: bpy.types.Object, layer: Layer) -> None:
    """The plain properties by which other tools know a layer's objects."""
    thing[contract.LAYER] = layer.path
    thing[contract.CLASS] = layer.class_name
    # An empty list cannot be told from other types in a custom property, so a scalar output has the shape [1].
    thing[contract.OUTPUT_SHAPE] = list(layer.output_shape) or [1]
    thing[contract.NEURONS] = layer.neurons
    thing[contract.PARAMETERS] = layer.parameters


def _neuron_object(kit: Kit, layer: Layer, place: Place) -> bpy.types.Object:
    mesh = meshes.point_mesh(f"{layer.path} neurons", place.sphere_positions())
    meshes.write_booleans(mesh, contract.ENABLED, np.ones(layer.neurons, bool))
    meshes.write_floats(mesh, contract.GAIN, np.ones(layer.neurons, np.float32))
    thing = kit.mesh_object(mesh.name, mesh, contract.NEURONS_COLLECTION, "neurons")
    describe(thing, layer)
    return thing
