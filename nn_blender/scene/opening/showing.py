"""Shows a state of opening: stands, books and all that goes with them move to their places, the rest is hidden."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import bpy
import numpy as np
from mathutils import Matrix

from ...core.blocks.distance import Shown
from ...core.blocks.hierarchy import Part
from ...core.blocks.opening import Opening
from ...core.layout.layout import Layout
from ...core.layout.legible import TextLine
from ...core.layout.picture import UNIT, Book, Picture, Route, Tray
from ...core.network import Network
from ..base import contract, meshes
from ..base.find import all_objects, is_geometry, objects
from ..base.moving import home, moves
from ..base.parts import Parts
from ..blocks.distances import Distances, remove_distances
from ..blocks.paint import paint_layers
from ..blocks.trays import VERTICES, heights_on_trays, show_trays, tray_points
from ..explanations.places import place_explanation
from ..flow.ribbon_shapes import Ribbon, own_radius, thinnest, ways_to_tip
from ..flow.ribbons import show_routes
from ..inputs.captions import place_caption
from ..layers.stands import place_book
from ..looks.hiding import set_closed
from ..maps.closeup_places import place_closeups
from ..nodes.distance import LEAST_SHARE, MIDDLE, OWN_WIDTH, SHAFT, TO_TIP
from ..outputs.boards import place_boards
from ..stage.frame import show_frame
from ..stage.measures import place_measures
from ..stage.part_labels import show_labels
from .following import join_layers, moved_along
from .lines import close_lines, layers_of_lines
from .stand_detail import fill_stand_detail

_ORIGIN = (0.0, 0.0, 0.0)
_GROWING = ("slab", "cover", "neurons")
"""Roles of what is on a stand and large enough to be seen when the block around it opens."""


def show_opening(parts: Parts, network: Network, opening: Opening, layout: Layout) -> None:
    """Show which blocks of a network are open: by hand, or by the distance."""
    if join_layers(parts):
        paint_layers(parts, network)
    if opening.by_distance is None:
        remove_distances(parts)
        show_picture(parts, network, opening.root, opening.picture, layout)
    else:
        distances = Distances(parts, opening.root, opening.by_distance)
        show_picture(parts, network, opening.root, opening.by_distance, layout, distances)


def show_picture(
    parts: Parts, network: Network, root: Part, picture: Picture, layout: Layout, distances: Distances | None = None
) -> None:
    """Bring everything of a network to where a picture has it.

    Args:
        root: the network's hierarchy.
        layout: slabs in the spaces of their stands.
        distances: what decides which of all this is seen; all of it where it is None.
    """
    shown = {book.shown: book for book in picture.books}
    heights = heights_on_trays(root, picture.trays)
    _place_stands(parts, root, shown, heights)
    for obj in tuple(objects(parts.root, "book")):
        book = shown.get(obj[contract.BLOCK])
        for one in (obj, *obj.children):
            set_closed(one, book is None)
        if book is not None:
            place_book(obj, book, heights.get(book.part, 0.0))
    trays = show_trays(parts, picture.trays)
    place_boards(parts, network.outputs, picture)
    along = moved_along(parts, network, root, picture)
    least = thinnest(picture.frame) if distances is None else _thinnest_each(parts, distances, picture)
    ribbons = show_routes(parts, network, root, along.routes, least)
    place_caption(parts, picture.caption)
    place_explanation(parts, picture.maps)
    close_lines(parts)
    place_measures(parts, picture)
    place_closeups(parts, root, picture)
    fill_stand_detail(parts, layout)
    labels = show_labels(parts, along)
    show_frame(parts, network, picture.frame)
    drawn: Any = labels[0].data
    drawn[contract.MOVED] = moves(parts.root)
    if distances is not None:
        _choose_things(parts, root, distances)
        _choose_trays(distances, *trays)
        _choose_ribbons(distances, *ribbons)
        _choose_labels(distances, *labels)


def _choose_things(parts: Parts, root: Part, distances: Distances) -> None:
    """Let what is on stands, books and lines be there only when they are seen."""
    for obj in objects(parts.root, "book"):
        distances.choose(obj, distances.tiers.of_part(obj[contract.BLOCK]), foot=_ORIGIN)
        for mark in filter(is_geometry, obj.children):
            distances.choose(mark, distances.tiers.of_part(obj[contract.BLOCK]))
    ids = {
        parts.stand_of_input(leaf.cover) if leaf.kind == "input" else parts.stand(leaf.cover): leaf.id
        for leaf in root.leaves
    }
    for obj, stand in tuple(_on_stands(parts)):
        if stand in ids and is_geometry(obj):
            foot = _foot(obj) if obj.get(contract.ROLE) in _GROWING else None
            distances.choose(obj, distances.tiers.of_part(ids[stand]), foot=foot)
    around = {leaf.cover: distances.tiers.of_part(leaf.id).inside for leaf in root.leaves}
    for obj in objects(parts.root, "connections"):
        one, *others = [around[layer] for layer in layers_of_lines(obj)]
        distances.choose(obj, Shown(one), also_inside=next(iter(others), ""))


def _foot(obj: bpy.types.Object) -> Sequence[float]:
    """Where the stand that carries an object is, in its own space, while what carries it there is at its place."""
    own = obj.matrix_parent_inverse @ (Matrix() if contract.HOME in obj else obj.matrix_basis)
    for one in (obj, obj.parent):
        if one is not None and contract.HOME in one:
            own = Matrix.Translation(home(one)) @ own
    return own.inverted_safe().translation.to_tuple()


def _choose_trays(distances: Distances, obj: Any, trays: Sequence[Tray]) -> None:
    middles = [tray_points(tray).mean(axis=0) for tray in trays]
    meshes.write_vectors(obj.data, MIDDLE, np.repeat(np.array(middles).reshape(-1, 3), VERTICES, axis=0))
    each = [distances.tiers.of_tray(tray.part) for tray in trays]
    distances.choose_each(obj, [one for one in each for _ in range(VERTICES)])


def _thinnest_each(parts: Parts, distances: Distances, picture: Picture) -> list[float]:
    """Of every route the least radius of its ribbon where this is seen from farthest away, in picture units."""
    farthest = thinnest(picture.frame)
    opens_at = float(parts.anchor[contract.LOD_BOOKS])
    around = [distances.tiers.of_route(route.source, route.target).inside for route in picture.routes]
    return [
        min(LEAST_SHARE * distances.sizes[id_] / opens_at, farthest) if id_ and opens_at > 0 else farthest
        for id_ in around
    ]


def _choose_ribbons(distances: Distances, obj: Any, shown: Sequence[tuple[Route, Ribbon]]) -> None:
    counts = [len(ribbon.points) for _, ribbon in shown]
    for name, widths in (
        (SHAFT, [ribbon.widths[0] for _, ribbon in shown]),
        (OWN_WIDTH, [UNIT * own_radius(route) for route, _ in shown]),
    ):
        meshes.write_floats(obj.data, name, np.repeat(widths, counts))
    ways = [ways_to_tip(ribbon) for _, ribbon in shown]
    meshes.write_vectors(obj.data, TO_TIP, np.concatenate([np.zeros((0, 3)), *ways]))
    each = [distances.tiers.of_route(route.source, route.target) for route, _ in shown]
    distances.choose_each(obj, [one for one, count in zip(each, counts, strict=True) for _ in range(count)])


def _choose_labels(distances: Distances, obj: bpy.types.Object, lines: Sequence[TextLine | None]) -> None:
    each = [distances.tiers.of_label(line.part, line.is_title) if line else Shown() for line in lines]
    distances.choose_each(obj, each)


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
    for obj in all_objects(parts.root):
        above = obj.parent
        while above is not None and above.get(contract.ROLE) != "stand":
            above = above.parent
        if above is not None:
            yield obj, above
