"""The switch that lets the distance decide which blocks of a network are open, instead of the user's hand."""

from __future__ import annotations

import bpy

from ...core.errors import UserError
from ..network.description import read_description
from ..nodes.deferred_updates import deferring_tree
from .keys import is_keyed
from .opening import OpeningChange, require_opening


def is_by_distance(root: bpy.types.Collection) -> bool:
    """Whether the distance decides which blocks of a network are open."""
    about = read_description(root)
    return about is not None and about.opens_by_distance


@deferring_tree()
def set_by_distance(scene: bpy.types.Scene, root: bpy.types.Collection, by_distance: bool) -> None:
    """Let the distance decide which blocks of a network are open, or the user's hand again, who finds them as before.

    Raises:
        UserError: ``opening.no_blocks`` where it has none, ``opening.keyed`` where keys say which of them are open, or
            what `require_opening` says.
    """
    about, opening = require_opening(root)
    name = about.network.name
    if by_distance and not opening.root.blocks:
        raise UserError("opening.no_blocks", f"{name} has no blocks.", "All of its layers are shown already.")
    if by_distance and is_keyed(root):
        message = f"Keys say which blocks of {name} are open."
        raise UserError("opening.keyed", message, "Clear the opening keys first.")
    OpeningChange(scene, root, opening.opened, by_distance=by_distance).finish()
