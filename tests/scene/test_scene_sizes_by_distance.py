"""Networks whose blocks the distance opens: how thick ribbons and how high books are in a view."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import bpy
import numpy as np
import pytest
from nested_by_distance import built, depsgraph, hierarchy, see

from nn_blender.core.layout.picture import UNIT
from nn_blender.scene.base import contract, meshes
from nn_blender.scene.base.find import objects
from nn_blender.scene.flow.ribbon_shapes import RADIUS
from nn_blender.scene.network.description import require_description
from nn_blender.scene.opening.by_distance import set_by_distance


@pytest.fixture
def root(build_once: Callable[..., bpy.types.Collection]) -> bpy.types.Collection:
    return build_once(lambda _scene: built())


def test_ribbons_are_thinner_close_by(root: bpy.types.Collection) -> None:
    set_by_distance(bpy.context.scene, root, True)
    (ribbons,) = objects(root, "ribbon")
    # In a network as small as this one all are as thin as they get from where all of it is seen.
    meshes.write_floats(ribbons.data, "own_width", np.zeros(len(ribbons.data.vertices)))
    radii = []
    for width in (1e3, 80.0, 40.0, 10.0):
        see(width)
        mesh: Any = ribbons.evaluated_get(depsgraph()).data
        points = meshes.read_vectors(mesh, "position")
        # The ribbon from the input is round, and leads straight to the right.
        first = points[points[:, 0] < points[:, 0].min() + 0.05]
        radii.append(np.ptp(first[:, 2]) / 2)
    assert radii[1] == pytest.approx(2 * radii[2], rel=0.01)
    assert radii[2] == pytest.approx(4 * radii[3], rel=0.01)
    assert radii[0] < 1.2 * radii[1]


def test_ribbons_are_thick_enough_from_where_the_threshold_lets_their_blocks_open(root: bpy.types.Collection) -> None:
    (anchor,) = objects(root, "anchor")
    found = []
    for threshold in (0.006, 0.03, 0.15):
        anchor["nn_lod_books"] = threshold
        set_by_distance(bpy.context.scene, root, False)
        set_by_distance(bpy.context.scene, root, True)
        (distances,), (ribbons,) = objects(root, "distance"), objects(root, "ribbon")
        inside = meshes.read_integers(ribbons.data, "inside")
        shaft, own, skip = (
            meshes.read_floats(ribbons.data, name)[inside >= 0] for name in ("shaft", "own_width", "skip")
        )
        views = meshes.read_floats(distances.data, "opens_at")[inside[inside >= 0]] / threshold
        frame = require_description(root).opening.by_distance.frame
        of_kind = np.where(skip > 0, 0.85, 1.0)
        # Ribbons of a scale below 0.2 may be thinner.
        grown = np.minimum(own / (UNIT * RADIUS * of_kind) / 0.2, 1.0)
        least = 1.6 / 1920 * np.minimum(views, UNIT * frame.width) * of_kind * grown
        np.testing.assert_allclose(shaft, np.maximum(own, least), rtol=1e-4)
        found.append(shaft)
    assert (found[0] >= found[1]).all()
    assert (found[1] >= found[2]).all()
    assert (found[0] > found[2]).any()


def test_a_book_shrinks_and_what_it_holds_grows_with_nothing_in_between(root: bpy.types.Collection) -> None:
    set_by_distance(bpy.context.scene, root, True)
    (block,) = (part for part in hierarchy(root).blocks if part.id == "left")
    (book,) = (obj for obj in objects(root, "book") if obj[contract.BLOCK] == block.id)
    (inner,) = (obj for obj in objects(root, "book") if obj[contract.BLOCK] == block.children[0].id)
    opens_at = opening_width(root, block.id)
    sizes = []
    for nearer in np.linspace(0.0, 0.05, 26):
        see(opens_at / (1 + nearer))
        sizes.append([height(one) for one in (book, inner)])
        assert min(sizes[-1]) == 0.0
    own, others = np.array(sizes).T
    assert own[0] == pytest.approx(height_of_mesh(book), rel=1e-3)
    assert others[-1] == pytest.approx(height_of_mesh(inner), rel=1e-3)
    assert (np.diff(own) <= 0).all()
    assert (np.diff(others) >= 0).all()
    assert np.abs(np.diff(own)).max() < 0.15 * own[0]


def opening_width(root: bpy.types.Collection, block: str) -> float:
    """How wide a view is in which a block begins to open."""
    (distances,) = objects(root, "distance")
    (anchor,) = objects(root, "anchor")
    number = json.loads(distances["nn_blocks"]).index(block)
    return float(meshes.read_floats(distances.data, "opens_at")[number]) / float(anchor["nn_lod_books"])


def height_of_mesh(obj: Any) -> float:
    return float(np.ptp(meshes.read_vectors(obj.data, "position")[:, 2]))


def height(obj: Any) -> float:
    mesh: Any = obj.evaluated_get(depsgraph()).data
    points = meshes.read_vectors(mesh, "position")
    return float(np.ptp(points[:, 2])) if len(points) else 0.0
