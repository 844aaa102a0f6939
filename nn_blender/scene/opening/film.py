"""Films in which blocks open and close: keys of how far they are open, and what follows from them, baked.

Everything that moves gets F-curves, and meshes of trays and ribbons their shapes at every moment; so a film plays where
this extension is not installed.
"""

from __future__ import annotations

import json
import math
from typing import Any

import bpy

from ...core.errors import UserError
from ...core.layout.picture import Picture
from ..base import contract
from ..base.curves import LINEAR, find_curve, remove_curve, write_curve
from ..base.find import all_objects, is_closed, objects
from ..base.moving import return_home
from ..base.parts import Parts
from ..flow.ribbon_shapes import thinnest
from ..looks.hiding import film_closed, unfilm_closed
from ..stage.frame import return_to_frame, set_moves_along
from .following import moved_along
from .keys import OPEN_PATH, is_keyed, key_curves, written_keys
from .moments import bake_labels, bake_routes, bake_trays, clear_moments
from .opening import OpeningChange, open_blocks, opened, require_opening
from .stand_detail import bake_stand_detail, read_stand_detail

_MOMENT = f'["{contract.MOMENT}"]'
_BAKED = ("tray", "ribbon", "label", "detail")
"""Roles of meshes that have a shape for every moment."""
_SAME = 1e-6

_Place = tuple[str, int, float]
"""Path and index of a property, and its value."""


def key_opening(
    scene: bpy.types.Scene, root: bpy.types.Collection, block: str, value: float | None = None, frame: int | None = None
) -> None:
    """Key how far a block is open, and bake the film.

    Args:
        value: 0 to 1; as it is at that frame where it is not given.
        frame: the current one where it is not given.

    Raises:
        UserError: ``opening.none``, see `require_opening`, ``opening.by_distance`` where the distance decides which
            blocks are open, or ``opening.unknown_block`` where there is no such block.
    """
    about, opening = require_opening(root)
    if opening.by_distance is not None:
        message = f"The distance decides which blocks of {about.network.name} are open."
        raise UserError("opening.by_distance", message, "Switch off By Distance first.")
    book = next((one for one in objects(root, "book") if one.get(contract.BLOCK) == block), None)
    if book is None or block not in {one.id for one in opening.root.blocks}:
        message = f"{about.network.name} has no block {block!r} in the scene."
        raise UserError("opening.unknown_block", message, "Choose one of its blocks.")
    frame = scene.frame_current if frame is None else frame
    if value is None:
        curve = find_curve(book, OPEN_PATH)
        value = curve.evaluate(frame) if curve is not None else opening.opened.get(block, 0.0)
    book[contract.OPEN] = min(max(float(value), 0.0), 1.0)
    limits = {"min": 0.0, "max": 1.0, "description": "How far the block is open"}
    book.id_properties_ui(contract.OPEN).update(**limits)  # type: ignore[func-returns-value]
    book.keyframe_insert(OPEN_PATH, frame=frame)
    action: Any = book.animation_data.action
    if contract.ROLE not in action:
        contract.tag(action, root[contract.NETWORK], "film")
    bake_opening(scene, root)


def bake_opening(scene: bpy.types.Scene, root: bpy.types.Collection) -> None:
    """Let everything follow the keys of how far blocks are open, between the first of them and the last.

    Rows fold and letters have the size as when all blocks that are keyed are open.

    Raises:
        UserError: see `require_opening`.
    """
    remove_film(root)
    curves = key_curves(root)
    if not curves:
        return
    frames = _frames(list(curves.values()))
    base = opened(root)
    states = [
        base | {id_: min(max(curve.evaluate(frame), 0.0), 1.0) for id_, curve in curves.items()} for frame in frames
    ]
    change = OpeningChange(scene, root, base | dict.fromkeys(curves, 1.0))
    parts, moments, pictures = change.parts, [], []
    places, closed, details = [], [], []
    for number, state in enumerate(states):
        if number == 0 or state != states[number - 1]:
            picture = change.picture_of(state)
            change.show_picture(picture)
            pictures.append(picture)
            places.append(_places(parts))
            closed.append({obj: is_closed(obj) for obj in places[-1] if isinstance(obj, bpy.types.Object)})
            details.append(read_stand_detail(parts))
        moments.append(len(pictures) - 1)
    _bake_places(frames, moments, places)
    for obj in closed[0]:
        of_moments = [states[obj] for states in closed]
        if len(set(of_moments)) > 1:
            film_closed(obj, frames, [of_moments[moment] for moment in moments])
    _bake_meshes(root, parts, pictures)
    bake_stand_detail(parts, details)
    write_curve(parts.anchor, _MOMENT, -1, frames, moments, LINEAR)
    _note(parts.anchor, _MOMENT, 0)
    root[contract.FILMED] = written_keys(root)
    scene.frame_set(scene.frame_current)


