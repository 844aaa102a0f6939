"""The network's output for every shown sample, all classes, in a mesh that no object shows.

The board shows only some classes, the description the best ones; what is compared and restored needs all.
"""

from __future__ import annotations

from collections.abc import Sequence

import bpy
import numpy as np

from ...core.recording import OutputResult
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
    if not read_results(root, INTACT_OUTPUT):
        write_results(root, read_results(root), INTACT_OUTPUT)


def restore_intact_outputs(root: bpy.types.Collection) -> None:
    intact = read_outputs(root, INTACT_OUTPUT)
    if intact is not None:
        write_outputs(root, intact)
        _forget_intact(root[contract.OUTPUTS])
    results = read_results(root, INTACT_OUTPUT)
    if results:
        write_results(root, results)
        _forget_intact(root[contract.RESULTS])


def _forget_intact(mesh: bpy.types.Mesh) -> None:
    for name in meshes.sampled_names(mesh, INTACT_OUTPUT):
        mesh.attributes.remove(mesh.attributes[name])


def write_results(root: bpy.types.Collection, results: Sequence[OutputResult], quantity: str = OUTPUT) -> None:
    """What all outputs of the network give, for every shown sample, in another mesh that no object shows.

    Its vertices are, output by output, the values where these are numbers in a row, then lowest, mean, highest and
    error, NaN where that is not known. How many values each output has stands on the mesh.
    """
    widths = [0 if result.values is None else result.values.shape[1] for result in results]
    columns = [
        part for result in results for part in (result.values, result.summary, _errors(result)) if part is not None
    ]
    if not columns:
        return
    numbers = np.concatenate(columns, axis=1)
    mesh = root.get(contract.RESULTS)
    if mesh is None or list(mesh[contract.RESULTS]) != widths:
        mesh = meshes.point_mesh(f"{root.name} results", np.zeros((numbers.shape[1], 3), np.float32))
        contract.tag(mesh, root[contract.NETWORK], "outputs")
        mesh[contract.RESULTS] = widths
        root[contract.RESULTS] = mesh
    meshes.write_samples(mesh, quantity, numbers)


def _errors(result: OutputResult) -> np.ndarray:
    """Float32 (samples, 1)."""
    errors = np.full(len(result.summary), np.nan, np.float32) if result.errors is None else result.errors
    return errors[:, np.newaxis]


def read_results(root: bpy.types.Collection, quantity: str = OUTPUT) -> tuple[OutputResult, ...]:
    """The reverse of `write_results`; empty where nothing was kept."""
    mesh = root.get(contract.RESULTS)
    if mesh is None or not meshes.sampled_names(mesh, quantity):
        return ()
    numbers, start, results = meshes.read_samples(mesh, quantity), 0, []
    for width in mesh[contract.RESULTS]:
        values = numbers[:, start : start + width] if width else None
        start += width
        errors = numbers[:, start + 3]
        known = None if np.isnan(errors).all() else errors
        results.append(OutputResult(values, numbers[:, start : start + 3], known))
        start += 4
    return tuple(results)
