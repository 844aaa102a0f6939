"""Removes a network with everything that was made for it."""

from __future__ import annotations

from typing import Any

import bpy

from .base import contract
from .base.find import all_objects, data_blocks, is_closed, networks, objects
from .base.moving import CARRIED
from .network.description import read_description
from .opening.film import remove_film
from .opening.opening import require_opening
from .opening.together import fit_together
from .samples.timeline import remove_markers
from .stage.frame import add_frame_stage, see_frame, share_frame, take_stage
from .stage.frames_seen import has_lost_camera, networks_seen, networks_without_stage, parts_of
from .stage.rendering import restore_settings
from .stage.startup import give_back_cube


def remove_network(scene: bpy.types.Scene, root: bpy.types.Collection) -> None:
    """Remove all data-blocks of a network and leave everything else as if it had never been there.

    What the user put into its collections moves to the scene's own collection. Camera and lights go on to a network
    that shared its picture, floor and background to another one with a stage, where there is one; else the camera and
    background that the scene had before come back. The scene's own frame range and render settings do with the last
    network.
    """
    _keep_what_is_not_ours(scene, root)
    _pass_on_stage(scene, root)
    others = [other for other in networks(scene) if other != root]
    heir = next(iter(others), None)
    staged = next((other for other in others if any(objects(other, "camera"))), None)
    _pass_on_floor(root, staged)
    _pass_on_camera(scene, root, others, staged)
    _pass_on_world(scene, root, staged)
    _pass_on_frames(scene, root, heir)
    give_back_cube(scene, root, heir)
    _pass_on_render_settings(scene, root, heir)
    remove_markers(scene, root)
    network_id = root[contract.NETWORK]
    ours = [child for child in (root, *root.children_recursive) if child.get(contract.NETWORK) == network_id]
    objs = {obj for child in ours for obj in child.objects if obj.get(contract.NETWORK) == network_id}
    bpy.data.batch_remove([*objs, *ours])
    _remove_unused(network_id)
    if staged is not None:
        _see_again(scene, staged)


def is_gone(root: bpy.types.Collection) -> bool:
    """Whether somebody deleted all of a network that can be selected, which leaves its helpers in the scene.

    What users hid or made unselectable counts as there; what is inside closed blocks does not.
    """
    ours = [obj for obj in all_objects(root) if obj.get(contract.NETWORK) == root[contract.NETWORK]]
    left = {obj.get(contract.ROLE) for obj in ours if not is_closed(obj)}
    return not left & {"anchor", "slab", "book", "input frame"}


def rootless() -> set[str]:
    """Ids of networks that are left in the file although their root collections were deleted.

    Each has a text that describes it, which copies of objects in other files or collections do not bring along.
    """
    roots = {one[contract.NETWORK] for one in bpy.data.collections if one.get(contract.ROLE) == "network"}
    left = {text[contract.NETWORK] for text in bpy.data.texts if contract.NETWORK in text and text.library is None}
    return left - roots


def remove_rootless(network_id: str) -> None:
    """Remove what is left of a network; the scene's background comes back as far as it is known.

    Networks that its camera saw get a stage of their own.
    """
    for scene in bpy.data.scenes:
        world = scene.world
        if world is not None and world.get(contract.NETWORK) == network_id:
            scene.world = world.get(contract.PREVIOUS_WORLD)
    bpy.data.batch_remove(
        [block for block in (*bpy.data.objects, *bpy.data.collections) if block.get(contract.NETWORK) == network_id]
    )
    _remove_unused(network_id)
    for scene in bpy.data.scenes:
        if scene.camera is None:
            _renew_stage(scene, networks_without_stage(scene))


def uncarried() -> list[bpy.types.Object]:
    """What slabs carried that somebody deleted: nobody can select it."""
    return [
        obj
        for obj in bpy.data.objects
        if obj.hide_select and obj.parent is None and obj.get(contract.ROLE) in CARRIED and contract.NETWORK in obj
    ]


def remove_uncarried() -> None:
    """Remove it with all that it carries itself."""
    gone = [one for obj in uncarried() for one in (obj, *obj.children_recursive)]
    if gone:
        bpy.data.batch_remove([*gone, *{obj.data for obj in gone if obj.data is not None and obj.data.users == 1}])


def _see_again(scene: bpy.types.Scene, heir: bpy.types.Collection) -> None:
    """Let camera and floor that went on to a network be where its own would be."""
    about = read_description(heir)
    if about is not None and about.opening is not None:
        see_frame(parts_of(scene, heir), about.opening.seen.frame)


def _remove_unused(network_id: str) -> None:
    """What no longer has a user goes too; a copy of the scene may still use some of it."""
    if not any(other.get(contract.NETWORK) == network_id for other in bpy.data.collections):
        for block in data_blocks(network_id):
            block.use_fake_user = False
    while unused := _unused(network_id):
        bpy.data.batch_remove(unused)


def _unused(network_id: str) -> list[bpy.types.ID]:
    ours = list(data_blocks(network_id))
    # Blender 5.2 goes on counting materials that a modifier used which somebody removed.
    users = bpy.data.user_map(subset=[block for block in ours if isinstance(block, bpy.types.Material)])
    return [block for block in ours if not _is_used(block) or not (users.get(block, True) or block.use_fake_user)]


