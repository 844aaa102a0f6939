"""Remove a network: from the scene, and its worker."""

from __future__ import annotations

import bpy

from ...engine.registry import workers
from ...scene import remove
from ...scene.base import contract


def remove_network(scene: bpy.types.Scene, root: bpy.types.Collection) -> None:
    """Remove all that an import made. ``root`` and everything in it are gone afterwards."""
    workers.close(root[contract.NETWORK])
    remove.remove_network(scene, root)
