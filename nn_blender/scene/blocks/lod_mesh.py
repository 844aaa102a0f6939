"""What decides on the level of detail of every layer, in the one mesh that all of a network's groups ask."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import bpy
import numpy as np

from ...core.blocks.blocks import Block
from ...core.blocks.placing import BlockPlace
from ...core.layout.layout import Layout
from ..base import contract, meshes
from ..base.find import network_modifier, objects
from ..base.parts import Parts, set_nodes
from ..base.versions import get_modifier_input
from ..looks.level_of_detail import FIXED
from ..nodes import lod_of_layers
from ..nodes.lod_of_layers import make_detail


def fill_detail(parts: Parts, layout: Layout, blocks: Sequence[Block], places: Sequence[BlockPlace]) -> None:
    """Write where the layers' blocks and slabs are, and how large their spheres and maps; one vertex per layer."""
    mesh = parts.detail.data
    of_layer = [place for block, place in zip(blocks, places, strict=True) for _ in block.layers]
    spans = [part for place in places for part in place.parts]
    if len(mesh.vertices) != len(of_layer):
        mesh.clear_geometry()
        mesh.vertices.add(len(of_layer))
    own = layout.places
    for name, corners in (
        (lod_of_layers.BLOCK_LOW, [place.low for place in of_layer]),
        (lod_of_layers.BLOCK_HIGH, [place.high for place in of_layer]),
        (lod_of_layers.SLAB_LOW, [(place.front, -place.width / 2, 0.0) for place in own]),
        (lod_of_layers.SLAB_HIGH, [(place.x, place.width / 2, place.height) for place in own]),
    ):
        meshes.write_vectors(mesh, name, np.array(corners))
    for name, sizes in (
        (lod_of_layers.BLOCK_PITCH, [place.pitch for place in of_layer]),
        (lod_of_layers.SPHERE_SIZE, [2 * place.grid.radius for place in own]),
        (lod_of_layers.CLOSED_SHIFT, [low - place.front for (low, _), place in zip(spans, own, strict=True)]),
        (lod_of_layers.MAP_SIZE, [max(place.grid.card or (0.0,)) for place in own]),
    ):
        meshes.write_floats(mesh, name, np.array(sizes))
    set_nodes(parts.detail, parts.group(make_detail), {}, {})
    mesh.update_tag()


def shown_tier(root: bpy.types.Collection, box: bpy.types.Object, depsgraph: bpy.types.Depsgraph) -> str:
    """The highest tier that a block shows of any of its layers now, one of `lod.FIXED` but ``auto``.

    Empty where somebody removed what decides on it.
    """
    obj, modifier = next(objects(root, "detail"), None), network_modifier(box)
    mesh: Any = obj and obj.evaluated_get(depsgraph).data
    if modifier is None or mesh is None or lod_of_layers.OPEN not in mesh.attributes:
        return ""
    first = get_modifier_input(modifier, "Layer")
    own = slice(first, first + box[contract.LAYERS])
    is_open, neurons, maps = (
        meshes.read_floats(mesh, name)[own] > 0
        for name in (lod_of_layers.OPEN, lod_of_layers.NEURONS, lod_of_layers.MAPS)
    )
    reached = [is_open.any(), (is_open & neurons).any(), (is_open & maps).any()]
    return FIXED[1 + max((number for number, there in enumerate(reached, 1) if there), default=0)]