def _is_used(block: bpy.types.ID) -> bool:
    """Texts count themselves as users, and objects that are in no scene may still point at each other."""
    if isinstance(block, bpy.types.Text):
        return any(root.get(contract.TEXT) == block for root in bpy.data.collections)
    if isinstance(block, bpy.types.Object):
        return bool(block.users_scene)
    return block.users > 0


def _keep_what_is_not_ours(scene: bpy.types.Scene, root: bpy.types.Collection) -> None:
    network_id = root[contract.NETWORK]
    top = scene.collection
    for ours in (root, *root.children_recursive):
        if ours.get(contract.NETWORK) != network_id:
            continue
        for obj in tuple(ours.objects):
            if obj.get(contract.NETWORK) != network_id and obj.name not in top.objects:
                top.objects.link(obj)
        for child in tuple(ours.children):
            if child.get(contract.NETWORK) != network_id and child.name not in top.children:
                top.children.link(child)


def _pass_on_stage(scene: bpy.types.Scene, root: bpy.types.Collection) -> None:
    """Give the camera and the lights to a network that was in the same picture and has none of its own."""
    camera = next(objects(root, "camera"), None)
    if camera is None:
        if scene.camera is None and has_lost_camera(root):
            before = root.get(contract.PREVIOUS_CAMERA)
            _renew_stage(scene, [other for other in networks_without_stage(scene) if other != root], before)
        return
    heir = next((other for other in networks_seen(scene, camera) if other != root), None)
    if heir is None or any(objects(heir, "camera")):
        return
    remove_film(root)
    take_stage(parts_of(scene, heir), root)
    _remember(heir, contract.PREVIOUS_CAMERA, root.get(contract.PREVIOUS_CAMERA))


def _renew_stage(
    scene: bpy.types.Scene, roots: list[bpy.types.Collection], before: bpy.types.Object | None = None
) -> None:
    """Give the first of some networks, whose camera was deleted, a stage in whose picture the others are too.

    Args:
        before: the camera that the scene had before it had networks.
    """
    if not roots:
        return
    first, *others = roots
    add_frame_stage(parts_of(scene, first), require_opening(first)[1].seen)
    _remember(first, contract.PREVIOUS_CAMERA, before)
    for other in others:
        share_frame(scene, first, other)
    fit_together(scene, first)


def _pass_on_floor(root: bpy.types.Collection, heir: bpy.types.Collection | None) -> None:
    if heir is None:
        return
    network_id = root[contract.NETWORK]
    stage = next((child for child in heir.children if child.get(contract.ROLE) == "stage"), heir)
    for floor in list(objects(root, "floor")):
        for owner in floor.users_collection:
            owner.objects.unlink(floor)
        stage.objects.link(floor)
        floor.parent = next(objects(heir, "anchor"), None) if any(objects(heir, "frame")) else None
        groups = (modifier.node_group for modifier in floor.modifiers if modifier.type == "NODES")
        for block in (floor, floor.data, *filter(None, (*floor.data.materials, *groups))):
            if block.get(contract.NETWORK) == network_id:
                block[contract.NETWORK] = heir[contract.NETWORK]


def _pass_on_camera(
    scene: bpy.types.Scene,
    root: bpy.types.Collection,
    others: list[bpy.types.Collection],
    heir: bpy.types.Collection | None,
) -> None:
    """Close the chain of cameras, each of which remembers the one before it."""
    camera = next(iter(objects(root, "camera")), None)
    before = root.get(contract.PREVIOUS_CAMERA)
    for other in others:
        if camera is not None and other.get(contract.PREVIOUS_CAMERA) == camera:
            _remember(other, contract.PREVIOUS_CAMERA, before)
    if camera is not None and scene.camera == camera:
        scene.camera = before or (next(iter(objects(heir, "camera"))) if heir else None)


def _pass_on_world(scene: bpy.types.Scene, root: bpy.types.Collection, heir: bpy.types.Collection | None) -> None:
    if scene.world is None or scene.world.get(contract.NETWORK) != root[contract.NETWORK]:
        return
    before = root.get(contract.PREVIOUS_WORLD)
    if heir is None:
        scene.world = before
    else:
        scene.world[contract.NETWORK] = heir[contract.NETWORK]
        _remember(heir, contract.PREVIOUS_WORLD, before)


def _pass_on_frames(scene: bpy.types.Scene, root: bpy.types.Collection, heir: bpy.types.Collection | None) -> None:
    """The scene's own frame range comes back with the last network."""
    if contract.PREVIOUS_FRAMES not in root:
        return
    if heir is not None:
        heir[contract.PREVIOUS_FRAMES] = list(root[contract.PREVIOUS_FRAMES])
    else:
        scene.frame_start, scene.frame_end = root[contract.PREVIOUS_FRAMES]


def _pass_on_render_settings(
    scene: bpy.types.Scene, root: bpy.types.Collection, heir: bpy.types.Collection | None
) -> None:
    """The scene's own render settings come back with the last network."""
    before: Any = root.get(contract.PREVIOUS_RENDER)
    if before is None:
        return
    if heir is not None:
        heir[contract.PREVIOUS_RENDER] = before.to_dict()
    else:
        restore_settings(scene, before)


def _remember(root: bpy.types.Collection, name: str, block: bpy.types.ID | None) -> None:
    if block is not None:
        root[name] = block
    elif name in root:
        del root[name]
