"""Finds networks and their parts by what is written on them, never by name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import bpy

from . import contract

GEOMETRY_TYPES = ("MESH", "CURVE", "SURFACE", "FONT", "META", "POINTCLOUD", "CURVES", "VOLUME")


def networks(scene: bpy.types.Scene) -> list[bpy.types.Collection]:
    """Root collections of the networks in a scene, in the order of the outliner."""
    # A collection may be linked in several places.
    collections = dict.fromkeys(scene.collection.children_recursive)
    return [collection for collection in collections if collection.get(contract.ROLE) == "network"]


def objects(root: bpy.types.Collection, role: str, layer: str | None = None) -> Iterator[bpy.types.Object]:
    """A network's objects of a role, of one layer where it is given.

    Blender rebuilds ``all_objects`` when an object is hidden; a loop over it would then read freed memory.
    """
    for thing in tuple(root.all_objects):
        if thing.get(contract.ROLE) == role and (layer is None or thing.get(contract.LAYER) == layer):
            yield thing


def network_modifier(thing: bpy.types.Object) -> Any:
    """The modifier with a node group of ours; None where somebody removed it. Users may add others."""
    for modifier in thing.modifiers:
        if modifier.type == "NODES" and modifier.node_group and contract.NETWORK in modifier.node_group:
            return modifier
    return None


def is_geometry(thing: bpy.types.Object) -> bool:
    return thing.type in GEOMETRY_TYPES
