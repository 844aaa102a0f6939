"""The interventions that networks' switches ask for, read from their meshes once after each change of a switch."""

from __future__ import annotations

import bpy
from bpy.app.handlers import persistent

from ...actions.interventions.rerun import is_up_to_date
from ...core.errors import UserError
from ...core.interventions.intervention import Intervention
from ...scene.interventions.switches import read_intervention, writes
from ...scene.network.description import read_description
from .needs import edit_mode_reason


class WantedInterventions:
    """Interventions by the root collection's session uid, as of the last change of any switch.

    A network's own id would not do: the copy of a network in a copy of its scene has the same one, and other switches.

    Undo, redo, opening a file and what we write ourselves are noticed; whoever else writes calls `forget`.
    """

    def __init__(self) -> None:
        self._found: dict[int, Intervention | None] = {}
        self._writes = -1

    def find(self, root: bpy.types.Collection) -> Intervention | None:
        """What a network's switches ask for.

        None where its description is missing, where a factor makes no sense, or where it was not read before a mesh
        was in Edit Mode, where switches cannot be read.
        """
        if self._writes != writes.count:
            self.forget()
            self._writes = writes.count
        if root.session_uid not in self._found:
            if edit_mode_reason(root):
                return None
            self._found[root.session_uid] = _read(root)
        return self._found[root.session_uid]

    def are_shown(self, root: bpy.types.Collection) -> bool:
        """Whether the values in the scene are those that the network's switches ask for."""
        return is_up_to_date(root, self.find(root))

    def forget(self) -> None:
        self._found.clear()


wanted_interventions = WantedInterventions()
"""Those of the file that is open."""


def start() -> None:
    for handlers in (bpy.app.handlers.undo_post, bpy.app.handlers.redo_post, bpy.app.handlers.load_post):
        handlers.append(_after_jump)


def stop() -> None:
    for handlers in (bpy.app.handlers.undo_post, bpy.app.handlers.redo_post, bpy.app.handlers.load_post):
        handlers.remove(_after_jump)
    wanted_interventions.forget()


@persistent
def _after_jump(*_: object) -> None:
    wanted_interventions.forget()


def _read(root: bpy.types.Collection) -> Intervention | None:
    about = read_description(root)
    try:
        return read_intervention(root, about.network) if about is not None else None
    except UserError:  # Somebody set a factor that makes no sense; the rerun says so.
        return None
