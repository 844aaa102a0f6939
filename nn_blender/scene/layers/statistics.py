"""Every neuron's statistics over all measured samples, in a mesh that no object shows.

On the neurons' own meshes they would be copied at every frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import bpy
import numpy as np

from ...core.network import Network
from ...core.recording import ClassMeans, Recording, Statistics
from ..base import contract, meshes
from ..base.parts import Parts
from ..network.description import read_columns, read_description

NAMES = tuple(field.name for field in fields(Statistics))


def write_statistics(parts: Parts, network: Network, recording: Recording) -> None:
    """One vertex per neuron, the layers side by side; one attribute per field of `Statistics`.

    ``class_mean.<c>`` is the mean over the samples of true class c, of those that the description names.
    """
    mesh = parts.root.get(contract.STATISTICS)
    neurons = network.neurons
    if mesh is None:
        mesh = meshes.point_mesh(f"{parts.name} statistics", np.zeros((neurons, 3), np.float32))
        contract.tag(mesh, parts.network_id, "statistics")
        parts.root[contract.STATISTICS] = mesh
    for name, values in zip(NAMES, recording.overall.to_array(), strict=True):
        meshes.write_floats(mesh, name, values)
    class_means = recording.class_means
    none = np.zeros((0, neurons), np.float32)
    meshes.write_samples(mesh, contract.CLASS_MEAN, class_means.means if class_means else none)


def layer_statistic(root: bpy.types.Collection, layer: str, name: str) -> np.ndarray | None:
    """One of `NAMES` of a layer's neurons, float32 (neurons,); None where nothing was measured."""
    found = _columns(root, layer)
    if found is None:
        return None
    mesh, columns = found
    return meshes.read_floats(mesh, name)[columns] if name in mesh.attributes else None


def statistics_by_layer(root: bpy.types.Collection, names: Sequence[str]) -> dict[str, tuple[np.ndarray, ...]]:
    """Some of `NAMES` of all layers' neurons, float32 (neurons,) each, by path; empty where nothing was measured."""
    columns = read_columns(root)
    found = _columns(root, next(iter(columns), ""))
    if found is None or any(name not in found[0].attributes for name in names):
        return {}
    values = [meshes.read_floats(found[0], name) for name in names]
    return {layer: tuple(part[place] for part in values) for layer, place in columns.items()}


def neuron_statistics(root: bpy.types.Collection, layer: str, neuron: int) -> dict[str, float] | None:
    """One neuron's `NAMES`, without reading those of all others; None where nothing was measured."""
    found = _columns(root, layer)
    if found is None:
        return None
    mesh, columns = found
    attributes = {name: mesh.attributes.get(name) for name in NAMES}
    if None in attributes.values():
        return None
    return {name: attribute.data[columns.start + neuron].value for name, attribute in attributes.items()}


def neuron_class_means(root: bpy.types.Collection, layer: str, neuron: int) -> ClassMeans | None:
    """A neuron's mean activation by true class, the only neuron there; None in scenes that do not know it."""
    found, about = _columns(root, layer), read_description(root)
    if found is None or about is None or about.class_means is None:
        return None
    classes = about.class_means
    mesh, columns = found
    attributes = [mesh.attributes.get(contract.sampled(contract.CLASS_MEAN, c)) for c in range(len(classes.names))]
    if None in attributes:
        return None
    means = [attribute.data[columns.start + neuron].value for attribute in attributes]
    return ClassMeans(classes.names, classes.counts, np.array(means, np.float32)[:, np.newaxis], classes.more)


def layer_class_means(root: bpy.types.Collection, layer: str) -> np.ndarray | None:
    """Mean activations by true class of a layer's neurons, float32 (classes, neurons); None where nobody knows."""
    found = _columns(root, layer)
    if found is None:
        return None
    mesh, columns = found
    names = meshes.sampled_names(mesh, contract.CLASS_MEAN)
    return np.stack([meshes.read_floats(mesh, name)[columns] for name in names]) if names else None


def _columns(root: bpy.types.Collection, layer: str) -> tuple[Any, slice] | None:
    """The mesh of the statistics and where a layer's neurons stand in it."""
    mesh, columns = root.get(contract.STATISTICS), read_columns(root)
    if mesh is None or layer not in columns:
        return None
    # Somebody may have changed the mesh.
    is_whole = len(mesh.vertices) == max(part.stop for part in columns.values())
    return (mesh, columns[layer]) if is_whole else None
