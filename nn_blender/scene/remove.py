"""Removes a network with everything that was made for it."""

from __future__ import annotations

from collections.abc import Iterator

import bpy

from . import contract
from .find import networks, objects

KINDS = (
    "objects",
    "meshes",
    "curves",
    "cameras",
    "lights",
    "materials",
    "images",
    "node_groups",
    "texts",
    "worlds",
    "collections",
)


def remove_network(scene: bpy.types.Scene, root: bpy.types.Collection) -> None:
    """Remove all data-blocks of a network.

    Floor and background go on to another network of the scene where there is one; else the camera and background
    that the scene had before come back.
    """
    _hand_on_stage(scene, root)
    _give_back(scene, root)
    bpy.data.batch_remove(list(blocks(root[contract.NETWORK])))


def blocks(network_id: str) -> Iterator[bpy.types.ID]:
    """Every data-block of a network."""
    for kind in KINDS:
        for block in getattr(bpy.data, kind):
            if block.get(contract.NETWORK) == network_id:
                yield block


def _hand_on_stage(scene: bpy.types.Scene, root: bpy.types.Collection) -> None:
    heir = next((other for other in networks(scene) if other != root), None)
    if heir is None:
        return
    heir_id = heir[contract.NETWORK]
    stage = next(child for child in heir.children if child.get(contract.ROLE) == contract.STAGE_COLLECTION.lower())
    for floor in list(objects(root, "floor")):
        for owner in floor.users_collection:
            owner.objects.unlink(floor)
        stage.objects.link(floor)
        floor.parent = None
        for block in (floor, floor.data, *floor.data.materials):
            block[contract.NETWORK] = heir_id
    if scene.world is not None and scene.world.get(contract.NETWORK) == root[contract.NETWORK]:
        scene.world[contract.NETWORK] = heir_id
        if previous := root.get("nn_previous_world"):
            heir["nn_previous_world"] = previous
    if scene.camera is not None and scene.camera.get(contract.NETWORK) == root[contract.NETWORK]:
        scene.camera = next(objects(heir, "camera"), None)


def _give_back(scene: bpy.types.Scene, root: bpy.types.Collection) -> None:
    network_id = root[contract.NETWORK]
    if scene.camera is not None and scene.camera.get(contract.NETWORK) == network_id:
        scene.camera = root.get("nn_previous_camera")
    if scene.world is not None and scene.world.get(contract.NETWORK) == network_id:
        scene.world = root.get("nn_previous_world")
