"""Changing node trees without Blender checking them again after every single change.

For a tree of a hundred nodes these checks take twenty times as long as all the changes together. While Blender checks
one tree, though, it leaves all others alone. So changes are made while it checks an empty tree, whose kind asks for
them. Were that ever different, trees would be wired all the same, only more slowly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import bpy

_changes: list[Callable[[], None]] = []
_failures: list[Exception] = []


class DeferringTree(bpy.types.NodeTree):
    """The kind of the empty tree; editors do not offer it."""

    bl_idname = "NN_BLENDER_deferring"
    bl_label = "Deferring Updates"
    bl_icon = "NONE"

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        return False

    def update(self) -> None:
        while _changes:
            try:
                _changes.pop()()
            except Exception as error:  # noqa: BLE001  Blender would only print it; `without_updates` raises it.
                _failures.append(error)


@contextmanager
def deferring_tree() -> Iterator[bpy.types.NodeTree]:
    """The empty tree. Inside of a ``with`` it stays the same one, which saves making it for every change."""
    if DeferringTree.is_registered:
        yield next(tree for tree in bpy.data.node_groups if tree.bl_idname == DeferringTree.bl_idname)
        return
    bpy.utils.register_class(DeferringTree)
    kind: Any = DeferringTree.bl_idname
    tree = bpy.data.node_groups.new(DeferringTree.bl_label, kind)
    try:
        yield tree
    finally:
        try:
            bpy.data.node_groups.remove(tree)
        finally:
            bpy.utils.unregister_class(DeferringTree)


def without_updates(change: Callable[[], None]) -> None:
    """Change node trees in one go. Each of them has to be checked afterwards, by its ``interface_update``.

    Raises:
        Exception: whatever ``change`` raises.
    """
    with deferring_tree() as tree:
        _changes.append(change)
        tree.interface_update(bpy.context)
        while _changes:
            _changes.pop()()
        if _failures:
            raise _failures.pop()
