"""Brings a network of a scene that an older version of the extension made to the present format.

The format says how node groups, materials and packed pictures are made; the description has a version of its own.
"""

from __future__ import annotations

from collections.abc import Callable

import bpy

from ..core.errors import UserError
from .base import contract

STEPS: dict[int, Callable[[bpy.types.Scene, bpy.types.Collection], None]] = {}
"""By format, what brings a network of a scene to the next one: it replaces node groups, materials and pictures."""


def upgrade_network(scene: bpy.types.Scene, root: bpy.types.Collection) -> None:
    """Replace what is older than this extension; called before a network is changed, for until then it plays as it is.

    Raises:
        UserError: code ``scene.format``, where the network was made by a newer version, or in a way that nothing leads
            on from; it is left as it is then.
    """
    made = root.get(contract.FORMAT, 0)
    if made > contract.FORMAT_NOW:
        raise UserError(
            "scene.format",
            f"{root.name} was made by a newer version of the extension.",
            "Update the extension to change it. It plays and renders as it is.",
        )
    for number in range(made, contract.FORMAT_NOW):
        if number not in STEPS:
            raise UserError(
                "scene.format",
                f"{root.name} was made before networks could be upgraded.",
                "It plays and renders as it is; import it again to change it.",
            )
        STEPS[number](scene, root)
        root[contract.FORMAT] = number + 1
