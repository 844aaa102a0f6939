"""Finds networks and their parts by what is written on them, never by name."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import bpy

from . import contract

GEOMETRY_TYPES = ("MESH", "CURVE", "SURFACE", "FONT", "META", "POINTCLOUD", "CURVES", "VOLUME")


MOMENT, LONGER = 0.05, 1.0
"""Seconds for which panels, which ask many times in one redraw, believe what they were told.

The shorter for what anybody may change, the longer for what hardly anybody but us does.
"""

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
    """A network's objects of a role, of one layer where it is given, each once."""
    seen = set()
    for collection in (root, *root.children_recursive):
        for obj in tuple(collection.objects):
            is_wanted = obj.get(contract.ROLE) == role and (layer is None or obj.get(contract.LAYER) == layer)
            if is_wanted and obj.session_uid not in seen:
                seen.add(obj.session_uid)
                yield obj


Place = tuple[str, int]
"""Name of a collection, and which of its objects is meant: of a few collections Blender finds one by name at once."""


@dataclass
class _Index:
    """Where a network's objects are by role and by the layer or block that they show, as panels ask at every redraw.

    Attributes:
        count: how many objects the file had: where that is the same, none has come.
    """

    looked: float
    count: int
    places: dict[tuple[str, str], Place]
    first: dict[str, Place]

    def place_of(self, role: str, part: str | None) -> Place | None:
        """None where there is no such object."""
        return self.first.get(role) if part is None else self.places.get((role, part))


_indices: dict[int, _Index] = {}
"""By the session number of networks' root collections."""


def object_of(root: bpy.types.Collection, role: str, part: str) -> bpy.types.Object | None:
    """The first object of a role that shows a layer, by its path, or a block, by its id; None where there is none."""
    return _known(root, role, part)


def first_of(root: bpy.types.Collection, role: str) -> bpy.types.Object | None:
    """The first object of a role; None where there is none."""
    return _known(root, role, None)


def _known(root: bpy.types.Collection, role: str, part: str | None) -> bpy.types.Object | None:
    """An object by what the index says; where that is not so any more, all objects are looked through again.

    Args:
        part: None for any.
    """
    index = _indices.get(root.session_uid)
    if index is not None:
        place = index.place_of(role, part)
        found = _at(place) if place is not None else None
        if found is not None and _is(found, root, role, part):
            return found
        if place is None and index.count == len(bpy.data.objects) and time.monotonic() - index.looked < LONGER:
            return None
    forget_gone(_indices)
    _indices[root.session_uid] = index = _make_index(root)
    place = index.place_of(role, part)
    return _at(place) if place is not None else None


def _make_index(root: bpy.types.Collection) -> _Index:
    index = _Index(time.monotonic(), len(bpy.data.objects), {}, {})
    for collection in (root, *root.children_recursive):
        for number, obj in enumerate(collection.objects):
            role, place = obj.get(contract.ROLE, ""), (collection.name, number)
            index.places.setdefault((role, _part_of(obj)), place)
            index.first.setdefault(role, place)
    return index


def _at(place: Place) -> bpy.types.Object | None:
    """None where there is no such collection any more, or it has fewer objects."""
    name, number = place
    collection = bpy.data.collections.get(name)
    try:
        return collection.objects[number] if collection is not None else None
    except IndexError:
        return None


def forget_gone(known: dict[int, Any]) -> None:
    """Keep nothing of networks that are gone in what is known by the session numbers of root collections."""
    there = {collection.session_uid for collection in bpy.data.collections}
    for gone in known.keys() - there:
        del known[gone]


def _is(obj: bpy.types.Object, root: bpy.types.Collection, role: str, part: str | None) -> bool:
    is_ours = obj.get(contract.NETWORK) == root.get(contract.NETWORK) and obj.get(contract.ROLE) == role
    return is_ours and (part is None or _part_of(obj) == part)


def _part_of(obj: bpy.types.Object) -> str:
    """Path of the layer, or id of the block, that an object shows; empty for neither."""
    return obj.get(contract.LAYER) or obj.get(contract.BLOCK, "")  # type: ignore[no-any-return]


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
