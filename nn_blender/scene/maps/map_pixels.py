"""Pixels of feature maps and summaries in the colours of their cards, for pictures outside the scene.

What `nodes.cards` and `looks.card_colours` do in nodes is done here for one cell.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np

from ...core.maps.packing import COMPOSITES, HIGHEST_LEVEL, MAX, MEAN, STRONGEST, to_values
from ..base import contract, meshes
from ..base.colour_maps import COLOUR_MAPS, STRONGEST_HUES, STRONGEST_SATURATION, Colour
from ..base.find import object_of
from ..base.theme import Theme
from ..base.themes import theme_of
from ..looks.map_looks import get_map_look
from ..nodes.cards import SMALLEST_SPAN


@dataclass(frozen=True)
class Scale:
    """How a level becomes a colour.

    Attributes:
        low, high: the values of levels 0 and 255.
        bottom, top: the values of the first and last colour.
        colours: one of `colour_maps.COLOUR_MAPS`.
        theme: the network's.
    """

    low: float
    high: float
    bottom: float
    top: float
    colours: str
    theme: Theme

    def places(self, levels: np.ndarray) -> np.ndarray:
        """Places on the colour map, 0 to 1, of levels, uint8."""
        span = max(self.top - self.bottom, SMALLEST_SPAN)
        values = to_values(levels, self.low, self.high)
        return np.clip((values - self.bottom) / span, 0.0, 1.0)


def map_scale(root: bpy.types.Collection, image: bpy.types.Image, neuron: int, sample: int) -> Scale | None:
    """How a neuron's feature map in an atlas is coloured in the scene; None where the layer's cards were removed."""
    cards: Any = object_of(root, "card", image[contract.LAYER])
    name = contract.sampled(contract.MAP_RANGE, sample)
    if cards is None or name not in cards.data.attributes:
        return None
    pairs = meshes.read_pair(cards.data, name)
    if not 0 <= neuron < len(pairs):
        return None
    return _scale(root, pairs, neuron, tuple(image[contract.RANGE]))


def composite_scale(root: bpy.types.Collection, layer: str, sample: int) -> Scale | None:
    """How a layer's summary is coloured in the scene; None where there is none."""
    card: Any = object_of(root, "composite", layer)
    if card is None or contract.sampled(contract.MAP_RANGE, sample) not in card.data.attributes:
        return None
    vertex = MEAN if composite_kind(root) == COMPOSITES[MEAN] else MAX
    ranges = meshes.read_pairs(card.data, contract.MAP_RANGE)[:, vertex]
    return _scale(root, ranges[sample : sample + 1], 0, (float(ranges[:, 0].min()), float(ranges[:, 1].max())))


def composite_kind(root: bpy.types.Collection) -> str:
    """What a network's summaries show, one of `core.maps.packing.COMPOSITES`."""
    return COMPOSITES[min(max(int(root.get(contract.COMPOSITE, 0)), 0), len(COMPOSITES) - 1)]


def colour_map(cell: np.ndarray, scale: Scale) -> np.ndarray:
    """A map as the screen shows it.

    Args:
        cell: uint8 (height, width, 4), a level in red; alpha 0 marks what is not finite.

    Returns:
        Float32 (height, width, 4), sRGB.
    """
    return _displayed(_mapped(scale.places(cell[..., 0]), scale), cell[..., 3], scale)


def colour_composite(cell: np.ndarray, scale: Scale, kind: str) -> np.ndarray:
    """A summary as the screen shows it.

    Args:
        cell: uint8 (height, width, 4), see `core.maps.packing.COMPOSITES`.
    """
    places = scale.places(cell[..., MEAN if kind == COMPOSITES[MEAN] else MAX])
    if kind != COMPOSITES[STRONGEST]:
        return _displayed(_mapped(places, scale), cell[..., 3], scale)
    shares = np.maximum(places * 2 - 1, 0.0) if COLOUR_MAPS[scale.colours].centred else places
    glow, hues = scale.theme.glow, cell[..., STRONGEST] / HIGHEST_LEVEL * STRONGEST_HUES
    faint = np.array(glow.nothing)
    colours = faint + (_from_hue(hues) * glow.strongest - faint) * shares[..., np.newaxis]
    return _displayed(colours, cell[..., 3], scale)


def displayed(colour: Colour) -> tuple[float, float, float]:
    """A colour as the screen shows it."""
    red, green, blue = to_srgb(np.array(colour))
    return float(red), float(green), float(blue)


def to_srgb(linear: np.ndarray) -> np.ndarray:
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * np.maximum(linear, 0.0) ** (1 / 2.4) - 0.055)


def find_atlas(root: bpy.types.Collection, role: str, layer: str, part: str = "") -> bpy.types.Image | None:
    """A network's packed picture of a role: ``atlas`` or ``composite atlas``.

    Args:
        layer: empty for the pictures of inputs; ``part`` tells which one, see `scene.inputs.part_of`.
    """
    wanted = {contract.NETWORK: root[contract.NETWORK], contract.ROLE: role, contract.LAYER: layer}
    images = (image for image in bpy.data.images if all(image.get(name) == wanted[name] for name in wanted))
    return next((image for image in images if image.get(contract.PART, "") == part), None)


def _scale(root: bpy.types.Collection, ranges: np.ndarray, cell: int, everywhere: tuple[float, float]) -> Scale:
    """By rule as in `nodes.cards`: of all samples, of the layer for this sample, of each map.

    Args:
        ranges: float32 (cells, 2), the values of the lowest and highest level of every cell for a sample.
        everywhere: the lowest and highest value over all samples.
    """
    look = get_map_look(root)
    low, high = (float(end) for end in ranges[cell])
    bottom, top = {
        "samples": everywhere,
        "layer": (float(ranges[:, 0].min()), float(ranges[:, 1].max())),
        "map": (low, high),
    }[look.rule]
    if COLOUR_MAPS[look.colours].centred:
        top = max(abs(bottom), abs(top), SMALLEST_SPAN)
        bottom = -top
    return Scale(low, high, bottom, top, look.colours, theme_of(root))


def _mapped(places: np.ndarray, scale: Scale) -> np.ndarray:
    """Linear RGB of places on a colour map."""
    ramp = scale.theme.ramp(COLOUR_MAPS[scale.colours].ramp)
    stops = [place for place, _ in ramp]
    return np.stack([np.interp(places, stops, [colour[part] for _, colour in ramp]) for part in range(3)], -1)


def _from_hue(hue: np.ndarray) -> np.ndarray:
    """Linear RGB of hues from 0 to 1 at the common saturation."""
    parts = [np.clip(np.abs((hue * 6 - shift) % 6 - 3) - 1, 0.0, 1.0) for shift in (0, 2, 4)]
    return np.stack([1 - STRONGEST_SATURATION + STRONGEST_SATURATION * part for part in parts], -1)


def _displayed(linear: np.ndarray, alpha: np.ndarray, scale: Scale) -> np.ndarray:
    colours = np.where((alpha == 0)[..., np.newaxis], np.array(scale.theme.glow.not_finite), linear)
    opaque = np.ones((*alpha.shape, 1))
    return np.concatenate([to_srgb(colours), opaque], axis=-1).astype(np.float32)
