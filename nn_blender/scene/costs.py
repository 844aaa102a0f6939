"""What a network's scene holds of what costs memory and time; see `core.layout.budgets` for what it was planned to."""

from __future__ import annotations

from dataclasses import dataclass

import bpy

from ..core.layout.budgets import BYTES_PER_PIXEL
from .base import contract
from .base.find import objects
from .maps.atlas_images import texture_pixels


@dataclass(frozen=True)
class Holdings:
    """As `core.budgets.Estimate`.

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


def holdings(root: bpy.types.Collection) -> Holdings:
    meshes = [(len(obj.data.vertices), obj[contract.NEURONS]) for obj in objects(root, "neurons")]
    drawn = sum(count for count, _ in meshes)
    return Holdings(
        neurons=drawn,
        more=max(sum(neurons for _, neurons in meshes) - drawn, 0),
        card_pixels=texture_pixels(root, "atlas"),
        texture_bytes=texture_pixels(root) * BYTES_PER_PIXEL,
    )
