"""Trays, on which the children of open blocks stand: slabs that lie on the floor, all in one object."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

import bpy
import numpy as np

from ...core.blocks.hierarchy import Part
from ...core.layout.picture import UNIT, Tray
from ..base import contract, meshes
from ..base.parts import Parts, set_nodes
from ..base.picture_space import in_space
from ..looks import materials
from ..nodes.trays import make_trays

ROLE = "tray"
THICKNESS = 0.022
"""Of a tray, in picture units; it stands as much higher for every tray below it."""
_RADIUS, _RIM = 0.1, 0.011
"""Of its corners, and width of its rim, in picture units at the lowest level."""
_PER_LEVEL = 0.84
"""How much smaller they are with every level."""
_CORNER = 9
"""Vertices in each corner."""
OUTLINE = 4 * _CORNER
VERTICES = 3 * OUTLINE
"""Of each tray: its outline on the floor, the same at its top, and where the rim ends."""


def heights_on_trays(root_part: Part, trays: Sequence[Tray]) -> dict[str, float]:
    """How high above the floor the parts stand that stand on trays, by their ids, in picture units."""
    tops = {tray.part: THICKNESS * (tray.level + tray.opened) for tray in trays}
    return {child.id: tops[part.id] for part in root_part.walk() if part.id in tops for child in part.children}


def show_trays(parts: Parts, trays: Sequence[Tray]) -> tuple[bpy.types.Object, list[Tray]]:
    """Put the trays of blocks that are not closed into the scene, instead of those that are there.

    Gives their object, and the trays in the order in which it has them, with `VERTICES` each.
    """
    obj = trays_object(parts)
    shown = sorted((tray for tray in trays if tray.opened > 0), key=lambda tray: tray.level)
    fill_trays(obj.data, [tray.level for tray in shown])
    name_trays(obj, [tray.part for tray in shown])
    write_trays(obj.data, np.concatenate([tray_points(tray) for tray in shown]) if shown else np.zeros((0, 3)))
    meshes.write_floats(obj.data, contract.OPENED, np.repeat([tray.opened for tray in shown], VERTICES))
    obj.update_tag()
    return obj, shown


def trays_object(parts: Parts) -> bpy.types.Object:
    """What has the trays; made where it is missing."""
    name = f"{parts.name} Trays"
    obj = parts.mesh_object((ROLE, "", ""), name, lambda: bpy.data.meshes.new(name), contract.BLOCKS_COLLECTION)
    if not obj.data.materials:  # type: ignore[union-attr]
        obj.data.materials.append(parts.material(materials.tray))  # type: ignore[union-attr]
    set_nodes(obj, parts.group(make_trays), {}, {})
    return obj


def fill_trays(mesh: Any, levels: Sequence[int]) -> None:
    """Give a mesh the faces of so many trays, all vertices still at the origin."""
    mesh.clear_geometry()
    count = len(levels)
    mesh.vertices.add(VERTICES * count)
    around = np.arange(OUTLINE)
    after = np.roll(around, -1)
    quads = [np.stack([low + around, low + after, low + OUTLINE + after, low + OUTLINE + around], 1) for low in _LOWS]
    corners = np.concatenate([np.concatenate(quads).ravel(), 2 * OUTLINE + around])
    sizes = [4] * (2 * OUTLINE) + [OUTLINE]
    firsts = VERTICES * np.arange(count)[:, None]
    mesh.loops.add(len(corners) * count)
    mesh.polygons.add(len(sizes) * count)
    mesh.loops.foreach_set("vertex_index", (firsts + corners).ravel().astype(np.int32))
    starts = np.concatenate([[0], np.cumsum(np.tile(sizes, count))[:-1]]) if count else np.zeros(0)
    mesh.polygons.foreach_set("loop_start", starts.astype(np.int32))
    mesh.update(calc_edges=True)
    meshes.write_floats(mesh, contract.LEVEL, np.repeat(levels, VERTICES))
    rim = mesh.attributes.new(contract.RIM, "FLOAT", "FACE")
    rim.data.foreach_set("value", np.tile([1.0] * (2 * OUTLINE) + [0.0], count).astype(np.float32))


def name_trays(obj: bpy.types.Object, blocks: Sequence[str]) -> None:
    """Say which blocks the trays of a filled mesh are of, by their ids, in order."""
    meshes.write_integers(obj.data, contract.TRAY, np.repeat(np.arange(len(blocks)), VERTICES))
    obj[contract.TRAYS] = json.dumps(blocks)


def block_of_tray(obj: Any, depsgraph: bpy.types.Depsgraph, face: int) -> str:
    """Id of the block whose tray has a face of the evaluated mesh; empty where nothing says it."""
    mesh = obj.evaluated_get(depsgraph).data
    if contract.TRAY not in mesh.attributes or not 0 <= face < len(mesh.polygons):
        return ""
    vertex = mesh.polygons[face].vertices[0]
    return str(json.loads(obj[contract.TRAYS])[mesh.attributes[contract.TRAY].data[vertex].value])


def tray_corners(obj: Any, depsgraph: bpy.types.Depsgraph, block: str) -> np.ndarray | None:
    """Where the tray of a block is now, float (count, 3) in the anchor's space; None where it has none."""
    mesh = obj.evaluated_get(depsgraph).data
    blocks = json.loads(obj.get(contract.TRAYS, "[]"))
    if block not in blocks or contract.TRAY not in mesh.attributes:
        return None
    places = np.empty(3 * len(mesh.vertices), np.float32)
    mesh.vertices.foreach_get("co", places)
    own = places.reshape(-1, 3)[meshes.read_integers(mesh, contract.TRAY) == blocks.index(block)]
    return own if len(own) else None


_LOWS = (0, OUTLINE)
"""Where the lower vertices of the sides begin, and those of the rim."""


def write_trays(mesh: Any, positions: np.ndarray) -> None:
    """Put the vertices of trays where they are; ``positions`` is in the anchor's space, (vertices, 3)."""
    mesh.vertices.foreach_set("co", np.ascontiguousarray(positions, np.float32).ravel())
    mesh.update()


def tray_points(tray: Tray) -> np.ndarray:
    """Positions of a tray's vertices in the space of the anchor, (`VERTICES`, 3).

    Its top fills its rectangle in the picture, where its corners are round.
    """
    own = _PER_LEVEL**tray.level
    width, height = tray.rect.width, tray.rect.height
    radius = min(_RADIUS * own, width / 4, height / 4)
    rim = min(_RIM * own, radius / 2)
    low, high = THICKNESS * tray.level, THICKNESS * (tray.level + tray.opened)
    outline = _rounded(width, height, radius)
    inside = rim + _rounded(width - 2 * rim, height - 2 * rim, radius - rim)
    corner = np.array([tray.rect.x, tray.rect.v])
    on_floor = in_space(corner + outline, high)  # Its sides are upright.
    on_floor[:, 2] = UNIT * low
    return np.concatenate([on_floor, in_space(corner + outline, high), in_space(corner + inside, high)])


def _rounded(width: float, height: float, radius: float) -> np.ndarray:
    """The outline of a rectangle from its upper left corner, against the clock as seen, (`OUTLINE`, 2)."""
    turns = np.linspace(0.0, math.pi / 2, _CORNER)
    middles = ((width - radius, radius), (radius, radius), (radius, height - radius), (width - radius, height - radius))
    arcs = [
        np.stack([x + radius * np.cos(turns + k * math.pi / 2), v - radius * np.sin(turns + k * math.pi / 2)], axis=1)
        for k, (x, v) in enumerate(middles)
    ]
    return np.concatenate(arcs)
