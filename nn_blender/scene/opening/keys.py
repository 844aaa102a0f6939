"""Keys of how far blocks of a network are open, as users see and change them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import bpy

from ..base import contract
from ..base.curves import find_curve
from ..base.find import objects
from ..base.moving import moves

OPEN_PATH = f'["{contract.OPEN}"]'
"""Of the property of a book that is keyed."""


def is_keyed(root: bpy.types.Collection) -> bool:
    """Whether blocks of a network open by keys."""
    return any(find_curve(book, OPEN_PATH) is not None for book in objects(root, "book"))


def are_keys_baked(root: bpy.types.Collection) -> bool:
    """Whether the film follows the keys as they are now."""
    return root.get(contract.FILMED, "") == written_keys(root)


def key_curves(root: bpy.types.Collection) -> dict[str, Any]:
    """F-curves of how far blocks are open, by id."""
    books = {book.get(contract.BLOCK, ""): book for book in objects(root, "book")}
    found = ((id_, find_curve(book, OPEN_PATH)) for id_, book in sorted(books.items()))
    return {id_: curve for id_, curve in found if curve is not None}


def written_keys(root: bpy.types.Collection) -> str:
    """All that a film follows, as text: what keys say, and what users moved; empty where there are no keys."""
    curves = key_curves(root)
    return json.dumps({id_: list(_points(curve)) for id_, curve in curves.items()}) + moves(root) if curves else ""


def _points(curve: Any) -> Iterator[list[Any]]:
    for point in curve.keyframe_points:
        yield [*point.co, *point.handle_left, *point.handle_right, point.interpolation, point.easing]
