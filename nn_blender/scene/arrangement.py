"""In which order a layer's neurons stand on its slab, and where that puts them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import bpy
import numpy as np

from . import contract, meshes
from .find import network_modifier, objects
from .versions import set_modifier_input

_ROLES = ("neurons", "card")


def sort_layer(root: bpy.types.Collection, layer: str, order: np.ndarray) -> None:
    """Let a layer's neurons stand in another order, their feature maps with them; nothing is built anew.

    Args:
        order: int (neurons,), the neurons in reading order: the first one stands in the upper left corner.
    """
    slots = np.empty(len(order), np.int32)
    slots[order] = np.arange(len(order), dtype=np.int32)
    for thing in _of_layer(root, layer):
        meshes.write_integers(thing.data, contract.SLOT, slots[: len(thing.data.vertices)])
        _set_sorted(thing, True)


def unsort_layer(root: bpy.types.Collection, layer: str) -> None:
    """Let a layer's neurons stand by their own numbers again."""
    for thing in _of_layer(root, layer):
        if contract.SLOT in thing.data.attributes:
            thing.data.attributes.remove(thing.data.attributes[contract.SLOT])
            _set_sorted(thing, False)


def is_sorted(root: bpy.types.Collection, layer: str) -> bool:
    return any(contract.SLOT in thing.data.attributes for thing in _of_layer(root, layer))


def shown_positions(thing: bpy.types.Object) -> np.ndarray:
    """Float32 (count, 3): where a neuron or card object shows each of its vertices, in world space.

    A mesh in Edit Mode shows none.
    """
    mesh: Any = thing.data
    local = np.empty(len(mesh.vertices) * 3, np.float32)
    mesh.vertices.foreach_get("co", local)
    positions = local.reshape(-1, 3)
    if contract.SLOT in mesh.attributes:
        slots = meshes.read_integers(mesh, contract.SLOT)
        if len(slots) == len(positions):
            positions = positions + (positions[slots] - positions) * np.float32(_sorted_share(thing))
    world = np.array(thing.matrix_world, np.float32)
    return positions @ world[:3, :3].T + world[:3, 3]


def _of_layer(root: bpy.types.Collection, layer: str) -> Iterator[bpy.types.Object]:
    for role in _ROLES:
        yield from objects(root, role, layer)


def _set_sorted(thing: bpy.types.Object, is_sorted: bool) -> None:
    modifier = network_modifier(thing)
    if modifier is not None:
        set_modifier_input(modifier, "Sorted", is_sorted)
    thing.data.update_tag()
    thing.update_tag()


def _sorted_share(thing: bpy.types.Object) -> float:
    """How far the network's neurons are on their way into the other order, 0 to 1."""
    anchor: Any = thing.parent
    return float(anchor.get(contract.SORTED, 1.0)) if anchor else 1.0
