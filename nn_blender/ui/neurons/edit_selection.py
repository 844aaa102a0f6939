"""Makes what is selected in the Edit Mode of a neuron mesh the selection of that layer."""

from __future__ import annotations

import bpy
from bpy.app.handlers import persistent

from ...scene.base import contract
from ...scene.base.find import networks, objects
from ...scene.neurons.selection import follow_edit_mode


def start() -> None:
    bpy.app.handlers.depsgraph_update_post.append(_after_update)
    for handlers in (bpy.app.handlers.undo_post, bpy.app.handlers.redo_post, bpy.app.handlers.load_post):
        handlers.append(_after_jump)


def stop() -> None:
    bpy.app.handlers.depsgraph_update_post.remove(_after_update)
    for handlers in (bpy.app.handlers.undo_post, bpy.app.handlers.redo_post, bpy.app.handlers.load_post):
        handlers.remove(_after_jump)


@persistent
def _after_update(scene: bpy.types.Scene, depsgraph: bpy.types.Depsgraph) -> None:
    """Entering and leaving Edit Mode both change a mesh; only what has changed is looked at."""
    # A render reads the scene from another thread.
    if depsgraph.mode != "VIEWPORT" or bpy.app.is_job_running("RENDER"):
        return
    changed = [update.id.original for update in depsgraph.updates if isinstance(update.id, bpy.types.Object)]
    for obj in changed:
        if obj.get(contract.ROLE) == "neurons":
            follow_edit_mode(obj)


@persistent
def _after_jump(*_: object) -> None:
    """Undo, redo and opening a file need not say what they have changed."""
    for scene in bpy.data.scenes:
        for root in networks(scene):
            for obj in objects(root, "neurons"):
                follow_edit_mode(obj)
