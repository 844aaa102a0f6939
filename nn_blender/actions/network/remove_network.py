"""Remove a network: from the scene, and its worker."""

from __future__ import annotations

import bpy

from ...engine.registry import workers
from ...scene import remove
from ...scene.base import contract
from ...scene.base.find import networks
from ...scene.opening.together import fit_together
from ...scene.stage.frames_seen import followed, networks_seen, stacked_with


def remove_network(scene: bpy.types.Scene, root: bpy.types.Collection) -> None:
    """Remove all that an import made. ``root`` and everything in it are gone afterwards.

    Networks that its picture was shared with fill that.
    """
    workers.close(root[contract.NETWORK])
    camera = followed(root)
    remaining = [one for one in networks_seen(scene, camera) if one != root] if camera else []
    remove.remove_network(scene, root)
    for one in remaining:
        if stacked_with(scene, one)[:1] == [one]:
            fit_together(scene, one)


def has_leftovers() -> bool:
    """Whether something is left of networks and layers that somebody deleted by Blender's own means."""
    roots = (root for scene in bpy.data.scenes for root in networks(scene))
    return bool(remove.rootless() or remove.uncarried()) or any(remove.is_gone(root) for root in roots)


def remove_leftovers() -> bool:
    """Remove what is left of them; whether there was anything."""
    if not has_leftovers():
        return False
    for scene in bpy.data.scenes:
        for root in networks(scene):
            if remove.is_gone(root):
                remove_network(scene, root)
    for network_id in remove.rootless():
        workers.close(network_id)
        remove.remove_rootless(network_id)
    remove.remove_uncarried()
    return True
