"""What lies under a pixel of a viewport: a neuron, by its sphere or map, a layer, by its slab, a block, or an end.

Neurons are instances and points, of which Blender's own ray does not say which one it has met, so they are looked for
among the positions that their objects hold. Anything else that can be seen hides them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import bpy
import numpy as np
from mathutils import Vector

from ...core.description.description import Description
from ...core.layout.projection import Hit, Ray, View, nearest_card, nearest_sphere
from ..base import contract
from ..base.find import current_scene, first_of, is_geometry, network_modifier, networks, object_of, objects
from ..base.versions import get_modifier_input
from ..blocks.distances import is_seen_at_distance, open_at_distance
from ..blocks.trays import block_of_tray, tray_corners
from .placing import shown_positions

SLACK = 5.0
"""Pixels: a sphere that looks smaller is as easy to hit as one of this radius."""

OF_NEURONS = ("neurons", "card", "closeup")
THIN = ("connections", "label")
"""What nobody aims at and what hides nothing: lines end in the very neurons that are meant, letters have gaps."""
OF_LAYERS = ("slab", "composite", "cover")
OF_BLOCKS, OF_OPEN_BLOCKS = ("book",), ("tray",)
OF_INPUTS = ("input", "input frame")
OF_OUTPUTS = ("output", "output stand", "bars", "bar tracks", "threshold", "picture", "output frame")
THROUGH = 1e-4
"""World units by which a ray goes on behind what it has met."""
FARTHEST = 1e30
"""As far as Blender's ray goes."""
TOLERANCE = 1e-3
"""World units by which two ways to find a distance may differ."""


_HIGH = np.array(list(product((False, True), repeat=3)))
"""Corners of a box: on which axes they are at its high end."""


@dataclass(frozen=True)
class Picked:
    """What lies under a pixel.

    Attributes:
        network: the network's id.
        layer: empty where it is a block, closed or open, an input or an output.
        role: of the object that shows it.
        neuron: None where it is no neuron.
        block: its id; empty where it is none.
        part: of an input or output, what else is written on the object that shows it.
    """

    network: str
    layer: str
    neuron: int | None
    role: str
    block: str = ""
    part: str = ""


def view_of(region: bpy.types.Region, region_data: bpy.types.RegionView3D) -> View:
    """How a region of a 3D viewport sees the world."""
    return View(np.array(region_data.perspective_matrix, np.float64), region.width, region.height)


def pick(context: bpy.types.Context, view: View, x: float, y: float) -> Picked | None:
    """What a viewport shows at a pixel, of any network in the scene; None where that is something else, or nothing."""
    found = [
        (hit.distance, hit.exact, picked)
        for root in networks(current_scene(context))
        for obj in _visible(context, root)
        for hit, picked in _hits(root, obj, view, x, y)
    ]
    found.sort(key=lambda one: one[0])
    on = next(((distance, picked) for distance, exact, picked in found if exact), None)
    surface, face, depth = _surface(context, view.ray(x, y), on[0] - TOLERANCE if on else np.inf)
    if on is not None and surface is None:
        return on[1]
    beside = next((picked for distance, exact, picked in found if not exact and distance <= depth + TOLERANCE), None)
    if beside is not None:
        return beside
    found_there = _picked_by(context, surface, face) if surface is not None else None
    if found_there is not None or (surface is not None and contract.NETWORK not in surface):
        return found_there
    return _board_at(context, view, x, y)


def _board_at(context: bpy.types.Context, view: View, x: float, y: float) -> Picked | None:
    """The board of an output that a pixel is on, also between its letters and bars."""
    for root in networks(current_scene(context)):
        for origin in objects(root, "output"):
            corners = _board_corners(origin)
            if len(corners) and view.may_show(corners, x, y, 0.0):
                return Picked(root[contract.NETWORK], "", None, "output", part=origin.get(contract.PART, ""))
    return None


def _board_corners(origin: bpy.types.Object) -> np.ndarray:
    """Corners (count, 3), in the world, of all that is seen of a board."""
    parts = [part for part in origin.children if is_geometry(part) and part.visible_get()]
    boxes = [_in_world(part, np.array(part.bound_box)) for part in parts]
    return np.concatenate(boxes) if boxes else np.zeros((0, 3))


