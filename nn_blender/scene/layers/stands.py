"""Stands: an empty for every layer and input, which carries everything of it to its place in the picture."""

from __future__ import annotations

import bpy

from ...core.layout.layout import Layout, Slab
from ...core.layout.picture import TURN, UNIT, Book, world_point
from ..base import contract
from ..base.moving import put
from ..base.parts import Parts


def add_stands(parts: Parts, layout: Layout) -> None:
    """A stand for every slab of a layout."""
    places: list[tuple[str, str, Slab]] = [("", name or "input", place) for name, place in layout.inputs.items()]
    places += [(path, "", place) for path, place in layout.layers.items()]
    for layer, part, place in places:
        name = f"{layer or part} stand"
        stand = parts.obj(("stand", layer, part), name, lambda: None, contract.BLOCKS_COLLECTION, parts.anchor)
        stand.empty_display_size = 0.1
        stand.rotation_euler.z = TURN
        stand[contract.COVER] = [place.width, place.height, place.depth]


def place_book(obj: bpy.types.Object, book: Book, height: float = 0.0) -> None:
    """Move a stand, or the object of a block, to where a book of the picture is, and make it as large.

    A book that users moved stays as far from there.

    Args:
        height: above the floor, in picture units, of what it stands on.
    """
    wide, high, deep = obj[contract.COVER]
    place = [UNIT * coordinate for coordinate in world_point(book.foot, height)]
    obj.rotation_euler.z = TURN
    scale = UNIT * book.cover[1] / high
    if obj.type == "EMPTY":
        obj.location = place
        # Spheres stay round.
        obj.scale = (scale, scale, scale)
    else:
        put(obj, place)
        thickness = UNIT * book.thickness / deep if deep else scale
        obj.scale = (thickness, UNIT * book.cover[0] / wide, scale)
