"""Selected neurons: an attribute of their meshes, drawn as a mark, and Blender's own selection."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any

import bpy
import numpy as np

from ..base import contract, meshes
from ..base.find import network_modifier, object_of, objects
from ..base.versions import set_modifier_input
from ..base.writes import Writes

MARKED = "Marked"
"""Input of the neurons' node group: whether any neuron of the layer is selected."""

EDITED = "nn_edited"
"""On a mesh that is or was in Edit Mode: what Blender had selected before, as a digest."""

_BLENDERS = ".select_vert"
"""Blender's own selection of vertices; where the attribute is missing, none is selected."""


writes = Writes()
"""Of selections."""


def selected(root: bpy.types.Collection) -> dict[str, np.ndarray]:
    """The selected neurons by layer, in rising order; layers without any are left out, as are meshes in Edit Mode."""
    found = {obj[contract.LAYER]: np.flatnonzero(_read(obj.data, contract.SELECTED)) for obj in _meshes(root)}
    return {layer: neurons for layer, neurons in found.items() if neurons.size}


def is_selected(root: bpy.types.Collection, layer: str, neuron: int) -> bool:
    """Whether a neuron is, without reading all others; False in Edit Mode and where there is no such neuron."""
    obj: Any = object_of(root, "neurons", layer)
    marks = obj.data.attributes.get(contract.SELECTED) if obj is not None and not obj.data.is_editmode else None
    return marks is not None and neuron < len(marks.data) and bool(marks.data[neuron].value)


def select(root: bpy.types.Collection, layer: str, neurons: Iterable[int], extend: bool = False) -> None:
    """Select neurons of a layer, instead of all that were selected in the network or together with them."""
    if not extend:
        deselect_all(root)
    indices = np.fromiter(neurons, int)
    for obj in _meshes(root, layer):
        values = _read(obj.data, contract.SELECTED)
        values[indices[indices < len(values)]] = True
        _write(obj, values)


def toggle(root: bpy.types.Collection, layer: str, neuron: int) -> None:
    """Add a neuron to the selection, or take it out."""
    for obj in _meshes(root, layer):
        values = _read(obj.data, contract.SELECTED)
        if neuron < len(values):
            values[neuron] = not values[neuron]
            _write(obj, values)


def deselect_all(root: bpy.types.Collection) -> None:
    for obj in _meshes(root):
        if contract.SELECTED in obj.data.attributes:
            _write(obj, np.zeros(len(obj.data.vertices), bool))


def follow_edit_mode(obj: bpy.types.Object) -> None:
    """Take over what was selected in Edit Mode, once a neuron mesh has left it; to be called whenever it may have.

    What was there before Edit Mode is remembered on the mesh. So undo and redo, which know the mesh as it was when it
    left Edit Mode, lead to the same.
    """
    mesh: Any = obj.data
    if mesh.is_editmode:
        if EDITED not in mesh:
            mesh[EDITED] = _digest(mesh)
    elif EDITED in mesh:
        before = mesh[EDITED]
        del mesh[EDITED]
        if before != _digest(mesh):
            _write(obj, _read(mesh, _BLENDERS))


def _meshes(root: bpy.types.Collection, layer: str | None = None) -> Iterator[bpy.types.Object]:
    return (obj for obj in objects(root, "neurons", layer) if not obj.data.is_editmode)


def _read(mesh: Any, name: str) -> np.ndarray:
    if name in mesh.attributes:
        return meshes.read_values(mesh, name, bool)
    return np.zeros(len(mesh.vertices), bool)


def _write(obj: bpy.types.Object, values: np.ndarray) -> None:
    """The attribute is there only where something is selected: the mark costs nothing elsewhere."""
    writes.count += 1
    mesh: Any = obj.data
    if values.any():
        meshes.write_booleans(mesh, contract.SELECTED, values)
    elif contract.SELECTED in mesh.attributes:
        mesh.attributes.remove(mesh.attributes[contract.SELECTED])
    if values.any() or _BLENDERS in mesh.attributes:
        meshes.write_booleans(mesh, _BLENDERS, values)
    modifier = network_modifier(obj)
    # Scenes that were made before neurons could be marked have no such input.
    if modifier is not None and MARKED in modifier.node_group.interface.items_tree:
        set_modifier_input(modifier, MARKED, bool(values.any()))
    mesh.update_tag()
    obj.update_tag()


def _digest(mesh: Any) -> str:
    # In Edit Mode attributes show nothing, but the vertices still have what was there before.
    values = np.empty(len(mesh.vertices), bool)
    mesh.vertices.foreach_get("select", values)
    return hashlib.blake2b(values.tobytes(), digest_size=8).hexdigest()
