"""The detail mesh of a network on stands: where its slabs are now, and how large their spheres and maps are there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from mathutils import Matrix, Vector

from ...core.layout.layout import Layout
from ..base import contract, meshes
from ..base.moving import moved_by
from ..base.parts import Parts, set_nodes
from ..nodes import lod_of_layers
from ..nodes.lod_of_layers import make_detail

_KINDS = tuple((name, name in (lod_of_layers.SLAB_LOW, lod_of_layers.SLAB_HIGH)) for name in lod_of_layers.MOVING)
"""Attributes, and whether they are places."""


def fill_stand_detail(parts: Parts, layout: Layout) -> None:
    """One vertex per layer, all of whose blocks are open: flags hide what is inside closed ones."""
    mesh = parts.detail.data
    count = len(layout.layers)
    if len(mesh.vertices) != count:
        mesh.clear_geometry()
        mesh.vertices.add(count)
    lows, highs, spheres, maps = [], [], [], []
    for path, slab in layout.layers.items():
        stand = parts.stand(path)
        carrier = parts.find("slab", path)
        moved = Matrix.Translation(moved_by(carrier)) if carrier is not None else Matrix()
        here, scale = stand.matrix_basis @ moved, stand.scale.z
        corners = np.array([here @ Vector((x, y, z)) for x, y, z in _face(slab.width, slab.height)])
        lows.append(corners.min(axis=0))
        highs.append(corners.max(axis=0))
        spheres.append(2 * slab.grid.radius * scale)
        maps.append(max(slab.grid.card or (0.0,)) * scale)
    for name, points in (
        (lod_of_layers.BLOCK_LOW, lows),
        (lod_of_layers.BLOCK_HIGH, highs),
        (lod_of_layers.SLAB_LOW, lows),
        (lod_of_layers.SLAB_HIGH, highs),
        (lod_of_layers.CLOSED_MOVE, np.zeros((count, 3))),
    ):
        meshes.write_vectors(mesh, name, np.array(points))
    meshes.write_floats(mesh, lod_of_layers.BLOCK_PITCH, np.full(count, lod_of_layers.ALWAYS_OPEN))
    meshes.write_floats(mesh, lod_of_layers.SPHERE_SIZE, np.array(spheres))
    meshes.write_floats(mesh, lod_of_layers.MAP_SIZE, np.array(maps))
    set_nodes(parts.detail, parts.group(make_detail), {}, {})
    mesh.update_tag()


def read_stand_detail(parts: Parts) -> dict[str, np.ndarray]:
    """What is another value where slabs stand elsewhere: float32 (layers,) or (layers, 3), by attribute."""
    mesh: Any = parts.detail.data
    return {name: (meshes.read_vectors if is_place else meshes.read_floats)(mesh, name) for name, is_place in _KINDS}


def bake_stand_detail(parts: Parts, moments: Sequence[Mapping[str, np.ndarray]]) -> None:
    """Write what `read_stand_detail` gave at every moment of a film, where it is not always the same."""
    mesh: Any = parts.detail.data
    for name, is_place in _KINDS:
        values = [moment[name] for moment in moments]
        if all(np.array_equal(own, values[0]) for own in values):
            continue
        for number, own in enumerate(values):
            (meshes.write_vectors if is_place else meshes.write_floats)(mesh, contract.sampled(name, number), own)
    mesh.update_tag()
    parts.detail.update_tag()


def _face(width: float, height: float) -> list[tuple[float, float, float]]:
    """Corners of a slab's face on its stand."""
    return [(0.0, y, z) for y in (-width / 2, width / 2) for z in (0.0, height)]
