"""Level of detail of a network: what decides what is shown, as properties of its anchor, which can be animated."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import bpy

from . import contract

FOLLOWS = ("view", "camera", "object", "off")
"""Whose distance counts; see `nodes.lod`."""

FIXED = ("auto", "blocks", "layers", "neurons", "maps")
"""Tiers that are shown whatever the distance, for print; ``auto`` lets the distance decide."""


@dataclass(frozen=True)
class Thresholds:
    """From which apparent size on something is there, as a share of the picture's width.

    Attributes:
        blocks: of the distance between a block's layers, from which on the block opens.
        neurons: of a neuron's sphere.
        maps: of a feature map's longer side.
        labels: of a label's letters.
        band: by how much larger than that it has to appear to be there wholly, as a share.
    """

    blocks: float = 0.025
    neurons: float = 0.0015
    maps: float = 0.006
    labels: float = 0.0045
    band: float = 0.4


_NAMES = {
    "blocks": contract.LOD_BLOCKS,
    "neurons": contract.LOD_NEURONS,
    "maps": contract.LOD_MAPS,
    "labels": contract.LOD_LABELS,
    "band": contract.LOD_BAND,
}


def prepare_anchor(anchor: bpy.types.Object) -> None:
    """The properties that node groups follow; a driver that once missed its property stays invalid."""
    set_thresholds(anchor, Thresholds())
    for name in _NAMES.values():
        anchor.id_properties_ui(name).update(min=0.0, max=10.0, soft_max=1.0, precision=4)
    anchor[contract.FACE] = 0
    set_follows(anchor, "view")
    set_fixed(anchor, "auto")


def prepare_viewer(viewer: bpy.types.Object) -> None:
    """Of a view that nobody has navigated yet: as wide as the default lens sees."""
    viewer[contract.VIEW_SIZES["Spread"]] = 0.72
    viewer[contract.VIEW_SIZES["Width"]] = 0.0


def set_thresholds(anchor: bpy.types.Object, thresholds: Thresholds) -> None:
    for field in fields(Thresholds):
        anchor[_NAMES[field.name]] = getattr(thresholds, field.name)
    anchor.update_tag()


def get_thresholds(anchor: Any) -> Thresholds:
    return Thresholds(**{name: float(anchor[key]) for name, key in _NAMES.items() if key in anchor})


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
