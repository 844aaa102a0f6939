"""The switch that lets the distance decide which blocks of a network are open, instead of the user's hand."""

from __future__ import annotations

from dataclasses import replace

import bpy

from ...core.blocks.answers import answers_of
from ...core.errors import UserError
from ..base import contract
from ..network.description import change_description, read_description, read_layout
from ..network.parts import network_parts
from ..nodes.deferred_updates import deferring_tree
from ..stage.frames_seen import followed, frame_aspect, networks_seen
from .keys import is_keyed
from .opening import require_opening
from .showing import show_opening
from .together import fit_together


def is_by_distance(root: bpy.types.Collection) -> bool:
    """Whether the distance decides which blocks of a network are open."""
    about = read_description(root)
    return about is not None and about.opening is not None and about.opening.by_distance is not None


@deferring_tree()
def set_by_distance(scene: bpy.types.Scene, root: bpy.types.Collection, by_distance: bool) -> None:
    """Let the distance decide which blocks of a network are open, or the user's hand again, who finds them as before.

    Raises:
        UserError: ``opening.no_blocks`` where it has none, ``opening.keyed`` where keys say which of them are open, or
            what `require_opening` says.
    """
    about, opening = require_opening(root)
    network = about.network
    if by_distance and not opening.root.blocks:
        raise UserError("opening.no_blocks", f"{network.name} has no blocks.", "All of its layers are shown already.")
    if by_distance and is_keyed(root):
        message = f"Keys say which blocks of {network.name} are open."
        raise UserError("opening.keyed", message, "Clear the opening keys first.")
    opening = replace(opening, by_distance=None)
    if by_distance:
        answers = answers_of(network, about.outputs, about.classes, about.answer)
        opening = opening.with_distance(network, answers, frame_aspect(scene, root), about.inputs)
    change_description(root, opening=opening)
    parts = network_parts(scene, network, root[contract.NETWORK], root)
    show_opening(parts, network, opening, read_layout(root, network))
    camera = followed(root)
    if camera is not None and len(networks_seen(scene, camera)) > 1:
        fit_together(scene, root)
