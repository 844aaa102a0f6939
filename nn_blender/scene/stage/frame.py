"""What frames a network that opens: title and legend in their bands, and the camera, light and ground around it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import bpy
from mathutils import Euler, Matrix, Vector

from ...core.layout.lettering import text_width
from ...core.layout.picture import ELEVATION, UNIT, Picture, Rect, floor_point
from ...core.network import Network
from ...core.texts import format_count
from ..base import contract
from ..base.find import objects
from ..base.parts import Parts
from ..looks import materials
from ..network import text_objects
from .backdrop import add_ground, fill_backdrop, place_ground
from .frame_legend import SIDE, add_frame_legend, fit_legend, on_floor
from .frames_seen import followed, frames_seen, home_of, parts_of
from .handle import place_handle
from .lights import make_light
from .rendering import picture_aspect
from .stage import film_with, follow, take_world

TITLE_LETTERS = {"name": (0.052, 0.072), "facts": (0.0235, 0.113)}
"""Heights of letters at most, and how far below the upper end of the frame they stand, as shares of its height."""
SUNS = {"sun": (math.radians(38), math.radians(-28)), "side": (math.radians(62), math.radians(48))}
"""How they are turned about X and Y."""
AWAY = 1.6
"""How far the camera is, as a share of the height of what it sees: all of that is before it, since the floor's near end
is 0.98 heights nearer than its middle (half of cot 27°), and what stands there up to the upper end of the picture
0.51 more (tan 27°). No further, since Blender's Home key shows the camera too."""


def add_frame_stage(parts: Parts, picture: Picture) -> None:
    """A camera that sees the frame and two suns; ground and background where no network has them."""
    name = f"{parts.name} Camera"
    make = partial(bpy.data.cameras.new, name)
    camera: Any = parts.obj(("camera", "", ""), name, make, contract.STAGE_COLLECTION, parts.anchor)
    camera.data.type = "ORTHO"
    camera.data.sensor_fit = "HORIZONTAL"
    camera.rotation_euler = (math.pi / 2 - ELEVATION, 0.0, 0.0)
    set_moves_along(parts.anchor, camera, False)
    film_with(parts, camera)
    _add_suns(parts)
    if not any(obj.get(contract.ROLE) == "floor" for obj in parts.scene.objects):
        add_ground(parts)
    if parts.scene.world is None or contract.NETWORK not in parts.scene.world:
        take_world(parts, fill_backdrop)
    follow(parts, camera)
    see_frame(parts, picture.frame)


def show_frame(parts: Parts, network: Network, frame: Rect) -> None:
    """Put title and legend into the bands of a frame, and let the camera, where the network has one, see all of it."""
    holder = parts.empty("Frame", contract.STAGE_COLLECTION, "frame", parts.anchor)
    holder.location = floor_point((frame.x, frame.v))
    holder.rotation_euler = (math.pi / 2 - ELEVATION, 0.0, 0.0)
    holder.scale = (UNIT * frame.height,) * 3
    holder[contract.WIDTH] = frame.width / frame.height
    _show_title(parts, network, holder)
    add_frame_legend(parts, holder)
    fit_legend(parts.root)
    place_handle(parts.anchor, frame)
    see_frame(parts, frame)


def _show_title(parts: Parts, network: Network, holder: bpy.types.Object) -> None:
    """The network's name and size."""
    facts = f"{len(network.layers):,} layers   {format_count(network.parameters)} parameters"
    for part, body, ink in (("name", network.name, materials.ink), ("facts", facts, materials.dim_ink)):
        make = partial(text_objects.text_curve, "Title", body, 1.0, parts.material(ink), "LEFT")
        fit_title(parts.obj(("title", "", part), "Title", make, contract.LABELS_COLLECTION, holder))


def fit_title(title: bpy.types.Object) -> None:
    """Give a title in a frame its place; in smaller letters where it is too long for the frame."""
    holder: Any = title.parent
    ratio, curve = holder[contract.WIDTH], title.data
    size, baseline = TITLE_LETTERS[title[contract.PART]]
    curve.size = min(size, ratio * (1 - 2 * SIDE) / max(text_width(curve.body, 1.0), 1e-6))
    title.location = on_floor(ratio * SIDE, baseline, size)


def _add_suns(parts: Parts) -> None:
    """Suns, for they light a small network and a large one alike."""
    for part, (x, y) in SUNS.items():
        name = f"{parts.name} {part.title()}"
        light = parts.obj(
            ("light", "", part),
            name,
            partial(make_light, name, part, parts.theme, (1.0, 1.0), 1.0),
            contract.STAGE_COLLECTION,
            parts.anchor,
        )
        light.rotation_euler = (x, y, 0.0)


