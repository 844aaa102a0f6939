"""Look of feature maps: colour map, range, and whether pixels are interpolated."""

from __future__ import annotations

from dataclasses import dataclass

import bpy

from ..base import contract
from ..base.colour_maps import COLOUR_MAPS
from ..base.find import data_blocks
from ..base.themes import theme_of
from . import card_materials, materials

MAP_RULES = ("samples", "layer", "map")
"""What a map's colours span: its layer over all samples, its layer for the sample shown, or the map alone."""


@dataclass(frozen=True)
class MapLook:
    """How a network's feature maps look.

    Attributes:
        colours: one of `colour_maps.COLOUR_MAPS`.
        rule: one of `MAP_RULES`.
        smooth: whether pixels are blended into each other.
    """

    colours: str = "activation"
    rule: str = "samples"
    smooth: bool = False


def set_map_look(root: bpy.types.Collection, look: MapLook) -> None:
    """Change the look of all maps of a network; nothing is computed or written anew."""
    root[contract.MAP_RULE] = MAP_RULES.index(look.rule)
    colours = COLOUR_MAPS[look.colours]
    root[contract.MAP_COLOURS] = list(COLOUR_MAPS).index(look.colours)
    root[contract.MAP_CENTRED] = int(colours.centred)
    root[contract.MAP_SMOOTH] = int(look.smooth)
    for block in data_blocks(root[contract.NETWORK]):
        if isinstance(block, bpy.types.ShaderNodeTree) and block.get(contract.PART) == card_materials.MAP_COLOURS:
            materials.set_ramp(block, colours.ramp, theme_of(root))
        elif isinstance(block, bpy.types.Material):
            card_materials.set_interpolation(block, look.smooth)
    # Drivers do not hear of custom properties that Python sets.
    root.update_tag()


def get_map_look(root: bpy.types.Collection) -> MapLook:
    colours = tuple(COLOUR_MAPS)
    number = min(max(int(root.get(contract.MAP_COLOURS, 0)), 0), len(colours) - 1)
    rule = min(max(int(root.get(contract.MAP_RULE, 0)), 0), len(MAP_RULES) - 1)
    return MapLook(colours[number], MAP_RULES[rule], bool(root.get(contract.MAP_SMOOTH, 0)))
