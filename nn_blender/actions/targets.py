"""What jobs work on: the model they run, and the scene and network, found again after every wait."""

from __future__ import annotations

from dataclasses import replace

import bpy
import numpy as np

from ..core.description.description import Description
from ..core.errors import UserError
from ..core.network import Network, model_changed
from ..engine.worker import Worker
from ..scene.base import contract
from ..scene.base.find import all_objects, current_scene, networks
from ..scene.base.meshes import refuse_edited
from ..scene.network.contents import Contents
from ..scene.network.description import require_description
from ..scene.show_intervention import Change
from ..scene.upgrade import upgrade_network


def described(root: bpy.types.Collection) -> Description:
    """What is written about a network in the scene that is to be changed.

    Raises:
        UserError: what `unreadable` says, where somebody removed or broke it; ``scene.format``, where it was made in
            another way than networks are now.
    """
    about = require_description(root)
    upgrade_network(current_scene(), root)
    return about


def check_same(before: Network, now: Network, of_any_size: bool = False) -> None:
    """Whether a model file is still the one that a scene was made from.

    Args:
        of_any_size: whether layers may have other sizes, since inputs that the network leaves open have.

    Raises:
        UserError: code ``model.changed``.
    """
    layers = [network.layers for network in (before, now)]
    if of_any_size:
        layers = [tuple(replace(layer, output_shape=()) for layer in of_one) for of_one in layers]
    if before.sha256 != now.sha256 or layers[0] != layers[1]:
        raise model_changed(now.file)


def find_scene(uid: int) -> bpy.types.Scene:
    """The scene in which a job was started, whatever scene is looked at by now.

    Raises:
        UserError: code ``scene.gone``.
    """
    scene = next((scene for scene in bpy.data.scenes if scene.session_uid == uid), None)
    if scene is None:
        raise UserError("scene.gone", "The scene for the network was removed in the meantime.", "Import it again.")
    return scene


def find_root(scene: bpy.types.Scene, network_id: str) -> bpy.types.Collection:
    """A network of a scene by its id.

    Raises:
        UserError: code ``scene.gone``.
    """
    root = next((root for root in networks(scene) if root[contract.NETWORK] == network_id), None)
    if root is None:
        raise UserError("scene.gone", "The network was removed in the meantime.", "Import it again.")
    return root


def check_writable(root: bpy.types.Collection) -> None:
    """Whether values can be written: a mesh in Edit Mode shows attributes of length 0.

    Raises:
        UserError: code ``scene.edit_mode``.
    """
    if _is_any_mesh_edited():
        refuse_edited(obj for obj in all_objects(root) if obj.type == "MESH")


def _is_any_mesh_edited() -> bool:
    """Asked in bulk, since a switch of a neuron should not look at every object for it."""
    edited = np.zeros(len(bpy.data.meshes), bool)
    bpy.data.meshes.foreach_get("is_editmode", edited)
    return bool(edited.any())


def discard_files(worker: Worker, contents: Contents | Change) -> None:
    """Delete what the worker wrote for a scene that is built by now."""
    differences = contents.differences if isinstance(contents, Change) else None
    for maps in (*contents.atlases, *contents.composites, *(differences or ())):
        for name in filter(None, (maps.atlas.file, maps.atlas.ranges, maps.atlas.values)):
            worker.discard(name)
