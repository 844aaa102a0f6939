"""Every neuron's statistics over all measured samples, in a mesh that no object shows.

On the neurons' own meshes they would be copied at every frame.
"""

from __future__ import annotations

from dataclasses import fields

import bpy
import numpy as np

from ..core.network import Network
from ..core.recording import Statistics
from . import contract, meshes
from .description import read_description
from .kit import Kit

NAMES = tuple(field.name for field in fields(Statistics))


def write_statistics(kit: Kit) -> None:
    """One vertex per neuron, the layers side by side; one attribute per field of `Statistics`."""
    mesh = kit.root.get(contract.STATISTICS)
    neurons = kit.contents.network.neurons
    if mesh is None:
        mesh = meshes.point_mesh(f"{kit.name} statistics", np.zeros((neurons, 3), np.float32))
        contract.tag(mesh, kit.network_id, "statistics")
        kit.root[contract.STATISTICS] = mesh
    for name, values in zip(NAMES, kit.contents.recording.overall.to_array(), strict=True):
        meshes.write_floats(mesh, name, values)


def read_statistics(root: bpy.types.Collection) -> dict[str, Statistics]:
    """What `write_statistics` wrote, by layer path; empty where nothing was measured or somebody removed it."""
    mesh, about = root.get(contract.STATISTICS), read_description(root)
    if mesh is None or not about:
        return {}
    rows = np.stack([meshes.read_floats(mesh, name) for name in NAMES])
    slices = Network.from_dict(about["network"]).neuron_slices()
    return {path: Statistics.from_array(rows[:, columns]) for path, columns in slices.items()}
