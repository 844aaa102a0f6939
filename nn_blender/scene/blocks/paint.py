"""Gives slabs and books the colour of their mean activation as object colours, for where no glow is shown."""

from __future__ import annotations

import bpy
import numpy as np

from ...core.blocks.covers import page_glow
from ...core.blocks.hierarchy import LAYER
from ...core.network import Network
from ..base import contract
from ..base.colour_maps import Ramp
from ..base.parts import Parts
from ..base.theme import Theme
from ..network.description import read_description
from ..samples.solid_colours import coloured, write_colours
from ..samples.timeline import fade_frames, frames_per_sample
from .cover_values import Values


def paint_layers(parts: Parts, network: Network) -> None:
    """Let slabs and books have the colour of their mean activation for every sample, as pages of books glow.

    That is, the mean magnitude of a layer on a logarithmic scale over the network; a block has the mean of its layers.
    What was not measured keeps the colour that it is made of.
    """
    values, root, theme = Values(parts, network), parts.root, parts.theme
    glows = {path: page_glow(means, values.span) for path, means in values.means.items()}
    layers = _layers_of_blocks(root)
    timing = frames_per_sample(root), fade_frames(root)
    for obj in coloured(root):
        layer = obj.get(contract.LAYER)
        own = layers.get(obj.get(contract.BLOCK, ""), []) if layer is None else [layer]
        measured = [glows[layer] for layer in own if layer in glows]
        write_colours(obj, colours_of(np.mean(measured, axis=0), theme) if measured else np.zeros((0, 3)), *timing)


def colours_of(glows: np.ndarray, theme: Theme) -> np.ndarray:
    """Linear RGB, float (samples, 3), of places on the ramp of positive values; of NaN that of what is not finite."""
    finite = np.isfinite(glows)
    found = _on_ramp(np.where(finite, glows, 0.0), theme.glow.positive)
    return np.where(finite[:, np.newaxis], found, theme.glow.not_finite)


def _on_ramp(places: np.ndarray, ramp: Ramp) -> np.ndarray:
    stops = [place for place, _ in ramp]
    return np.stack([np.interp(places, stops, [colour[k] for _, colour in ramp]) for k in range(3)], axis=1)


def _layers_of_blocks(root: bpy.types.Collection) -> dict[str, list[str]]:
    about = read_description(root)
    if about is None or about.opening is None:
        return {}
    return {part.id: [leaf.cover for leaf in part.leaves if leaf.kind == LAYER] for part in about.opening.root.walk()}
