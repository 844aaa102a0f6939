"""Finds networks and their parts by what is written on them, never by name."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import bpy

from . import contract

GEOMETRY_TYPES = ("MESH", "CURVE", "SURFACE", "FONT", "META", "POINTCLOUD", "CURVES", "VOLUME")


MOMENT = 0.05
"""Seconds for which it is believed that a network has no object of a role and layer."""

KINDS = (
    "objects",
    "meshes",
    "curves",
    "cameras",
    "lights",
    "materials",
    "images",
    "node_groups",
    "texts",
    "worlds",
    "collections",
    "actions",
)
"""The lists of `bpy.data` that may hold data-blocks of a network."""


def current_scene(context: bpy.types.Context | None = None) -> bpy.types.Scene:
    """The scene that the user looks at; there always is one, though Blender's stubs allow for none."""
    scene = (context or bpy.context).scene
    assert scene is not None
    return scene


def networks(scene: bpy.types.Scene) -> list[bpy.types.Collection]:
    """Root collections of the networks in a scene, in the order of the outliner."""
    # A collection may be linked in several places.
    collections = dict.fromkeys(scene.collection.children_recursive)
    return [collection for collection in collections if collection.get(contract.ROLE) == "network"]


def all_objects(root: bpy.types.Collection) -> tuple[bpy.types.Object, ...]:
    """A network's objects, each once.

    A collection's own ``all_objects`` is remembered by Blender: after undo it may hold what is not in the file any
    more, and it is made anew when an object is hidden, so that a loop over it reads freed memory.
    """
    collections = (root, *root.children_recursive)
    return tuple(dict.fromkeys(obj for collection in collections for obj in collection.objects))


def objects(root: bpy.types.Collection, role: str, layer: str | None = None) -> Iterator[bpy.types.Object]:
    """A network's objects of a role, of one layer where it is given."""
    for obj in all_objects(root):
        if obj.get(contract.ROLE) == role and (layer is None or obj.get(contract.LAYER) == layer):
            yield obj


_places: dict[int, tuple[float, dict[tuple[str, str], str]]] = {}
"""Of each network by its root's session number: when its objects were looked through, and names by role and layer."""


def object_of(root: bpy.types.Collection, role: str, layer: str) -> bpy.types.Object | None:
    """The first object of a role and layer, as of `objects`, for panels, which ask at every redraw.

    Where there is none, that may be so of a moment ago.
    """
    looked, names = _places.get(root.session_uid, (0.0, {}))
    found = bpy.data.objects.get(names.get((role, layer), ""))
    if found is not None and _is(found, root, role, layer):
        return found
    if time.monotonic() - looked < MOMENT and (role, layer) not in names:
        return None
    names = {}
    for obj in all_objects(root):
        names.setdefault((obj.get(contract.ROLE, ""), obj.get(contract.LAYER, "")), obj.name)
    _places.clear()  # Of networks that are gone nothing is kept.
    _places[root.session_uid] = time.monotonic(), names
    return bpy.data.objects.get(names.get((role, layer), ""))


def _is(obj: bpy.types.Object, root: bpy.types.Collection, role: str, layer: str) -> bool:
    return bool(
        obj.get(contract.ROLE) == role
        and obj.get(contract.LAYER) == layer
        and obj.get(contract.NETWORK) == root.get(contract.NETWORK)
    )


def network_modifier(obj: bpy.types.Object, role: str = "nodes") -> Any:
    """The modifier with a node group of ours; None where somebody removed it. Users may add others.

    Args:
        role: of the node group: the one that makes what the object shows, or one of those of `nodes.distance`.
    """
    for modifier in obj.modifiers:
        group = modifier.node_group if modifier.type == "NODES" else None
        if group and contract.NETWORK in group and group.get(contract.ROLE, "nodes") == role:
            return modifier
    return None


def is_closed(obj: bpy.types.Object) -> bool:
    """Whether an object is hidden because it is inside a closed block, at the frame that is shown."""
    return contract.SHOWN_OPEN in obj and bool(obj.get(contract.CLOSED, True))


def is_geometry(obj: bpy.types.Object) -> bool:
    return obj.type in GEOMETRY_TYPES


def data_blocks(network_id: str) -> Iterator[bpy.types.ID]:
    """Every data-block of a network."""
    for kind in KINDS:
        for block in getattr(bpy.data, kind):
            if block.get(contract.NETWORK) == network_id:
                yield block