def clear_opening_keys(scene: bpy.types.Scene, root: bpy.types.Collection) -> None:
    """Remove all keys of how far blocks are open with the film, and show which blocks are open by hand.

    Raises:
        UserError: see `require_opening`.
    """
    remove_film(root)
    for book in objects(root, "book"):
        remove_curve(book, OPEN_PATH)
        book.pop(contract.OPEN, None)
    open_blocks(scene, root, opened(root))


def let_camera_move_along(scene: bpy.types.Scene, root: bpy.types.Collection, is_along: bool) -> None:
    """Let a network's camera move with it, or stay in the world while that moves; in its film too.

    Does nothing where the network has no camera or handle.
    """
    camera, anchor = (next(objects(root, role), None) for role in ("camera", "anchor"))
    if camera is None:
        return
    is_film = is_keyed(root)
    if is_film:
        remove_film(root)
    set_moves_along(anchor, camera, is_along)
    if is_film:
        bake_opening(scene, root)


def _bake_places(frames: range, moments: list[int], places: list[dict[bpy.types.ID, list[_Place]]]) -> None:
    """F-curves on what is not the same at all moments, with keys where it changes."""
    for block, first in places[0].items():
        for number, (path, index, _) in enumerate(first):
            values = [places[moment][block][number][2] for moment in moments]
            if max(values) - min(values) <= _SAME:
                continue
            kept = [
                k
                for k in range(len(values))
                if k in (0, len(values) - 1) or values[k] != values[k - 1] or values[k] != values[k + 1]
            ]
            write_curve(block, path, index, [frames[k] for k in kept], [values[k] for k in kept], LINEAR)
            _note(block, path, max(index, 0))


def _bake_meshes(root: bpy.types.Collection, parts: Parts, pictures: list[Picture]) -> None:
    about, opening = require_opening(root)
    bake_trays(parts, [picture.trays for picture in pictures])
    pictures = [moved_along(parts, about.network, opening.root, picture) for picture in pictures]
    bake_labels(parts, pictures)
    least = [thinnest(picture.frame) for picture in pictures]
    bake_routes(parts, about.network, opening.root, [picture.routes for picture in pictures], least)


def _places(parts: Parts) -> dict[bpy.types.ID, list[_Place]]:
    """Where everything of a network is, and how large."""
    places: dict[bpy.types.ID, list[_Place]] = {}
    for obj in all_objects(parts.root):
        if obj.get(contract.NETWORK) != parts.network_id or obj == parts.anchor:
            continue
        places[obj] = [
            *(("location", axis, obj.location[axis]) for axis in range(3)),
            *(("scale", axis, obj.scale[axis]) for axis in range(3)),
        ]
        if obj.type == "CAMERA":
            camera: Any = obj.data
            places[camera] = [("ortho_scale", -1, camera.ortho_scale)]
    return places


def _note(block: bpy.types.ID, path: str, index: int) -> None:
    """Remember which F-curves are the film's: users may have others."""
    block[contract.FILMED] = json.dumps([*json.loads(block.get(contract.FILMED, "[]")), [path, index]])


def remove_film(root: bpy.types.Collection) -> None:
    """Remove what `bake_opening` made."""
    for obj in all_objects(root):
        blocks = [block for block in (obj, obj.data) if block is not None and contract.FILMED in block]
        for block in blocks:
            for path, index in json.loads(block[contract.FILMED]):
                remove_curve(block, path, index)
            del block[contract.FILMED]
        if obj in blocks:
            return_home(obj)
        if obj.type == "CAMERA" and blocks:
            return_to_frame(obj)
        unfilm_closed(obj)
        is_ours = obj.get(contract.NETWORK) == root[contract.NETWORK] and obj.type == "MESH"
        if is_ours and obj.get(contract.ROLE) in _BAKED:
            clear_moments(obj)
    root.pop(contract.FILMED, None)


def _frames(curves: list[Any]) -> range:
    first, last = zip(*(curve.range() for curve in curves), strict=True)
    return range(math.floor(min(first)), math.ceil(max(last)) + 1)
