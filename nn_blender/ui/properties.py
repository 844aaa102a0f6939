"""What the interface remembers in a scene."""

from __future__ import annotations

import bpy

from ..scene import contract
from ..scene.find import networks


def _is_network(_: bpy.types.PropertyGroup, collection: bpy.types.Collection) -> bool:
    return collection.get(contract.ROLE) == "network"


class NN_PG_scene(bpy.types.PropertyGroup):
    network: bpy.props.PointerProperty(  # type: ignore[valid-type]
        type=bpy.types.Collection, poll=_is_network, name="Network", description="Network that the panels show"
    )
    layer: bpy.props.IntProperty(name="Layer", description="Layer that the panel shows")  # type: ignore[valid-type]


def active_network(context: bpy.types.Context) -> bpy.types.Collection | None:
    """The network that the panels show: the chosen one while it is in the scene, else the newest."""
    present = networks(context.scene)
    chosen = context.scene.nn.network
    if chosen in present:
        return chosen
    return present[-1] if present else None


def add() -> None:
    bpy.types.Scene.nn = bpy.props.PointerProperty(type=NN_PG_scene)


def remove() -> None:
    del bpy.types.Scene.nn


CLASSES = (NN_PG_scene,)
