"""Lets labels and ribbons follow layers and blocks that the user moves, and brings these back."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.app.handlers import persistent

from ...scene.base import contract
from ...scene.base.find import current_scene, networks
from ...scene.base.moving import moves
from ...scene.moved_layers import follow_moves, is_film_behind, put_all_back
from ...scene.opening.keys import is_keyed
from ..common import half_steps
from ..common.active import active_network
from ..common.needs import NeedsReason
from ..common.undo_steps import undo_steps

SETTLED = 0.1
"""Seconds after the last move at which the rest follows."""


FILM_STEP = "Update Keys"
"""Not *Move*: by the names of steps Blender finds what its *Adjust Last Operation* is to do again."""


class NN_OT_put_back(NeedsReason, bpy.types.Operator):
    """Bring layers, blocks, inputs and answers back to where they were before they were moved"""

    bl_idname = "nn.put_back"
    bl_label = "Put Back What Was Moved"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def reason_against(cls, root: bpy.types.Collection) -> str:
        return "" if moves(root) else "Nothing was moved from its place"

    def execute(self, context: bpy.types.Context) -> set[str]:
        put_all_back(current_scene(context), active_network(context))
        return {"FINISHED"}


def follow_all() -> None:
    """Bring labels and ribbons of all networks in line with what was moved; in Object Mode, in which things move.

    That is no undo step, but where a film is baked, which makes and removes data-blocks.
    """
    if bpy.context.mode != "OBJECT":
        return
    followed = [root for scene in bpy.data.scenes for root in networks(scene) if follow_moves(scene, root)]
    if any(map(is_keyed, followed)):
        undo_steps.push(FILM_STEP)


def _is_any_film_behind() -> bool:
    return any(is_film_behind(root) for scene in bpy.data.scenes for root in networks(scene))


def start() -> None:
    bpy.app.handlers.depsgraph_update_post.append(_after_update)
    for handlers in (bpy.app.handlers.undo_post, bpy.app.handlers.redo_post, bpy.app.handlers.load_post):
        handlers.append(_after_jump)
    half_steps.checks.append(_is_any_film_behind)


def stop() -> None:
    half_steps.checks.remove(_is_any_film_behind)
    for handlers in (bpy.app.handlers.undo_post, bpy.app.handlers.redo_post, bpy.app.handlers.load_post):
        handlers.remove(_after_jump)
    bpy.app.handlers.depsgraph_update_post.remove(_after_update)
    if bpy.app.timers.is_registered(_tick):
        bpy.app.timers.unregister(_tick)


@persistent
def _after_update(_scene: bpy.types.Scene, depsgraph: bpy.types.Depsgraph) -> None:
    if depsgraph.mode != "VIEWPORT" or not depsgraph.id_type_updated("OBJECT"):
        return
    for update in depsgraph.updates:
        if update.is_updated_transform and isinstance(update.id, bpy.types.Object) and contract.HOME in update.id:
            _follow_soon()
            return


@persistent
def _after_jump(*_: object) -> None:
    """Undo knows things as they were when they had been moved, and what follows as it was a moment later."""
    _follow_soon()


def _follow_soon() -> None:
    if not bpy.app.background and not bpy.app.timers.is_registered(_tick):
        bpy.app.timers.register(_tick, first_interval=SETTLED)


def _tick() -> float | None:
    """Once nothing moves any more, by hand or by keys of users' own."""
    windows: Any = bpy.context.window_manager.windows
    is_moving = any(
        operator.bl_idname.startswith("TRANSFORM_") for window in windows for operator in window.modal_operators
    )
    is_playing = any(window.screen.is_animation_playing for window in windows)
    # A render reads the scene from another thread.
    if is_moving or is_playing or bpy.app.is_job_running("RENDER"):
        return SETTLED
    follow_all()
    return None


CLASSES = (NN_OT_put_back,)
