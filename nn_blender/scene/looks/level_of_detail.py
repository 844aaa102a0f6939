"""Level of detail of a network: what decides what is shown, as properties of its anchor, which can be animated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

import bpy
import numpy as np
from mathutils import Matrix

from ..base import contract
from ..base.find import networks, objects
from ..nodes.lod import FOLLOWS

FIXED = ("auto", "blocks", "layers", "neurons", "maps")
"""Tiers that are shown whatever the distance, for print; ``auto`` lets the distance decide."""


@dataclass(frozen=True)
class Thresholds:
    """From which apparent size on something is there, as a share of the picture's width.

    Attributes:
        blocks: of the distance between a block's layers, from which on the block opens.
        books: of a block's children, from which on these are there instead of its book, where the distance decides.
        neurons: of a neuron's sphere.
        maps: of a feature map's longer side.
        labels: of a label's letters.
        band: by how much larger than that it has to appear to be there wholly, as a share.
    """

    blocks: float = 0.015
    books: float = 0.03
    neurons: float = 0.0015
    maps: float = 0.006
    labels: float = 0.0045
    band: float = 0.2


NAMES = {
    "blocks": contract.LOD_BLOCKS,
    "books": contract.LOD_BOOKS,
    "neurons": contract.LOD_NEURONS,
    "maps": contract.LOD_MAPS,
    "labels": contract.LOD_LABELS,
    "band": contract.LOD_BAND,
}


_SHARE = " that is, as a share of the picture's width: 0.01 is 1 %, 19 of 1,920 pixels"
_DESCRIPTIONS = {
    "blocks": "From how far apart its layers appear a block opens:" + _SHARE,
    "books": "From how large the parts of a block appear they are there instead of its book:" + _SHARE,
    "neurons": "From how large their spheres appear neurons are there:" + _SHARE,
    "maps": "From how large they appear feature maps are there:" + _SHARE,
    "labels": "From how large their letters appear labels are there:" + _SHARE,
    "band": "How much larger than that something has to appear to be there wholly, as a share; 0 makes it pop",
}

VIEWER_GROUP, OBJECT_NODE = "Viewer", "Object"
"""The node group of a network that tells where the viewer is, and the node in it that holds the object; see
`nodes.lod.make_viewer`."""

_LITTLE = 1e-4
"""Changes of the view below that, as shares, are not worth an evaluation of the network."""


def prepare_anchor(anchor: bpy.types.Object) -> None:
    """The properties that node groups follow; a driver that once missed its property stays invalid."""
    set_thresholds(anchor, Thresholds())
    for name in NAMES:
        _describe(anchor, name)
    anchor[contract.FACE] = 0
    set_follows(anchor, "view")
    set_fixed(anchor, "auto")


def prepare_books(anchor: bpy.types.Object) -> None:
    """The threshold of books, which networks that an earlier version made do not have."""
    if contract.LOD_BOOKS not in anchor:
        anchor[contract.LOD_BOOKS] = Thresholds.books
        _describe(anchor, "books")


def _describe(anchor: bpy.types.Object, name: str) -> None:
    """Tell users what a threshold means."""
    limits = {"min": 0.0, "max": 10.0, "soft_max": 1.0, "precision": 4, "description": _DESCRIPTIONS[name]}
    anchor.id_properties_ui(NAMES[name]).update(**limits)  # type: ignore[func-returns-value]


def prepare_viewer(viewer: bpy.types.Object) -> None:
    """No view has been followed yet."""
    for name in contract.VIEW_SIZES.values():
        viewer[name] = 0.0


def set_thresholds(anchor: bpy.types.Object, thresholds: Thresholds) -> None:
    for field in fields(Thresholds):
        anchor[NAMES[field.name]] = getattr(thresholds, field.name)
    anchor.update_tag()


def set_follows(anchor: bpy.types.Object, follows: str) -> None:
    """Choose whose distance counts, one of `FOLLOWS`."""
    anchor[contract.LOD_FOLLOWS] = FOLLOWS.index(follows)
    anchor.update_tag()


def get_follows(anchor: Any) -> str:
    return FOLLOWS[min(max(int(anchor.get(contract.LOD_FOLLOWS, 0)), 0), len(FOLLOWS) - 1)]


def set_fixed(anchor: bpy.types.Object, tier: str) -> None:
    """Show one of the tiers `FIXED` whatever the distance."""
    anchor[contract.LOD_FIXED] = FIXED.index(tier)
    anchor.update_tag()


def get_fixed(anchor: Any) -> str:
    return FIXED[min(max(int(anchor.get(contract.LOD_FIXED, 0)), 0), len(FIXED) - 1)]


def object_socket(root: bpy.types.Collection) -> Any:
    """What holds the object whose distance counts while `FOLLOWS` says so; None where somebody removed it."""
    wanted = {contract.NETWORK: root[contract.NETWORK], contract.PART: VIEWER_GROUP}
    for tree in bpy.data.node_groups:
        if all(tree.get(name) == value for name, value in wanted.items()):
            node: Any = tree.nodes.get(OBJECT_NODE)
            return node and node.inputs["Object"]
    return None


def following_viewers(scene: bpy.types.Scene) -> Iterator[bpy.types.Object]:
    """The viewers of the networks in a scene whose level of detail follows the view."""
    for root in networks(scene):
        anchor = next(objects(root, "anchor"), None)
        if anchor is not None and get_follows(anchor) == "view":
            yield from objects(root, "viewer")


def place_viewer(viewer: bpy.types.Object, matrix: Matrix, spread: float, width: float) -> bool:
    """Put a viewer where the view is, unless it is there already; whether it had to move.

    Args:
        matrix: from the view's space to the world.
        spread: the picture's width per unit of distance, 0 in an orthographic view.
        width: of an orthographic view, else 0.
    """
    sizes = {contract.VIEW_SIZES["Spread"]: spread, contract.VIEW_SIZES["Width"]: width}
    is_there = _is_close(viewer.matrix_world, matrix) and all(
        abs(viewer.get(name, 0.0) - size) <= _LITTLE * max(size, _LITTLE) for name, size in sizes.items()
    )
    if is_there:
        return False
    viewer.matrix_world = matrix
    for name, size in sizes.items():
        viewer[name] = size
    viewer.update_tag()
    return True


def _is_close(here: Matrix, there: Matrix) -> bool:
    differences = np.abs(np.array(here) - np.array(there))
    differences[:3, 3] /= max(there.translation.length, 1.0)
    return bool(differences.max() <= _LITTLE)
