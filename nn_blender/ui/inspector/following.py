"""Lets what the user makes active in the viewport, by whatever means, be what the panels and the inspector show."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.app.handlers import persistent

from ...scene.base import contract
from ...scene.base.find import networks
from ...scene.network.description import read_description
from ...scene.neurons.picking import OF_INPUTS, OF_OUTPUTS, is_on_board, output_of
from ..common.active import (
    BLOCK,
    LAYER,
    NETWORK,
    OUTPUT,
    SAMPLE,
    choose,
    choose_kind,
    choose_layer,
    network_of,
    take_activated,
)
from ..common.asked_store import RENDER_PAUSE
from ..common.choices import kept_choices

OF_NETWORKS = ("anchor", "frame", "title", "legend")

_subscriber = object()


def follow_active_object(scene: Any, obj: bpy.types.Object | None, *, is_clicked: bool = True) -> None:
    """Choose the network of an object and the part that it belongs to, if it does to any.

    Args:
        is_clicked: False after undo: what was chosen of the same layer or block then stays, such as a neuron.
    """
    if obj is None:
        return
    root = next((root for root in networks(scene) if root[contract.NETWORK] == obj.get(contract.NETWORK)), None)
    if root is None:
        return
    role, layer, block = obj.get(contract.ROLE), obj.get(contract.LAYER), obj.get(contract.BLOCK)
    part = layer or block
    was_chosen = bool(part) and network_of(scene) == root and root.nn.opening.part == part
    if was_chosen and not is_clicked:
        return
    if layer:
        if choose_layer(scene, root, layer):
            choose_kind(scene, root, LAYER)
    elif block:
        choose_kind(scene, root, BLOCK)
        choose(scene, root, block)
    elif role in OF_INPUTS:
        choose_kind(scene, root, SAMPLE)
    elif role in OF_OUTPUTS or is_on_board(obj):
        about = read_description(root)
        choose_kind(
            scene,
            root,
            OUTPUT,
            output_of((obj.parent if is_on_board(obj) else obj).get(contract.PART, ""), about)
            if about is not None
            else "",
        )
    elif role in OF_NETWORKS and is_clicked:
        choose_kind(scene, root, NETWORK)


def start() -> None:
    _subscribe()
    for handlers, function in _handlers():
        handlers.append(function)


def stop() -> None:
    for handlers, function in _handlers():
        handlers.remove(function)
    if bpy.app.timers.is_registered(_catch_up):
        bpy.app.timers.unregister(_catch_up)
    kept_choices.forget()
    bpy.msgbus.clear_by_owner(_subscriber)


def _handlers() -> list[tuple[list[Any], Any]]:
    calls = bpy.app.handlers
    return [
        (calls.undo_pre, _before_jump),
        (calls.redo_pre, _before_jump),
        (calls.undo_post, _after_jump),
        (calls.redo_post, _after_jump),
        (calls.load_pre, _leave_file),
        (calls.load_post, _after_load),
    ]


@persistent
def _after_load(*_: object) -> None:
    """Opening a file ends all subscriptions."""
    _subscribe()


@persistent
def _before_jump(*_: object) -> None:
    kept_choices.before_jump()


@persistent
def _after_jump(*_: object) -> None:
    if bpy.app.background:
        _catch_up()
    elif not bpy.app.timers.is_registered(_catch_up):
        # Not from inside the undo that calls this.
        bpy.app.timers.register(_catch_up, first_interval=0)


@persistent
def _leave_file(*_: object) -> None:
    kept_choices.forget()


def _catch_up() -> float | None:
    """Blender makes its step of a click before we follow it, so undo brings back the object, but not what we chose."""
    if bpy.app.is_job_running("RENDER"):
        return RENDER_PAUSE
    for window in bpy.context.window_manager.windows:
        if not kept_choices.after_jump(window.scene):
            follow_active_object(window.scene, window.view_layer.objects.active, is_clicked=False)
    return None


def _subscribe() -> None:
    key: Any = (bpy.types.LayerObjects, "active")
    bpy.msgbus.subscribe_rna(key=key, owner=_subscriber, args=(), notify=_after_activation)


def _after_activation() -> None:
    ours = take_activated()
    # A render reads the scene from another thread.
    if bpy.app.is_job_running("RENDER"):
        return
    shown = [(window.scene, window.view_layer.objects.active) for window in bpy.context.window_manager.windows]
    # What is active in other windows was not clicked now, though Blender tells of all windows at once.
    if any(obj is not None and obj.session_uid == ours for _, obj in shown):
        return
    for scene, obj in shown:
        follow_active_object(scene, obj)
