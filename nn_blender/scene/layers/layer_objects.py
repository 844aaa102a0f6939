"""Slabs and neurons: one object each per layer."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import bpy
import numpy as np

from ...core.layout.layout import Layout, Slab
from ...core.network import Layer, Network
from ...core.normalisation import Range
from ...core.quantities.activation import ACTIVATION
from ...core.quantities.peak import PEAK
from ...core.recording import Recording
from ..base import contract, meshes
from ..base.find import network_modifier
from ..base.moving import put
from ..base.parts import Parts, set_nodes
from ..looks import materials
from ..nodes.lod_of_layers import detail_inputs
from ..nodes.neurons import make_neurons
from ..nodes.tones import highest_input
from .neuron_values import write_quantity

BEVEL = 0.03

MOST_INSTANCES = 512
"""A layer with more neurons is drawn as points in the viewport; they are too small there for the difference to show."""


def add_slabs(parts: Parts, network: Network, layout: Layout) -> None:
    slab_material = parts.material(materials.slab)
    for layer in network.layers:
        place = layout.layers[layer.path]
        size = (place.depth, place.width, place.height)
        slab = parts.mesh_object(
            ("slab", layer.path, ""),
            layer.path,
            partial(slab_mesh, layer.path, size),
            contract.LAYERS_COLLECTION,
            parts.stand(layer.path),
        )
        slab.data.materials.append(slab_material)
        put(slab, place.middle)
        describe(slab, layer)


def add_neurons(parts: Parts, network: Network, layout: Layout) -> None:
    for number, layer in enumerate(network.layers):
        place = layout.layers[layer.path]
        if layer.neurons:
            key = ("neurons", layer.path, "")
            name = f"{layer.path} neurons"
            make = partial(_neuron_mesh, layer, place)
            obj = parts.mesh_object(key, name, make, contract.NEURONS_COLLECTION, parts.carrier(layer.path))
            describe(obj, layer)
            material = parts.material(materials.neuron)
            lasting = {"Radius": place.grid.radius, "Crowd": place.grid.count > MOST_INSTANCES, "Material": material}
            lasting["Cross"] = parts.material(materials.cross)
            lasting["Mark"] = parts.material(materials.selection)
            lasting |= detail_inputs(parts, number)
            lasting |= dict(zip(("Card Width", "Card Height"), place.grid.card or (0.0, 0.0), strict=True))
            set_nodes(obj, parts.group(make_neurons), lasting, {highest_input(ACTIVATION): 1.0})
            # The spheres would cover the vertices that are selected there.
            network_modifier(obj).show_in_editmode = False


def fill_neurons(parts: Parts, network: Network, recording: Recording, ranges: Mapping[str, Range]) -> None:
    """Write what was measured: ``activation.<k>`` for every shown sample, and every neuron's largest magnitude."""
    peaks = np.fmax(-recording.overall.lowest, recording.overall.highest)
    for path, columns in network.neuron_slices().items():
        obj = parts.find("neurons", path)
        if obj is None:
            continue
        low, high = ranges.get(path, Range(0.0, 1.0))
        # Where somebody removed the modifier, it comes back.
        set_nodes(obj, parts.group(make_neurons), {}, {})
        write_quantity(obj, PEAK, peaks[columns])
        write_quantity(obj, ACTIVATION, recording.activations[:, columns], highest=max(-low, high))


def describe(obj: bpy.types.Object, layer: Layer) -> None:
    """The plain properties by which other tools know a layer's objects."""
    obj[contract.LAYER] = layer.path
    obj[contract.CLASS] = layer.class_name
    # An empty list cannot be told from other types in a custom property, so a scalar output has the shape [1].
    obj[contract.OUTPUT_SHAPE] = list(layer.output_shape) or [1]
    obj[contract.NEURONS] = layer.neurons
    obj[contract.PARAMETERS] = parameter_count(layer.parameters)


def parameter_count(parameters: int) -> int | float:
    """A count as a custom property, which holds whole numbers of 32 bits; beyond, a float is exact enough."""
    return parameters if parameters < 1 << 31 else float(parameters)


def slab_mesh(name: str, size: tuple[float, float, float]) -> bpy.types.Mesh:
    """Every vertex knows its place as shares of the slab's size, -0.5 to 0.5."""
    mesh = meshes.box_mesh(name, size, BEVEL)
    positions = np.empty(len(mesh.vertices) * 3, np.float32)
    mesh.vertices.foreach_get("co", positions)
    places = positions.reshape(-1, 3) / np.array(size, np.float32)
    mesh.attributes.new(contract.PLACE, "FLOAT_VECTOR", "POINT").data.foreach_set("vector", places.ravel())
    return mesh


def _neuron_mesh(layer: Layer, place: Slab) -> bpy.types.Mesh:
    mesh = meshes.point_mesh(f"{layer.path} neurons", place.sphere_positions())
    meshes.write_booleans(mesh, contract.ENABLED, np.ones(place.grid.count, bool))
    meshes.write_floats(mesh, contract.GAIN, np.ones(place.grid.count, np.float32))
    meshes.write_booleans(mesh, contract.REPLACE, np.zeros(place.grid.count, bool))
    return mesh
