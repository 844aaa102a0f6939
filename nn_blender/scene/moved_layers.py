"""What follows where users moved layers, blocks, inputs or answers, and what brings these back to their places."""

from __future__ import annotations

from typing import Any

import bpy

from .base import contract
from .base.find import all_objects, objects
from .base.moving import moves, put_back
from .network.description import read_description, read_layout
from .network.parts import network_parts
from .neurons.connections import follow_neurons
from .opening.film import bake_opening
from .opening.keys import is_keyed
from .opening.showing import show_opening


def follow_moves(scene: bpy.types.Scene, root: bpy.types.Collection) -> bool:
    """Let labels, ribbons and lines follow what users moved since they were last drawn; whether there was anything.

    All else moves by itself. A film is baked anew; rows have no ribbons, and their labels stay.
    """
    if not _is_behind(root):
        return False
    about = read_description(root)
    if about is None or about.opening is None:
        return False
    if is_keyed(root):
        bake_opening(scene, root)
        return True
    parts = network_parts(scene, about.network, root[contract.NETWORK], root)
    show_opening(parts, about.network, about.opening, read_layout(root, about.network))
    follow_neurons(parts, about.network)
    return True


def is_film_behind(root: bpy.types.Collection) -> bool:
    """Whether users moved something since a film was baked."""
    return _is_behind(root) and is_keyed(root)


def put_all_back(scene: bpy.types.Scene, root: bpy.types.Collection) -> None:
    """Bring everything that users moved to its place; the network as a whole stays where it is."""
    for obj in all_objects(root):
        put_back(obj)
    follow_moves(scene, root)


def _is_behind(root: bpy.types.Collection) -> bool:
    """Whether labels do not stand where users moved what they are of.

    It is the labels that know: undo keeps some data-blocks as they are and brings others back, each on its own.
    """
    drawn: Any = next((obj.data for obj in objects(root, "label") if obj.get(contract.PART) == "parts"), None)
    return (drawn.get(contract.MOVED, "") if drawn is not None else "") != moves(root)
