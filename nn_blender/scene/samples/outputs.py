"""The network's output for every shown sample, all classes, in a mesh that no object shows.

The board shows only some classes, the description the best ones; what is compared and restored needs all.
"""

from __future__ import annotations

import bpy
import numpy as np

from ..base import contract, meshes

OUTPUT, INTACT_OUTPUT = "output", "intact_output"


def write_outputs(root: bpy.types.Collection, outputs: np.ndarray | None, quantity: str = OUTPUT) -> None:
    """One vertex per output, ``<quantity>.<k>`` for sample k; ``outputs`` is float32 (samples, outputs)."""
    mesh = root.get(contract.OUTPUTS)
    if outputs is None:
        return
    if mesh is None or len(mesh.vertices) != outputs.shape[1]:
        mesh = meshes.point_mesh(f"{root.name} outputs", np.zeros((outputs.shape[1], 3), np.float32))
        contract.tag(mesh, root[contract.NETWORK], "outputs")
        root[contract.OUTPUTS] = mesh
    meshes.write_samples(mesh, quantity, outputs)


def read_outputs(root: bpy.types.Collection, quantity: str = OUTPUT) -> np.ndarray | None:
    """Float32 (samples, outputs); None where the output is not one value per class, or nothing was kept."""
    mesh = root.get(contract.OUTPUTS)
    if mesh is None or not meshes.sampled_names(mesh, quantity):
        return None
    return meshes.read_samples(mesh, quantity)


def keep_intact_outputs(root: bpy.types.Collection) -> None:
    if read_outputs(root, INTACT_OUTPUT) is None:
        write_outputs(root, read_outputs(root), INTACT_OUTPUT)


def restore_intact_outputs(root: bpy.types.Collection) -> None:
    intact = read_outputs(root, INTACT_OUTPUT)
    if intact is not None:
        write_outputs(root, intact)
        mesh = root[contract.OUTPUTS]
        for name in meshes.sampled_names(mesh, INTACT_OUTPUT):
            mesh.attributes.remove(mesh.attributes[name])