def _picked_by(context: bpy.types.Context, surface: bpy.types.Object, face: int) -> Picked | None:
    """What an object stands for of which a face was met; None where it is none of a network's, or nothing to choose."""
    network, role = surface.get(contract.NETWORK, ""), surface.get(contract.ROLE, "")
    if not network:
        return None
    if role in OF_LAYERS and contract.LAYER in surface:
        return Picked(network, surface[contract.LAYER], None, role)
    if role in OF_BLOCKS and contract.BLOCK in surface:
        return Picked(network, "", None, role, surface[contract.BLOCK])
    if role in OF_OPEN_BLOCKS:
        block = block_of_tray(surface, context.evaluated_depsgraph_get(), face)
        return Picked(network, "", None, role, block) if block else None
    is_end = role in (*OF_INPUTS, *OF_OUTPUTS)
    return Picked(network, "", None, role, part=surface.get(contract.PART, "")) if is_end else None


def output_of(part: str, about: Description) -> str:
    """Name of the output on whose board an object with that part stands; empty where the network gives none."""
    names = [output.name for output in about.outputs]
    name = part.removeprefix("of ")
    return name if name in names else next(iter(names), "")


def is_on_board(obj: bpy.types.Object) -> bool:
    """Whether an object is a text on the board of an output."""
    return obj.get(contract.ROLE) == "label" and obj.parent is not None and obj.parent.get(contract.ROLE) == "output"


def shown_object(root: bpy.types.Collection, picked: Picked) -> bpy.types.Object | None:
    """The object that shows what was picked, where that is no neuron; None where it is gone."""
    if picked.block:
        return book_of(root, picked.block)
    found = objects(root, picked.role, picked.layer or None)
    return next((obj for obj in found if picked.layer or obj.get(contract.PART, "") == picked.part), None)


def sphere_of(root: bpy.types.Collection, picked: Picked) -> tuple[np.ndarray, float] | None:
    """Centre and radius, in the world, of the sphere that was picked; None where it is not there any more."""
    obj = _shown(root, picked)
    if obj is None or picked.neuron is None:
        return None
    centre = shown_positions(obj)[_indices(obj).index(picked.neuron)]
    return centre, get_modifier_input(network_modifier(obj), "Radius") * _size(obj)


def corners_of(root: bpy.types.Collection, picked: Picked, depsgraph: bpy.types.Depsgraph) -> np.ndarray | None:
    """Corners (count, 3), in the world, of the card, slab, book or tray that was picked; None where it is gone."""
    obj = _shown(root, picked)
    if obj is None:
        return None
    if picked.role in OF_OPEN_BLOCKS:
        corners = tray_corners(obj, depsgraph, picked.block)
        return None if corners is None else _in_world(obj, corners)
    if picked.role == "output":
        corners = _board_corners(obj)
        return corners if len(corners) else None
    if picked.neuron is None:
        return _in_world(obj, np.array(obj.bound_box))
    world = np.array(obj.matrix_world)
    width, height = _card_size(network_modifier(obj))
    across, up = world[:3, 1] * width / 2, world[:3, 2] * height / 2
    centre = shown_positions(obj)[_indices(obj).index(picked.neuron)]
    return centre + np.array([across + up, up - across, -across - up, across - up])


def book_of(root: bpy.types.Collection, block: str) -> bpy.types.Object | None:
    """What a block is shown as while it is closed; None where somebody removed it."""
    return object_of(root, "book", block)


def _shown(root: bpy.types.Collection, picked: Picked) -> bpy.types.Object | None:
    if picked.role in OF_OPEN_BLOCKS:
        return first_of(root, picked.role)
    if picked.block:
        book = book_of(root, picked.block)
        return None if book is None or book.hide_viewport else book
    if picked.neuron is None:
        return shown_object(root, picked)
    for obj in objects(root, picked.role, picked.layer):
        if not obj.data.is_editmode and network_modifier(obj) is not None and picked.neuron in _indices(obj):
            return obj
    return None


