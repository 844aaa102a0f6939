"""Makes the layer or block of the object that the user made active, by whatever means, the chosen one."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.app.handlers import persistent

from ...scene.base import contract
from ...scene.base.find import networks
from ..common.active import choose, layers_collection, network_of

_subscriber = object()


def follow_active_object(scene: bpy.types.Scene, obj: bpy.types.Object | None) -> None:
    """Let panels show the network of an object, and the layer or block that it belongs to, if it does to any."""
    if obj is None:
        return
    root = next((root for root in networks(scene) if root[contract.NETWORK] == obj.get(contract.NETWORK)), None)
    if root is None:
        return
    settings: Any = scene.nn
    if network_of(scene) != root:
        settings.network = root
    layer = obj.get(contract.LAYER)
    part = layer or obj.get(contract.BLOCK)
    layers = layers_collection(root)
    paths = [slab.get(contract.LAYER) for slab in layers.objects] if layers else []
    if layer in paths and settings.layer != paths.index(layer):
        settings.layer = paths.index(layer)
    elif part and root.nn.opening.part != part:
        choose(scene, root, part)


def start() -> None:
    _subscribe()
    bpy.app.handlers.load_post.append(_after_load)
    for handlers in (bpy.app.handlers.undo_post, bpy.app.handlers.redo_post):
        handlers.append(_after_undo)


def stop() -> None:
    for handlers in (bpy.app.handlers.undo_post, bpy.app.handlers.redo_post):
        handlers.remove(_after_undo)
    bpy.app.handlers.load_post.remove(_after_load)
    bpy.msgbus.clear_by_owner(_subscriber)


@persistent
def _after_load(*_: object) -> None:
    """Opening a file ends all subscriptions."""
    _subscribe()


@persistent
def _after_undo(*_: object) -> None:
    """Blender makes its step of a click before we follow it, so undo brings back the object, but not what we chose."""
    _after_activation()


def _subscribe() -> None:
    key: Any = (bpy.types.LayerObjects, "active")
    bpy.msgbus.subscribe_rna(key=key, owner=_subscriber, args=(), notify=_after_activation)


def _after_activation() -> None:
    # A render reads the scene from another thread.
    if not bpy.app.is_job_running("RENDER"):
        for window in bpy.context.window_manager.windows:
            follow_active_object(window.scene, window.view_layer.objects.active)
