"""What moves with what: a slab carries all that is of its layer, and users may move slabs and books from their places.

An object that knows its place has it in ``nn_home``; how far it is from there is the user's.
"""

from __future__ import annotations

import json
from typing import Any

import bpy
from mathutils import Matrix, Vector

from . import contract
from .find import all_objects

CARRIERS = ("slab", "input frame", "output frame")
"""Roles of what carries everything else of a layer, an input or an output: it is what a click selects."""
CARRIED = (
    "neurons",
    "card",
    "cover",
    "composite",
    "input",
    "picture",
    "tiles",
    "measures",
    "caption",
    "explanation overlay",
)
"""Roles of what these carry."""
UNSELECTABLE = (
    *CARRIED,
    *("stand", "label", "texts", "focus", "viewer", "frame", "output stand"),
    *("explanation", "explanation stand", "explanation words", "explanation label", "explanation texts"),
    *("explanation frame", "explanation picture", "explanation card"),
    *("reason mark", "reason number"),
)
"""Roles of what must not move by itself; clicks go through to what carries it."""
SAME = 1e-4
"""Nobody moves anything by less than that many Blender units."""
LOCKED = ("tray", "ribbon")
"""Roles of what belongs to many layers: it can be selected, but not moved."""


def restrain(obj: bpy.types.Object, role: str, parent: bpy.types.Object | None) -> None:
    """Keep an object of the network from being moved alone."""
    of_board = parent is not None and parent.get(contract.ROLE) == "output"
    if role in UNSELECTABLE or of_board:
        obj.hide_select = True
    if role in LOCKED:
        obj.lock_location = obj.lock_rotation = obj.lock_scale = (True, True, True)


def carry(obj: bpy.types.Object, carrier: bpy.types.Object | None) -> None:
    """Let an object move with another one. What a slab carries has its place in the space of the slab's own parent."""
    obj.parent = carrier
    is_carrier = carrier is not None and carrier.get(contract.ROLE) in CARRIERS and contract.HOME in carrier
    obj.matrix_parent_inverse = Matrix.Translation(-home(carrier)) if is_carrier else Matrix()


def home(obj: bpy.types.Object | None) -> Vector:
    """Where an object is put, in the space of its parent; where it is, if nothing says so."""
    assert obj is not None
    return Vector(obj.get(contract.HOME, obj.location))


def put(obj: bpy.types.Object, place: Any) -> None:
    """Give an object its place, three numbers; as far as the user moved it from the one before, it is from this one."""
    moved = moved_by(obj)
    obj[contract.HOME], obj[contract.MOVED] = Vector(place)[:], moved[:]
    obj.location = Vector(place) + moved


def moved_by(obj: bpy.types.Object) -> Vector:
    """How far an object is from its place, in the space of its parent."""
    if contract.FILMED in obj:  # F-curves move it: it is as far as it was before.
        return Vector(obj.get(contract.MOVED, (0.0, 0.0, 0.0)))
    return obj.location - home(obj)


def return_home(obj: bpy.types.Object) -> None:
    """Let an object be where it was before F-curves, which are gone now, moved it."""
    if contract.HOME in obj:
        obj.location = home(obj) + Vector(obj.get(contract.MOVED, (0.0, 0.0, 0.0)))


def moves(root: bpy.types.Collection) -> str:
    """How far users moved what from its place, as text; empty where everything is at its place."""
    told = []
    for obj in all_objects(root):
        if contract.HOME in obj:
            moved = moved_by(obj)
            if moved.length > SAME:
                told.append(
                    [obj.get(contract.LAYER) or obj.get(contract.BLOCK) or obj.name, *(round(x, 4) for x in moved)]
                )
    return json.dumps(told) if told else ""


def put_back(obj: bpy.types.Object) -> None:
    """Bring an object to its place."""
    if contract.HOME in obj:
        obj.location = home(obj)
        obj[contract.MOVED] = [0.0, 0.0, 0.0]
