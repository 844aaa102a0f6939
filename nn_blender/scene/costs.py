"""What a network costs in a scene: neurons, pixels, memory; `core.layout.budgets` says it before there is a scene."""

from __future__ import annotations

from dataclasses import dataclass

import bpy

from ..core.layout.budgets import BYTES_PER_PIXEL
from .base import contract
from .base.find import objects
from .maps.atlas_images import texture_pixels


@dataclass(frozen=True)
class SceneCosts:
    """What a scene holds of a network; `core.layout.budgets.Estimate` is the same beforehand.

    Attributes:
        neurons: that are drawn.
        more: neurons that are not.
        card_pixels: of the feature maps.
        texture_bytes: of all pictures, in memory.
    """

    neurons: int
    more: int
    card_pixels: int
    texture_bytes: int


def scene_costs(root: bpy.types.Collection) -> SceneCosts:
    meshes = [(len(obj.data.vertices), obj[contract.NEURONS]) for obj in objects(root, "neurons")]
    drawn = sum(count for count, _ in meshes)
    return SceneCosts(
        neurons=drawn,
        more=max(sum(neurons for _, neurons in meshes) - drawn, 0),
        card_pixels=texture_pixels(root, "atlas"),
        texture_bytes=texture_pixels(root) * BYTES_PER_PIXEL,
    )
