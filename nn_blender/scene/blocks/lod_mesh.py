"""The detail mesh: one vertex per layer with the sizes that a network's node groups read for its level of detail."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import bpy
import numpy as np

from ...core.blocks.blocks import Block
from ...core.blocks.placing import BlockPlace
from ...core.layout.layout import Layout, Place, Slab, Vector
from ..base import meshes
from ..base.find import network_modifier, objects
from ..base.parts import Parts, set_nodes
from ..base.versions import get_modifier_input
from ..looks.level_of_detail import FIXED
from ..nodes import lod_of_layers
from ..nodes.lod_of_layers import make_detail


def fill_detail(parts: Parts, layout: Layout, blocks: Sequence[Block], places: Sequence[BlockPlace]) -> None:
    """Write where the layers' blocks and slabs are, and how large their spheres and maps; one vertex per layer."""
    mesh = parts.detail.data
    block_of = {path: place for block, place in zip(blocks, places, strict=True) for path in block.layers}
    own, of_layer = list(layout.layers.values()), [block_of[path] for path in layout.layers]
    ways = [_way(place, block_of[path].parts[path]) for path, place in layout.layers.items()]
    if len(mesh.vertices) != len(own):
        mesh.clear_geometry()
        mesh.vertices.add(len(own))
    for name, corners in (
        (lod_of_layers.BLOCK_LOW, [place.closed.low for place in of_layer]),
        (lod_of_layers.BLOCK_HIGH, [place.closed.high for place in of_layer]),
        (lod_of_layers.SLAB_LOW, [place.low for place in own]),
        (lod_of_layers.SLAB_HIGH, [(place.x, *place.high[1:]) for place in own]),
        (lod_of_layers.CLOSED_MOVE, ways),
    ):
        meshes.write_vectors(mesh, name, np.array(corners))
    for name, sizes in (
        (lod_of_layers.BLOCK_PITCH, [place.pitch for place in of_layer]),
        (lod_of_layers.SPHERE_SIZE, [2 * place.grid.radius for place in own]),
        (lod_of_layers.MAP_SIZE, [max(place.grid.card or (0.0,)) for place in own]),
    ):
        meshes.write_floats(mesh, name, np.array(sizes))
    if lod_of_layers.CLOSED_SHIFT in mesh.attributes:
        meshes.write_floats(mesh, lod_of_layers.CLOSED_SHIFT, np.array([x for x, _, _ in ways]))
    set_nodes(parts.detail, parts.group(make_detail), {}, {})
    mesh.update_tag()


def _way(own: Slab, part: Place) -> Vector:
    """From the foot of a slab's face to that of its part of the closed block."""
    return part.front - own.front, part.y - own.y, part.z - own.z


def first_layer(box: bpy.types.Object) -> int:
    """The number of a block's first layer; -1 where somebody removed its modifier."""
    modifier = network_modifier(box)
    return int(get_modifier_input(modifier, "Layer")) if modifier is not None else -1


def shown_tier(root: bpy.types.Collection, box: bpy.types.Object, depsgraph: bpy.types.Depsgraph) -> str:
    """The highest tier that a block shows of any of its layers now, one of `looks.level_of_detail.FIXED` but ``auto``.

    Empty where somebody removed what decides on it.
    """
    obj, first = next(objects(root, "detail"), None), first_layer(box)
    mesh: Any = obj and obj.evaluated_get(depsgraph).data
    if first < 0 or mesh is None or lod_of_layers.OPEN not in mesh.attributes:
        return ""
    # The layers of a block are those whose block has the same corners.
    ends = (lod_of_layers.BLOCK_LOW, lod_of_layers.BLOCK_HIGH)
    corners = np.hstack([meshes.read_vectors(mesh, name) for name in ends])
    own = (corners == corners[first]).all(axis=1)
    is_open, neurons, maps = (
        meshes.read_floats(mesh, name)[own] > 0
        for name in (lod_of_layers.OPEN, lod_of_layers.NEURONS, lod_of_layers.MAPS)
    )
    reached = [is_open.any(), (is_open & neurons).any(), (is_open & maps).any()]
    return FIXED[1 + max((number for number, there in enumerate(reached, 1) if there), default=0)]
