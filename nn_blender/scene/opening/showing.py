"""Shows a state of opening: stands, books and all that goes with them move to their places, the rest is hidden."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import bpy

from ...core.blocks.hierarchy import Part
from ...core.layout.layout import Layout
from ...core.layout.picture import Book, Picture
from ...core.network import Network
from ..base import contract
from ..base.find import objects
from ..base.parts import Parts
from ..blocks.trays import heights_on_trays, show_trays
from ..flow.ribbon_shapes import thinnest
from ..flow.ribbons import show_routes
from ..inputs.captions import place_caption
from ..layers.stands import place_book
from ..looks.hiding import set_closed
from ..maps.closeup_places import place_closeups
from ..outputs.boards import place_boards
from ..stage.frame import show_frame
from ..stage.measures import place_measures
from ..stage.part_labels import show_labels
from .lines import close_lines
from .stand_detail import fill_stand_detail


def show_picture(parts: Parts, network: Network, root: Part, picture: Picture, layout: Layout) -> None:
    """Bring everything of a network to where a picture has it.

    Args:
        root: the network's hierarchy.
        layout: slabs in the spaces of their stands.
    """
    shown = {book.shown: book for book in picture.books}
    heights = heights_on_trays(root, picture.trays)
    _place_stands(parts, root, shown, heights)
    for obj in tuple(objects(parts.root, "book")):
        book = shown.get(obj[contract.BLOCK])
        set_closed(obj, book is None)
        if book is not None:
            place_book(obj, book, heights.get(book.part, 0.0))
    show_trays(parts, picture.trays)
    show_routes(parts, network, root, picture.routes, thinnest(picture.frame))
    place_boards(parts, network.outputs, picture)
    place_caption(parts, picture.caption)
    close_lines(parts)
    place_measures(parts, picture)
    place_closeups(parts, root, picture)
    fill_stand_detail(parts, layout)
    show_labels(parts, picture)
    show_frame(parts, network, picture.frame)


def _place_stands(parts: Parts, root: Part, shown: Mapping[str, Book], heights: Mapping[str, float]) -> None:
    """Move the stands whose layers or inputs are seen, and hide what stands on the others."""
    books = {}
    for leaf in root.leaves:
        stand = parts.stand_of_input(leaf.cover) if leaf.kind == "input" else parts.stand(leaf.cover)
        books[stand] = book = shown.get(leaf.id)
        set_closed(stand, book is None)
        if book is not None:
            place_book(stand, book, heights.get(book.part, 0.0))
    for obj, stand in tuple(_on_stands(parts)):
        if stand in books:
            set_closed(obj, books[stand] is None)


def _on_stands(parts: Parts) -> Iterator[tuple[bpy.types.Object, bpy.types.Object]]:
    """Everything that stands carry, with its stand."""
    # A tuple, since Blender makes the list anew when flags change.
    for obj in tuple(parts.root.all_objects):
        above = obj.parent
        while above is not None and above.get(contract.ROLE) != "stand":
            above = above.parent
        if above is not None:
            yield obj, above
