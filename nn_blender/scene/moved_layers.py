"""What follows where users moved layers, blocks, inputs or answers, and what brings these back to their places."""

from __future__ import annotations

import bpy

from .base import contract
from .base.find import all_objects
from .base.moving import moves, put_back
from .network.description import read_description, read_layout
from .network.parts import network_parts
from .neurons.connections import follow_neurons
from .opening.keys import is_keyed
from .opening.showing import show_opening


def follow_moves(scene: bpy.types.Scene, root: bpy.types.Collection) -> bool:
    """Let labels, ribbons and lines follow what users moved since they were last drawn; whether there was anything.

    All else moves by itself. A film follows when it is baked anew; rows have no ribbons, and their labels stay.
    """
    about = read_description(root)
    if about is None or about.opening is None or is_keyed(root) or root.get(contract.MOVED, "") == moves(root):
        return False
    parts = network_parts(scene, about.network, root[contract.NETWORK], root)
    show_opening(parts, about.network, about.opening, read_layout(root, about.network))
    follow_neurons(parts, about.network)
    return True


def put_all_back(scene: bpy.types.Scene, root: bpy.types.Collection) -> None:
    """Bring everything that users moved to its place; the network as a whole stays where it is."""
    for obj in all_objects(root):
        put_back(obj)
    follow_moves(scene, root)
