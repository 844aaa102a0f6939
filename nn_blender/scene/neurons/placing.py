"""Moves the neurons of a layer to other places on its slab, in any order, and tells where each of them stands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import bpy
import numpy as np

from ..base import contract, meshes
from ..base.find import network_modifier, objects
from ..base.versions import set_modifier_input

_ROLES = ("neurons", "card")


def sort_layer(root: bpy.types.Collection, layer: str, order: np.ndarray) -> None:
    """Let a layer's neurons stand in another order, their feature maps with them; nothing is built anew.

    Args:
        order: int (neurons,), the neurons in reading order: the first one stands in the upper left corner.
    """
    slots = np.empty(len(order), np.int32)
    slots[order] = np.arange(len(order), dtype=np.int32)
    for obj in _of_layer(root, layer):
        meshes.write_integers(obj.data, contract.SLOT, slots[: len(obj.data.vertices)])
        _set_sorted(obj, True)


def unsort_layer(root: bpy.types.Collection, layer: str) -> None:
    """Let a layer's neurons stand by their own numbers again."""
    for obj in _of_layer(root, layer):
        if contract.SLOT in obj.data.attributes:
            obj.data.attributes.remove(obj.data.attributes[contract.SLOT])
            _set_sorted(obj, False)


def is_sorted(root: bpy.types.Collection, layer: str) -> bool:
    return any(contract.SLOT in obj.data.attributes for obj in _of_layer(root, layer))


def shown_positions(obj: bpy.types.Object) -> np.ndarray:
    """Float32 (count, 3): where a neuron or card object shows each of its vertices, in world space.

    A mesh in Edit Mode shows none. An object that is hidden may have been moved since without having a place in the
    world: see `positions_on`.
    """
    return _moved(_own_positions(obj), np.array(obj.matrix_world, np.float32))


def positions_on(obj: bpy.types.Object, above: bpy.types.Object) -> np.ndarray:
    """As `shown_positions`, in the space of what carries the object, whether they can be seen or not."""
    matrix = np.eye(4, dtype=np.float32)
    carrier: bpy.types.Object | None = obj
    while carrier is not None and carrier != above:
        own = carrier.matrix_parent_inverse @ carrier.matrix_basis
        matrix, carrier = np.array(own, np.float32) @ matrix, carrier.parent
    return _moved(_own_positions(obj), matrix)


def _own_positions(obj: bpy.types.Object) -> np.ndarray:
    mesh: Any = obj.data
    local = np.empty(len(mesh.vertices) * 3, np.float32)
    mesh.vertices.foreach_get("co", local)
    positions = local.reshape(-1, 3)
    if contract.SLOT in mesh.attributes:
        slots = meshes.read_integers(mesh, contract.SLOT)
        if len(slots) == len(positions):
            positions = positions + (positions[slots] - positions) * np.float32(_sorted_share(obj))
    return positions


def _moved(positions: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    return positions @ matrix[:3, :3].T + matrix[:3, 3]


def _of_layer(root: bpy.types.Collection, layer: str) -> Iterator[bpy.types.Object]:
    for role in _ROLES:
        yield from objects(root, role, layer)


def _set_sorted(obj: bpy.types.Object, is_sorted: bool) -> None:
    modifier = network_modifier(obj)
    if modifier is not None:
        set_modifier_input(modifier, "Sorted", is_sorted)
    obj.data.update_tag()
    obj.update_tag()


def _sorted_share(obj: bpy.types.Object) -> float:
    """How far the network's neurons are on their way into the other order, 0 to 1."""
    above: Any = obj.parent
    while above is not None and contract.SORTED not in above:
        above = above.parent
    return float(above[contract.SORTED]) if above is not None else 1.0
