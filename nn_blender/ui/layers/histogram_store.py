"""Histograms of the layers that were looked at, made step by step from a timer and cached."""

from __future__ import annotations

import time
from collections.abc import Generator
from functools import partial
from typing import Any

import bpy
import numpy as np

from ...core.neurons.histograms import BINS, Histogram, HistogramMaker, LayerHistograms
from ...core.neurons.saturation import bounds_of
from ...scene.base import contract, meshes
from ...scene.base.find import object_of
from ...scene.base.theme import Theme
from ...scene.maps.map_pixels import displayed
from ...scene.network.description import read_description
from ..common.active import network_by_id
from ..common.asked_store import AskedStore
from ..common.knowing import known_description

PORTION = 0.02
"""Seconds of work in one go, so that the window stays smooth."""

KEPT = 64
"""Layers that are remembered."""

SIDE = 4 * BINS
"""Pixels of a histogram's picture along a side."""


State = tuple[Any, ...]
Kept = tuple[State, LayerHistograms]


class LayerStore(AskedStore):
    """Histograms by network and layer.

    They depend on the activations in the scene; those change with what `contract.RECORDED` and the description say.
    """

    kept = KEPT

    def find(self, root: bpy.types.Collection, layer: str) -> LayerHistograms | None:
        """A layer's histograms; where they are not known they will be soon. Panels ask at every redraw."""
        key, state = (root[contract.NETWORK], layer), _state(root)
        known = self.remembered(key)
        if known is not None and _is_same(known[0], state):
            return known[1]
        if state[1] is not None:
            self.ask(key)
        return None

    def find_now(self, root: bpy.types.Collection, layer: str) -> LayerHistograms | None:
        """As `find`, but made at once; None where they cannot be made."""
        if self.find(root, layer) is None:
            self.finish()
        return self.find(root, layer)

    def make(self, key: tuple[str, str]) -> Generator[None, None, Kept | None]:
        """Gives None while the layer's mesh is in Edit Mode, where values cannot be read."""
        maker: HistogramMaker | None = None
        made_of: State = ()
        while True:
            end = time.monotonic() + PORTION
            root = network_by_id(key[0])
            obj: Any = object_of(root, "neurons", key[1]) if root else None
            if root is None or obj is None or obj.data.is_editmode:
                return None
            state = _state(root)
            if maker is None or not _is_same(made_of, state):
                maker, made_of = _maker(root, obj), state
            if maker is None:
                return None
            read = partial(_read_sample, obj.data)
            while maker.result is None and time.monotonic() < end:
                maker.step(read)
            if maker.result is not None:
                return made_of, maker.result
            yield


layer_store = LayerStore()
"""The one store of a Blender session."""


def draw_histogram(histogram: Histogram, theme: Theme) -> np.ndarray:
    """Float32 (`SIDE`, `SIDE`, 4), sRGB, the lowest row first: bars in the colours of positive and negative values."""
    pixels = np.zeros((SIDE, SIDE, 4), np.float32)
    pixels[...] = (*displayed(theme.glow.nothing), 1.0)
    width = SIDE // BINS
    highest = max(int(histogram.counts.max()), 1)
    middles = histogram.low + (np.arange(BINS) + 0.5) / BINS * (histogram.high - histogram.low)
    for place, (count, middle) in enumerate(zip(histogram.counts, middles, strict=True)):
        colour = theme.plain.positive if middle >= 0 else theme.plain.negative
        # A bar that stands for anything at all is seen.
        height = max(round(int(count) / highest * SIDE), 2) if count else 0
        pixels[:height, place * width : (place + 1) * width - 1] = (*displayed(colour), 1.0)
    return pixels


def _state(root: bpy.types.Collection) -> State:
    return root.get(contract.RECORDED, ""), known_description(root)


def _is_same(one: State, other: State) -> bool:
    """The same description is the same object, see `parse_description`; comparing all of it would take long."""
    return bool(one) and one[0] == other[0] and one[1] is other[1]


def _maker(root: bpy.types.Collection, obj: Any) -> HistogramMaker | None:
    about, samples = read_description(root), meshes.sampled_names(obj.data, contract.ACTIVATION)
    if about is None or not samples:
        return None
    layer = about.network.layer(obj[contract.LAYER])
    return HistogramMaker(len(samples), bounds_of(layer.class_name, layer.activation))


def _read_sample(mesh: Any, sample: int) -> np.ndarray:
    return meshes.read_floats(mesh, contract.sampled(contract.ACTIVATION, sample))