def share_frame(scene: bpy.types.Scene, root: bpy.types.Collection, other: bpy.types.Collection) -> None:
    """Let a network on stands that has no stage of its own use another one's, whose camera then sees both.

    Args:
        root: the network with the stage; where it has none, nothing happens.
        other: the one without.
    """
    camera = next(objects(root, "camera"), None)
    if camera is None:
        return
    follow(parts_of(scene, other), camera)
    parts = parts_of(scene, root)
    see_frame(parts, _around(frames_seen(parts, camera)))


def take_stage(parts: Parts, root: bpy.types.Collection) -> None:
    """Make the camera and the lights of another network, in whose picture a network stands, those of that one.

    A camera that somebody moved stays where it is.
    """
    for obj in [*objects(root, "camera"), *objects(root, "light")]:
        for collection in obj.users_collection:
            if collection.get(contract.NETWORK) == root[contract.NETWORK]:
                collection.objects.unlink(obj)
        is_along = obj.parent is not None
        if obj.type == "CAMERA":
            set_moves_along(obj.parent, obj, False)
        parts.add(obj, contract.STAGE_COLLECTION, obj[contract.ROLE], None if obj.type == "CAMERA" else parts.anchor)
        if obj.type == "CAMERA":
            set_moves_along(parts.anchor, obj, is_along)


def set_moves_along(anchor: bpy.types.Object | None, camera: bpy.types.Object, is_along: bool) -> None:
    """Let a camera move with its network, or stay in the world while that moves; it stays where it is for now.

    Args:
        anchor: of the network; None where it was deleted, so that no camera moves along.
    """
    if anchor is None or is_along == (camera.parent is not None):
        return
    was_moved = _was_moved(camera)
    towards = anchor.matrix_basis.inverted() if is_along else anchor.matrix_basis
    camera.parent = anchor if is_along else None
    camera.matrix_basis = towards @ camera.matrix_basis
    if contract.FRAMED in camera and not was_moved:
        camera[contract.FRAMED] = _view(camera)


def see_frame(parts: Parts, frame: Rect) -> None:
    """Let the camera that a network is turned to see its frame, and more where the scene has another ratio than that.

    It sees the frames of all networks that are turned to it. A camera that somebody moved since stays where it is.
    """
    camera: Any = parts.find("camera") or followed(parts.root)
    home = parts if camera is None else home_of(parts, camera)
    seen = frame if camera is None else _around(frames_seen(home, camera) or [frame])
    ratio = picture_aspect(parts.scene)
    width = max(seen.width, seen.height * ratio)
    height = width / ratio
    middle = seen.x + seen.width / 2, seen.v + seen.height / 2
    place_ground(home, Rect(middle[0] - width / 2, middle[1] - height / 2, width, height))
    if camera is None or _was_moved(camera):
        return
    away = AWAY * UNIT * height
    x, y, z = floor_point(middle)
    place = Vector((x, y - away * math.cos(ELEVATION), z + away * math.sin(ELEVATION)))
    turn = Euler((math.pi / 2 - ELEVATION, 0.0, 0.0)).to_matrix().to_4x4()
    here = Matrix.Translation(place) @ turn
    if camera.parent is None:
        here = home.anchor.matrix_basis @ here
    # Blender leaves the scale of cameras out, also of those that move along.
    scale = home.anchor.matrix_basis.to_scale().z
    camera.location, camera.rotation_euler = here.translation, here.to_euler()
    camera.data.ortho_scale = scale * UNIT * width
    camera.data.clip_start, camera.data.clip_end = 0.01 * scale * away, 2.0 * scale * away
    camera[contract.FRAMED] = _view(camera)


def _around(frames: Sequence[Rect]) -> Rect:
    x, v = min(one.x for one in frames), min(one.v for one in frames)
    return Rect(x, v, max(one.right for one in frames) - x, max(one.bottom for one in frames) - v)


def _was_moved(camera: Any) -> bool:
    """Whether a camera sees something else than the frame that it was given last."""
    given = camera.get(contract.FRAMED)
    return given is not None and any(
        abs(now - before) > 1e-4 * max(1.0, abs(before)) for now, before in zip(_view(camera), given, strict=True)
    )


def return_to_frame(camera: Any) -> None:
    """Let a camera that a film moved see the frame that it was given last: nobody moved it since."""
    given = camera.get(contract.FRAMED)
    if given is not None and camera.data.type == "ORTHO":
        camera.location, camera.data.ortho_scale = given[:3], given[-1]


def _view(camera: Any) -> list[float]:
    """Where a camera is, how it is turned, and how wide it sees."""
    width = camera.data.ortho_scale if camera.data.type == "ORTHO" else camera.data.angle
    return [*camera.location, *camera.rotation_euler, width]
