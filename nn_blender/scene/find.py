"""Finds networks and their parts by what is written on them, never by name."""

from __future__ import annotations

from collections.abc import Iterator

import bpy

from . import contract

GEOMETRY_TYPES = ("MESH", "CURVE", "SURFACE", "FONT", "META", "POINTCLOUD", "CURVES", "VOLUME")


def networks(scene: bpy.types.Scene) -> list[bpy.types.Collection]:
    """Root collections of the networks in a scene, in the order of the outliner."""
    return [
        collection for collection in scene.collection.children_recursive if collection.get(contract.ROLE) == "network"
    ]


def network_of(thing: bpy.types.ID | None, scene: bpy.types.Scene) -> bpy.types.Collection | None:
    """The network that an object belongs to, None where it belongs to none."""
    if thing is None or contract.NETWORK not in thing:
        return None
    wanted = thing[contract.NETWORK]
    return next((root for root in networks(scene) if root[contract.NETWORK] == wanted), None)


def objects(root: bpy.types.Collection, role: str, layer: str | None = None) -> Iterator[bpy.types.Object]:
    """A network's objects of a role, of one layer where it is given.

    Blender rebuilds ``all_objects`` when an object is hidden; a loop over it would then read freed memory.
    """
    for thing in tuple(root.all_objects):
        if thing.get(contract.ROLE) == role and layer in (None, thing.get(contract.LAYER)):
            yield thing


def is_geometry(thing: bpy.types.Object) -> bool:
    return thing.type in GEOMETRY_TYPES
