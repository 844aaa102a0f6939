"""The network and the layer that the user has chosen, which the panels are about."""

from __future__ import annotations

from typing import Any

import bpy

from ...scene.base import contract
from ...scene.base.find import networks
from ...scene.network.description import read_description


def _is_network(_: bpy.types.PropertyGroup, collection: bpy.types.Collection) -> bool:
    return collection.get(contract.ROLE) == "network"


class OnScene:
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


def root_of(group: bpy.types.PropertyGroup) -> bpy.types.Collection:
    """The root collection that a group of properties stands on."""
    root: Any = group.id_data
    return root  # type: ignore[no-any-return]


def network_by_id(network_id: str) -> bpy.types.Collection | None:
    """The network of that id in any scene of the file."""
    roots = (root for scene in bpy.data.scenes for root in networks(scene))
    return next((root for root in roots if root[contract.NETWORK] == network_id), None)


def are_openable(root: bpy.types.Collection) -> bool:
    """Whether a network is shown as blocks that open, and not as a row of layers."""
    about = read_description(root)
    return about is not None and about.opening is not None


def layers_collection(root: bpy.types.Collection) -> bpy.types.Collection | None:
    """The collection of the layers' slabs; None where somebody removed it."""
    return _child(root, "layers")


def stage_collection(root: bpy.types.Collection) -> bpy.types.Collection | None:
    """The collection that holds the blocks among other things; None where somebody removed it."""
    return _child(root, "stage")


def _child(root: bpy.types.Collection, role: str) -> bpy.types.Collection | None:
    return next((child for child in root.children if child.get(contract.ROLE) == role), None)


def active_slab(context: bpy.types.Context) -> bpy.types.Object | None:
    """The slab of the layer that is chosen in the list."""
    root = active_network(context)
    layers = layers_collection(root) if root else None
    index = context.scene.nn.layer
    if layers is None or not 0 <= index < len(layers.objects):
        return None
    slab = layers.objects[index]
    return slab if slab.get(contract.ROLE) == "slab" else None