def _visible(context: bpy.types.Context, root: bpy.types.Collection) -> Iterator[bpy.types.Object]:
    """Objects that show neurons, where they can be seen; a mesh in Edit Mode does not tell where its vertices are."""
    viewport: Any = context.space_data if context.space_data and context.space_data.type == "VIEW_3D" else None
    opened = list(open_at_distance(root, context.evaluated_depsgraph_get()).values())
    for role in OF_NEURONS:
        for obj in objects(root, role):
            is_visible = not obj.data.is_editmode and obj.visible_get(view_layer=context.view_layer, viewport=viewport)
            if is_visible and is_seen_at_distance(obj, opened):
                yield obj


def _hits(
    root: bpy.types.Collection, obj: bpy.types.Object, view: View, x: float, y: float
) -> Iterator[tuple[Hit, Picked]]:
    """The neuron of an object that lies under a pixel, where there is one."""
    modifier, indices = network_modifier(obj), _indices(obj)
    if modifier is None or not modifier.show_viewport or not indices:
        return
    is_sphere = obj[contract.ROLE] == "neurons"
    radius = get_modifier_input(modifier, "Radius") if is_sphere else max(_card_size(modifier)) / 2
    box = np.array(obj.bound_box)
    corners = np.where(_HIGH, box.max(0) + radius, box.min(0) - radius)
    if not view.may_show(_in_world(obj, corners), x, y, SLACK):
        return
    if is_sphere:
        hit = nearest_sphere(view, shown_positions(obj), radius * _size(obj), x, y, SLACK)
    else:
        hit = _hit_card(obj, _card_size(modifier), view.ray(x, y))
    if hit is not None and hit.index < len(indices):
        yield hit, Picked(root[contract.NETWORK], obj[contract.LAYER], indices[hit.index], obj[contract.ROLE])


def _hit_card(obj: bpy.types.Object, size: tuple[float, float], ray: Ray) -> Hit | None:
    inverse = np.array(obj.matrix_world.inverted_safe())
    centres = shown_positions(obj).astype(np.float64) @ inverse[:3, :3].T + inverse[:3, 3]
    return nearest_card(ray.moved(inverse), centres, *size)


def _in_world(obj: bpy.types.Object, points: np.ndarray) -> np.ndarray:
    world = np.array(obj.matrix_world)
    return points @ world[:3, :3].T + world[:3, 3]


def _indices(obj: bpy.types.Object) -> range:
    """The neurons that an object's vertices stand for, as far as the layer has them."""
    if obj[contract.ROLE] == "closeup":
        first = int(obj[contract.PART])
        return range(first, first + 1)
    return range(min(len(obj.data.vertices), obj.get(contract.NEURONS, 0)))


def _card_size(modifier: Any) -> tuple[float, float]:
    return get_modifier_input(modifier, "Width"), get_modifier_input(modifier, "Height")


def _size(obj: bpy.types.Object) -> float:
    """How much an object is enlarged in the world."""
    return float(np.mean(np.array(obj.matrix_world.to_scale())))


def _surface(context: bpy.types.Context, ray: Ray, limit: float) -> tuple[bpy.types.Object | None, int, float]:
    """The first object within a distance that neither shows neurons nor is a wire, which face, and how far it is."""
    depsgraph = context.evaluated_depsgraph_get()
    direction = Vector(ray.direction.tolist())
    reached = 0.0
    while reached < limit:
        origin = Vector(ray.at(reached).tolist())
        room = min(limit - reached, FARTHEST)
        is_hit, location, _, face, obj, _ = context.scene.ray_cast(depsgraph, origin, direction, distance=room)
        if not is_hit:
            break
        distance = float((np.array(location) - ray.origin) @ ray.direction)
        if obj.get(contract.ROLE) not in (*OF_NEURONS, *THIN) and obj.display_type not in {"WIRE", "BOUNDS"}:
            return obj, face, distance
        reached = max(distance, reached) + THROUGH
    return None, -1, np.inf
