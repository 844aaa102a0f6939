"""Lets labels and ribbons follow the layers and blocks that users moved from their places."""

from __future__ import annotations

from collections.abc import Iterator

import bpy
from mathutils import Vector

from ...core.blocks.hierarchy import Part
from ...core.layout.moving import move_parts, seen_move
from ...core.layout.picture import Picture, answer_end
from ...core.network import Network
from ..base import contract
from ..base.find import all_objects, objects
from ..base.moving import CARRIERS, SAME, carry, moved_by, put, restrain
from ..base.parts import Parts
from ..inputs import part_of


def moved_along(parts: Parts, network: Network, root: Part, picture: Picture) -> Picture:
    """The picture with what goes along with the objects that users moved, which must be where the picture has them."""
    moves = ((book, move) for book, move in _moves(parts, network, root, picture) if move.length > SAME)
    return move_parts(picture, {book: seen_move((move.x, move.y, move.z)) for book, move in moves})


def _moves(parts: Parts, network: Network, root: Part, picture: Picture) -> Iterator[tuple[str, Vector]]:
    """Every book and board of a picture, by its part, with how far its object is from there in the anchor's space."""
    leaves = {leaf.id: leaf for leaf in root.leaves}
    for book in picture.books:
        leaf = leaves.get(book.shown)
        if leaf is None:
            obj = parts.find("book", "", book.shown)
        elif leaf.kind == "input":
            obj = parts.find("input frame", "", part_of(network, leaf.cover))
        else:
            obj = parts.find("slab", leaf.cover)
        if obj is not None:
            yield book.part, _in_anchor(obj)
    for number, output in enumerate(network.outputs):
        obj = parts.find("output", "", output if number else "")
        if obj is not None:
            yield answer_end(output), _in_anchor(obj)


def _in_anchor(obj: bpy.types.Object) -> Vector:
    moved, stand = moved_by(obj), obj.parent
    if stand is None or stand.get(contract.ROLE) not in ("stand", "output stand"):
        return moved
    return stand.matrix_basis.to_3x3() @ moved


def join_layers(parts: Parts) -> bool:
    """Let the slabs of older scenes carry what stands beside them on the same stand; whether there were any.

    Objects of these scenes get their colours too.
    """
    older = [obj for role in CARRIERS for obj in objects(parts.root, role) if contract.HOME not in obj]
    for slab in older:
        put(slab, slab.location)
        stand = slab.parent
        for obj in tuple(stand.children) if stand is not None and stand.get(contract.ROLE) != "anchor" else ():
            if obj.get(contract.NETWORK) == parts.network_id:
                if obj != slab:
                    carry(obj, slab)
                restrain(obj, obj[contract.ROLE], obj.parent)
    for obj in all_objects(parts.root) if older else ():
        parts.colour(obj)
    return bool(older)
