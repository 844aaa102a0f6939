"""Books: what closed blocks are shown as, one object each, with values that the objects of their layers hold."""

from __future__ import annotations

from functools import partial
from typing import Any

import bpy
import numpy as np

from ...core.blocks.books import BookSizes
from ...core.blocks.covers import page_glow, page_layers
from ...core.blocks.graph import LayerGraph
from ...core.blocks.hierarchy import LAYER, NETWORK, Part
from ...core.layout.picture import UNIT, VECTOR
from ...core.network import Network
from ..base import contract, meshes
from ..base.find import all_objects
from ..base.parts import Parts, set_nodes
from ..layers.layer_objects import parameter_count
from ..looks import book_materials, materials
from ..looks.hiding import set_closed
from ..nodes import books as nodes
from ..nodes.glow import NOT_FINITE_TONE
from .book_mesh import BookShape, fill_book_mesh, fill_letters
from .cover_values import Cover, Values, cover_of, fill_cover

_MATERIALS = (book_materials.cover, book_materials.face, book_materials.page, materials.dim_ink)
"""By slot, see `book_mesh`."""


def add_books(parts: Parts, network: Network, root_part: Part) -> None:
    """One object per block of a hierarchy, hidden at first, with what the objects of its layers hold.

    Books of blocks that are not in the hierarchy any more are removed with what marks them. Neurons, feature maps and
    inputs must be there.
    """
    blocks = {part.id: part for part in root_part.walk() if part.is_block and part.kind != NETWORK}
    gone = [obj for obj in _books(parts) if obj[contract.BLOCK] not in blocks]
    if gone:
        marks = [one for book in gone for one in book.children if one.get(contract.NETWORK) == parts.network_id]
        parts.remove([*gone, *marks])
    sizes, values = BookSizes(LayerGraph(network), root_part, 0.0), Values(parts, network)
    covers: dict[bpy.types.Object, tuple[Part, Cover]] = {}
    for part in blocks.values():
        closed = sizes.closed(part, 1.0)
        size = [UNIT * side for side in (*closed.cover, closed.thickness)]
        key = ("book", "", part.id)
        is_new = parts.find(*key) is None
        make_mesh = partial(bpy.data.meshes.new, "Book")
        book = parts.mesh_object(key, f"{part.name} book", make_mesh, contract.LAYERS_COLLECTION)
        if is_new:
            set_closed(book, True)
            for material in _MATERIALS:
                book.data.materials.append(parts.material(material))
        book[contract.BLOCK], book[contract.COVER], book[contract.KIND] = part.id, size, closed.kind
        book[contract.LAYERS], book[contract.REPEATS] = part.layers, part.repeats
        book[contract.PARAMETERS] = parameter_count(part.parameters)
        covers[book] = part, _cover(book, part, values)
    letters = fill_letters((cover.text for _, cover in covers.values() if cover.text), parts)
    for book, (part, cover) in covers.items():
        fill_book_mesh(book.data, BookShape(tuple(book[contract.COVER]), part.layers, cover.grid, cover.text), letters)
        set_nodes(book, parts.group(nodes.make_book), {"Neuron Material": parts.material(materials.neuron)}, {})
        _fill(book, part, cover, values)


def fill_books(parts: Parts, network: Network, root_part: Part) -> None:
    """Let books show what neurons and feature maps of their layers hold now, under an intervention or without."""
    values = Values(parts, network)
    for part in root_part.walk():
        book = parts.find("book", "", part.id) if part.is_block else None
        if book is not None:
            _fill(book, part, _cover(book, part, values), values)


def _books(parts: Parts) -> list[bpy.types.Object]:
    return [obj for obj in all_objects(parts.root) if obj.get(contract.ROLE) == "book"]


def _cover(book: bpy.types.Object, part: Part, values: Values) -> Cover:
    return cover_of(part.cover, tuple(book[contract.COVER])[:2], values, book[contract.KIND] != VECTOR)


def _fill(book: bpy.types.Object, part: Part, cover: Cover, values: Values) -> None:
    mesh: Any = book.data
    layers = [leaf.cover for leaf in part.leaves if leaf.kind == LAYER]
    glow = _page_glow(layers, values)
    pages = meshes.read_integers(mesh, contract.PAGE)
    meshes.write_samples(mesh, contract.GLOW, np.where(pages < 0, 0.0, glow[:, np.maximum(pages, 0)]))
    fill_cover(book, cover)


def _page_glow(layers: list[str], values: Values) -> np.ndarray:
    """Float64 (samples, pages): the mean of a page's layers, of those that were measured; 0 where none was."""
    samples = max((len(means) for means in values.means.values()), default=0)
    pages = page_layers(len(layers))
    glow = np.zeros((samples, max(len(pages), 1)))
    for number, page in enumerate(pages):
        measured = [values.means[layer] for layer in layers[page] if layer in values.means]
        if measured:
            glow[:, number] = np.mean([page_glow(means, values.span) for means in measured], axis=0)
    return np.where(np.isnan(glow), NOT_FINITE_TONE, glow)
