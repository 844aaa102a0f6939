"""Changes of a network's hierarchy of blocks in its scene: everything moves to its new place, and stays as open."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import bpy

from ...core.blocks import editing
from ...core.blocks.dividing import find_hierarchy
from ...core.blocks.hierarchy import Part
from ...core.layout.picture import answer_end
from ...core.network import Network
from ..base import contract
from ..base.find import objects
from ..base.parts import Parts
from ..blocks.books import add_books
from ..flow.ribbons import keep_hidden_edges
from ..looks.hiding import set_hidden
from ..looks.visibility import are_all_hidden
from ..network.description import change_description
from ..network.parts import network_parts
from ..nodes.deferred_updates import deferring_tree
from .film import bake_opening
from .keys import is_keyed
from .opening import OpeningChange, require_opening


def rename_part(scene: bpy.types.Scene, root: bpy.types.Collection, id_: str, name: str) -> None:
    """Give a block, a layer or an input another name, also in the picture.

    Raises:
        UserError: see `core.blocks.editing.rename_part` and `require_opening`.
    """
    _change(scene, root, lambda hierarchy, _: editing.rename_part(hierarchy, id_, name))


def join_parts(scene: bpy.types.Scene, root: bpy.types.Collection, ids: Sequence[str]) -> str:
    """Make one closed block of parts that stand beside each other, and return its id.

    Raises:
        UserError: see `core.blocks.editing.join_parts` and `require_opening`.
    """
    before = {part.id for part in require_opening(root)[1].root.walk()}
    after = _change(scene, root, lambda hierarchy, network: editing.join_parts(hierarchy, network, ids))
    return next(block.id for block in after.blocks if block.id not in before)


def take_apart(scene: bpy.types.Scene, root: bpy.types.Collection, id_: str) -> None:
    """Put the parts of a block in its place.

    Raises:
        UserError: see `core.blocks.editing.take_apart` and `require_opening`.
    """
    _change(scene, root, lambda hierarchy, network: editing.take_apart(hierarchy, network, id_))


def find_again(scene: bpy.types.Scene, root: bpy.types.Collection) -> None:
    """Give a network the blocks of a fresh import.

    Raises:
        UserError: see `require_opening`.
    """
    _change(scene, root, lambda _, network: find_hierarchy(network))


@deferring_tree()
def _change(scene: bpy.types.Scene, root: bpy.types.Collection, change: Callable[[Part, Network], Part]) -> Part:
    """Give a network another hierarchy, and return it; nothing is measured for that."""
    about, before = require_opening(root)
    network = about.network
    hierarchy = change(before.root, network)
    blocks = {block.id for block in hierarchy.blocks}
    opened = {id_: value for id_, value in before.opened.items() if id_ in blocks}
    by_distance = before.by_distance if blocks else None
    parts = network_parts(scene, network, root[contract.NETWORK], root)
    _name_books(parts, before.root, hierarchy)
    are_hidden = are_all_hidden(root, "book")
    add_books(parts, network, hierarchy)
    if any(are_hidden):
        for book in objects(root, "book"):
            set_hidden(book, *are_hidden)
    keep_hidden_edges(root, {part.id for part in hierarchy.walk()} | set(map(answer_end, network.outputs)))
    change_description(root, opening=replace(before, root=hierarchy, opened=opened, by_distance=by_distance))
    rearranged = OpeningChange(scene, root, opened, is_anew=True)
    change_description(root, opening=rearranged.end)
    if is_keyed(root) or contract.FILMED in root:
        bake_opening(scene, root)
    if not is_keyed(root):
        rearranged.finish()
    return hierarchy


def _name_books(parts: Parts, before: Part, after: Part) -> None:
    """Let objects of blocks that got another name have it too, where users gave them none."""
    names = {block.id: block.name for block in after.blocks}
    for block in before.blocks:
        book = parts.find("book", "", block.id)
        if book is not None and book.name.startswith(f"{block.name} book") and block.id in names:
            book.name = f"{names[block.id]} book"
